# What scan needs to know of langchain_core.tools.
from typing import Any, Self

class BaseTool: ...

class StructuredTool(BaseTool):
    @classmethod
    def from_function(cls, *args: Any, **kw: Any) -> Self: ...

def tool(*args: Any, **kw: Any) -> BaseTool: ...
