"""From all findings to those that are reported: level, codes, paths, comments and the baseline."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from posixpath import normpath

from ._baseline import Baseline
from ._codes import covers
from ._comments import Comment
from ._suppressions import suppress
from .findings import LEVELS, Finding, Level, Warned
from .settings import PathRule, Settings
from .sources._globs import path_matcher

__all__ = ("Selection", "select")


@dataclass(frozen=True, slots=True)
class Selection:
    """What is reported.

    Attributes:
        findings: In the order in which they came.
        suppressed: How many more there are at this level that a comment, `ignore` or the baseline hides.
        warnings: Comments and baselines that are stale, and comments that nobody can read; by path and line.
    """

    findings: tuple[Finding, ...]
    suppressed: int
    warnings: tuple[Warned, ...]


def select(
    findings: Sequence[Finding],
    comments: Mapping[str, Sequence[Comment]],
    settings: Settings,
    baseline: Baseline | None = None,
    *,
    followed: Container[str] = (),
) -> Selection:
    """Choose what is reported.

    Args:
        findings: All of them, at every level.
        comments: What `comments_in` found in each file, by the path as findings have it.
        settings: `level`, `select`, `ignore` and `per_path`. A finding lies where its `async def` is.
        baseline: What is known already.
        followed: Paths that were read only because others import them. Comments count there too, but it takes a scan of
            all their users to tell which are stale.
    """
    by_comments = suppress(findings, comments)
    rules = _Rules(settings)
    asked = [(index, finding) for index, finding in enumerate(findings) if rules.asks_for(finding)]
    kept = [each for index, each in asked if index not in by_comments.hidden and not rules.ignores(each)]
    warnings = [warned for warned in by_comments.warnings if warned.path not in followed]
    if baseline is not None:
        kept = baseline.new(kept)
        warnings += baseline.stale(findings)
    return Selection(tuple(kept), len(asked) - len(kept), tuple(sorted(warnings)))


class _Rules:
    """The settings as they are for each path."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._base = f"{settings.base}/" if settings.base else ""
        self._per_path: list[tuple[Callable[[str], bool], PathRule]] = [
            (path_matcher((rule.pattern,)), rule) for rule in settings.per_path
        ]
        self._known: dict[str, tuple[Level, tuple[str, ...]]] = {}

    def asks_for(self, finding: Finding) -> bool:
        level, _ = self._for(finding.async_function.path)
        selected = self._settings.select
        return LEVELS.index(finding.level) <= LEVELS.index(level) and (not selected or covers(selected, finding.code))

    def ignores(self, finding: Finding) -> bool:
        _, ignored = self._for(finding.async_function.path)
        return covers(ignored, finding.code)

    def _for(self, path: str) -> tuple[Level, tuple[str, ...]]:
        if path not in self._known:
            matching = [
                rule for matches, rule in self._per_path if matches(path) or matches(normpath(self._base + path))
            ]
            levels: list[Level] = [rule.level for rule in matching if rule.level is not None]
            ignores = [rule.ignore for rule in matching if rule.ignore]
            ignored = self._settings.ignore + (ignores[-1] if ignores else ())
            self._known[path] = (levels[-1] if levels else self._settings.level, ignored)
        return self._known[path]
