"""temporary"""

from __future__ import annotations
import importlib, pkgutil
from ._categories import CATEGORIES
from ._model import Blocking, Category, How, Level, Table, Unless

_rows = []
for _m in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    try:
        _mod = importlib.import_module(f"{__name__}.{_m}")
    except Exception:
        continue
    _rows += getattr(_mod, "ROWS", ())
_seen = {}
for _r in _rows:
    _seen.setdefault(_r.name, _r)
TABLE = Table(_seen.values())
__all__ = ("CATEGORIES", "TABLE", "Blocking", "Category", "How", "Level", "Table", "Unless")
