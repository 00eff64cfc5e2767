# What scan needs to know of sqlmodel.sql.expression.
from sqlalchemy import (
    Select as Select,
    select as select,
)
