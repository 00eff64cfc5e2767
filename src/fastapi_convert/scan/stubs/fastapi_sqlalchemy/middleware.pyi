# What scan needs to know of fastapi_sqlalchemy.middleware.
from fastapi_sqlalchemy import db as db
