"""Files: opening, reading, writing, copying and packing them; and sqlite3, a database in a file."""

from __future__ import annotations

from ._categories import CPU, DATABASE, FILES, METADATA
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_AIOFILES = "aiofiles.open"
_ONE_HOP = (
    "Lines read one by one cost a hop of threads each: `offload` the function that reads the file, and keep `aiofiles` "
    "for whole files."
)
_IN_CACHE = (
    "Short while the file is in the cache and the disk is local. `anyio.wrap_file` gives the same methods to await."
)

_OPENING = (
    *calls("builtins", "open", _AIOFILES, category=FILES, arguments='"x"', note=_ONE_HOP),
    *calls("io", "open", _AIOFILES, category=FILES, arguments='"x"', note=_ONE_HOP),
    *calls("io", "open_code FileIO", category=FILES, arguments='"x"'),
    *calls("codecs", "open", _AIOFILES, category=FILES, arguments='"x"', note=_ONE_HOP),
    *calls("os", "fdopen", "anyio.wrap_file", category=FILES, arguments="1"),
    *calls("os", "open", category=FILES, arguments='"x", os.O_RDONLY'),
    *calls("pathlib.Path", "open", _AIOFILES, category=FILES, construct='pathlib.Path("x")', note=_ONE_HOP),
    *calls(
        "pathlib.Path",
        "read_text read_bytes",
        _AIOFILES,
        category=FILES,
        construct='pathlib.Path("x")',
        note="`anyio.Path` has the method itself, to await.",
    ),
    *calls(
        "pathlib.Path",
        "write_text write_bytes",
        _AIOFILES,
        category=FILES,
        construct='pathlib.Path("x")',
        arguments='"y"',
        note="`anyio.Path` has the method itself, to await.",
    ),
    *calls("fileinput", "input", category=FILES, arguments='"x"'),
    *calls("mmap", "mmap", category=FILES, level="warn", arguments="1, 0"),
    *calls("configparser.ConfigParser", "read", category=FILES, level="warn", construct="configparser.ConfigParser()"),
)

_RESOURCE = 'importlib.resources.files("package").joinpath("x")'
_RESOURCES = (
    *calls("importlib.resources.abc.Traversable", "open read_text read_bytes", category=FILES, construct=_RESOURCE),
    *calls(
        "importlib.resources.abc.Traversable",
        "exists is_file is_dir iterdir",
        category=METADATA,
        level="all",
        construct=_RESOURCE,
    ),
    *calls(
        "importlib.resources",
        "open_text open_binary read_text read_binary",
        category=FILES,
        arguments='"package", "x"',
    ),
    *calls("importlib.resources", "contents is_resource", category=METADATA, level="all", arguments='"package"'),
    *calls(
        "importlib.resources",
        "as_file path",
        category=FILES,
        level="warn",
        arguments="x",
        note="Unpacks the file when the package is in an archive.",
    ),
    *calls("pkgutil", "get_data", category=FILES, arguments='"package", "x"'),
    *calls("pkg_resources", "resource_string resource_stream", category=FILES, arguments='"package", "x"'),
)

_ON_A_FILE = (
    *(
        row
        for owner, construct in (
            ("io.TextIOWrapper", 'open("x")'),
            ("io.BufferedReader", "io.BufferedReader(x)"),
            ("io.BufferedWriter", "io.BufferedWriter(x)"),
            ("io.BufferedRandom", "io.BufferedRandom(x)"),
        )
        for row in calls(
            owner,
            "read readline readlines write writelines seek tell truncate flush close __iter__",
            "anyio.wrap_file",
            category=FILES,
            level="all",
            construct=construct,
            note=_IN_CACHE,
        )
    ),
    *(
        row
        for owner in ("io.BufferedReader", "io.BufferedRandom")
        for row in calls(
            owner,
            "peek read1 readinto readinto1",
            "anyio.wrap_file",
            category=FILES,
            level="all",
            construct=f"{owner}(x)",
            arguments="1",
            note=_IN_CACHE,
        )
    ),
    *calls(
        "io.FileIO", "read readall readinto write seek close", category=FILES, level="all", construct='io.FileIO("x")'
    ),
)

_UPLOADED = "tempfile.SpooledTemporaryFile"
_SPOOLED = "An uploaded file is in memory up to 1 MB, and on the disk beyond."
_UPLOADS = (
    *calls(
        _UPLOADED,
        "read write",
        "starlette.datastructures.UploadFile.*",
        category=FILES,
        level="warn",
        construct=f"{_UPLOADED}()",
        note=f"{_SPOOLED} `await file.read()` instead of `file.file.read()`.",
    ),
    *calls(
        _UPLOADED,
        "readline readlines writelines __iter__",
        category=FILES,
        level="warn",
        construct=f"{_UPLOADED}()",
        note=_SPOOLED,
    ),
    *calls(
        _UPLOADED,
        "seek close",
        "starlette.datastructures.UploadFile.*",
        category=FILES,
        level="all",
        construct=f"{_UPLOADED}()",
    ),
    *calls(_UPLOADED, "tell truncate rollover flush", category=FILES, level="all", construct=f"{_UPLOADED}()"),
    *calls(
        "typing.BinaryIO",
        "read readline readlines write writelines seek tell truncate flush close __iter__",
        "anyio.wrap_file",
        category=FILES,
        level="all",
        construct="typing.BinaryIO()",
        note="Whatever is behind it: a file, or bytes in memory.",
    ),
)

_DESCRIPTORS = (
    *calls(
        "os",
        "read",
        category=FILES,
        level="warn",
        arguments="1, 1",
        note="Of a pipe or a terminal it waits for the writer.",
    ),
    *calls(
        "os", "write", category=FILES, level="warn", arguments='1, b"x"', note="To a full pipe it waits for the reader."
    ),
    *calls("os", "pread", category=FILES, level="warn", arguments="1, 1, 0"),
    *calls("os", "pwrite", category=FILES, level="warn", arguments='1, b"x", 0'),
    *calls("os", "sendfile", category=FILES, level="warn", arguments="1, 2, 0, 1"),
    *calls("os", "copy_file_range", category=FILES, arguments="1, 2, 1"),
    *calls(
        "os",
        "fsync fdatasync",
        category=FILES,
        arguments="1",
        note="Waits until the disk has it: milliseconds, or seconds.",
    ),
    *calls("os", "sync", category=FILES),
)

_SHUTIL = (
    *calls("shutil", "copy copy2 copyfile copytree move", category=FILES, arguments='"x", "y"'),
    *calls(
        "shutil",
        "copyfileobj",
        category=FILES,
        arguments="x, y",
        note="For uploads: `Upload.save` of this library.",
    ),
    *calls("shutil", "rmtree", category=FILES, arguments='"x"'),
    *calls("shutil", "make_archive", category=FILES, arguments='"x", "zip"'),
    *calls("shutil", "unpack_archive", category=FILES, arguments='"x"'),
    *calls("shutil", "copystat copymode chown", category=METADATA, level="all", arguments='"x", "y"'),
    *calls("shutil", "disk_usage which", category=METADATA, level="all", arguments='"x"'),
)

_TEMPORARY = (
    *calls("tempfile", "NamedTemporaryFile TemporaryFile", "aiofiles.tempfile.*", category=FILES),
    *calls("tempfile", "mkstemp", category=FILES),
    *calls("tempfile", "mkdtemp", category=METADATA, level="all"),
    *calls("tempfile", "TemporaryDirectory", "aiofiles.tempfile.*", category=FILES, level="warn"),
    *calls(
        "tempfile.TemporaryDirectory",
        "cleanup",
        category=FILES,
        level="warn",
        construct="tempfile.TemporaryDirectory()",
        note="Removes all that is inside.",
    ),
)

_ZIP = 'zipfile.ZipFile("x")'
_TAR = 'tarfile.open("x")'
_ARCHIVES = (
    *calls("gzip", "open", category=FILES, arguments='"x"'),
    *calls("gzip", "GzipFile", category=FILES, level="warn", arguments='"x"', note="Harmless on bytes in memory."),
    *calls("gzip.GzipFile", "read readline write __iter__", category=CPU, level="all", construct='gzip.open("x")'),
    *calls("bz2", "open BZ2File", category=FILES, arguments='"x"'),
    *calls("bz2.BZ2File", "read readline write __iter__", category=CPU, level="warn", construct='bz2.open("x")'),
    *calls("lzma", "open LZMAFile", category=FILES, arguments='"x"'),
    *calls("lzma.LZMAFile", "read readline write __iter__", category=CPU, level="warn", construct='lzma.open("x")'),
    *calls(
        "zipfile",
        "ZipFile",
        category=FILES,
        arguments='"x"',
        note="Reads the list of members; quick on bytes in memory.",
    ),
    *calls("zipfile", "is_zipfile", category=FILES, level="warn", arguments='"x"'),
    *calls("zipfile.ZipFile", "extract read write", category=FILES, construct=_ZIP, arguments='"x"'),
    *calls("zipfile.ZipFile", "extractall testzip", category=FILES, construct=_ZIP),
    *calls("zipfile.ZipFile", "writestr", category=CPU, level="warn", construct=_ZIP, arguments='"x", "y"'),
    *calls("zipfile.ZipFile", "open", category=FILES, level="warn", construct=_ZIP, arguments='"x"'),
    *calls("tarfile", "open TarFile", category=FILES, arguments='"x"'),
    *calls("tarfile", "is_tarfile", category=FILES, level="warn", arguments='"x"'),
    *calls("tarfile.TarFile", "extract add addfile", category=FILES, construct=_TAR, arguments='"x"'),
    *calls("tarfile.TarFile", "extractall getmembers getnames __iter__", category=FILES, construct=_TAR),
    *calls(
        "tarfile.TarFile",
        "getmember",
        category=FILES,
        construct=_TAR,
        arguments='"x"',
        note="Reads the whole archive once.",
    ),
)

_KEPT = (
    *calls("shelve", "open", category=FILES, arguments='"x"'),
    *calls("shelve.Shelf", "sync close", category=FILES, level="warn", construct='shelve.open("x")'),
    *calls("dbm", "open whichdb", category=FILES, arguments='"x"'),
)

_CONNECTION = 'sqlite3.connect("x")'
_CURSOR = 'sqlite3.connect("x").cursor()'
_THREADS = "A connection belongs to the thread that made it: offload the whole function, not single statements."
_SQLITE = (
    *calls("sqlite3", "connect", "aiosqlite.*", category=DATABASE, arguments='"x"', note=_THREADS),
    *calls(
        "sqlite3.Connection",
        "execute executemany executescript",
        "aiosqlite.Connection.*",
        category=DATABASE,
        construct=_CONNECTION,
        arguments='"x"',
        note=_THREADS,
    ),
    *calls(
        "sqlite3.Connection",
        "commit rollback",
        "aiosqlite.Connection.*",
        category=DATABASE,
        construct=_CONNECTION,
        note=_THREADS,
    ),
    *calls(
        "sqlite3.Connection",
        "backup",
        "aiosqlite.Connection.*",
        category=DATABASE,
        construct=_CONNECTION,
        arguments="x",
        note=_THREADS,
    ),
    *calls(
        "sqlite3.Connection",
        "__exit__",
        "aiosqlite.Connection.commit",
        category=DATABASE,
        construct=_CONNECTION,
        note="The end of `with` commits; it does not close the connection.",
    ),
    *calls("sqlite3.Connection", "iterdump", category=DATABASE, level="warn", construct=_CONNECTION),
    *calls(
        "sqlite3.Connection", "close", "aiosqlite.Connection.*", category=DATABASE, level="all", construct=_CONNECTION
    ),
    *calls(
        "sqlite3.Cursor",
        "execute executemany executescript",
        "aiosqlite.Cursor.*",
        category=DATABASE,
        construct=_CURSOR,
        arguments='"x"',
        note=_THREADS,
    ),
    *calls(
        "sqlite3.Cursor",
        "fetchone fetchmany fetchall",
        "aiosqlite.Cursor.*",
        category=DATABASE,
        construct=_CURSOR,
        note="SQLite finds each row when it is fetched.",
    ),
    *calls("sqlite3.Cursor", "__iter__", "aiosqlite.Cursor.fetchall", category=DATABASE, construct=_CURSOR),
)

ROWS: tuple[Blocking, ...] = (
    *_OPENING,
    *_RESOURCES,
    *_ON_A_FILE,
    *_UPLOADS,
    *_DESCRIPTORS,
    *_SHUTIL,
    *_TEMPORARY,
    *_ARCHIVES,
    *_KEPT,
    *_SQLITE,
)
