"""The memory that a process and its worker share: never half a value, never another run's, nothing left behind."""

from __future__ import annotations

import errno
import math
import mmap
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)

from fastapi_convert.jobs.execution import _cell
from fastapi_convert.jobs.execution._cell import MOST_MESSAGE, SIZE, Cell, CellEnd, CellSink

Pair = tuple[Cell, CellSink]


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[tuple[Cell, CellEnd]]:
    """Both ends of a cell."""
    cell = Cell(tmp_path / "cell")
    end = CellEnd(tmp_path / "cell")
    yield cell, end
    end._map.close()
    cell.close()


@pytest.fixture
def pair(ends: tuple[Cell, CellEnd]) -> Pair:
    """Both ends of a run."""
    cell, end = ends
    cell.begin()
    return cell, end.begin()


def test_a_new_cell_tells_nothing_and_wants_nothing(pair: Pair) -> None:
    """Nothing is not the same as an empty message."""
    cell, sink = pair
    assert cell.get() is None
    assert sink.stop_reason() == ""
    sink.put(None, "")
    assert cell.get() == (None, "")


def test_the_latest_value_counts(pair: Pair) -> None:
    """Read twice, it is the same; what was told in between is gone."""
    cell, sink = pair
    for number in range(5):
        sink.put(number / 10, f"step {number}")
    assert cell.get() == cell.get() == (0.4, "step 4")
    sink.put(None, "somewhere")
    assert cell.get() == (None, "somewhere")


@pytest.mark.parametrize(
    "message, arrives",
    [
        ("z\u00fcrich \U0001f3d4", "z\u00fcrich \U0001f3d4"),
        ("a\ud800b", "a?b"),
        ("x" * 10_000, "x" * MOST_MESSAGE),
        ("\u20ac" * 10_000, "\u20ac" * (MOST_MESSAGE // 3)),
        ("a" + "\U0001f3d4" * 500, "a" + "\U0001f3d4" * 499),
        ("\0\n", "\0\n"),
    ],
    ids=["wide", "surrogate", "long", "long-and-wide", "cut-in-a-character", "control"],
)
def test_any_message_arrives_as_far_as_there_is_room(pair: Pair, message: str, arrives: str) -> None:
    """Cut between characters, and never refused."""
    cell, sink = pair
    sink.put(0.5, message)
    assert cell.get() == (0.5, arrives)


def test_the_wish_to_stop_arrives(pair: Pair) -> None:
    """With its reason, as far as there is room, and never without one."""
    cell, sink = pair
    cell.ask_to_stop("its worker is closing")
    assert sink.stop_reason() == "its worker is closing"
    cell.ask_to_stop("\u20ac" * 100)
    assert set(sink.stop_reason()) == {"\u20ac"}
    cell.ask_to_stop("")
    assert sink.stop_reason() != ""
    assert cell.get() is None


# Runs, one after the other.


def test_the_next_run_knows_nothing_of_the_one_before(ends: tuple[Cell, CellEnd]) -> None:
    """Neither what it told nor what was wanted of it, from the moment on that it is called."""
    cell, end = ends
    for number in range(5):
        cell.begin()
        assert cell.get() is None
        sink = end.begin()
        assert (cell.get(), sink.stop_reason()) == (None, "")
        for step in range(number):
            sink.put(step / 10, f"step {step} of {number}")
        assert cell.get() == (((number - 1) / 10, f"step {number - 1} of {number}") if number else None)
        cell.ask_to_stop("enough")
        assert sink.stop_reason() == "enough"


def test_what_a_run_told_last_is_known_until_the_next_is_called(ends: tuple[Cell, CellEnd]) -> None:
    """Though its sink has been retired."""
    cell, end = ends
    cell.begin()
    sink = end.begin()
    sink.put(1.0, "all")
    sink.retire()
    assert cell.get() == (1.0, "all")


def test_a_sink_that_was_retired_tells_nothing(ends: tuple[Cell, CellEnd]) -> None:
    """Before the next run as in it; who holds it is told that the run is over."""
    cell, end = ends
    cell.begin()
    old = end.begin()
    old.put(0.5, "half")
    old.retire()
    old.put(0.6, "from the dead")
    assert cell.get() == (0.5, "half")
    cell.begin()
    new = end.begin()
    old.put(0.7, "from the dead")
    assert cell.get() is None
    new.put(0.1, "alive")
    before = bytes(cell._map)
    old.put(0.8, "from the dead")
    assert bytes(cell._map) == before
    assert (old.stop_reason(), new.stop_reason()) == ("its run is over", "")


def test_a_fork_that_outlives_its_run_tells_nothing(ends: tuple[Cell, CellEnd]) -> None:
    """Nobody retires its sink."""
    cell, end = ends
    cell.begin()
    old = end.begin()
    cell.begin()
    before = bytes(cell._map)
    old.put(0.5, "from the dead")
    assert bytes(cell._map) == before


@settings(max_examples=60, deadline=None)
@given(told=st.lists(st.integers(0, 3), max_size=12))
def test_a_value_of_an_earlier_run_is_never_taken(tmp_path_factory: pytest.TempPathFactory, told: list[int]) -> None:
    """However many values each of the runs has told, so whichever slots they lie in."""
    path = tmp_path_factory.mktemp("cell") / "cell"
    cell, end = Cell(path), CellEnd(path)
    for run, count in enumerate(told):
        cell.begin()
        sink = end.begin()
        assert cell.get() is None
        for step in range(count):
            sink.put(None, f"{run}: {step}")
        assert cell.get() == ((None, f"{run}: {count - 1}") if count else None)
    cell.close()


def test_a_run_is_known_to_have_begun(ends: tuple[Cell, CellEnd]) -> None:
    """As soon as the process has come so far, for each of them."""
    cell, end = ends
    for _ in range(3):
        cell.begin()
        assert not cell.has_begun()
        end.begin()
        assert cell.has_begun()


def test_a_retirement_waits_for_a_value_that_is_being_told(pair: Pair) -> None:
    """It happens in a turn of its own: after it, no thread is in the middle of one."""
    _, sink = pair
    memory = sink._memory
    seen: list[bool] = []

    class Turn:
        def __enter__(self) -> None:
            seen.append(sink._memory is memory)

        def __exit__(self, *error: object) -> None:
            seen.append(sink._memory is memory)

    sink._lock = Turn()  # type: ignore[assignment]  # all that is needed of a lock
    sink.put(0.5, "half")
    sink.retire()
    assert seen == [True, True, True, False]


# Its file.


def test_the_file_has_a_name_only_until_both_have_it(tmp_path: Path) -> None:
    """Nobody else can truncate it, and nothing is left by a kill."""
    path = tmp_path / "cell"
    cell = Cell(path)
    assert [path.stat().st_size, path.stat().st_mode & 0o777] == [SIZE, 0o600]
    cell.begin()
    assert CellEnd(path).begin().stop_reason() == ""
    assert list(tmp_path.iterdir()) == []
    cell.close()


def test_a_cell_that_nobody_opened_leaves_no_file(tmp_path: Path) -> None:
    """A child may die before it opens it. Closed twice is fine."""
    cell = Cell(tmp_path / "cell")
    cell.close()
    cell.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_when_the_cell_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later, it would be a signal that kills the worker."""

    def full(fd: int, offset: int, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space"):
        Cell(tmp_path / "cell")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("refusal", [errno.EOPNOTSUPP, errno.EINVAL, None])
def test_a_file_system_that_reserves_nothing_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int | None
) -> None:
    """Or a system that has no such call."""

    def refuse(fd: int, offset: int, size: int) -> None:
        raise OSError(refusal, "not here")

    if refusal is None:
        monkeypatch.delattr(os, "posix_fallocate")
    else:
        monkeypatch.setattr(os, "posix_fallocate", refuse)
    cell = Cell(tmp_path / "cell")
    cell.begin()
    CellEnd(tmp_path / "cell").begin().put(0.5, "half")
    assert cell.get() == (0.5, "half")
    cell.close()


def test_a_mapping_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a descriptor."""

    def fail(fd: int, size: int) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(mmap, "mmap", fail)
    with pytest.raises(OSError, match="allocate"):
        Cell(tmp_path / "cell")
    assert list(tmp_path.iterdir()) == []


class Dying:
    """A map whose writer is killed after some bytes of a write."""

    def __init__(self, real: mmap.mmap, after: int) -> None:
        self._real, self._after = real, after
        self.is_whole = False

    def __getitem__(self, key: slice) -> bytes:
        return self._real[key]

    def __setitem__(self, key: slice, data: bytes) -> None:
        self._real[key.start : key.start + self._after] = data[: self._after]
        self.is_whole = self._real[key] == data  # the rest may have been there before


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.tuples(st.none() | st.floats(0, 1), st.text(max_size=600)), max_size=4),
    after=st.integers(0, 200),
    data=st.data(),
)
def test_a_writer_killed_in_the_middle_leaves_the_value_before(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[tuple[float | None, str]],
    after: int,
    data: st.DataObject,
) -> None:
    """Whatever was there, and however far it came: also for a reader that has seen nothing before."""
    path = tmp_path_factory.mktemp("cell") / "cell"
    cell = Cell(path)
    cell.begin()
    sink = CellEnd(path).begin()
    for fraction, message in values:
        sink.put(fraction, message)
    before = (values[-1][0], _stored(values[-1][1])) if values else None
    dying, message = Dying(cell._map, after), data.draw(st.text(min_size=200, max_size=300))
    sink._memory = dying  # type: ignore[assignment]  # all that is needed of one
    sink.put(0.123, message)
    assert cell.get() == ((0.123, _stored(message)) if dying.is_whole else before)
    cell.close()


def _stored(message: str) -> str:
    return message.encode("utf-8", "replace")[:MOST_MESSAGE].decode("utf-8", "ignore")


def test_a_reader_never_sees_half_a_value(pair: Pair) -> None:
    """While another thread writes as fast as it can, each message belongs to its fraction, and none is older."""
    cell, sink = pair
    over = threading.Event()

    def write() -> None:
        for number in range(30_000):
            sink.put(number / 30_000, str(number) * (1 + number % 50))
        over.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = -1
    while not over.is_set() or seen < 29_999:
        if (told := cell.get()) is not None:
            assert told[0] is not None
            number = round(told[0] * 30_000)
            assert told[1] == str(number) * (1 + number % 50)
            assert number >= seen
            seen = number
    writer.join()


def test_several_writers_do_not_lose_the_last_value(pair: Pair) -> None:
    """Threads of one job share its progress; each value is whole, and the last put is the one that is read."""
    cell, sink = pair

    def write(name: str) -> None:
        for _ in range(3000):
            sink.put(0.5, name * 300)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cell.get() in [(0.5, name * 300) for name in "abcd"]
    sink.put(1.0, "all")
    assert cell.get() == (1.0, "all")


def test_nan_is_no_value_of_its_own(pair: Pair) -> None:
    """It is how `None` lies in the cell."""
    cell, sink = pair
    sink.put(math.nan, "lost")
    assert cell.get() == (None, "lost")


def test_garbage_is_no_value(pair: Pair) -> None:
    """A length beyond the slot, a sum that does not fit."""
    cell, sink = pair
    sink.put(0.5, "good")
    other = _cell._SLOTS[0]
    cell._map[other : other + _cell._SLOT] = b"\xff" * _cell._SLOT
    assert cell.get() == (0.5, "good")
