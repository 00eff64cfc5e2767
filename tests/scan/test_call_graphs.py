"""What is found in any graph of calls is what a plain search in that graph finds, with ways that exist."""

from __future__ import annotations

import os
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


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any graph of a few functions, with circles."""
    count = draw(st.integers(2, 9))
    each = {"min_size": count, "max_size": count}
    asyncs: list[bool] = draw(st.lists(st.sampled_from([False, False, True]), **each))
    blocks: list[bool] = draw(st.lists(st.sampled_from([False, False, True]), **each))
    # At least one call each, so that there are circles.
    drawn = draw(st.lists(st.lists(st.integers(0, count - 1), min_size=1, max_size=3), **each))
    calls = [[each for each in to if asyncs[caller] or not asyncs[each]] for caller, to in enumerate(drawn)]
    return Graph(asyncs, blocks, calls, draw(st.permutations(range(count))))


@settings(max_examples=GRAPHS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs())
def test_what_is_found_is_what_can_be_reached(tmp_path: Path, graph: Graph) -> None:
    """For each async function every blocking call below it, once; in whatever order the functions stand."""
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
