# What scan needs to know of langchain_pinecone.
from langchain_core.vectorstores import VectorStore

class PineconeVectorStore(VectorStore): ...
