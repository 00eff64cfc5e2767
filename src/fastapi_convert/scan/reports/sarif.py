"""The report as SARIF 2.1.0, for code scanning services and editors."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from fastapi_convert.scan.findings import Finding, Report, Step, Warned

from ._escaping import visible
from ._paths import from_repository
from ._sarif_places import ROOT, place
from ._sarif_rules import INDEXES, rules
from ._tool import TOOL, tool_version

__all__ = ("sarif_report",)

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {"error": "error", "warn": "warning", "all": "note"}
_FINGERPRINT: Final = "fastapiConvert/v1"


def sarif_report(report: Report) -> str:
    """The report as a SARIF document, ASCII only.

    A result lies where the `async def` makes the call, which is where it is cured; its code flow is the chain, and
    the blocking call is a related location. Paths begin at the folder of the repository, as code scanning has them.

    Examples:
        >>> import json
        >>> from fastapi_convert.scan.findings import Report
        >>> json.loads(sarif_report(Report()))["version"]
        '2.1.0'
    """
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(from_repository(report))]}
    return json.dumps(document, indent=2) + "\n"


def _run(report: Report) -> dict[str, Any]:
    seen: Counter[str] = Counter()
    return {
        "tool": {"driver": {"name": TOOL, "version": tool_version(), "rules": rules()}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [_notification(warned) for warned in report.warnings],
            }
        ],
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The folder of the repository, or else the one in which the scan ran."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, seen) for finding in report.findings],
    }


def _notification(warned: Warned) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": {"text": visible(warned.message, 2000)},
        "locations": [place(warned.path, warned.line)],
    }


def _result(finding: Finding, seen: Counter[str]) -> dict[str, Any]:
    blocking = finding.blocking
    seen[finding.fingerprint] += 1  # two calls of one name in one function are two results
    return {
        "ruleId": finding.code,
        **({"ruleIndex": INDEXES[finding.code]} if finding.code in INDEXES else {}),
        "level": _LEVELS[finding.level],
        "message": {"text": _message(finding)},
        "locations": [_first(finding)],
        "relatedLocations": [place(blocking.path, blocking.line, blocking.column, visible(blocking.call), 1)],
        "codeFlows": [{"threadFlows": [{"locations": _flow(finding)}]}],
        "partialFingerprints": {_FINGERPRINT: f"{visible(finding.fingerprint, None)}:{seen[finding.fingerprint]}"},
    }


def _message(finding: Finding) -> str:
    message = visible(finding.message, 2000)
    return f"{message.removesuffix('.')}. Use {visible(finding.replacement)}." if finding.replacement else message


def _first(finding: Finding) -> dict[str, Any]:
    if not finding.chain:
        return place(finding.async_function.path, finding.async_function.line)
    return place(finding.chain[0].path, finding.chain[0].line, _column(finding, finding.chain[0]))


def _column(finding: Finding, step: Step) -> int:
    blocking = finding.blocking
    return blocking.column if (step.path, step.line) == (blocking.path, blocking.line) else step.column


def _flow(finding: Finding) -> list[dict[str, Any]]:
    function = finding.async_function
    said = f"async def {visible(function.name)}" + (f", {visible(function.route)}" if function.route else "")
    flow = [_step(place(function.path, function.line, message=said), 0, "essential")]
    for depth, step in enumerate(finding.chain, start=1):
        where = place(step.path, step.line, _column(finding, step), f"calls {visible(step.name)}")
        flow.append(_step(where, depth, "essential" if depth == len(finding.chain) else "important"))
    return flow


def _step(where: dict[str, Any], depth: int, importance: str) -> dict[str, Any]:
    return {"location": where, "nestingLevel": depth, "importance": importance}
