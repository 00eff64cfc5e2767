# What scan needs to know of azure.keyvault.secrets.
from typing import Any, Self

class SecretClient:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
