# What scan needs to know of firebase_admin.storage.
from typing import Any

from google.cloud.storage import Bucket

def bucket(*args: Any, **kw: Any) -> Bucket: ...
