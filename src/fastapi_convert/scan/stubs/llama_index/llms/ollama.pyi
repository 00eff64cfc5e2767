# What scan needs to know of llama_index.llms.ollama.
from llama_index.core.llms import LLM

class Ollama(LLM): ...
