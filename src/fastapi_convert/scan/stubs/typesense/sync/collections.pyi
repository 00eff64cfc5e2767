# What scan needs to know of typesense.sync.collections.
from typesense.sync.collection import Collection as _Collection

class Collections:
    def __getitem__(self, collection_name: str) -> _Collection: ...
