"""The table as a whole: what every row keeps, and what it promises to its readers."""

from __future__ import annotations

import importlib
import importlib.util
import re
import warnings
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from fastapi_convert.mapping import CATEGORIES, TABLE, Blocking, Table
from fastapi_convert.scan import Settings, scan
from tests.mapping.row_examples import example, write_examples

_NATIVE = [row for row in TABLE.rows if row.how == "native"]
_PATTERNS = [row for row in TABLE.rows if "*" in row.name]
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_LEAST_EXACT = 400
_LEAST_CHECKED = 450  # replacements in the standard library and in libraries that every test run has

# What the table was first drawn up for, and the cure of each.
_PROMISED = {
    "requests.get": "httpx.AsyncClient.get",
    "requests.Session.request": "httpx.AsyncClient.request",
    "sqlalchemy.orm.Session.execute": "sqlalchemy.ext.asyncio.AsyncSession.execute",
    "sqlalchemy.engine.Engine.connect": "sqlalchemy.ext.asyncio.AsyncEngine.connect",
    "sqlalchemy.orm.Query.all": "sqlalchemy.ext.asyncio.AsyncSession.scalars",
    "time.sleep": "asyncio.sleep",
    "builtins.open": "aiofiles.open",
    "pathlib.Path.read_text": "aiofiles.open",
    "pathlib.Path.read_bytes": "aiofiles.open",
    "pathlib.Path.write_text": "aiofiles.open",
    "pathlib.Path.write_bytes": "aiofiles.open",
    "subprocess.run": "asyncio.create_subprocess_exec",
    "subprocess.check_output": "asyncio.create_subprocess_exec",
    "subprocess.call": "asyncio.create_subprocess_exec",
    "subprocess.Popen": "asyncio.create_subprocess_exec",
    "os.system": "asyncio.create_subprocess_shell",
    "redis.Redis.get": "redis.asyncio.Redis.get",
    "urllib.request.urlopen": "httpx.AsyncClient.get",
    "socket.socket.recv": "asyncio.AbstractEventLoop.sock_recv",
    "smtplib.SMTP.send_message": "aiosmtplib.SMTP.send_message",
    "psycopg2.connect": "psycopg.AsyncConnection.connect",
    "pymysql.connect": "aiomysql.connect",
    "sqlite3.connect": "aiosqlite.connect",
    "botocore.client.BaseClient.anything": "aioboto3.Session.client",
    "paramiko.SSHClient.connect": "asyncssh.connect",
    "pymongo.collection.Collection.find_one": "pymongo.asynchronous.collection.AsyncCollection.find_one",
    "builtins.input": "offload",
    "pandas.read_csv": "ProcessPool",
    "PIL.Image.Image.save": "offload",
    "hashlib.pbkdf2_hmac": "offload",
    "json.loads": "ProcessPool",
}
_LEVELS = {
    "glob.glob": "warn",
    "glob.iglob": "warn",
    "os.walk": "warn",
    "os.fwalk": "warn",
    "pathlib.Path.glob": "warn",
    "pathlib.Path.rglob": "warn",
    "pathlib.Path.walk": "warn",
    "os.listdir": "all",
    "os.path.exists": "all",
    "os.stat": "all",
    "pathlib.Path.exists": "all",
    "pathlib.Path.iterdir": "all",
    "pathlib.Path.stat": "all",
    "shutil.disk_usage": "all",
    "httpx.Client.close": "all",
    "subprocess.Popen.stdout.__iter__": "error",
}


def _is_installed(name: str) -> bool:
    """Whether the library is that a dotted name leads into; a folder that many share, such as `google`, is none."""
    parts = name.split(".")
    for end in range(1, len(parts)):
        spec = importlib.util.find_spec(".".join(parts[:end]))
        if spec is None or spec.origin is not None:
            return spec is not None
    return False


def _is_there(name: str) -> bool:
    """Whether a dotted name leads somewhere in its library, which is installed."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part, None)
        return found is not None
    return False


def test_every_row_has_an_example_that_a_scan_finds(tmp_path: Path) -> None:
    """What a row says is what the scan reports, for the call as the row itself writes it."""
    rows = write_examples(TABLE.rows, tmp_path)
    report = scan([tmp_path], Settings(level="all", cache=False, processes=1))
    assert report.warnings == ()
    found = defaultdict(set)
    for finding in report.findings:
        found[finding.async_function.name].add(TABLE.lookup(finding.blocking.call))
    assert [f"{row.name}: {example(row)}" for name, row in rows.items() if row not in found[name]] == []


def test_every_row_bears_a_code_and_every_code_has_rows() -> None:
    """No row of a category that nobody can select."""
    assert {row.category for row in TABLE.rows} == set(CATEGORIES)


def test_every_category_has_a_code_and_a_name_of_its_own() -> None:
    """Codes are what people write into their files: FC101 and on, without a gap."""
    assert [each.code for each in CATEGORIES] == [f"FC{101 + number}" for number in range(len(CATEGORIES))]
    assert len({each.name for each in CATEGORIES}) == len(CATEGORIES)


def test_what_replaces_a_call_is_of_the_kind_that_the_row_says() -> None:
    """A dotted name if there is an async twin, otherwise one of two words."""
    kinds = {"offload": "offload", "ProcessPool": "process"}
    assert [row for row in TABLE.rows if row.how != kinds.get(row.replacement, "native")] == []
    assert [row for row in _NATIVE if not _DOTTED.fullmatch(row.replacement)] == []


def test_every_replacement_of_an_installed_library_exists() -> None:
    """A cure that cannot be imported is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries deprecate things as they are imported
        names = {row.replacement for row in _NATIVE}
        installed = {name for name in names if _is_installed(name)}
        assert {name for name in installed if not _is_there(name)} == set()
    assert len(installed) >= _LEAST_CHECKED


def test_a_replacement_that_does_not_exist_is_noticed() -> None:
    """Neither a module, nor a class, nor a method that is not there passes for one."""
    names = ("asyncio.sleep", "httpx.AsyncClient.get", "asyncio.nothing", "httpx.AsyncClient.nothing", "nothing.at.all")
    assert [_is_there(name) for name in names] == [True, True, False, False, False]


def test_no_replacement_blocks() -> None:
    """Nobody is sent from one row to another, by a pattern that goes too far."""
    assert [row for row in _NATIVE if TABLE.lookup(row.replacement)] == []


def test_every_name_finds_its_own_row() -> None:
    """No pattern comes before an exact name."""
    assert [row for row in TABLE.rows if TABLE.lookup(row.name) is not row] == []


def test_a_row_that_a_pattern_covers_says_something_else() -> None:
    """Otherwise one of the two is too much."""
    patterns = Table(_PATTERNS)
    covered = [(row, patterns.lookup(row.name)) for row in TABLE.rows if row not in _PATTERNS]
    assert [row for row, pattern in covered if pattern and _as(pattern, row) == row] == []


def _as(pattern: Blocking, row: Blocking) -> Blocking:
    return replace(pattern, name=row.name, construct=row.construct, arguments=row.arguments)


def test_a_star_stands_in_the_last_part_and_once() -> None:
    """The only place in which it is looked for."""
    assert [row for row in _PATTERNS if row.name.count("*") != 1 or "*" not in row.name.rpartition(".")[2]] == []


def test_the_table_names_hundreds_of_calls() -> None:
    """Exact names, for patterns count as one."""
    names = Counter(row.name for row in TABLE.rows)
    assert max(names.values()) == 1
    assert len(names) - len(_PATTERNS) >= _LEAST_EXACT


@pytest.mark.parametrize("name, replacement", _PROMISED.items())
def test_what_the_table_was_drawn_up_for_is_in_it(name: str, replacement: str) -> None:
    """The calls that most applications have, with their cures."""
    row = TABLE.lookup(name)
    assert row is not None
    assert row.replacement == replacement


@pytest.mark.parametrize("name, level", _LEVELS.items())
def test_how_sure_a_row_is(name: str, level: str) -> None:
    """A walk through folders may take long, one question to the file system is noise, a pipe waits for its writer."""
    row = TABLE.lookup(name)
    assert row is not None
    assert row.level == level
