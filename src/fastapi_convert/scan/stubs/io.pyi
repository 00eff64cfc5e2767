# What scan needs to know of io.
from collections.abc import Iterator
from typing import Self

def open(file, mode="r", *args, **kw) -> TextIOWrapper: ...
def open_code(path) -> BufferedReader: ...

class IOBase:
    def __enter__(self) -> Self: ...
    def __exit__(self, *args) -> None: ...
    def __iter__(self) -> Iterator[str]: ...

class FileIO(IOBase): ...

class BufferedReader(IOBase):
    raw: FileIO

class BufferedWriter(IOBase):
    raw: FileIO

class BufferedRandom(IOBase):
    raw: FileIO

class TextIOWrapper(IOBase):
    buffer: BufferedReader
    name: str

class BytesIO:
    def __enter__(self) -> Self: ...
    def __exit__(self, *args) -> None: ...

class StringIO:
    def __enter__(self) -> Self: ...
    def __exit__(self, *args) -> None: ...
