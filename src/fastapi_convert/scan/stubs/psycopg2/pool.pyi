# What scan needs to know of psycopg2.pool.
from psycopg2.extensions import connection

class SimpleConnectionPool:
    def getconn(self, key: object = ...) -> connection: ...

class ThreadedConnectionPool:
    def getconn(self, key: object = ...) -> connection: ...
