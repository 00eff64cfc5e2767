"""The pages of the reference that are made from the mapping: every code, and the whole table by code and library."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final, TypeVar

from . import CATEGORIES, TABLE, Blocking, Category

__all__ = ("pages",)

_T = TypeVar("_T")
_K = TypeVar("_K", bound=Hashable)

_MADE: Final = """\
<!-- Made by `python -m fastapi_convert.mapping docs/reference` from the rows of the mapping: change those. -->
"""
_CODES: Final = """
# Codes

A finding of `fastapi-convert scan` bears the code of the kind of blocking. On a terminal, `fastapi-convert scan
--explain FC102` says what this page does. To leave one as it is, write `# fastapi-convert: ignore[FC102] reason` at the
end of the line of the call, of a call to it, or of the `async def`.
"""
_MAPPING: Final = """
# What blocks, and what to use instead

The names that `fastapi-convert scan` knows to block the thread which calls them, by [code](codes.md) and by library.
`fastapi-convert mapping --search redis` prints them one by one, and `--format json` for programs.

- A star in the first column stands for any name. A star in the second stands for the name in the first.
- `offload` is for what has no async twin worth having: run your function [on a thread](offloading.md).
  `ProcessPool` is for what keeps the CPU busy: run it in another process.
- **error** blocks for as long as somebody else likes, or 10 ms and more of CPU. **warn** may do so. **all** is
  microseconds on most days, and reported by `--level all` only.
"""
# What readers are likely to have, for the page of codes.
_TYPICAL: Final = {
    "FC101": "time.sleep",
    "FC102": "requests.get requests.Session.post httpx.Client.get urllib.request.urlopen grpc.insecure_channel",
    "FC103": "sqlalchemy.orm.Session.execute sqlalchemy.orm.Query.all sqlite3.Connection.execute psycopg2.connect "
    "redis.Redis.get pymongo.collection.Collection.find_one django.db.models.Model.save",
    "FC104": "builtins.open pathlib.Path.read_text shutil.copyfileobj shutil.rmtree zipfile.ZipFile.extractall",
    "FC105": "subprocess.run subprocess.Popen.wait os.system git.Repo.clone_from",
    "FC106": "socket.getaddrinfo socket.socket.recv dns.resolver.resolve paramiko.SSHClient.connect",
    "FC107": "smtplib.SMTP.send_message imaplib.IMAP4.fetch sendgrid.SendGridAPIClient.send",
    "FC108": "openai.OpenAI.chat.completions.create anthropic.Anthropic.messages.create stripe.Charge.create "
    "botocore.client.BaseClient.put_object docker.from_env",
    "FC109": "builtins.input getpass.getpass builtins.breakpoint",
    "FC110": "threading.Lock.acquire threading.Thread.join queue.Queue.get concurrent.futures.Future.result",
    "FC111": "pandas.read_csv json.loads bcrypt.hashpw PIL.Image.Image.save openpyxl.load_workbook",
    "FC112": "os.path.exists pathlib.Path.is_file os.listdir os.walk glob.glob",
    "FC113": "celery.Task.delay kombu.Producer.publish pika.BlockingConnection kafka.KafkaProducer.flush",
}
_IMPLICIT: Final = {
    "__call__": "calling it",
    "__enter__": "entering `with`",
    "__exit__": "leaving `with`",
    "__iter__": "iterating",
}
# Packages that many libraries share: there a library is one part longer.
_SHARED: Final = ("azure.", "google.cloud.", "google.")


def pages() -> dict[str, str]:
    """The pages by the name of their file."""
    return {"codes.md": _MADE + _CODES + _each(_code), "mapping.md": _MADE + _MAPPING + _each(_section)}


def _each(written: Callable[[Category], str]) -> str:
    return "".join(f"\n## {each.code}: {each.name} {{#{each.code.lower()}}}\n\n{written(each)}" for each in CATEGORIES)


# -- codes.md ----------------------------------------------------------------------------------------------------------


def _code(category: Category) -> str:
    typical = (f"| `{name}` | `{row.replacement}` |" for name, row in _typical(category))
    return "\n".join(
        (
            f"An `async def` {category.title}.\n",
            f"**Why it matters.** {category.why}\n",
            f"**What to do.** {category.cure}\n",
            "| for example | instead |",
            "|---|---|",
            *typical,
            f"\n[All {len(_rows(category))} names](mapping.md#{category.code.lower()}).\n",
        )
    )


def _typical(category: Category) -> Iterator[tuple[str, Blocking]]:
    for name in _TYPICAL[category.code].split():
        row = TABLE.lookup(name)
        if row is None or row.category is not category:
            raise LookupError(f"{name} has no row under {category.code}: change what `_TYPICAL` names.")
        yield name.removeprefix("builtins."), row


# -- mapping.md --------------------------------------------------------------------------------------------------------


def _section(category: Category) -> str:
    code = category.code.lower()
    libraries = _grouped(_rows(category), _library)
    tables = (f"### {name} {{#{code}-{_slug(name)}}}\n\n{_table(rows)}" for name, rows in libraries.items())
    return f"[{category.title[0].upper()}{category.title[1:]}](codes.md#{code}).\n\n" + "\n".join(tables)


def _table(rows: list[Blocking]) -> str:
    lines = "".join("| " + " | ".join(cells) + " |\n" for cells in _compressed(rows))
    return f"| blocks | instead | level | note |\n|---|---|---|---|\n{lines}"


def _compressed(rows: list[Blocking]) -> Iterator[tuple[str, ...]]:
    """A line for each class, or for several that say the same: what blocks, what to use, the level, what to know."""
    of_one_owner = _grouped(rows, lambda row: (_owner(row), _starred(row), row.level, _note(row))).values()
    for (names, *said), alike in _grouped(of_one_owner, _said).items():
        yield _blocks([_owner(first) for first, *_ in alike], names), *said


def _said(rows: list[Blocking]) -> tuple[tuple[str, ...], str, str, str]:
    return tuple(map(_name, rows)), _instead(rows), rows[0].level, _note(rows[0])


def _blocks(owners: list[str], names: tuple[str, ...]) -> str:
    shown = ", ".join(_IMPLICIT.get(name, f"`{name}`") for name in names)
    if owners == ["builtins"]:
        return shown
    if len(owners) == len(names) == 1 and names[0] not in _IMPLICIT:
        return f"`{owners[0]}.{names[0]}`"
    return ", ".join(f"`{owner}`" for owner in owners) + f": {shown}"


def _instead(rows: list[Blocking]) -> str:
    return f"`{rows[0].replacement if len(rows) == 1 else _starred(rows[0])}`"


def _starred(row: Blocking) -> str:
    """The replacement, with a star for the name where it keeps it: `httpx.AsyncClient.*`, `stripe.Charge.*_async`."""
    owner, _, last = row.replacement.rpartition(".")
    name = _name(row)
    kept = row.how == "native" and (last.startswith(name) or last.endswith(name))
    return f"{owner}.{last.replace(name, '*', 1)}" if kept else row.replacement


def _note(row: Blocking) -> str:
    harmless = [f"`{each.keyword}={each.equals!r}`{', the default,' * each.default}" for each in row.unless]
    note = f"{row.note} Harmless with {' or '.join(harmless)}." if harmless else row.note
    return note.replace("|", "\\|").strip()


# -- both --------------------------------------------------------------------------------------------------------------


def _rows(category: Category) -> list[Blocking]:
    return [row for row in TABLE.rows if row.category is category]


def _library(row: Blocking) -> str:
    shared = next((each for each in _SHARED if row.name.startswith(each)), "")
    return shared + row.name.removeprefix(shared).partition(".")[0]


def _slug(library: str) -> str:
    return library.replace(".", "-").lower()


def _owner(row: Blocking) -> str:
    return row.name.rpartition(".")[0]


def _name(row: Blocking) -> str:
    return row.name.rpartition(".")[2]


def _grouped(items: Iterable[_T], key: Callable[[_T], _K]) -> dict[_K, list[_T]]:
    """The items by key, both in the order in which they come."""
    groups: dict[_K, list[_T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
