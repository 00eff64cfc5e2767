"""Small questions to the file system: ruff and flake8-async report them as ASYNC240, most people need not care."""

from __future__ import annotations

from ._categories import METADATA
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_PATH = 'pathlib.Path("x")'
_ANYIO = "anyio.Path.*"
_WHOLE_TREE = "Visits every folder below."

_PATHLIB = (
    *calls(
        "pathlib.Path",
        "absolute chmod exists expanduser group is_block_device is_char_device is_dir is_fifo is_file "
        "is_mount is_socket is_symlink iterdir lchmod lstat mkdir owner readlink resolve rmdir stat touch unlink",
        _ANYIO,
        category=METADATA,
        level="all",
        construct=_PATH,
    ),
    *calls(
        "pathlib.Path",
        "hardlink_to rename replace samefile symlink_to",
        _ANYIO,
        category=METADATA,
        level="all",
        construct=_PATH,
        arguments='"y"',
    ),
    *calls("pathlib.Path", "cwd home", _ANYIO, category=METADATA, level="all"),
    *calls(
        "pathlib.Path",
        "glob rglob",
        _ANYIO,
        category=METADATA,
        level="warn",
        construct=_PATH,
        arguments='"y"',
        note=_WHOLE_TREE,
    ),
    *calls("pathlib.Path", "is_junction", category=METADATA, level="all", construct=_PATH),
    *calls(
        "pathlib.Path",
        "walk",
        category=METADATA,
        level="warn",
        construct=_PATH,
        note=_WHOLE_TREE,
    ),
)

_OS_PATH = (
    *calls(
        "os.path",
        "abspath exists expanduser getatime getctime getmtime getsize isdir isfile isjunction islink ismount lexists "
        "realpath relpath",
        category=METADATA,
        level="all",
        arguments='"x"',
    ),
    *calls("os.path", "samefile sameopenfile", category=METADATA, level="all", arguments='"x", "y"'),
)

_OS = (
    *calls(
        "os",
        "access chdir chmod chown lchown listdir lstat makedirs mkdir mkfifo readlink remove removedirs rmdir scandir "
        "stat statvfs truncate unlink utime listxattr getxattr setxattr removexattr",
        category=METADATA,
        level="all",
        arguments='"x"',
    ),
    *calls("os", "link rename renames replace symlink", category=METADATA, level="all", arguments='"x", "y"'),
    *calls("os", "close fstat ftruncate", category=METADATA, level="all", arguments="1"),
    *calls("os", "getcwd", category=METADATA, level="all"),
    *calls("os", "walk fwalk", category=METADATA, level="warn", arguments='"x"', note=_WHOLE_TREE),
    *calls("glob", "glob iglob", category=METADATA, level="warn", arguments='"x"', note=_WHOLE_TREE),
    *calls(
        "filecmp",
        "cmp",
        category=METADATA,
        level="warn",
        arguments='"x", "y"',
        note="Reads both files if their sizes agree.",
    ),
    *calls("linecache", "getline", category=METADATA, level="all", arguments='"x", 1'),
)

ROWS: tuple[Blocking, ...] = (*_PATHLIB, *_OS_PATH, *_OS)
