# What scan needs to know of tavily.
class TavilyClient: ...

Client = TavilyClient
