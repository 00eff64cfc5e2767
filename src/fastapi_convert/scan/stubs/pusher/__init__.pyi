# What scan needs to know of pusher.
from typing import Any, Self

class Pusher:
    @classmethod
    def from_env(cls, *args: Any, **kw: Any) -> Self: ...
    @classmethod
    def from_url(cls, *args: Any, **kw: Any) -> Self: ...
