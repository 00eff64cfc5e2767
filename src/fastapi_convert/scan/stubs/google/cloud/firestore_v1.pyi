# What scan needs to know of google.cloud.firestore_v1.
from google.cloud.firestore import (
    Client as Client,
    CollectionReference as CollectionReference,
    DocumentReference as DocumentReference,
    Query as Query,
    WriteBatch as WriteBatch,
)
