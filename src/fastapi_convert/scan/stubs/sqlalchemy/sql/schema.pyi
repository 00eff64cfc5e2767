# What scan needs to know of sqlalchemy.sql.schema.
from sqlalchemy import (
    MetaData as MetaData,
    Table as Table,
)
