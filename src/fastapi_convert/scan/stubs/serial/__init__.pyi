# What scan needs to know of serial.
from typing import Any, Self

class Serial:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...

def serial_for_url(*args: Any, **kw: Any) -> Serial: ...
