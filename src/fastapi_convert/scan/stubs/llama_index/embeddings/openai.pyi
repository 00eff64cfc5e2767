# What scan needs to know of llama_index.embeddings.openai.
from llama_index.core.embeddings import BaseEmbedding

class OpenAIEmbedding(BaseEmbedding): ...
