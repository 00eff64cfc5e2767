# What scan needs to know of llama_index.llms.anthropic.
from llama_index.core.llms import LLM

class Anthropic(LLM): ...
