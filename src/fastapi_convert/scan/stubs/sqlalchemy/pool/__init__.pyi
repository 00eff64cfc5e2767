# What scan needs to know of sqlalchemy.pool.
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

class PoolProxiedConnection:
    dbapi_connection: DBAPIConnection
    driver_connection: DBAPIConnection
    def cursor(self, *args: object, **kw: object) -> DBAPICursor: ...
