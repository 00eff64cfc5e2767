# What scan needs to know of sqlalchemy.ext.declarative.api.
from sqlalchemy.orm import declarative_base as declarative_base
