# What scan needs to know of sqlalchemy.sql.
from sqlalchemy import (
    Select as Select,
    select as select,
)
