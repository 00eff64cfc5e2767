# What scan needs to know of e2b.sandbox_sync.commands.command.
from typing import Any

from e2b import CommandHandle

class Commands:
    def run(self, *args: Any, **kw: Any) -> CommandHandle: ...
    def connect(self, *args: Any, **kw: Any) -> CommandHandle: ...
