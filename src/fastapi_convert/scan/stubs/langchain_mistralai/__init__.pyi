# What scan needs to know of langchain_mistralai.
from langchain_core.language_models import BaseChatModel

class ChatMistralAI(BaseChatModel): ...
