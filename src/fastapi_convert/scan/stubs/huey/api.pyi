# What scan needs to know of huey.api.
from typing import Any

from huey import Huey as Huey

class TaskWrapper:
    def __call__(self, *args: Any, **kw: Any) -> Result: ...
    def schedule(self, *args: Any, **kw: Any) -> Result: ...

class Result: ...
