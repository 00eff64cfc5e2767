"""Sources: from the paths that a user names to the facts of every Python file below them.

Nothing of what is found is imported or executed, and nothing of it can hang, crash or fill the scan: files that make
trouble are left out with a warning.
"""

from __future__ import annotations

from ._cache import Cache
from ._cache_folder import cache_folder
from ._loading import load_sources
from ._model import LoadedFile, Sources

__all__ = ("Cache", "LoadedFile", "Sources", "cache_folder", "load_sources")
