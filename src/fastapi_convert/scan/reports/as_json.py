"""The report as JSON, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from fastapi_convert.scan.findings import Finding, Report

from ._tool import tool_version

__all__ = ("as_data", "json_report")


def json_report(report: Report) -> str:
    """The report as a JSON document, ASCII only.

    Examples:
        >>> import json
        >>> from fastapi_convert.scan.findings import Report
        >>> sorted(json.loads(json_report(Report())))
        ['findings', 'stats', 'version', 'warnings']
    """
    return json.dumps(as_data(report), indent=2) + "\n"


def as_data(report: Report) -> dict[str, Any]:
    """The report as dictionaries, lists, strings and numbers.

    Paths are relative to the scanned root, also those of files beside it that it imports: `../lib/db.py`. Lines and
    columns begin with 1. `version` is that of this package.
    """
    return {
        "version": tool_version(),
        "findings": [_finding(finding) for finding in report.findings],
        "warnings": [asdict(warned) for warned in report.warnings],
        "stats": {**asdict(report.stats), "findings": len(report.findings), "by_code": report.summary},
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "level": finding.level,
        "message": finding.message,
        "replacement": finding.replacement,
        "async_function": asdict(finding.async_function),
        "chain": [{"path": step.path, "line": step.line, "name": step.name} for step in finding.chain],
        "blocking": asdict(finding.blocking),
    }
