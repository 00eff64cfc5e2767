# What scan needs to know of google.cloud.speech.
from typing import Any, Self

class SpeechClient:
    @classmethod
    def from_service_account_file(cls, *args: Any, **kw: Any) -> Self: ...

class SpeechAsyncClient: ...
