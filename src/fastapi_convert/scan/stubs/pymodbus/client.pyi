# What scan needs to know of pymodbus.client.
from typing import Any, Self

class ModbusTcpClient:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...

class AsyncModbusTcpClient: ...
