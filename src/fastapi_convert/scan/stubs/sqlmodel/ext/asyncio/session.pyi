# What scan needs to know of sqlmodel.ext.asyncio.session.
from typing import TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import (
    AsyncSession as _AsyncSession,
    _Scalars,
)

_T = TypeVar("_T")

class AsyncSession(_AsyncSession):
    async def exec(self, statement: Select[_T], **kw: object) -> _Scalars[_T]: ...
