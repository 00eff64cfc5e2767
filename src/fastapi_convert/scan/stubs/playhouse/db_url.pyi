# What scan needs to know of playhouse.db_url.
from peewee import Database

def connect(url: str, **kw: object) -> Database: ...
