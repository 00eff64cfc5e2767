# What scan needs to know of llama_index.llms.openai.
from llama_index.core.llms import LLM

class OpenAI(LLM): ...
