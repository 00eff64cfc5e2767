# What scan needs to know of google.genai.chats.
from typing import Any

class Chats:
    def create(self, *args: Any, **kw: Any) -> Chat: ...

class Chat: ...
