# What scan needs to know of dependency_injector.wiring. What its markers give is evaluated, as it depends on a provider.
from typing import Any, TypeVar

_T = TypeVar("_T")

class Provides:
    def __getitem__(self, provider: Any) -> Any: ...

class ProvidesProvider:
    def __getitem__(self, provider: Any) -> Any: ...

class Closes:
    def __getitem__(self, marked: _T) -> _T: ...

Provide: Provides
Provider: ProvidesProvider
Closing: Closes
