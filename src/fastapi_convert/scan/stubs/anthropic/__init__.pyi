# What scan needs to know of anthropic.
from typing import Any, Self

class Anthropic:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
    def with_options(self, *args: Any, **kw: Any) -> Self: ...

Client = Anthropic
