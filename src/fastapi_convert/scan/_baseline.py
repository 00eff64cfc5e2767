"""The baseline: findings that a team knows of and is not told again. One line of JSON each, so that it diffs well."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import normpath
from typing import Any, Final

from ._files import write_file
from .errors import ScanError
from .findings import Finding, Warned
from .reports._paths import path_between

__all__ = ("Baseline",)

_VERSION: Final = 1
#: Bytes; a hundred thousand findings are a fifth of it.
_LARGEST: Final = 100_000_000
_AGAIN: Final = "write it anew with --update-baseline"


@dataclass(frozen=True, slots=True)
class Baseline:
    """Known findings, by what stays the same when lines move. Paths in it begin at its own folder.

    So one file serves every scan of a project, of all of it or of one folder.

    Args:
        counts: How many there are of each fingerprint.
        path: The file.
        root: The scanned root as seen from the folder of the file, with a `/` at its end; "" if they are the same.
        inside: What the paths of findings begin with that this scan can have; everything below the root if empty.
    """

    counts: Mapping[str, int]
    path: Path
    root: str = ""
    inside: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path, root: Path, scanned: Sequence[Path] = ()) -> Baseline:
        """Read a baseline.

        Args:
            path: The file.
            root: The root of the scan that it is for.
            scanned: The files and folders that are scanned: what is known of others is neither stale nor written anew.

        Raises:
            ScanError: It does not exist, cannot be read, or is none. The message tells how to make one.
        """
        try:
            if path.stat().st_size > _LARGEST:
                raise ScanError(f"The baseline {str(path)!r} has more than {_LARGEST} bytes: {_AGAIN}.")
            document = json.loads(path.read_bytes())
        except FileNotFoundError as error:
            raise ScanError(f"There is no baseline {str(path)!r}: make it with --update-baseline.") from error
        except OSError as error:
            raise ScanError(f"The baseline {str(path)!r} cannot be read, {error.strerror}: {_AGAIN}.") from error
        except (ValueError, RecursionError) as error:
            raise ScanError(f"The baseline {str(path)!r} is no JSON: restore it, or {_AGAIN}.") from error
        return cls(_counts(document, path), path, _way(path, root), _beginnings(path, scanned))

    def updated(self, findings: Iterable[Finding]) -> Baseline:
        """A baseline of these findings, and of what is known outside of the scanned root."""
        outside = {name: count for name, count in self.counts.items() if not self._is_inside(name)}
        return replace(self, counts={**outside, **Counter(map(self._fingerprint, findings))})

    @classmethod
    def empty(cls, path: Path, root: Path) -> Baseline:
        """One that knows nothing yet."""
        return cls({}, path, _way(path, root))

    def write(self) -> None:
        """Write it to its file, all of it or nothing.

        Raises:
            ScanError: The file cannot be written.
        """
        document = {"version": _VERSION, "findings": dict(sorted(self.counts.items()))}
        write_file(self.path, json.dumps(document, indent=2) + "\n")

    def new(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those that are not in it; of more than it counts, the last ones."""
        left = Counter(self.counts)
        unknown = []
        for finding in findings:
            name = self._fingerprint(finding)
            left[name] -= 1
            if left[name] < 0:
                unknown.append(finding)
        return unknown

    def stale(self, findings: Iterable[Finding]) -> list[Warned]:
        """One warning, if there is more in it than occurs.

        Args:
            findings: All that there are, at every level.
        """
        gone = Counter({name: count for name, count in self.counts.items() if self._is_inside(name)})
        gone.subtract(map(self._fingerprint, findings))
        names = sorted(name for name, count in gone.items() if count > 0)
        if not names:
            return []
        number = sum(gone[name] for name in names)
        what = f"{number} of the known findings no longer {'occurs' if number == 1 else 'occur'}"
        cure = "run with --update-baseline, so that nothing like it comes back unseen"
        return [Warned(f"{'../' * self.root.count('/')}{self.path.name}", 0, f"{what}, such as {names[0]}: {cure}.")]

    def _fingerprint(self, finding: Finding) -> str:
        top, blocking = finding.async_function, finding.blocking
        # What the root's files import may lie beside it, in `../lib`.
        above, below = normpath(self.root + top.path), normpath(self.root + blocking.path)
        return f"{finding.code}::{above}::{top.name}::{below}::{blocking.call}"

    def _is_inside(self, fingerprint: str) -> bool:
        return fingerprint.partition("::")[2].startswith(self.inside or self.root)


def _way(path: Path, root: Path) -> str:
    way = path_between(root, path.absolute().parent)
    return f"{way}/" if way else ""


def _beginnings(path: Path, scanned: Sequence[Path]) -> tuple[str, ...]:
    """What fingerprints have behind the code: `app/` for a folder, `app/main.py::` for a file."""
    return tuple(
        _way(path, each.absolute()) if each.is_dir() else f"{_way(path, each.absolute())[:-1]}::" for each in scanned
    )


def _counts(document: Any, path: Path) -> dict[str, int]:
    if not isinstance(document, dict) or not isinstance(found := document.get("findings"), dict):
        raise ScanError(f"{str(path)!r} is no baseline of fastapi-convert: name another file, or {_AGAIN}.")
    if document.get("version") != _VERSION:
        raise ScanError(f"The baseline {str(path)!r} is of another version of fastapi-convert: {_AGAIN}.")
    for fingerprint, count in found.items():
        if type(count) is not int or count < 1:
            raise ScanError(f"The baseline {str(path)!r} counts {count!r} of {fingerprint!r}: restore it, or {_AGAIN}.")
    return found
