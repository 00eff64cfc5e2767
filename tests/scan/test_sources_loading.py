"""All parts of the room together: many files, processes that die, interruptions, and no file that is ever run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from fastapi_convert.scan.errors import ScanError
from fastapi_convert.scan.facts import unpack
from fastapi_convert.scan.settings import Settings
from fastapi_convert.scan.sources import Sources, _lanes, _loading, _process, load_sources
from fastapi_convert.scan.sources._discovery import discover
from fastapi_convert.scan.sources._model import Discovered
from fastapi_convert.scan.sources._process import ProcessParser
from fastapi_convert.scan.sources._reading import Extracted
from tests.scan.source_trees import NO_CACHE, grow, many, summary
from tests.support.waiting import wait_until

DEADLY = b"# this one is deadly"
Act = Callable[[int, Sequence[bytes]], None]  # told the process id, and what it is sent
Installer = Callable[[Act], None]


def refuse_to_parse_here(_data: bytes) -> Extracted:
    raise AssertionError("this process parsed a file itself")


@pytest.fixture
def only_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test fail that would pass without any process."""
    monkeypatch.setattr(_lanes, "extract", refuse_to_parse_here)


@pytest.fixture
def before_asking(monkeypatch: pytest.MonkeyPatch) -> Installer:
    """Have something done to a process before it is sent a chunk."""
    real = ProcessParser._ask

    def install(act: Act) -> None:
        def ask(self: ProcessParser, chunk: Sequence[bytes]) -> list[Extracted]:
            act(self.pid, chunk)
            return real(self, chunk)

        monkeypatch.setattr(ProcessParser, "_ask", ask)

    return install


def test_few_files_need_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The facts are those of the file, and all is in the order of the paths."""
    monkeypatch.setattr(_lanes, "ProcessParser", None)
    grow(tmp_path, "pkg/__init__.py", "z.py", a="async def first(): pass", broken="def")
    sources = load_sources([tmp_path], NO_CACHE)
    assert sources.root == tmp_path
    assert [(file.path, file.absolute, file.cached) for file in sources.files] == [
        (path, tmp_path / path, False) for path in ("a.py", "pkg/__init__.py", "z.py")
    ]
    assert [function.name for function in unpack(sources.files[0].facts).functions if function.name] == ["first"]
    assert [(warning.path, warning.line) for warning in sources.warnings] == [("broken.py", 1)]


@pytest.mark.usefixtures("only_processes")
@pytest.mark.parametrize("processes", [1, 2, 5])
def test_many_files_are_parsed_by_processes(tmp_path: Path, processes: int) -> None:
    """As many as are asked for, and the answer does not depend on it."""
    many(tmp_path)
    sources = load_sources([tmp_path], Settings(cache=False, processes=processes))
    assert [file.path for file in sources.files] == sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.py")
    )
    for file in sources.files:
        assert file.names[0] == file.path.removesuffix(".py").replace("/", ".")
        assert file.path.rpartition("_")[2].removesuffix(".py").lstrip("0").encode() in file.facts


@pytest.mark.usefixtures("only_processes")
def test_a_large_file_is_never_parsed_here(tmp_path: Path) -> None:
    """It may need more memory than this process should take."""
    grow(tmp_path, large="x = [" + "1, " * 200_000 + "]")
    assert [file.path for file in load_sources([tmp_path], NO_CACHE).files] == ["large.py"]


def test_processes_and_this_one_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also at the edge of what the stack holds, and however deep the caller is in its own."""
    edges = {f"deep_{levels}": "x" + ".a" * levels for levels in (*range(880, 1000, 10), *range(2900, 3010, 10))}
    grow(many(tmp_path), **edges)

    def from_the_deep(depth: int) -> Sources:
        return from_the_deep(depth - 1) if depth else load_sources([tmp_path], NO_CACHE)

    by_processes = summary(load_sources([tmp_path], NO_CACHE))
    monkeypatch.setattr(_loading, "_are_many", lambda _chunks: False)
    assert summary(load_sources([tmp_path], NO_CACHE)) == by_processes
    assert summary(from_the_deep(500)) == by_processes


def test_the_answer_is_the_same_in_every_run(tmp_path: Path) -> None:
    """Whichever process is faster, from the cache or not, whatever the order of the paths."""
    root = grow(many(tmp_path / "tree"), "pkg0/a.py", bad="(", worse="\0")
    settings = Settings(cache_dir=tmp_path / "cache", processes=3)
    first = summary(load_sources([root], NO_CACHE))
    assert all(summary(load_sources([root], settings)) == first for _ in range(3))
    folders = sorted(root.iterdir())
    assert summary(load_sources(folders, NO_CACHE)) == summary(load_sources(folders[::-1], NO_CACHE)) == first


def test_progress_is_told_in_this_thread(tmp_path: Path) -> None:
    """It rises, and ends with all of the files: with processes, without, and out of the cache."""
    settings = Settings(cache_dir=tmp_path / "cache", max_file_size=1000)
    root = grow(many(tmp_path / "tree", 150), bad="(", large="#" * 2000)
    told: list[tuple[int, int]] = []

    def on_progress(done: int, total: int) -> None:
        assert threading.current_thread() is threading.main_thread()
        told.append((done, total))

    for _ in range(2):
        told.clear()
        load_sources([root], settings, on_progress)
        assert len(told) > 1
        assert told == sorted(set(told))
        assert told[-1] == (152, 152)


@pytest.mark.usefixtures("only_processes")
def test_a_file_that_kills_its_process_is_left_out(tmp_path: Path, before_asking: Installer) -> None:
    """It is found and named; its neighbours in the chunk are read."""
    deadly = ["pkg1/deadly.py", "pkg3/module_023.py"]
    many(tmp_path)
    for path in deadly:
        (tmp_path / path).write_bytes(DEADLY)
    before_asking(lambda pid, chunk: os.kill(pid, signal.SIGKILL) if DEADLY in chunk else None)
    sources = load_sources([tmp_path], NO_CACHE)
    assert len(sources.files) == 59
    assert [warning.path for warning in sources.warnings] == deadly
    assert {warning.message for warning in sources.warnings} == {
        "left out: the process that parsed it died of it. Exclude the file."
    }


@pytest.mark.usefixtures("only_processes")
def test_a_process_that_somebody_kills_costs_no_file(tmp_path: Path, before_asking: Installer) -> None:
    """Three are killed while they have files; others do their work."""
    killed: set[int] = set()

    def kill_first(pid: int, chunk: Sequence[bytes]) -> None:
        if len(killed) < 3 and len(chunk) > 1:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)

    expected = summary(load_sources([many(tmp_path)], NO_CACHE))
    before_asking(kill_first)
    assert summary(load_sources([tmp_path], NO_CACHE)) == expected
    assert len(killed) == 3


@pytest.mark.usefixtures("only_processes")
def test_a_file_that_takes_for_ever_is_left_out(
    tmp_path: Path,
    before_asking: Installer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its process is killed when the time is over, and the rest is read."""
    (many(tmp_path) / "pkg1/deadly.py").write_bytes(DEADLY)
    monkeypatch.setattr(_loading, "_PATIENCE", 2.0)
    before_asking(lambda pid, chunk: os.kill(pid, signal.SIGSTOP) if DEADLY in chunk else None)
    sources = load_sources([tmp_path], NO_CACHE)
    assert len(sources.files) == 60
    assert [(warning.path, warning.message) for warning in sources.warnings] == [
        ("pkg1/deadly.py", "left out: it was not parsed within 2 s. Exclude the file.")
    ]


@pytest.mark.parametrize("executable", ["", "/nowhere/python", "/bin/true", "/bin/cat"])
def test_without_processes_this_one_parses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executable: str) -> None:
    """No Python, or something else in its place: embedded, or forbidden to start anything."""
    expected = summary(load_sources([many(tmp_path)], NO_CACHE))
    monkeypatch.setattr(sys, "executable", executable)
    assert summary(load_sources([tmp_path], NO_CACHE)) == expected


def test_a_frozen_application_is_not_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There `sys.executable` is the application itself."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(subprocess, "Popen", None)
    assert len(load_sources([many(tmp_path)], NO_CACHE).files) == 60


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_interruption_ends_all_processes(tmp_path: Path, error: type[BaseException]) -> None:
    """Before the caller hears of it; and it passes unchanged."""

    def on_progress(_done: int, _total: int) -> None:
        raise error

    before = set(psutil.Process().children())  # of other tests: a server, a fork server
    with pytest.raises(error):
        load_sources([many(tmp_path, 300)], NO_CACHE, on_progress)
    assert set(psutil.Process().children()) <= before
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("scan-")] == []


def test_an_error_in_a_thread_reaches_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is no hang."""

    def broken(_self: ProcessParser, _chunk: Sequence[bytes]) -> list[Extracted]:
        raise ZeroDivisionError

    monkeypatch.setattr(ProcessParser, "parse", broken)
    with pytest.raises(ZeroDivisionError):
        load_sources([many(tmp_path)], NO_CACHE)


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    """Also when that one is killed."""
    code = """
import sys
from pathlib import Path
from fastapi_convert.scan.settings import Settings
from fastapi_convert.scan.sources import load_sources
load_sources([Path(sys.argv[1])], Settings(cache=False, processes=2), lambda done, total: (print(flush=True), input()))
"""
    many(tmp_path, 300)
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        workers = psutil.Process(parent.pid).children()
        parent.kill()
    assert workers
    wait_until(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers))


def test_a_worker_has_a_limit_of_memory() -> None:
    """A hostile file gets a MemoryError, not the machine."""
    pytest.importorskip("resource")
    code = "import resource; {}; print(*resource.getrlimit(resource.RLIMIT_AS))"
    limit = code.format("from fastapi_convert.scan.sources import _worker; _worker._limit_memory()")
    inherited, limited = (
        subprocess.run([sys.executable, "-c", each], capture_output=True, check=True).stdout.split()
        for each in (code.format("pass"), limit)
    )
    assert 0 < int(limited[0]) <= 3 << 30
    assert limited[1] == inherited[1]


def test_unreadable_files_are_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One each, whatever happens between finding and reading."""
    grow(tmp_path, "a.py", "gone.py", "fifo.py", "locked.py")
    (tmp_path / "large.py").write_bytes(b"#" * 1001)
    real_open = os.open

    def found_before_they_went(paths: Sequence[Path], exclude: Sequence[str], base: str) -> Discovered:
        found = discover(paths, exclude, base)
        (tmp_path / "gone.py").unlink()
        (tmp_path / "fifo.py").unlink()
        os.mkfifo(tmp_path / "fifo.py")
        return found

    def open_(path: str, *args: int) -> int:
        if str(path).endswith("locked.py"):
            raise PermissionError(13, "Permission denied")
        return real_open(path, *args)

    monkeypatch.setattr(_loading, "discover", found_before_they_went)
    monkeypatch.setattr(os, "open", open_)
    sources = load_sources([tmp_path], Settings(cache=False, max_file_size=1000))
    assert [file.path for file in sources.files] == ["a.py"]
    assert [(each.path, each.message.split("(")[-1].split(". ")[0]) for each in sources.warnings] == [
        ("fifo.py", "left out: it is not a regular file."),
        ("gone.py", "No such file or directory)."),
        ("large.py", "left out: 1001 bytes or more, and max_file_size is 1000"),
        ("locked.py", "Permission denied)."),
    ]


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    """Here too: nothing was scanned."""
    with pytest.raises(ScanError, match="does not exist"):
        load_sources([tmp_path / "nowhere"], NO_CACHE)


def test_an_empty_tree_is_loaded(tmp_path: Path) -> None:
    """With its one warning."""
    sources = load_sources([tmp_path], NO_CACHE)
    assert (sources.files, len(sources.warnings)) == ((), 1)


TRAP = "import pathlib\npathlib.Path({!r}).write_text(__name__)\n"
# Ends the process when it imports or runs anything that lies below the tree.
HOOK = """
import os, sys
def watch(event, arguments, tree={!r}, exit=os._exit):
    if event == "exec" and arguments[0].co_filename.startswith(tree):
        exit(3)
    if event == "import" and str(arguments[1] or "").startswith(tree):
        exit(3)
sys.addaudithook(watch)
"""
SCANNING = """
import json, os, sys
from pathlib import Path
from fastapi_convert.scan.settings import Settings
from fastapi_convert.scan.sources import _lanes, _process, load_sources
hook, tree = sys.argv[1:]
os.environ["PYTHONPATH"] = os.environ["PYTHONSTARTUP"] = tree
_process._START = hook + _process._START
_lanes.extract = None
exec(hook)
sources = load_sources([Path(tree)], Settings(cache=False))
print(json.dumps([[file.path for file in sources.files], [warning.path for warning in sources.warnings]]))
"""
NAMES = (
    "ast", "codecs", "conftest", "encodings", "fastapi_convert", "io", "marshal", "re", "setup", "signal", "site",
    "sitecustomize", "tokenize", "typing", "usercustomize", "warnings",
)  # fmt: skip


def test_no_file_of_the_tree_is_imported_or_run(tmp_path: Path) -> None:
    """Though it stands where Python looks first, under the names of what the scan itself imports."""
    tree = many(tmp_path / "tree")
    grow(tree, **{name: TRAP.format(str(tmp_path / "sprung")) for name in NAMES})
    hook = HOOK.format(str(tree))
    result = subprocess.run(
        [sys.executable, "-P", "-c", SCANNING, hook, tree], cwd=tree, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    files, warnings = json.loads(result.stdout)
    assert len(files) == 60 + len(NAMES)
    assert warnings == []
    assert not (tmp_path / "sprung").exists()


def test_the_hook_of_that_test_sees_what_it_is_for(tmp_path: Path) -> None:
    """A tree that is imported ends the process, and so does one that is run."""
    grow(tmp_path, trap="x = 1")
    hook = HOOK.format(str(tmp_path))
    for act in ("import trap", "import runpy; runpy.run_path(sys.path[0] + '/trap.py')"):
        code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {act}"
        assert subprocess.run([sys.executable, "-c", hook + code], cwd=tmp_path, check=False).returncode == 3


def test_the_start_of_a_worker_needs_nothing_but_python(tmp_path: Path) -> None:
    """No site-packages, no other room: it is quick, and nothing that is installed can be in its way."""
    parser = ProcessParser()
    try:
        ((loaded, line, problem),) = parser.parse([b"x = 1"])
        assert loaded is not None
        assert (line, problem) == (0, "")
        command = psutil.Process(parser.pid).cmdline()
        assert command[1:4] == ["-I", "-S", "-c"]
        assert command[4] == _process._START
    finally:
        parser.close()
