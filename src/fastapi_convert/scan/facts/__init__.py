"""Facts: what the scan keeps of a file. Plain tuples, so that they travel between processes and lie in the cache.

An `ast` tree is slow to pickle and heavy to keep. Facts are its skeleton: names, calls and control flow, with the
positions that a finding needs, as nested tuples that `marshal` writes and reads at the speed of a copy. The body of a
function is a blob inside a blob: it is unpacked when the function is first evaluated, and most never are.
"""

from __future__ import annotations

from ._records import (
    ASYNC,
    GENERATOR,
    ClassFacts,
    Expr,
    FunctionFacts,
    ModuleFacts,
    Param,
    Stmt,
    unpack,
    unpack_body,
)
from ._scope import CONSTRUCTORS
from ._statements import lower
from ._version import facts_version

__all__ = (
    "ASYNC",
    "CONSTRUCTORS",
    "GENERATOR",
    "ClassFacts",
    "Expr",
    "FunctionFacts",
    "ModuleFacts",
    "Param",
    "Stmt",
    "facts_version",
    "lower",
    "unpack",
    "unpack_body",
)
