# What scan needs to know of sqlalchemy.engine.base.
from sqlalchemy.engine import (
    Connection as Connection,
    Engine as Engine,
    NestedTransaction as NestedTransaction,
    RootTransaction as RootTransaction,
    Transaction as Transaction,
)
