# What scan needs to know of sqlmodel.
from typing import TypeVar

from sqlalchemy import (
    MetaData as MetaData,
    Select as Select,
    Table as Table,
    create_engine as create_engine,
    inspect as inspect,
    select as select,
)
from sqlalchemy.engine import ScalarResult
from sqlalchemy.orm import Session as _Session

_T = TypeVar("_T")

class Session(_Session):
    def exec(self, statement: Select[_T], **kw: object) -> ScalarResult[_T]: ...

class SQLModel:
    metadata: MetaData
    __table__: Table
