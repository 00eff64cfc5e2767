"""Serve the synchronous Python you already have from FastAPI, without rewriting it or blocking the event loop."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import ConvertError, OffloadTimeout, PoolFull
    from .offloading import OffloadRoute, Pool, ProcessPool, check_cancelled, default_pool, offload, time_left

__all__ = (
    "ConvertError",
    "OffloadRoute",
    "OffloadTimeout",
    "Pool",
    "PoolFull",
    "ProcessPool",
    "check_cancelled",
    "default_pool",
    "offload",
    "time_left",
)

# Imported when first used: tools of this package that scan source need neither FastAPI nor the half second it takes.
_HOMES: dict[str, str] = dict.fromkeys(("ConvertError", "OffloadTimeout", "PoolFull"), "errors")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = importlib.import_module(f"{__name__}.{_HOMES.get(name, 'offloading')}")
    value = globals()[name] = getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
