"""The shape of SARIF 2.1.0, as far as we write it: which keys an object may have, and which it must.

The documents were checked against the schema of OASIS as well; the schema itself is not ours to hand on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

__all__ = ("faults",)

# Object -> key -> (kind, whether it must be there). A kind in capitals is another object, in brackets a list of it.
_SHAPES: Final[dict[str, dict[str, tuple[str, bool]]]] = {
    "LOG": {"$schema": ("uri", False), "version": ("2.1.0", True), "runs": ("[RUN]", True)},
    "RUN": {
        "tool": ("TOOL", True),
        "invocations": ("[INVOCATION]", False),
        "originalUriBaseIds": ("{BASE}", False),
        "columnKind": ("utf16CodeUnits|unicodeCodePoints", False),
        "results": ("[RESULT]", False),
    },
    "TOOL": {"driver": ("DRIVER", True)},
    "DRIVER": {"name": ("text", True), "version": ("text", False), "rules": ("[RULE]", False)},
    "RULE": {
        "id": ("text", True),
        "name": ("text", False),
        "shortDescription": ("MULTI", False),
        "fullDescription": ("MULTI", False),
        "help": ("MULTI", False),
        "defaultConfiguration": ("CONFIGURATION", False),
        "properties": ("TAGS", False),
    },
    "MULTI": {"text": ("text", True), "markdown": ("text", False)},
    "CONFIGURATION": {"level": ("none|note|warning|error", False)},
    "TAGS": {"tags": ("[text]", False)},
    "INVOCATION": {"executionSuccessful": ("bool", True), "toolExecutionNotifications": ("[NOTIFICATION]", False)},
    "NOTIFICATION": {
        "message": ("MESSAGE", True),
        "level": ("none|note|warning|error", False),
        "locations": ("[LOCATION]", False),
    },
    "BASE": {"uri": ("uri", False), "description": ("MESSAGE", False)},
    "MESSAGE": {"text": ("text", True)},
    "RESULT": {
        "ruleId": ("text", False),
        "ruleIndex": ("natural", False),
        "level": ("none|note|warning|error", False),
        "message": ("MESSAGE", True),
        "locations": ("[LOCATION]", False),
        "relatedLocations": ("[LOCATION]", False),
        "codeFlows": ("[FLOW]", False),
        "partialFingerprints": ("{text}", False),
    },
    "LOCATION": {
        "id": ("natural", False),
        "physicalLocation": ("PHYSICAL", False),
        "message": ("MESSAGE", False),
    },
    "PHYSICAL": {"artifactLocation": ("ARTIFACT", True), "region": ("REGION", False)},
    "ARTIFACT": {"uri": ("uri", True), "uriBaseId": ("text", False)},
    "REGION": {"startLine": ("positive", True), "startColumn": ("positive", False)},
    "FLOW": {"threadFlows": ("[THREAD]", True)},
    "THREAD": {"locations": ("[STEP]", True)},
    "STEP": {
        "location": ("LOCATION", False),
        "nestingLevel": ("natural", False),
        "importance": ("important|essential|unimportant", False),
    },
}

_URI: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/#-]|%[0-9A-F]{2})+")


def faults(document: Any) -> list[str]:
    """What is wrong with a document, with the way to it. Empty if nothing is."""
    return [*_check("LOG", document, "$")]


def _check(kind: str, value: Any, where: str) -> Iterator[str]:
    if kind.startswith("["):
        yield from _check_all(kind[1:-1], enumerate(value) if isinstance(value, list) else None, where)
    elif kind.startswith("{"):
        yield from _check_all(kind[1:-1], value.items() if isinstance(value, dict) else None, where)
    elif kind in _SHAPES:
        yield from _check_object(_SHAPES[kind], value, where)
    elif not _is(kind, value):
        yield f"{where} is {value!r}, not {kind}"


def _check_all(kind: str, items: Any, where: str) -> Iterator[str]:
    if items is None:
        yield f"{where} is of the wrong kind"
        return
    for key, value in items:
        yield from _check(kind, value, f"{where}[{key}]")


def _check_object(shape: dict[str, tuple[str, bool]], value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    yield from (f"{where} has a key {key}" for key in value.keys() - shape.keys())
    for key, (kind, needed) in shape.items():
        if key in value:
            yield from _check(kind, value[key], f"{where}.{key}")
        elif needed:
            yield f"{where} has no {key}"


def _is(kind: str, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind in {"natural", "positive"}:
        return type(value) is int and value >= (kind == "positive")
    if not isinstance(value, str):
        return False
    return bool(value) if kind == "text" else bool(_URI.fullmatch(value)) if kind == "uri" else value in kind.split("|")
