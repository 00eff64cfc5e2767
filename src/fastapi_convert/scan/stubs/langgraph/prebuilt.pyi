# What scan needs to know of langgraph.prebuilt.
from typing import Any

from langchain_core.runnables import Runnable

def create_react_agent(*args: Any, **kw: Any) -> Runnable: ...
