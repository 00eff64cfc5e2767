"""Work for the CPU: passwords, compression, parsing, tables and matrices."""

from __future__ import annotations

from ._categories import CPU, DATABASE, FILES
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_LETS_GO = "It lets go of the GIL: a thread does."
_BIG = "Microseconds on a kilobyte, seconds on a hundred megabytes."

_HASHES = "md5 sha1 sha224 sha256 sha384 sha512 sha3_256 sha3_512 blake2b blake2s new"
_PASSLIB = "bcrypt bcrypt_sha256 argon2 scrypt pbkdf2_sha256 pbkdf2_sha512 sha256_crypt sha512_crypt"
_CONTEXT = 'passlib.context.CryptContext(["bcrypt"])'
_KDF = "cryptography.hazmat.primitives.kdf"
_PASSWORDS = (
    *calls("hashlib", "pbkdf2_hmac", category=CPU, arguments='"sha256", b"x", b"y", 600_000', note=_LETS_GO),
    *calls("hashlib", "scrypt", category=CPU, arguments='b"x"', note=_LETS_GO),
    *calls("hashlib", "file_digest", category=FILES, arguments='x, "sha256"', note="Reads the whole file."),
    *calls("hashlib", _HASHES, category=CPU, level="all", arguments='b"x"', note=_BIG),
    *calls("bcrypt", "hashpw checkpw", category=CPU, arguments='b"x", b"y"', note=f"Slow on purpose. {_LETS_GO}"),
    *calls("bcrypt", "kdf", category=CPU, arguments='b"x", b"y", 32, 100', note=_LETS_GO),
    *calls(
        "passlib.context.CryptContext",
        "hash",
        category=CPU,
        construct=_CONTEXT,
        arguments='"x"',
        note="Slow on purpose.",
    ),
    *calls(
        "passlib.context.CryptContext",
        "verify verify_and_update",
        category=CPU,
        construct=_CONTEXT,
        arguments='"x", "y"',
        note="Slow on purpose.",
    ),
    *calls("passlib.context.CryptContext", "dummy_verify", category=CPU, construct=_CONTEXT),
    *(row for kind in _PASSLIB.split() for row in calls(f"passlib.hash.{kind}", "hash", category=CPU, arguments='"x"')),
    *(
        row
        for kind in _PASSLIB.split()
        for row in calls(f"passlib.hash.{kind}", "verify", category=CPU, arguments='"x", "y"')
    ),
    *calls(
        "argon2.PasswordHasher",
        "hash",
        category=CPU,
        construct="argon2.PasswordHasher()",
        arguments='"x"',
        note=_LETS_GO,
    ),
    *calls(
        "argon2.PasswordHasher",
        "verify",
        category=CPU,
        construct="argon2.PasswordHasher()",
        arguments='"x", "y"',
        note=_LETS_GO,
    ),
    *calls("pwdlib.PasswordHash", "hash", category=CPU, construct="pwdlib.PasswordHash.recommended()", arguments='"x"'),
    *calls(
        "pwdlib.PasswordHash",
        "verify verify_and_update",
        category=CPU,
        construct="pwdlib.PasswordHash.recommended()",
        arguments='"x", "y"',
    ),
    *calls("werkzeug.security", "generate_password_hash", category=CPU, arguments='"x"', note="Slow on purpose."),
    *calls("werkzeug.security", "check_password_hash", category=CPU, arguments='"x", "y"', note="Slow on purpose."),
    *calls("nacl.pwhash", "str verify", category=CPU, arguments='b"x"', note=_LETS_GO),
    *calls(
        f"{_KDF}.scrypt.Scrypt", "derive verify", category=CPU, construct=f"{_KDF}.scrypt.Scrypt()", arguments='b"x"'
    ),
    *calls(
        f"{_KDF}.pbkdf2.PBKDF2HMAC",
        "derive verify",
        category=CPU,
        construct=f"{_KDF}.pbkdf2.PBKDF2HMAC()",
        arguments='b"x"',
    ),
    *calls(
        f"{_KDF}.argon2.Argon2id",
        "derive verify",
        category=CPU,
        construct=f"{_KDF}.argon2.Argon2id()",
        arguments='b"x"',
    ),
    *calls(
        "cryptography.hazmat.primitives.asymmetric.rsa",
        "generate_private_key",
        "ProcessPool",
        category=CPU,
        arguments="65537, 2048",
        note="Return the key as PEM: the object cannot be pickled.",
    ),
    *calls("Crypto.PublicKey.RSA", "generate", "ProcessPool", category=CPU, arguments="2048"),
)

_COMPRESSING = (
    *(
        row
        for module in ("gzip", "bz2", "lzma", "zlib", "zstandard")
        for row in calls(
            module, "compress decompress", category=CPU, level="warn", arguments='b"x"', note=f"{_BIG} {_LETS_GO}"
        )
    ),
    *calls("brotli", "compress decompress", category=CPU, level="warn", arguments='b"x"', note=f"{_BIG} {_LETS_GO}"),
    *(
        row
        for name, method in (("ZstdCompressor", "compress"), ("ZstdDecompressor", "decompress"))
        for row in calls(
            f"zstandard.{name}",
            method,
            category=CPU,
            level="warn",
            construct=f"zstandard.{name}()",
            arguments='b"x"',
            note=_BIG,
        )
    ),
)

_TEXT = (
    *calls("json", "load loads dump dumps", "ProcessPool", category=CPU, level="all", arguments='"x"', note=_BIG),
    *calls("pickle", "load loads dump dumps", "ProcessPool", category=CPU, level="all", arguments='b"x"', note=_BIG),
    *calls(
        "re",
        "match fullmatch search split findall finditer",
        "ProcessPool",
        category=CPU,
        level="all",
        arguments='"x", "y"',
        note="Nested quantifiers on a client's text may take for ever: there is no timeout.",
    ),
    *calls("re", "sub subn", "ProcessPool", category=CPU, level="all", arguments='"x", "y", "z"'),
    *calls(
        "re.Pattern",
        "match fullmatch search split findall finditer",
        "ProcessPool",
        category=CPU,
        level="all",
        construct='re.compile("x")',
        arguments='"y"',
    ),
    *calls(
        "re.Pattern",
        "sub subn",
        "ProcessPool",
        category=CPU,
        level="all",
        construct='re.compile("x")',
        arguments='"y", "z"',
    ),
    *calls("yaml", "load", "ProcessPool", category=CPU, level="all", arguments='"x", yaml.SafeLoader', note=_BIG),
    *calls(
        "yaml",
        "safe_load safe_load_all full_load full_load_all unsafe_load dump safe_dump dump_all safe_dump_all",
        "ProcessPool",
        category=CPU,
        level="all",
        arguments='"x"',
        note=f"{_BIG} `yaml.CSafeLoader` is several times as fast.",
    ),
    *calls("tomllib", "load loads", "ProcessPool", category=CPU, level="all", arguments='"x"'),
    *calls("markdown", "markdown", "ProcessPool", category=CPU, level="all", arguments='"x"'),
    *calls(
        "markdown.Markdown",
        "convert",
        "ProcessPool",
        category=CPU,
        level="all",
        construct="markdown.Markdown()",
        arguments='"x"',
    ),
    *calls("bs4", "BeautifulSoup", "ProcessPool", category=CPU, level="all", arguments='"x", "lxml"', note=_BIG),
    *calls("lxml.etree", "fromstring XML HTML", "ProcessPool", category=CPU, level="all", arguments='"x"', note=_BIG),
    *calls("lxml.html", "fromstring", "ProcessPool", category=CPU, level="all", arguments='"x"', note=_BIG),
    *calls("lxml.etree", "parse iterparse", category=FILES, level="warn", arguments='"x"'),
    *calls(
        "lxml.html",
        "parse",
        category=FILES,
        level="warn",
        arguments='"x"',
        note="Fetches the page if it is given an address.",
    ),
    *calls(
        "xml.etree.ElementTree", "fromstring XML", "ProcessPool", category=CPU, level="all", arguments='"x"', note=_BIG
    ),
    *calls("xml.etree.ElementTree", "parse iterparse", category=FILES, level="warn", arguments='"x"'),
    *calls("xml.dom.minidom", "parseString", "ProcessPool", category=CPU, level="all", arguments='"x"', note=_BIG),
    *calls("xml.dom.minidom", "parse", category=FILES, level="warn", arguments='"x"'),
    *calls("difflib", "get_close_matches", "ProcessPool", category=CPU, level="warn", arguments='"x", []'),
)

_NUMPY = (
    *calls("numpy", "load fromfile", category=FILES, arguments='"x"'),
    *calls("numpy", "save savez savez_compressed", category=FILES, arguments='"x", []'),
    *calls("numpy", "loadtxt genfromtxt", "ProcessPool", category=CPU, arguments='"x"'),
    *calls("numpy", "savetxt", "ProcessPool", category=CPU, arguments='"x", []'),
    *calls(
        "numpy.linalg",
        "svd eig eigh eigvals pinv",
        category=CPU,
        level="warn",
        arguments="x",
        note=_LETS_GO,
    ),
    *calls("numpy.linalg", "inv qr det cholesky matrix_rank", category=CPU, level="all", arguments="x", note=_LETS_GO),
    *calls("numpy.linalg", "solve lstsq", category=CPU, level="all", arguments="x, y", note=_LETS_GO),
    *calls("scipy.optimize", "minimize curve_fit least_squares differential_evolution", category=CPU, arguments="x, y"),
    *calls("scipy.io", "loadmat", category=FILES, arguments='"x"'),
    *calls("scipy.io", "savemat", category=FILES, arguments='"x", {}'),
    *calls("pyarrow.parquet", "read_table", category=CPU, arguments='"x"', note=_LETS_GO),
    *calls("pyarrow.parquet", "write_table", category=CPU, arguments='x, "y"', note=_LETS_GO),
    *calls("pyarrow.csv", "read_csv", category=CPU, arguments='"x"', note=_LETS_GO),
    *calls("h5py", "File", category=FILES, arguments='"x"'),
    *calls("geopandas", "read_file", "ProcessPool", category=CPU, arguments='"x"'),
    *calls("xarray", "open_dataset load_dataset", category=FILES, arguments='"x"'),
)

_FRAME = "pandas.DataFrame()"
_PANDAS = (
    *calls("pandas", "read_sql read_sql_query read_sql_table", category=DATABASE, arguments='"x", y'),
    *calls(
        "pandas",
        "read_csv read_excel read_json read_parquet read_feather read_orc read_hdf read_pickle read_html read_xml "
        "read_fwf read_table read_stata read_sas read_spss read_clipboard ExcelFile",
        "ProcessPool",
        category=CPU,
        arguments='"x"',
        note="Reads and parses all of it; Excel takes far longer than CSV.",
    ),
    *calls(
        "pandas.DataFrame",
        "to_csv to_excel to_json to_parquet to_feather to_orc to_stata to_xml to_html",
        "ProcessPool",
        category=CPU,
        construct=_FRAME,
        arguments='"x"',
    ),
    *calls("pandas.DataFrame", "to_pickle", "ProcessPool", category=CPU, construct=_FRAME, arguments='"x"'),
    *calls("pandas.DataFrame", "to_hdf", "ProcessPool", category=CPU, construct=_FRAME, arguments='"x", key="y"'),
    *calls("pandas.DataFrame", "to_sql", category=DATABASE, construct=_FRAME, arguments='"x", y'),
    *calls("pandas.DataFrame", "apply", "ProcessPool", category=CPU, level="warn", construct=_FRAME, arguments="print"),
    *calls(
        "pandas.DataFrame",
        "merge pivot_table",
        "ProcessPool",
        category=CPU,
        level="warn",
        construct=_FRAME,
        arguments="x",
    ),
    *calls("pandas", "merge", "ProcessPool", category=CPU, level="warn", arguments="x, y"),
    *calls("pandas", "concat", "ProcessPool", category=CPU, level="warn", arguments="[]"),
)

_POLARS = (
    *calls("polars", "read_database read_database_uri", category=DATABASE, arguments='"x", y'),
    *calls(
        "polars",
        "read_csv read_parquet read_json read_ndjson read_excel read_ipc read_avro read_delta read_ods",
        category=CPU,
        arguments='"x"',
        note=_LETS_GO,
    ),
    *calls(
        "polars.DataFrame",
        "write_csv write_parquet write_json write_ndjson write_excel write_ipc write_avro write_delta",
        category=CPU,
        construct="polars.DataFrame()",
        arguments='"x"',
        note=_LETS_GO,
    ),
    *calls(
        "polars.DataFrame", "write_database", category=DATABASE, construct="polars.DataFrame()", arguments='"x", "y"'
    ),
    *calls(
        "polars.LazyFrame",
        "collect",
        category=CPU,
        construct='polars.scan_csv("x")',
        note="`collect_async` is the same to await.",
    ),
    *calls(
        "polars.LazyFrame",
        "sink_csv sink_parquet sink_ipc sink_ndjson",
        category=CPU,
        construct='polars.scan_csv("x")',
        arguments='"y"',
    ),
    *calls("polars", "collect_all", category=CPU, arguments="[]", note="`collect_all_async` is the same to await."),
)

ROWS: tuple[Blocking, ...] = (*_PASSWORDS, *_COMPRESSING, *_TEXT, *_NUMPY, *_PANDAS, *_POLARS)
