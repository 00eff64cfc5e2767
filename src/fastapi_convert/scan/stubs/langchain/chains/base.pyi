# What scan needs to know of langchain.chains.base.
from langchain_core.runnables import Runnable

class Chain(Runnable): ...
