"""What carries jobs out on this machine: who is alive, who is woken, who takes what, and how each run is recorded."""

from __future__ import annotations

# Its modules are imported one by one, by who needs them: a job's process needs few.
__all__: tuple[str, ...] = ()
