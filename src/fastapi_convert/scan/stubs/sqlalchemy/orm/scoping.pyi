# What scan needs to know of sqlalchemy.orm.scoping.
from sqlalchemy.orm import scoped_session as scoped_session
