# What scan needs to know of playhouse.sqliteq.
from peewee import SqliteDatabase

class SqliteQueueDatabase(SqliteDatabase): ...
