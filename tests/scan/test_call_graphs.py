"""What is found in any graph of calls is what a plain search in that graph finds, with ways that exist.

`FC_SCAN_GRAPHS=10000` draws more of them.
"""

from __future__ import annotations

import os
import random
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from hypothesis import (
    HealthCheck,
    given,
    settings,
    strategies as st,
)

from fastapi_convert.scan import Settings, scan

GRAPHS: Final = int(os.environ.get("FC_SCAN_GRAPHS", "150"))


class Graph(NamedTuple):
    """Functions that call each other.

    Attributes:
        asyncs: Which are `async def`.
        blocks: Which block themselves.
        calls: Whom each calls; a function that is not async calls none that is.
        order: In which order they are written down.
    """

    asyncs: list[bool]
    blocks: list[bool]
    calls: list[list[int]]
    order: list[int]

    def reached(self, start: int) -> set[int]:
        """The functions that run while this one holds the loop: through what is not async."""
        found, waiting = {start}, [start]
        while waiting:
            new = {callee for callee in self.calls[waiting.pop()] if not self.asyncs[callee]} - found
            found |= new
            waiting += new
        return found

    def write(self, folder: Path) -> Path:
        """Two modules, which import each other."""
        texts = ["import time\nimport m1\n", "import time\nimport m0\n"]
        for number in self.order:
            texts[number % 2] += self._function(number).replace(f" m{number % 2}.", " ")
        for number, text in enumerate(texts):
            (folder / f"m{number}.py").write_text(text)
        return folder

    def _function(self, number: int) -> str:
        calls = [f"{'await ' if self.asyncs[each] else ''}m{each % 2}.f{each}()" for each in self.calls[number]]
        body = [*calls, "time.sleep(1)" if self.blocks[number] else "pass"]
        return f"\n\n{'async ' if self.asyncs[number] else ''}def f{number}():\n" + "".join(f"    {s}\n" for s in body)


def drawn(seed: int) -> Graph:
    """Any graph of a few functions, most of them with circles."""
    # Hypothesis likes small and empty lists too much for circles within circles.
    some = random.Random(seed)
    count = some.randint(3, 9)
    asyncs = [some.random() < 0.35 for _ in range(count)]
    blocks = [some.random() < 0.3 for _ in range(count)]
    calls = [[some.randrange(count) for _ in range(some.randint(1, 3))] for _ in range(count)]
    calls = [[each for each in to if asyncs[caller] or not asyncs[each]] for caller, to in enumerate(calls)]
    return Graph(asyncs, blocks, calls, some.sample(range(count), count))


@settings(max_examples=GRAPHS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**40))
def test_what_is_found_is_what_can_be_reached(tmp_path: Path, seed: int) -> None:
    """For each async function every blocking call below it, once; in whatever order the functions stand."""
    graph = drawn(seed)
    report = scan([graph.write(tmp_path)], Settings(cache=False, processes=1))
    expected = sorted(
        (f"f{top}", f"f{end}")
        for top, is_async in enumerate(graph.asyncs)
        if is_async
        for end in graph.reached(top)
        if graph.blocks[end]
    )
    found = []
    for finding in report.findings:
        way = [finding.async_function.name, *(step.name for step in finding.chain[:-1])]
        assert all(int(callee[1:]) in graph.calls[int(caller[1:])] for caller, callee in pairwise(way))
        assert len(set(way)) == len(way)  # nobody goes round in circles to a blocking call
        found.append((way[0], way[-1]))
    assert sorted(found) == expected
