"""How uploads are taken and their records read: the keywords of the public functions, as types."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict

from fastapi_convert.offloading import Pool

from .records._csv_records import Dialect
from .records._row_parsers import OnError

#: Called with the bytes received and those expected, `None` where the client did not say.
ProgressCallback: TypeAlias = Callable[[int, int | None], object]

WINDOW = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOptions:
    """How one upload is taken: arguments of `streamed`, parsed."""

    max_size: int | None = None
    hash: str | None = None
    progress: ProgressCallback | None = None
    pool: Pool | None = None
    window: int = WINDOW


class JsonlOptions(TypedDict, total=False):
    """How JSON lines are read; see `Upload.jsonl`."""

    on_error: OnError
    max_line: int | str
    max_errors: int


class CsvOptions(JsonlOptions, total=False):
    """How CSV is read; see `Upload.csv`."""

    encoding: str
    dialect: Dialect
    fieldnames: Sequence[str]
    none_values: Collection[str]
    delimiter: str
    quotechar: str | None
    escapechar: str | None
    doublequote: bool
    skipinitialspace: bool
    quoting: Literal[0, 1, 2, 3, 4, 5]
    strict: bool
