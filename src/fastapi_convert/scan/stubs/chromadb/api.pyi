# What scan needs to know of chromadb.api.
from chromadb import ClientAPI as ClientAPI
