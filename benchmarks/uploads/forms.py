"""Multipart bodies of any size out of one block that is sent again and again."""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

#: As curl makes them, 40 characters long: how fast a parser finds the next one depends on its length.
BOUNDARY = "------------------------d74496d66958873e"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
BLOCK = 1_000_000
ROW = 52

_HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\nContent-Type: %s\r\n\r\n'
_TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True)
class Form:
    """A form with one file: `first`, then `count` times `block`."""

    block: bytes
    count: int
    first: bytes = b""
    filename: str = "data.bin"
    media_type: str = "application/octet-stream"

    @property
    def file_size(self) -> int:
        return len(self.first) + len(self.block) * self.count

    @property
    def size(self) -> int:
        return len(self._lead) + self.file_size + len(_TAIL)

    @property
    def _lead(self) -> bytes:
        return (_HEAD % (self.filename, self.media_type)).encode()

    def pieces(self) -> Iterator[bytes]:
        """The body."""
        yield self._lead + self.first
        for _ in range(self.count):
            yield self.block
        yield _TAIL

    @functools.cached_property
    def file_sha256(self) -> str:
        return _sha256([self.first, *([self.block] * self.count)])

    @functools.cached_property
    def sha256(self) -> str:
        return _sha256(self.pieces())


def _sha256(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def binary(size: int) -> Form:
    """A file of random bytes."""
    block = min(size, BLOCK)
    return Form(random.Random(7).randbytes(block), size // block)


def csv(size: int) -> Form:
    """A file of about that size: orders, with two columns of text and five of numbers."""
    block = _rows(min(size, BLOCK))
    return Form(block, size // len(block), b"id,customer,city,amount,quantity,tax,year\n", "orders.csv", "text/csv")


def _rows(size: int) -> bytes:
    choose = random.Random(7)
    return "".join([_row(choose) for _ in range(size // ROW)]).encode()


def _row(choose: random.Random) -> str:
    number, city = choose.randrange(10**8), choose.choice(("Bern", "Lyon", "Oslo", "Porto", "Turin"))
    amount, quantity = choose.random() * 1000, choose.randrange(1, 100)
    return f"{number:08d},customer-{number % 5000:04d},{city},{amount:.2f},{quantity},{amount / 5:.4f},2026\n"


def many_parts(count: int, size: int) -> bytes:
    """The body of a form with so many files of that size."""
    part = (_HEAD % ("tiny.bin", "application/octet-stream")).encode() + b"x" * size + b"\r\n"
    return part * count + _TAIL.lstrip()
