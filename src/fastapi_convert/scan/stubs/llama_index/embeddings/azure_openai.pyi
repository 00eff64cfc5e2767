# What scan needs to know of llama_index.embeddings.azure_openai.
from llama_index.core.embeddings import BaseEmbedding

class AzureOpenAIEmbedding(BaseEmbedding): ...
