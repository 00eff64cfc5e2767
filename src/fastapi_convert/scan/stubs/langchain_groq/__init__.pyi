# What scan needs to know of langchain_groq.
from langchain_core.language_models import BaseChatModel

class ChatGroq(BaseChatModel): ...
