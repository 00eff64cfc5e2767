# What scan needs to know of langchain_postgres.
from langchain_core.vectorstores import VectorStore

class PGVector(VectorStore): ...
