"""The app of `served_uploads` behind a real server, as its tests see it: whole exchanges, the ledger, what is left."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psutil

from tests.support.server import Server, serve
from tests.support.waiting import wait_until
from tests.uploads.arriving import form, part
from tests.uploads.raw_client import Answer, RawClient, head

__all__ = ("BOTH", "DEADLINE", "WARM", "UploadServer", "serving")

Http = Literal["h11", "httptools"]
Loop = Literal["asyncio", "uvloop"]

#: Each parser once, each loop once.
BOTH: list[tuple[Http, Loop]] = [("h11", "asyncio"), ("httptools", "uvloop")]


DEADLINE = 20.0
#: What each server has saved as `a.bin` before its first test.
WARM = (b"a" * 999 + b"\n") * 100
#: What has threads, and how many at the most. All other threads of a server are its own.
BOUNDS = {"uploads": 16, "upload steps": 8, "few": 4, "AnyIO worker thread": 40, "upload steps reserve": 2}


class UploadServer:
    """A server, the folder that it saves into, and the one for its temporary files."""

    def __init__(self, server: Server, folder: Path, temporary: Path) -> None:
        self.server = server
        self.port = server.port
        self.pid = server.pid
        self.folder = folder
        self.temporary = temporary
        self._numbers = itertools.count(1)

    def tag(self, kind: str = "t") -> str:
        """A name for a request that no other has."""
        return f"{kind}-{next(self._numbers)}-"

    def connect(self, data: bytes = b"") -> RawClient:
        return RawClient(self.port, data)

    def get(self, path: str) -> Any:
        with self.connect(head(path, 0, {"Connection": "close"}, "GET")) as client:
            answer = client.answer()
            assert client.is_closed()  # on the server's side too: its descriptors can be counted
        assert answer is not None
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def post(self, path: str, body: bytes, **headers: str) -> Answer:
        """A whole exchange."""
        with self.connect(head(path, len(body), {"Connection": "close", **headers})) as client:
            client.send(body)
            answer = client.answer()
        assert answer is not None
        return answer

    def ledger(self, prefix: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.get(f"/ledger?prefix={prefix}")
        return found

    def entry(self, tag: str) -> dict[str, Any]:
        """What became of one request; empty before it has come."""
        return self.ledger(tag).get(tag, {})

    def wait_for(self, tag: str, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Wait until the entry of a request is as it should be."""
        wait_until(lambda: condition(self.entry(tag)), timeout=DEADLINE, message=f"what was expected of {tag}")
        return self.entry(tag)

    def wait_over(self, tag: str) -> dict[str, Any]:
        return self.wait_for(tag, lambda entry: entry.get("over"))

    def state(self) -> dict[str, Any]:
        """Tasks, busy workers, threads that belong to no pool, descriptors, and files that are not finished."""
        found = self.get("/state")
        threads = found.pop("threads")
        assert all(count <= BOUNDS[name] for name, count in threads.items() if name in BOUNDS), threads
        parts = [path.name for path in self.folder.iterdir() if path.name.endswith(".part")]
        return {
            **found,
            "other threads": {name: count for name, count in threads.items() if name not in BOUNDS},
            "descriptors": psutil.Process(self.pid).num_fds(),
            "unfinished files": parts + [path.name for path in self.temporary.iterdir()],
        }

    @contextmanager
    def leaving_nothing(self) -> Iterator[None]:
        """After the block, and in a while, the server is as it was before it."""
        before, after = self.state(), {}

        def is_as_before() -> bool:
            after.update(self.state())
            return after == before

        yield
        try:
            wait_until(is_as_before, timeout=DEADLINE)
        except AssertionError as late:
            raise AssertionError(f"before: {before}\nafter:  {after}") from late


@contextmanager
def serving(folder: Path, http: Http, loop: Loop, grace: int = 5) -> Iterator[UploadServer]:
    """A server that has taken one upload of each kind already, so that what it makes once is made."""
    uploads, temporary = folder / "uploads", folder / "temporary"
    for made in (uploads, temporary):
        made.mkdir(exist_ok=True)
    env = {"UPLOADS_FOLDER": str(uploads), "TMPDIR": str(temporary)}
    with serve("tests.uploads.served_uploads:app", loop=loop, http=http, grace=grace, env=env) as server:
        found = UploadServer(server, uploads, temporary)
        for way in ("run", "save", "rows", "chunks", "seekable", "path"):
            assert found.post(f"/take/{way}?tag={found.tag('warm')}", form(part(WARM))).status == 200
        assert found.get("/plain") == "plain"
        yield found
