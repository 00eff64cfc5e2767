"""`[tool.fastapi-convert.scan]` of pyproject.toml, and where to look when nobody says."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from ._codes import as_codes
from .errors import ScanError
from .findings import LEVELS, Level
from .settings import PathRule, Settings

__all__ = ("Config", "as_level", "find_config")

T = TypeVar("T")

_TABLE: Final = "[tool.fastapi-convert.scan]"


@dataclass(frozen=True, slots=True)
class Config:
    """What a project says about its scans.

    Attributes:
        paths: What to scan when no path is given.
        settings: Its settings; what it does not say is as in `Settings()`.
        file: Where it says so, or `None`.
    """

    paths: tuple[Path, ...]
    settings: Settings = field(default_factory=Settings)
    file: Path | None = None


def find_config(start: Path) -> Config:
    """The configuration for what lies at `start`: of the nearest pyproject.toml upwards that has our table.

    The search ends with the folder of a repository. Without a table, the folder of FastAPI's own entry point is what
    is scanned, as `[tool.fastapi] entrypoint` names it, or else the current folder.

    Raises:
        ScanError: A file cannot be read, or says something that means nothing. The message names file and key.
    """
    entry = None
    for file in _files_above(start):
        tools = _read(file).get("tool")
        tools = tools if isinstance(tools, dict) else {}
        ours = tools.get("fastapi-convert")
        if isinstance(ours, dict) and "scan" in ours:
            return _Reader(file).config(ours["scan"], entry or _entry_folder(file, tools))
        entry = entry or _entry_folder(file, tools)
    return Config((entry or Path(),))


def as_level(value: str, where: str) -> Level:
    """`value` as a level.

    Raises:
        ScanError: It is none.
    """
    for level in LEVELS:
        if value == level:
            return level
    raise ScanError(f"{where} is {value!r}: the levels are {', '.join(LEVELS)}.")


def _files_above(start: Path) -> list[Path]:
    found = []
    start = start.absolute()
    for folder in (start, *start.parents):
        if (file := folder / "pyproject.toml").is_file():
            found.append(file)
        if (folder / ".git").exists():
            break
    return found


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ScanError(f"{_short(file)} cannot be read: {error.strerror or type(error).__name__}.") from error
    except (ValueError, RecursionError) as error:
        raise ScanError(f"{_short(file)} is no TOML: {str(error) or type(error).__name__}. Correct it.") from error


def _entry_folder(file: Path, tools: Mapping[str, Any]) -> Path | None:
    """`app` for "app.main:app": the package at the top, because what it calls lies beside the entry point."""
    fastapi = tools.get("fastapi")
    entry = fastapi.get("entrypoint") if isinstance(fastapi, dict) else None
    if not isinstance(entry, str):
        return None
    package, _, _ = entry.partition(":")[0].partition(".")
    for folder in (file.parent / package, file.parent / "src" / package):
        if package and folder.is_dir():
            return _short(folder)
    return _short(file.parent)


def _short(path: Path) -> Path:
    """Relative to the current folder if it is below it: what people recognise."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


class _Reader:
    """Reads the values of a table, and complains about those that mean nothing."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._keys: dict[str, Callable[[str, Any], object]] = {
            "paths": self._paths,
            "level": self._level,
            "select": self._codes,
            "ignore": self._codes,
            "exclude": self._texts,
            "baseline": self._path,
            "per-path": self._rules,
        }

    def config(self, table: Any, entry: Path | None) -> Config:
        values = {key.replace("-", "_"): value for key, value in self._table("", table, self._keys).items()}
        paths = values.pop("paths", None) or (entry or _short(self._file.parent),)
        return Config(paths, Settings(**values), self._file)

    def _table(self, name: str, table: Any, keys: Mapping[str, Callable[[str, Any], object]]) -> dict[str, Any]:
        where = f"`{name}`" if name else _TABLE
        if not isinstance(table, dict):
            raise self._error(f"{where} is {table!r}, but must be a table with the keys {', '.join(keys)}")
        for key in table:
            if key not in keys:
                raise self._error(f"{where} has a key {key!r}, which means nothing: the keys are {', '.join(keys)}")
        return {key: keys[key](f"{name}.{key}" if name else key, value) for key, value in table.items()}

    def _error(self, problem: str) -> ScanError:
        return ScanError(f"{_short(self._file)}: {problem}.")

    def _expect(self, key: str, value: Any, kind: type[T], example: str) -> T:
        if not isinstance(value, kind):
            raise self._error(f"`{key}` of {_TABLE} is {value!r}, but must be like {example}")
        return value

    def _texts(self, key: str, value: Any, example: str = '["tests/**"]') -> tuple[str, ...]:
        return tuple(self._expect(key, each, str, example) for each in self._expect(key, value, list, example))

    def _codes(self, key: str, value: Any) -> tuple[str, ...]:
        return as_codes(self._texts(key, value, '["FC112"]'), f"`{key}` in {_short(self._file)}")

    def _level(self, key: str, value: Any) -> Level:
        return as_level(self._expect(key, value, str, '"error"'), f"`{key}` in {_short(self._file)}")

    def _path(self, key: str, value: Any) -> Path:
        return _short(self._file.parent / self._expect(key, value, str, '"blocking.json"'))

    def _paths(self, key: str, value: Any) -> tuple[Path, ...]:
        return tuple(self._path(key, each) for each in self._expect(key, value, list, '["app"]'))

    def _rules(self, key: str, value: Any) -> tuple[PathRule, ...]:
        rules = self._expect(key, value, dict, '{ "scripts/**" = { level = "error" } }')
        keys = {"ignore": self._codes, "level": self._level}
        return tuple(
            PathRule(pattern, **self._table(f"{key}.{pattern}", rule, keys)) for pattern, rule in rules.items()
        )
