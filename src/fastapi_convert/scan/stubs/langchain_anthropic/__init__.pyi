# What scan needs to know of langchain_anthropic.
from langchain_core.language_models import BaseChatModel

class ChatAnthropic(BaseChatModel): ...
