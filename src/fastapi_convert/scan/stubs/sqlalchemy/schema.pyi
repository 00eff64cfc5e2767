# What scan needs to know of sqlalchemy.schema.
from sqlalchemy import (
    MetaData as MetaData,
    Table as Table,
)
