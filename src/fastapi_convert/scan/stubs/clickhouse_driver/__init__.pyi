# What scan needs to know of clickhouse_driver.
from typing import Self

class Client:
    @classmethod
    def from_url(cls, url: str) -> Self: ...
    def __enter__(self) -> Self: ...
