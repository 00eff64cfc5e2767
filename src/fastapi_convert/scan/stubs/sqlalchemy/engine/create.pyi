# What scan needs to know of sqlalchemy.engine.create.
from sqlalchemy import create_engine as create_engine
