# What scan needs to know of mysql.connector.pooling.
from mysql.connector import MySQLConnection

class PooledMySQLConnection(MySQLConnection): ...

class MySQLConnectionPool:
    def get_connection(self) -> PooledMySQLConnection: ...
