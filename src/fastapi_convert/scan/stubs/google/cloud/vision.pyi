# What scan needs to know of google.cloud.vision.
from typing import Any, Self

class ImageAnnotatorClient:
    @classmethod
    def from_service_account_file(cls, *args: Any, **kw: Any) -> Self: ...

class ImageAnnotatorAsyncClient: ...
