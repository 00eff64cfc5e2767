# What scan needs to know of lancedb.db.
from lancedb import (
    AsyncConnection as AsyncConnection,
    DBConnection as DBConnection,
)

class LanceDBConnection(DBConnection): ...
