"""Part files: what dead writers left goes, what is being written stays, and nothing else is touched."""

from __future__ import annotations

import errno
import itertools
import os
import secrets
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import (
    settings,
    strategies as st,
)
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from fastapi_convert.errors import UploadExists
from fastapi_convert.uploads.saving import _partfile, sweep
from fastapi_convert.uploads.saving._atomic import AtomicFile
from tests.uploads.saving_support import PART, framed, names_in, opened, part_files, save, watch_calls


@pytest.fixture(autouse=True)
def no_folder_was_visited() -> None:
    """The inode of a folder that an earlier test has removed may be given to the next one's."""
    _partfile._first_visit.cache_clear()


def test_sweep_removes_what_dead_writers_left_and_tells(tmp_path: Path) -> None:
    """Here and not in the folders below."""
    (tmp_path / "inner").mkdir()
    for left in (tmp_path / PART, tmp_path / "inner" / PART):
        left.write_bytes(b"half")
    assert sweep(str(tmp_path)) == [tmp_path / PART]
    assert sweep(tmp_path) == []
    assert (tmp_path / "inner" / PART).exists()


def test_sweep_leaves_a_living_writer_alone(tmp_path: Path) -> None:
    """In this process, too."""
    file = opened(tmp_path / "file")
    file.write([b"content"])
    assert sweep(tmp_path) == []
    file.commit()
    assert (tmp_path / "file").read_bytes() == b"content"


def test_sweep_does_not_even_open_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names decide first: part of ours, longer than ours, in capitals, hidden, plain."""
    names = {"file", ".hidden", PART + "2", "x" + PART, PART.upper(), PART[1:], PART.replace("a", "g"), PART + "\n"}
    for name in names:
        (tmp_path / name).touch()
    calls: list[str] = []
    watch_calls(calls.append, monkeypatch.setattr)
    assert sweep(tmp_path) == []
    assert set(names_in(tmp_path)) == names
    assert calls == ["open", "scandir", "close"]  # of the folder


@pytest.mark.parametrize("kind", ["link", "link to nowhere", "folder", "pipe"])
def test_sweep_leaves_alone_what_only_bears_such_a_name(tmp_path: Path, kind: str) -> None:
    """Only files are ever part files."""
    named, elsewhere = tmp_path / PART, tmp_path / "elsewhere"
    elsewhere.write_bytes(b"precious")
    make: dict[str, Callable[[], None]] = {
        "link": lambda: named.symlink_to(elsewhere),
        "link to nowhere": lambda: named.symlink_to(tmp_path / "nowhere"),
        "folder": named.mkdir,
        "pipe": lambda: os.mkfifo(named),
    }
    make[kind]()
    assert sweep(tmp_path) == []
    assert named.lstat()
    assert elsewhere.read_bytes() == b"precious"


def test_the_first_save_into_a_folder_sweeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once; the folder next to it has its own first save."""
    calls: list[str] = []
    watch_calls(calls.append, monkeypatch.setattr)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / PART).touch()
        save(tmp_path / name / "file", b"")
        assert names_in(tmp_path / name) == ["file"]
        (tmp_path / name / PART).touch()
        save(tmp_path / name / "file", b"")
        assert part_files(tmp_path / name) == [PART]
    assert calls.count("scandir") == 2


def test_the_first_save_looks_at_a_bounded_number_of_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sweep` looks at all of them."""
    monkeypatch.setattr(_partfile, "SWEEP_LIMIT", 3)
    names = [f".{number:016x}.fc-upload.part" for number in range(5)]
    for name in names:
        (tmp_path / name).touch()
    save(tmp_path / "file", b"")
    assert len(part_files(tmp_path)) == 2
    assert len(sweep(tmp_path)) == 2


def test_a_folder_that_cannot_be_listed_can_be_saved_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep is a favour."""

    def before(call: str) -> None:
        if call == "scandir":
            raise PermissionError(errno.EACCES, "injected")

    watch_calls(before, monkeypatch.setattr)
    save(tmp_path / "file", b"content")
    with pytest.raises(PermissionError):
        sweep(tmp_path)
    assert names_in(tmp_path) == ["file"]


def test_a_part_file_swept_before_it_was_locked_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer notices that its name has gone."""
    taken: list[list[Path]] = []

    def before(call: str) -> None:
        if call == "flock" and not taken:
            taken.append([])
            taken[0] = sweep(tmp_path)

    watch_calls(before, monkeypatch.setattr)
    file = opened(tmp_path / "file")
    assert len(taken[0]) == 1
    assert len(part_files(tmp_path)) == 1
    file.write([b"content"])
    file.commit()
    assert (tmp_path / "file").read_bytes() == b"content"
    assert names_in(tmp_path) == ["file"]


def test_a_part_file_that_a_sweeper_has_locked_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is about to be removed."""
    held: list[int] = []
    lock = _partfile._lock

    def sweeper_first(fd: int, *, shared: bool) -> None:
        if not held:
            held.append(os.open(tmp_path / part_files(tmp_path)[0], os.O_RDONLY))
            lock(held[0], shared=True)
        lock(fd, shared=shared)

    monkeypatch.setattr(_partfile, "_lock", sweeper_first)
    file = opened(tmp_path / "file")
    os.close(held[0])
    assert len(part_files(tmp_path)) == 1
    assert sweep(tmp_path) == []
    file.commit()
    assert names_in(tmp_path) == ["file"]


def test_saves_go_on_while_the_folder_is_swept(tmp_path: Path) -> None:
    """A sweeper without a pause takes nothing from living writers."""
    done, swept = threading.Event(), itertools.count()

    def sweep_on() -> None:
        while not done.is_set():
            sweep(tmp_path)
            next(swept)

    sweeper = threading.Thread(target=sweep_on)
    sweeper.start()
    try:
        for number in range(300):
            save(tmp_path / "file", framed(str(number).encode()), fsync=False)
    finally:
        done.set()
        sweeper.join()
    assert next(swept) > 10
    assert names_in(tmp_path) == ["file"]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_name_that_is_taken_is_never_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Nobody can guess a part file's name, and who could would gain nothing."""
    monkeypatch.setattr(secrets, "token_hex", lambda _length: PART[1:17])
    precious = tmp_path / ("precious" if kind == "link" else PART)
    precious.write_bytes(b"precious")
    if kind == "link":
        (tmp_path / PART).symlink_to(precious)
    _partfile._first_visit(*_identity(tmp_path), os.getpid()).acquire()  # else the save sweeps the file first
    with pytest.raises(FileExistsError):
        AtomicFile(tmp_path / "file").open()
    assert precious.read_bytes() == b"precious"


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino


def test_who_removes_every_new_part_file_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An end, not an endless loop."""
    monkeypatch.setattr(_partfile.PartFile, "_claim", lambda self: False)
    with pytest.raises(BlockingIOError, match="Something removes new part files at once: stop it"):
        AtomicFile(tmp_path / "file").open()
    assert names_in(tmp_path) == []


def test_a_file_system_without_locks_can_be_saved_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweepers get no lock there either, so nothing is removed."""

    def before(call: str) -> None:
        if call == "flock":
            raise OSError(errno.ENOLCK, "No locks available")

    watch_calls(before, monkeypatch.setattr)
    (tmp_path / PART).touch()
    save(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"
    assert sweep(tmp_path) == []
    assert part_files(tmp_path) == [PART]


class Saving(RuleBasedStateMachine):
    """Writers, sweeps and deaths, against a model: which files there are, who writes, what the dead have left."""

    writers = Bundle("writers")

    @initialize()
    def make_folder(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.files: dict[str, bytes] = {}
        self.writing: list[Writer] = []
        self.dead: set[str] = set()
        save(self.folder / "first", b"")  # the sweep that comes by itself has been
        self.files["first"] = b""

    @rule(target=writers, name=st.sampled_from("ab"), exclusive=st.booleans())
    def begin(self, name: str, exclusive: bool) -> Writer | MultipleResults[Writer]:
        if exclusive and name in self.files:
            with pytest.raises(UploadExists):
                AtomicFile(self.folder / name, exclusive=True).open()
            return multiple()
        writer = Writer(opened(self.folder / name, exclusive=exclusive, fsync=False), name, exclusive)
        self.writing.append(writer)
        return writer

    @rule(writer=writers, chunk=st.binary(max_size=50))
    def write(self, writer: Writer, chunk: bytes) -> None:
        writer.file.write([chunk])
        writer.content += chunk

    @rule(writer=consumes(writers))
    def commit(self, writer: Writer) -> None:
        self.writing.remove(writer)
        if writer.exclusive and writer.name in self.files:
            with pytest.raises(UploadExists):
                writer.file.commit()
        else:
            writer.file.commit()
            self.files[writer.name] = writer.content

    @rule(writer=consumes(writers))
    def discard(self, writer: Writer) -> None:
        self.writing.remove(writer)
        writer.file.discard()

    @rule(writer=consumes(writers))
    def die(self, writer: Writer) -> None:
        """What a killed process leaves: the part file, without a lock."""
        self.writing.remove(writer)
        assert writer.file._part is not None
        self.dead.add(writer.file._part._name)
        writer.file._part.close()
        writer.file._let_go()

    @rule(name=st.sampled_from("ab"))
    def remove(self, name: str) -> None:
        if self.files.pop(name, None) is not None:
            (self.folder / name).unlink()

    @rule()
    def sweep(self) -> None:
        assert {path.name for path in sweep(self.folder)} == self.dead
        self.dead.clear()

    @invariant()
    def the_files_are_those_that_were_committed(self) -> None:
        parts = part_files(self.folder)
        assert len(parts) == len(self.writing) + len(self.dead)
        assert self.dead <= set(parts)
        assert {path.name: path.read_bytes() for path in self.folder.iterdir() if path.name not in parts} == self.files

    def teardown(self) -> None:
        for writer in self.writing:
            writer.file.discard()
        assert set(part_files(self.folder)) == self.dead
        self.temporary.cleanup()


@dataclass(eq=False)
class Writer:
    file: AtomicFile
    name: str
    exclusive: bool
    content: bytes = b""


def test_it_is_all_or_nothing_in_any_order_of_steps() -> None:
    """Several writers, sweeps and deaths, in every order that hypothesis thinks of."""
    run_state_machine_as_test(Saving, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))
