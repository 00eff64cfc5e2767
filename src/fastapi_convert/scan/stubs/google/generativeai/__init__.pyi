# What scan needs to know of google.generativeai.
from typing import Any

class GenerativeModel:
    def start_chat(self, *args: Any, **kw: Any) -> ChatSession: ...

class ChatSession: ...
