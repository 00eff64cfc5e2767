"""A large CSV file in pandas: all at once, as the guide does, and in chunks while it arrives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import load
from benchmarks.uploads.forms import Form, csv
from benchmarks.uploads.sample import Scenario
from benchmarks.uploads.servers import serving
from benchmarks.uploads.single import Contender, settle, take_turns

ASYNC = "pd.read_csv(file.file), async def"
DEF = "pd.read_csv(file.file), def"


def _rows(form: Form) -> int:
    return form.block.count(b"\n") * form.count


CONTENDERS: Mapping[str, Contender] = {
    ASYNC: Contender("/peer/pandas-async", _rows),
    DEF: Contender("/peer/pandas-def", _rows),
    OURS: Contender("/ours/pandas", _rows),
}


def pandas_in_chunks() -> Iterator[Scenario]:
    """512 MB, 50 000 rows at a time."""
    with serving(CONTENDERS) as servers:
        settle(servers, CONTENDERS, csv(65_536))
        samples = take_turns(servers, CONTENDERS, csv(load(512, 2) * 1_000_000), load(3, 1))
        scenario = Scenario.of("CSV in pandas", "512 MB", samples)
    for peer in (ASYNC, DEF):
        scenario.compare("CSV in pandas chunks: memory", "memory", "MB", against=peer, goal=Goal(at_most=30))
        scenario.compare("CSV in pandas chunks: longest gap", "gap", "ms", against=peer, goal=Goal(at_most=60))
        scenario.compare("CSV in pandas chunks: throughput", "rate", "MB/s", against=peer)
    yield scenario
