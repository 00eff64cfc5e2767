# What scan needs to know of langchain.chat_models.
from typing import Any

from langchain_core.language_models import BaseChatModel

class ChatOpenAI(BaseChatModel): ...

def init_chat_model(*args: Any, **kw: Any) -> BaseChatModel: ...
