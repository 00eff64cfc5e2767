# What scan needs to know of playhouse.postgres_ext.
from peewee import PostgresqlDatabase

class PostgresqlExtDatabase(PostgresqlDatabase): ...
