"""Saved uploads: what `Upload.save` gives back, and the removal of what killed processes have left half-written."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from ._folder import Folder
from ._partfile import remove_dead

if TYPE_CHECKING:
    from aiofiles.base import AiofilesContextManager
    from aiofiles.threadpool.binary import AsyncBufferedReader
    from aiofiles.threadpool.text import AsyncTextIOWrapper

__all__ = ("SavedFile", "sweep")


@dataclass(frozen=True, slots=True)
class SavedFile:
    """An upload that lies complete under its name.

    Examples:
        >>> import anyio
        >>> from pathlib import Path
        >>> from fastapi_convert.uploads.saving import SavedFile
        >>> Path("note.txt").write_bytes(b"hello")
        5
        >>> saved = SavedFile(Path("note.txt"), size=5, digest=None)
        >>> async def main() -> bytes:
        ...     async with saved.open() as file:
        ...         return await file.read()
        >>> anyio.run(main)
        b'hello'
    """

    #: Where it is, as it was asked for.
    path: Path
    #: Its length in bytes.
    size: int
    #: The hexadecimal digest of its bytes; `None` when no hash was asked for.
    digest: str | None

    @overload
    def open(self, mode: Literal["rb"] = "rb") -> AiofilesContextManager[AsyncBufferedReader]: ...
    @overload
    def open(self, mode: Literal["r", "rt"], **kwargs: Any) -> AiofilesContextManager[AsyncTextIOWrapper]: ...
    @overload
    def open(self, mode: str, **kwargs: Any) -> AiofilesContextManager[Any]: ...
    def open(self, mode: str = "rb", **kwargs: Any) -> AiofilesContextManager[Any]:
        """Open it as an asynchronous file of aiofiles: `async with saved.open() as file: await file.read()`.

        Args:
            mode: As for the built-in `open`.
            **kwargs: The other arguments of `aiofiles.open`, such as `encoding`.

        Raises:
            OSError: On entering, when the file is gone or may not be read.

        aiofiles runs on asyncio only, uvloop included; on trio use `anyio.open_file(saved.path)`.
        """
        import aiofiles  # noqa: PLC0415 - who never opens one need not wait for it

        return aiofiles.open(self.path, mode, **kwargs)  # type: ignore[no-any-return,call-overload]  # any mode


def sweep(folder: str | os.PathLike[str]) -> list[Path]:
    """Remove the part files that killed processes have left in `folder`, and return what was removed.

    A save that fails or is cancelled removes its own part file; after a `kill -9` or a crash only a sweep can. The
    first save into a folder sweeps it too, once for each folder and process, but it looks at no more than 100 000
    entries. Call this where the application starts if the folder may hold more, or if nothing may be saved for long.

    Args:
        folder: The folder that uploads are saved in, not those below it. Other files in it are not even opened.

    Raises:
        FileNotFoundError: There is no such folder.
        OSError: It cannot be read.

    Part files of living writers, of this process or any other on this machine, are left alone: a writer holds a lock
    that ends with it. Where the system has no such locks (Windows), nothing is removed. It blocks: call it from
    synchronous code, or on a worker.

    Examples:
        >>> from pathlib import Path
        >>> from fastapi_convert.uploads.saving import sweep
        >>> Path(".0123456789abcdef.fc-upload.part").touch()
        >>> sweep(".")
        [PosixPath('.0123456789abcdef.fc-upload.part')]
    """
    path = Path(folder)
    with closing(Folder(path)) as opened:
        return [path / name for name in remove_dead(opened)]
