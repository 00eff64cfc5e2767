# What scan needs to know of langchain.agents.
from typing import Any

from langchain.chains.base import Chain
from langchain_core.runnables import Runnable

class AgentExecutor(Chain): ...

def create_agent(*args: Any, **kw: Any) -> Runnable: ...
def initialize_agent(*args: Any, **kw: Any) -> AgentExecutor: ...
