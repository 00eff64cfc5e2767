# What scan needs to know of procrastinate.
from collections.abc import Callable
from typing import Any

from procrastinate.tasks import Task

class App:
    def task(self, *args: Any, **kw: Any) -> Task | Callable[..., Task]: ...
