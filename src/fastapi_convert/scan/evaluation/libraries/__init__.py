"""Library calls that do more than block: they call back, consume, wrap, or send work off the loop.

Everything else of a library is taken to do nothing with the functions that it is handed. That is what keeps a function
given to a thread, an executor or a task queue from being reported.
"""

from __future__ import annotations

from . import _builtins, _contexts, _functions, _injector, _loop, _threads  # noqa: F401 -- each registers what it knows
from ._containers import call_bag_method
from ._special import DECORATORS, SPECIAL, Call, Special

__all__ = ("DECORATORS", "SPECIAL", "Call", "Special", "call_bag_method")
