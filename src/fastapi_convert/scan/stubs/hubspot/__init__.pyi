# What scan needs to know of hubspot.
class HubSpot: ...

Client = HubSpot
