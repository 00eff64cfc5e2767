# What scan needs to know of typesense.sync.documents.
from typesense.sync.document import Document

class Documents:
    def __getitem__(self, document_id: str) -> Document: ...
