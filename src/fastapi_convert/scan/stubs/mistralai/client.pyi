# What scan needs to know of mistralai.client.
from typing import Any, Self

class Mistral:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
