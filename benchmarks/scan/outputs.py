"""What the tools print, read as reports. Paths are as they print them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from benchmarks.scan.matching import Reported

_LINT = re.compile(r"^(.+?):(\d+):\d+: ", re.MULTILINE)


def lint(output: str) -> Iterator[Reported]:
    """A line each, `path:line:column: ...`; only the rules about blocking are asked for."""
    for path, line in _LINT.findall(output):
        yield Reported(path.removeprefix("./"), int(line))


def hydroid(output: str) -> Iterator[Reported]:
    """A chain of calls each: the first is made in the async function, the last is the blocking one."""
    for diagnostic in json.loads(output)["diagnostics"]:
        first, last = diagnostic["chain"][0]["location"], diagnostic["chain"][-1]["location"]
        yield Reported(last["path"], last["line"], first["path"], diagnostic["function"])


def blockpath(output: str) -> Iterator[Reported]:
    """A witness each: the functions from the async one down, and the line where each calls the next."""
    for finding in json.loads(output)["findings"]:
        first, last = finding["witness"][0], finding["witness"][-1]
        yield Reported(last["path"], last["line"], first["path"], first["qualname"])
