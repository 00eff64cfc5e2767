# What scan needs to know of sqlalchemy.orm.session.
from sqlalchemy.orm import (
    Session as Session,
    SessionTransaction as SessionTransaction,
    close_all_sessions as close_all_sessions,
    object_session as object_session,
    sessionmaker as sessionmaker,
)
