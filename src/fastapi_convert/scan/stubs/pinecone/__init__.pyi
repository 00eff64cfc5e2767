# What scan needs to know of pinecone.
from typing import Any

class Pinecone:
    def Index(self, *args: Any, **kw: Any) -> _Index: ...

class Index: ...

_Index = Index
