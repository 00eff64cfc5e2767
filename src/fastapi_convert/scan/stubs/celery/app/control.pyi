# What scan needs to know of celery.app.control.
from typing import Any

class Control:
    def inspect(self, *args: Any, **kw: Any) -> Inspect: ...

class Inspect: ...
