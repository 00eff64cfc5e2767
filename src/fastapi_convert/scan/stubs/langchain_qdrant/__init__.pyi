# What scan needs to know of langchain_qdrant.
from langchain_core.vectorstores import VectorStore

class QdrantVectorStore(VectorStore): ...
