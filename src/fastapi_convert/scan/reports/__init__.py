"""Reports: what a scan found, as text, JSON, SARIF or annotations of GitHub."""

from __future__ import annotations

from ._lines import Line, Segment, plain
from ._paths import from_here
from .as_json import json_report
from .github import github_report
from .sarif import sarif_report
from .text import text_report

__all__ = ("Line", "Segment", "from_here", "github_report", "json_report", "plain", "sarif_report", "text_report")
