# What scan needs to know of google.genai.
from google.genai.chats import Chats

class Client:
    chats: Chats
    aio: AsyncClient

class AsyncClient: ...
