# What scan needs to know of arango.
from arango.database import StandardDatabase

class ArangoClient:
    def db(self, *args: object, **kw: object) -> StandardDatabase: ...
