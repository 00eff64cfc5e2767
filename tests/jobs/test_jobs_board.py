"""The board as a document: what it may do, what it refers to, and that it has nothing of any job in it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from fastapi_convert.jobs.http import _board
from tests.jobs.http_support import Shop, nothing

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


def _page() -> str:
    return files("fastapi_convert.jobs.http").joinpath("board.html").read_text(encoding="utf-8")


class _Elements(HTMLParser):
    """All start tags with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """Those of one kind."""
        return [attributes for name, attributes in self.found if name == tag]


def test_the_board_may_run_nothing_but_itself() -> None:
    """A policy with the hashes of its own script and style, and nothing else."""
    with Shop().serving() as (_, client):
        answer = client.get("/jobs/board")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = dict(rule.partition(" ")[::2] for rule in answer.headers["content-security-policy"].split("; "))
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy.pop(f"{tag}-src") == f"'sha256-{digest}'"
    assert policy == {
        "default-src": "'none'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


def test_the_board_refers_to_nothing_outside() -> None:
    """No address in it, no attribute that loads or runs something, no inline style or handler."""
    page = _page()
    assert re.findall(r"https?:|//[a-z]|@import|url\(", page.replace("// ", "")) == []
    attributes = {name for _, found in _Elements(page).found for name in found}
    assert attributes & {"src", "href", "style", "action", "srcset", "data"} == set()
    assert [name for name in attributes if name.startswith("on")] == []


def test_the_board_makes_no_html_of_text() -> None:
    """Everything that comes from jobs goes through `textContent`."""
    page = _page()
    forbidden = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "srcdoc"]
    assert [word for word in forbidden if word in page] == []
    assert "textContent" in page


def test_the_board_is_labelled() -> None:
    """A language, a heading, headers of columns, labels of controls, a live region, a name for the dialog."""
    elements = _Elements(_page())
    assert elements.of("html") == [{"lang": "en"}]
    assert len(elements.of("h1")) == len(elements.of("main")) == len(elements.of("caption")) == 1
    assert {each.get("scope") for each in elements.of("th")} == {"col"}
    assert len(elements.of("label")) == len(elements.of("select")) + len(elements.of("input"))
    everything = [attributes for _, attributes in elements.found]
    assert [each["id"] for each in everything if each.get("aria-live") == "polite"] == ["news"]
    assert [each["id"] for each in everything if each.get("role") in {"status", "alert"}] == ["connection", "refused"]
    labelled = [each["aria-labelledby"] for each in everything if "aria-labelledby" in each]
    assert {each.get("id") for each in everything} >= set(labelled)


def test_the_board_knows_no_job() -> None:
    """The page is the same before and after; jobs come as JSON that no browser takes for a page."""
    shop = Shop()
    function = shop.jobs.job(executor="thread", name=HOSTILE)(nothing)
    shop.app.post("/hostile", **function.route)(function.endpoint)
    with shop.serving() as (_, client):
        before = client.get("/jobs/board").content
        job = client.post("/hostile").json()["id"]
        assert client.get("/jobs/board").content == before
        for path in ("/jobs", f"/jobs/{job}"):
            answer = client.get(path)
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["x-content-type-options"] == "nosniff"
        listed: list[dict[str, Any]] = client.get("/jobs").json()["jobs"]
        assert [each["name"] for each in listed] == [HOSTILE]


def test_a_board_without_its_parts_is_an_error_at_once() -> None:
    """A script that the policy would not cover cannot slip in: there is exactly one."""
    with pytest.raises(ValueError, match="unpack"):
        _board._policy("<script>1</script><script>2</script><style></style>")
