# What scan needs to know of fastapi_sqlalchemy.
from typing import Self

from sqlalchemy.orm import Session

class DBSession:
    session: Session
    def __call__(self, **kw: object) -> DBSession: ...
    def __enter__(self) -> Self: ...

db: DBSession
