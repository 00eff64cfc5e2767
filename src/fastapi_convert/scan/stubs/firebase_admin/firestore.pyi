# What scan needs to know of firebase_admin.firestore.
from typing import Any

from google.cloud.firestore import Client

def client(*args: Any, **kw: Any) -> Client: ...
