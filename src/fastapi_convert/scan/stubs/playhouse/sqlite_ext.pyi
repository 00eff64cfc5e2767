# What scan needs to know of playhouse.sqlite_ext.
from peewee import SqliteDatabase

class SqliteExtDatabase(SqliteDatabase): ...
