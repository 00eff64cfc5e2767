# What scan needs to know of sqlalchemy.engine.cursor.
from sqlalchemy.engine import CursorResult as CursorResult
