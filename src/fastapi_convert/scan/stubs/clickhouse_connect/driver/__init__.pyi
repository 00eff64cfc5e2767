# What scan needs to know of clickhouse_connect.driver.
from clickhouse_connect.driver.client import Client as Client

class AsyncClient: ...
