# What scan needs to know of pwdlib.
from typing import Self

class PasswordHash:
    @classmethod
    def recommended(cls) -> Self: ...
