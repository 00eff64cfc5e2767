# What scan needs to know of google.cloud.secretmanager.
from typing import Any, Self

class SecretManagerServiceClient:
    @classmethod
    def from_service_account_file(cls, *args: Any, **kw: Any) -> Self: ...

class SecretManagerServiceAsyncClient: ...
