"""`# fastapi-convert: ignore[FC102] reason`: what such comments hide, and which of them hide nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final, Literal, NamedTuple

from ._codes import covers, is_known, known
from ._comments import MARKER, Comment
from .findings import Finding, Warned

__all__ = ("Directive", "Suppressions", "parse", "suppress")

_HOW: Final = "write `# fastapi-convert: ignore[FC102] reason`"
#: Characters of a comment that are read; no list of codes is longer.
_MOST: Final = 1000


class Directive(NamedTuple):
    """What a comment says.

    Attributes:
        codes: Codes or their beginnings; empty for all.
        scope: `line`, or `file` for `ignore-file`.
        problem: What is wrong with it, or "". The codes that are right still count.
    """

    codes: tuple[str, ...]
    scope: Literal["line", "file", "nothing"]
    problem: str = ""


def parse(text: str) -> Directive | None:
    """What a comment with the marker says; `None` if it only speaks about us.

    Reads character by character: no comment, however hostile, takes longer than its length.
    """
    before, _, after = text.partition(MARKER)
    if not before.rstrip().endswith("#"):
        return None
    after = after[:_MOST].strip()
    word = "".join(takewhile(lambda each: each.isalpha() or each == "-", after))
    rest = after[len(word) :].lstrip()
    if word not in {"ignore", "ignore-file"}:
        return _wrong(f"{word or after[:20]!r} is no word that fastapi-convert knows: {_HOW}, or `ignore-file[...]`")
    scope: Literal["line", "file"] = "line" if word == "ignore" else "file"
    if rest.startswith("["):
        return _listed(rest, scope)
    if _looks_like_code(rest):
        return _wrong(f"The codes belong in brackets: {_HOW}")
    return Directive((), scope)


def _wrong(problem: str) -> Directive:
    return Directive((), "nothing", f"{problem}. The codes are {known()}.")


def _listed(rest: str, scope: Literal["line", "file"]) -> Directive:
    inside, closed, _ = rest[1:].partition("]")
    if not closed:
        return _wrong(f"The bracket after `ignore` is not closed: {_HOW}")
    codes = [code.strip().upper() for code in inside.split(",")]
    right = tuple(dict.fromkeys(code for code in codes if is_known(code)))
    unknown = [code for code in codes if code and code not in right]
    if not right and not unknown:
        return _wrong(f"There is no code in the brackets: {_HOW}")
    if unknown:
        return _wrong(f"{unknown[0]!r} is no code: {_HOW}")._replace(codes=right, scope=scope if right else "nothing")
    return Directive(right, scope)


def _looks_like_code(rest: str) -> bool:
    word = "".join(takewhile(str.isalnum, rest.lstrip("({:=,- "))).upper()
    return word.startswith("FC") and word[2:].isdecimal()


@dataclass(frozen=True, slots=True)
class Suppressions:
    """What comments did.

    Attributes:
        hidden: Indexes of the findings that a comment hides.
        warnings: Comments that hide nothing, or that nobody can read.
    """

    hidden: set[int] = field(default_factory=set)
    warnings: list[Warned] = field(default_factory=list)


def suppress(findings: Sequence[Finding], comments: Mapping[str, Sequence[Comment]]) -> Suppressions:
    """Hide what comments hide.

    Args:
        findings: All of them, at every level: a comment is stale only if it hides nothing at any.
        comments: By the path as findings have it; only those with the marker.
    """
    places = _Places(findings, comments)
    result = Suppressions(places.hidden)
    for path in sorted(comments):
        for comment in comments[path]:
            if (directive := parse(comment.text)) is not None:
                problems = [directive.problem, *_apply(directive, path, comment, places)]
                result.warnings.extend(Warned(path, comment.line, problem) for problem in problems if problem)
    return result


def _apply(directive: Directive, path: str, comment: Comment, places: _Places) -> Iterator[str]:
    if directive.scope == "nothing":
        return
    if directive.scope == "file" and not comment.top:
        yield "`ignore-file` counts only above all code: move it to the top of the file, or write `ignore` here."
        return
    for code in directive.codes or ("",):
        in_file = directive.scope == "file"
        if not (places.hide_in_file(path, code) if in_file else places.hide_at(path, comment, code)):
            yield _stale(code, directive.scope)


def _stale(code: str, scope: str) -> str:
    what = f"`{code}` hides" if code else "It hides"
    if scope == "file":
        return f"{what} nothing in this file any more: remove it."
    return (
        f"{what} nothing any more: remove it, or put it on the line of the blocking call, of a call on the way to it, "
        "or of the `async def`."
    )


def _places(finding: Finding) -> set[tuple[str, int]]:
    function, blocking = finding.async_function, finding.blocking
    steps = {(step.path, step.line) for step in finding.chain}
    return steps | {(function.path, function.line), (blocking.path, blocking.line)}


class _Places:
    """Where findings are: an index of every line that a comment may stand on.

    Each range of lines is looked at once: comments by the thousand in one statement mean the same one.
    """

    def __init__(self, findings: Sequence[Finding], paths: Mapping[str, object]) -> None:
        self.hidden: set[int] = set()
        self._codes = [finding.code for finding in findings]
        lines: dict[str, set[tuple[int, int]]] = {}
        for index, finding in enumerate(findings):
            for path, line in _places(finding):
                if path in paths:
                    lines.setdefault(path, set()).add((line, index))
        self._lines = {path: sorted(found) for path, found in lines.items()}
        self._known: dict[tuple[str, int, int, str], bool] = {}

    def hide_at(self, path: str, comment: Comment, code: str) -> bool:
        """Hide what is on the line of a comment, or else in its statement. False if there is nothing."""
        return self._hide(path, comment.near, comment.near, code) or self._hide(path, comment.first, comment.last, code)

    def hide_in_file(self, path: str, code: str) -> bool:
        """Hide all that passes this file. False if there is nothing."""
        lines = self._lines.get(path)
        return lines is not None and self._hide(path, lines[0][0], lines[-1][0], code)

    def _hide(self, path: str, first: int, last: int, code: str) -> bool:
        key = (path, first, last, code)
        if key not in self._known:
            lines = self._lines.get(path, [])
            there = lines[bisect_left(lines, (first, -1)) : bisect_right(lines, (last, len(self._codes)))]
            found = {index for _, index in there if covers((code,), self._codes[index])}
            self.hidden |= found
            self._known[key] = bool(found)
        return self._known[key]
