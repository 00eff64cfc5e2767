# What scan needs to know of vertexai.generative_models.
from typing import Any

class ChatSession: ...

class GenerativeModel:
    def start_chat(self, *args: Any, **kw: Any) -> ChatSession: ...
