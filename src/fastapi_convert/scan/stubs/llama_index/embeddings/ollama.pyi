# What scan needs to know of llama_index.embeddings.ollama.
from llama_index.core.embeddings import BaseEmbedding

class OllamaEmbedding(BaseEmbedding): ...
