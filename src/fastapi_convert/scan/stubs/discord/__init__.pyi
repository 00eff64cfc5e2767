# What scan needs to know of discord.
from typing import Any, Self

class SyncWebhook:
    @classmethod
    def from_url(cls, *args: Any, **kw: Any) -> Self: ...
    @classmethod
    def partial(cls, *args: Any, **kw: Any) -> Self: ...
