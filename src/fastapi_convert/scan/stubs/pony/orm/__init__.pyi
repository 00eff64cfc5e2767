# What scan needs to know of pony.orm.
from pony.orm.core import Entity, Query

class Database:
    Entity: type[Entity]

def select(*args: object) -> Query: ...
def left_join(*args: object) -> Query: ...
