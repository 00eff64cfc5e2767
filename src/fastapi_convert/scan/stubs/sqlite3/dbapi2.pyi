# What scan needs to know of sqlite3.dbapi2.
from sqlite3 import Connection as Connection
from sqlite3 import Cursor as Cursor
from sqlite3 import connect as connect
