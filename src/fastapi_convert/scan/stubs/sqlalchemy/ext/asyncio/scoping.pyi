# What scan needs to know of sqlalchemy.ext.asyncio.scoping.
from sqlalchemy.ext.asyncio import async_scoped_session as async_scoped_session
