# What scan needs to know of langchain_chroma.
from langchain_core.vectorstores import VectorStore

class Chroma(VectorStore): ...
