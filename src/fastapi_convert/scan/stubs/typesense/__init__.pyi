# What scan needs to know of typesense.
from typesense.sync.collections import Collections

class Client:
    collections: Collections

class AsyncClient: ...
