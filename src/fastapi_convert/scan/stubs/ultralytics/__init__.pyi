# What scan needs to know of ultralytics.
from typing import Any

class YOLO:
    def __call__(self, *args, **kw) -> Any: ...
