# What scan needs to know of langchain_core.retrievers.
from langchain_core.runnables import Runnable

class BaseRetriever(Runnable): ...
