"""Softening: read syntax that is newer than the running Python, by writing it as an older one would.

Only a file that did not parse comes here. What stands instead has the same length, so that whatever is not new keeps
its line and its column; what the older syntax cannot say is put back into the tree.
"""

from __future__ import annotations

from ._parsing import parse

__all__ = ("parse",)
