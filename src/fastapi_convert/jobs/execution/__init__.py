"""Where the functions of jobs run: in processes of their own, on threads, or on the event loop."""

from __future__ import annotations

# Its modules are imported one by one, by who needs them: a job's process needs few.
__all__: tuple[str, ...] = ()
