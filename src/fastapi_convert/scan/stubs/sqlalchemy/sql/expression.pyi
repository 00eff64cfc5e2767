# What scan needs to know of sqlalchemy.sql.expression.
from sqlalchemy import (
    Select as Select,
    select as select,
)
