# What scan needs to know of sqlalchemy.inspection.
from sqlalchemy import inspect as inspect
