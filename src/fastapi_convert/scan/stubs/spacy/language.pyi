# What scan needs to know of spacy.language.
from typing import Any

class Language:
    def __call__(self, text, **kw) -> Any: ...
