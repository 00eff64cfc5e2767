# What scan needs to know of stomp.
class Connection: ...

Connection11 = Connection
Connection12 = Connection
