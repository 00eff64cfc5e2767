# What scan needs to know of sqlalchemy.orm.query.
from sqlalchemy.orm import Query as Query
