# What scan needs to know of azure.communication.email.
from typing import Any, Self

from azure.core.polling import LROPoller

class EmailClient:
    @classmethod
    def from_connection_string(cls, *args: Any, **kw: Any) -> Self: ...
    def begin_send(self, *args: Any, **kw: Any) -> LROPoller: ...
