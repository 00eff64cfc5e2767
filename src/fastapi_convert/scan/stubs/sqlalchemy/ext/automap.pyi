# What scan needs to know of sqlalchemy.ext.automap.
from sqlalchemy import MetaData

class AutomapBase:
    metadata: MetaData
    @classmethod
    def prepare(cls, **kw: object) -> None: ...

def automap_base(declarative_base: object = ..., **kw: object) -> type[AutomapBase]: ...
