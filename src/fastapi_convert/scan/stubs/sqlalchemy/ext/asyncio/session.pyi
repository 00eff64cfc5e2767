# What scan needs to know of sqlalchemy.ext.asyncio.session.
from sqlalchemy.ext.asyncio import (
    AsyncSession as AsyncSession,
    async_object_session as async_object_session,
    async_sessionmaker as async_sessionmaker,
)
