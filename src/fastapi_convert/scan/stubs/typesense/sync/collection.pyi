# What scan needs to know of typesense.sync.collection.
from typesense.sync.documents import Documents

class Collection:
    documents: Documents
