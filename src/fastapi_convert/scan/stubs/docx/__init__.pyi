# What scan needs to know of docx.
from docx.document import Document as _Document

def Document(docx=None) -> _Document: ...
