# What scan needs to know of starlette.background.
from collections.abc import Callable
from typing import Any

class BackgroundTask:
    def __init__(self, func: Callable[..., Any], *args: object, **kwargs: object) -> None: ...

class BackgroundTasks(BackgroundTask):
    tasks: list[BackgroundTask]
    def __init__(self, tasks: list[BackgroundTask] | None = ...) -> None: ...
    def add_task(self, func: Callable[..., Any], *args: object, **kwargs: object) -> None: ...
