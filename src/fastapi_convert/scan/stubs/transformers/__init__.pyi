# What scan needs to know of transformers.
from typing import Any, Self

class Pipeline:
    def __call__(self, *args, **kw) -> Any: ...

class GenerationMixin: ...

class PreTrainedModel:
    @classmethod
    def from_pretrained(cls, *args, **kw) -> Self: ...

class AutoModelForCausalLM:
    @classmethod
    def from_pretrained(cls, *args, **kw) -> GenerationMixin: ...

class AutoModelForSeq2SeqLM:
    @classmethod
    def from_pretrained(cls, *args, **kw) -> GenerationMixin: ...

def pipeline(*args, **kw) -> Pipeline: ...
