# What scan needs to know of psycopg2.
from psycopg2.extensions import connection

def connect(*args: object, **kw: object) -> connection: ...
