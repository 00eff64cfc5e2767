# What scan needs to know of clickhouse_connect.driver.client.
from typing import Self

class Client:
    def __enter__(self) -> Self: ...
