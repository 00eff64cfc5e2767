# What scan needs to know of sqlalchemy.engine.reflection.
from sqlalchemy.engine import Inspector as Inspector
