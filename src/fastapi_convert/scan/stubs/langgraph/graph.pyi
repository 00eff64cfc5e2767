# What scan needs to know of langgraph.graph.
from typing import Any

from langchain_core.runnables import Runnable

class StateGraph:
    def compile(self, *args: Any, **kw: Any) -> Runnable: ...
