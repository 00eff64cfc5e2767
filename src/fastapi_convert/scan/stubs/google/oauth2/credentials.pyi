# What scan needs to know of google.oauth2.credentials.
from typing import Any, Self

class Credentials:
    @classmethod
    def from_authorized_user_file(cls, *args: Any, **kw: Any) -> Self: ...
    @classmethod
    def from_authorized_user_info(cls, *args: Any, **kw: Any) -> Self: ...
