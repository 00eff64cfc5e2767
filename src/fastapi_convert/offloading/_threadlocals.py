"""What makes `anyio.from_thread.*` work inside our workers, as it does inside anyio's own.

anyio has no public way to say "this thread works for that loop", only a private thread-local that `from_thread` reads.
This is the only module that touches it. Without it `from_thread` still works when it is given its public `token`.
"""

from __future__ import annotations

import threading
from typing import Any

from anyio import CancelScope

from ._call import current_call

try:
    from anyio._core._eventloop import threadlocals as _anyio
except ImportError:  # another anyio: from_thread then asks for its token, and says so
    _anyio = threading.local()


def claim_thread(token: Any, scope: CancelScope) -> None:
    """Say that this thread works for the loop of `token`; cheap when it did already."""
    if getattr(_anyio, "current_token", None) is not token:
        _anyio.current_token = token
        _anyio.current_cancel_scope = scope


def scope_for_calls() -> CancelScope:
    """A scope for `anyio.from_thread.check_cancelled`: cancelled for a body whose caller has left, and only for it.

    A real scope of the running backend, because `from_thread.run` registers its tasks with it; but it belongs to no
    task, and one serves every call of a loop, since the answer comes from the call that asks.
    """
    backend_scope = type(CancelScope())
    scope: CancelScope = type("CallScope", (backend_scope,), {"cancel_called": property(_caller_has_left)})()
    return scope


def _caller_has_left(_scope: CancelScope) -> bool:
    call = current_call.get()
    return call is not None and call.left
