# What scan needs to know of sqlalchemy.sql.selectable.
from sqlalchemy import Select as Select
