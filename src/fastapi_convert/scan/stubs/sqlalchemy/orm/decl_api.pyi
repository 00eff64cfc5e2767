# What scan needs to know of sqlalchemy.orm.decl_api.
from sqlalchemy.orm import (
    DeclarativeBase as DeclarativeBase,
    DeclarativeBaseNoMeta as DeclarativeBaseNoMeta,
    declarative_base as declarative_base,
    registry as registry,
)
