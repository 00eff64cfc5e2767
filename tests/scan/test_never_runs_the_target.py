"""A scan reads the target and nothing else: it imports nothing of it, runs nothing of it, and leaves nothing behind.

Each scan is a process of its own with an audit hook, in the target's folder, which is full of traps: modules that have
the names of Python's own, of libraries and of the scan's, and files that other tools execute.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TRAP = "import pathlib\npathlib.Path({!r}).write_text(__name__ + ' ' + __file__)\n"
STDLIB = (
    "abc", "argparse", "ast", "bisect", "codecs", "collections", "contextlib", "copyreg", "dataclasses", "enum",
    "functools", "gc", "hashlib", "heapq", "importlib", "inspect", "io", "itertools", "json", "keyword", "locale",
    "marshal", "operator", "os", "pathlib", "pickle", "queue", "random", "re", "resource", "secrets", "select",
    "shutil", "signal", "site", "stat", "string", "struct", "subprocess", "tempfile", "threading", "time", "token",
    "tokenize", "tomllib", "traceback", "types", "typing", "warnings", "weakref", "zlib",
)  # fmt: skip
OTHERS = (
    "conftest", "django", "fastapi", "pydantic", "requests", "rich", "setup", "sitecustomize", "sqlalchemy",
    "starlette", "typer", "usercustomize", "noxfile", "tasks", "gunicorn.conf", "manage",
)  # fmt: skip
VIEW = (
    "import time\nimport json\nimport fastapi\n\n\nasync def view_{0}():\n    time.sleep(1)\n    json.loads('{{}}')\n"
)
PYPROJECT = """\
[build-system]
requires = []
build-backend = "setup"
backend-path = ["."]

[tool.fastapi-convert.scan]
level = "all"
exclude = ["no/such/**"]

[tool.fastapi]
entrypoint = "conftest:app"

[tool.pytest.ini_options]
addopts = "-p conftest"
"""

# Notes every event that a scan has no business with. `sys.argv[1]` is where to, the rest is the command's.
WATCHED = """
import os, runpy, sys
from fastapi_convert.scan import __main__ as command  # before the watch begins: all of ours is loaded
log, target, cache, *arguments = sys.argv[1:]
seen = open(log, "a", buffering=1)
worker = {worker!r}

def watch(event, args):
    if event.startswith(("socket.", "urllib.", "ftplib.", "smtplib.", "http.", "ctypes.", "os.exec", "os.fork",
                         "os.system", "os.spawn", "os.posix_spawn", "pty.", "webbrowser.", "winreg.")):
        seen.write(event + " " + repr(args)[:300] + "\\n")
    elif event == "subprocess.Popen":
        ours = list(args[1][:4]) == [sys.executable, "-I", "-S", "-c"] and args[1][4] == worker
        if not ours:
            seen.write("subprocess.Popen " + repr(args)[:300] + "\\n")
    elif event == "import":
        if args[1] and os.path.realpath(args[1]).startswith(target):
            seen.write("import " + repr(args)[:300] + "\\n")
        if args[0].partition(".")[0] in {{"conftest", "setup", "views", "fastapi", "sitecustomize"}}:
            seen.write("import " + repr(args)[:300] + "\\n")
    elif event == "exec":
        name = getattr(args[0], "co_filename", "")
        if os.path.realpath(name).startswith(target) or name in {{"<string>", "<unknown>"}}:
            # `namedtuple` and dataclasses make their methods so; they are made when a module of ours is imported.
            seen.write("exec " + name + "\\n")
    elif event == "open" and isinstance(args[0], str):
        mode, flags = args[1], args[2] or 0
        writing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or (mode and set(mode) & set("wax+"))
        allowed = args[0].startswith(cache) or args[0] == os.devnull
        if writing and not allowed:
            seen.write("open " + repr(args) + "\\n")
    elif event in {{"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown",
                   "os.truncate", "os.utime", "shutil.rmtree", "shutil.move", "tempfile.mkdtemp"}}:
        if not all(str(each).startswith(cache) for each in args if isinstance(each, str)):
            seen.write(event + " " + repr(args)[:300] + "\\n")

sys.addaudithook(watch)
{before}
code = command.main(arguments)
seen.close()
raise SystemExit(code)
"""


class Target:
    """A hostile project, and what is left behind by a scan of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "target"
        self.sprung = folder / "sprung"
        self.cache = folder / "cache"
        self.log = folder / "log"
        self.home = folder / "home"
        self.home.mkdir()
        trap = TRAP.format(str(self.sprung))
        for name in (*STDLIB, *OTHERS):
            self.write(f"{name}.py", trap)
        for package in ("concurrent", "encodings", "multiprocessing", "views", "fastapi_convert_plugins"):
            self.write(f"{package}/__init__.py", trap)
            self.write(f"{package}/__main__.py", trap)
        for number in range(60):  # enough that processes parse
            self.write(f"app/view_{number}.py", trap + VIEW.format(number))
        self.write("pyproject.toml", PYPROJECT)
        self.write("trap.pth", f"import pathlib; pathlib.Path({str(self.sprung)!r}).touch()\n")
        self.before = self.listing()

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def listing(self) -> dict[str, int]:
        return {str(path): path.lstat().st_mtime_ns for path in sorted(self.folder.rglob("*"))}

    def environment(self, **more: str) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return {**ours, "HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1", **more}

    def run(self, *command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.folder, env=self.environment(**more), capture_output=True, text=True, check=False, timeout=50,
        )  # fmt: skip

    def watched(self, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
        from fastapi_convert.scan.sources._process import _START

        code = WATCHED.format(worker=_START, before=before)
        given: list[str | Path] = [
            self.log,
            os.path.realpath(self.folder) + os.sep,
            self.cache,
            "--cache-dir",
            self.cache,
            *arguments,
        ]
        return self.run("-P", "-c", code, *given)

    def check(self, done: subprocess.CompletedProcess[str], findings: int = 60) -> Any:
        """Everything was found, nothing ran, and nothing was written beside the cache."""
        assert done.stderr == ""
        assert done.returncode == 1
        read = json.loads(done.stdout)
        assert len([each for each in read["findings"] if each["blocking"]["call"] == "time.sleep"]) == findings
        assert not self.sprung.exists(), self.sprung.read_text()
        assert self.listing() == self.before
        assert [*self.home.rglob("*")] == []
        return read


@pytest.fixture
def target(tmp_path: Path) -> Target:
    """A hostile project."""
    return Target(tmp_path)


JSON = ("--format", "json")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_nothing_of_the_target_runs_and_nothing_else_happens(target: Target, processes: str) -> None:
    """No import, no exec, no socket, no process but our own workers, no writing beside the cache; cold and warm."""
    for cached in (0, len([*target.folder.rglob("*.py")])):
        done = target.watched(".", *JSON, "--processes", processes)
        read = target.check(done)
        assert target.log.read_text() == ""
        assert abs(read["stats"]["cached"] - cached) <= cached * 0.9  # files with the same contents share their facts
    assert {path.suffix for path in target.cache.iterdir()} == {".facts", ".findings"}


@pytest.mark.parametrize(
    "act",
    [
        "sys.path.insert(0, target); import conftest",
        "exec(compile('1', target + 'x.py', 'exec'))",
        "eval('1')",
        "import socket; socket.socket().close()",
        "os.system('true')",
        "import subprocess; subprocess.run(['true'])",
        "import subprocess; subprocess.run([sys.executable, '-I', '-S', '-c', 'pass'])",
        "open(target + 'new', 'w').close()",
        "os.mkdir(target + 'new')",
    ],
)
def test_the_watch_sees_what_it_is_for(target: Target, act: str) -> None:
    """Each of the things that a scan must not do leaves a line."""
    target.watched("--explain", "FC101", before=act)
    assert target.log.read_text() != ""


@pytest.mark.parametrize(
    "command",
    [
        # Without `-P`, Python itself puts the current folder in front before any of our code runs.
        pytest.param(("-P", "-m", "fastapi_convert.scan", "."), id="module"),
        pytest.param((Path(sys.executable).with_name("fastapi-convert"), "scan"), id="script"),
    ],
)
def test_the_folder_that_we_are_in_is_not_imported_from(target: Target, command: tuple[str | Path, ...]) -> None:
    """Neither by the command nor by its workers, though modules there have the names that they import."""
    for name in ("fastapi_convert", "__future__"):
        target.write(f"{name}.py", TRAP.format(str(target.sprung)))
    target.before = target.listing()
    target.check(target.run(*command, *JSON, "--no-cache"))


def test_workers_ignore_what_the_environment_says(target: Target) -> None:
    """With `PYTHONPATH` on the target the command itself is lost, but a worker is not."""
    code = "import os, sys\nfrom fastapi_convert.scan.__main__ import main\n"
    code += "os.environ.update(dict.fromkeys(('PYTHONPATH', 'PYTHONSTARTUP', 'PYTHONHOME'), os.getcwd()))\n"
    code += "os.environ['PYTHONINSPECT'] = '1'\nos.environ['PYTHONWARNINGS'] = 'error'\n"
    code += "code = main(sys.argv[1:])\nsys.stdout.flush()\nos._exit(code)"
    target.check(target.run("-P", "-c", code, ".", *JSON, "--no-cache", "--processes", "2"))


def test_a_repository_does_not_choose_where_we_write(target: Target) -> None:
    """Its pyproject.toml may not name a folder for the cache or a file for the report."""
    for key in ("cache-dir", "output"):
        target.write("pyproject.toml", f"[tool.fastapi-convert.scan]\n{key} = '../chosen'\n")
        target.before = target.listing()
        done = target.run("-P", "-m", "fastapi_convert.scan", ".")
        assert (done.returncode, done.stdout) == (2, "")
        assert f"has a key {key!r}, which means nothing" in done.stderr
        assert not (target.folder.parent / "chosen").exists()
        assert target.listing() == target.before


def test_without_an_option_facts_go_to_the_users_own_folder(target: Target) -> None:
    """And only there."""
    kept = target.home / ".cache" / "fastapi-convert" / "scan"
    done = target.run("-P", "-m", "fastapi_convert.scan", ".", *JSON, XDG_CACHE_HOME="")
    assert (done.returncode, done.stderr) == (1, "")
    assert {path.suffix for path in kept.iterdir()} == {".facts", ".findings"}
    assert {path for path in target.home.rglob("*") if path.is_file()} == {*kept.iterdir()}
    assert target.listing() == target.before
    assert not target.sprung.exists()


def test_facts_that_a_repository_brings_along_are_not_believed(target: Target) -> None:
    """A folder for the cache in the target is not used, whoever names it."""
    inside = target.folder / "kept"
    inside.mkdir(mode=0o700)
    (inside / "evil.facts").write_bytes(b"fastapi-convert facts 1\n" + b"\0" * 100)
    target.before = target.listing()
    target.check(target.run("-P", "-m", "fastapi_convert.scan", ".", *JSON, "--cache-dir", "kept"))


def test_sources_that_python_would_run_while_it_reads_them_are_only_text(target: Target) -> None:
    """Encodings of the target's own, annotations and default values, class bodies, `__import__` at the top."""
    trap = TRAP.format(str(target.sprung))
    target.write("app/eager.py", f"__import__('conftest')\nexec({trap!r})\nclass A(metaclass=exec({trap!r})): pass\n")
    target.write("app/typed.py", f'def f(a: {f"exec({trap!r})"!r} = exec({trap!r})) -> \'open("x", "w")\': ...\n')
    target.write("app/coded.py", "# coding: conftest\nx = 1\n")
    target.write("conftest/__init__.py", trap)
    target.before = target.listing()
    read = target.check(target.watched(".", *JSON))
    assert target.log.read_text() == ""
    assert [warned["path"] for warned in read["warnings"]] == ["app/coded.py"]
