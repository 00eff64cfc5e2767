# What scan needs to know of sqlalchemy.ext.declarative.
from sqlalchemy.orm import declarative_base as declarative_base
