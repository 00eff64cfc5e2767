# What scan needs to know of llama_index.embeddings.huggingface.
from llama_index.core.embeddings import BaseEmbedding

class HuggingFaceEmbedding(BaseEmbedding): ...
