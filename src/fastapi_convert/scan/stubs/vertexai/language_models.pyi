# What scan needs to know of vertexai.language_models.
from typing import Any, Self

class TextEmbeddingModel:
    @classmethod
    def from_pretrained(cls, *args: Any, **kw: Any) -> Self: ...
