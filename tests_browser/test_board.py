"""The board in a real browser: live, by keyboard, in both colour schemes, and deaf to what hostile jobs say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.server import Server, serve
from tests.support.waiting import wait_until
from tests_browser.chromium import Page, open_page

HOSTILE = "<img src=x onerror=alert(1)>"
LIVE = "document.getElementById('connection')?.textContent === 'Live'"

#: Where screenshots go that somebody wants to look at.
PICTURES = os.environ.get("FC_BOARD_PICTURES")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A real one, with two workers."""
    with serve("tests.jobs.jobs_app:make_app", factory=True, env={"JOBS_PATH": str(tmp_path / "jobs.db")}) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """Who submits jobs."""
    with httpx.Client(base_url=server.url) as client:
        yield client


@pytest.fixture
def page(server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The board, live; at the end its console is empty."""
    with open_page() as page:
        page.go(f"{server.url}/jobs/board")
        page.wait_for(LIVE)
        yield page
        if PICTURES:
            for scheme in ("light", "dark"):
                page.prefer(scheme)
                page.screenshot(Path(PICTURES, f"{request.node.name}-{scheme}.png"))
        assert [line for line in page.console if "net::ERR_" not in line] == []


def _post(client: httpx.Client, path: str, /, **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 202
    job: dict[str, Any] = answer.json()
    return job


def _row(job: dict[str, Any]) -> str:
    """The row of a job, as an expression."""
    return f"rows.get({job['id']!r})?.row"


def test_a_job_is_seen_from_its_beginning_to_its_end(client: httpx.Client, page: Page, tmp_path: Path) -> None:
    """It appears, runs with a labelled bar, and ends with a link to its result, without a reload."""
    job = _post(client, "/wait", path=str(tmp_path / "go"))
    page.wait_for(f"{_row(job)}?.querySelector('progress').value === 0.5")
    label = page.run(f"{_row(job)}.querySelector('progress').getAttribute('aria-label')")
    assert label == f"Progress of wait {job['id'][:6]}"
    assert "▶ running" in page.run(f"{_row(job)}.innerText")
    (tmp_path / "go").touch()
    page.wait_for(f"{_row(job)}.innerText.includes('✓ succeeded')")
    page.wait_for("document.getElementById('news').textContent === 'wait succeeded'")
    href = page.run(f"{_row(job)}.querySelector('a:not([hidden])').getAttribute('href')")
    assert client.get(href).json() == "found"


def test_hostile_text_stays_text(client: httpx.Client, page: Page, tmp_path: Path) -> None:
    """Names and messages are shown as they are; no element comes of them, and nothing runs."""
    named = _post(client, "/hostile", number=1)
    speaking = _post(client, "/wait", path=str(tmp_path / "go"))
    page.wait_for(f"{_row(named)}?.innerText.includes({HOSTILE!r})")
    page.wait_for(f"{_row(speaking)}?.querySelector('.message').textContent === {HOSTILE!r}")
    assert page.run("document.images.length") == 0
    (tmp_path / "go").touch()


def test_a_job_is_cancelled_by_keyboard(client: httpx.Client, page: Page, tmp_path: Path) -> None:
    """Tab to the button, Enter, the question, back by Escape, again and yes; focus never gets lost."""
    job = _post(client, "/wait", path=str(tmp_path / "never"))
    page.wait_for(f"{_row(job)}?.innerText.includes('running')")
    for _ in range(20):
        page.press("Tab")
        if page.run(f"{_row(job)}.contains(document.activeElement)"):
            break
    assert page.run("document.activeElement.textContent").startswith("Cancel")
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Enter")
    page.wait_for("document.getElementById('ask').open")
    assert page.run("document.activeElement.id") == "no"
    page.press("Escape")
    page.wait_for("!document.getElementById('ask').open")
    assert page.run("document.activeElement.textContent").startswith("Cancel")
    page.press("Enter")
    page.wait_for("document.getElementById('ask').open")
    page.run("document.getElementById('yes').focus()")
    page.press("Enter")
    page.wait_for(f"{_row(job)}.innerText.includes('⊘ cancelled')")
    assert page.run(f"{_row(job)}.contains(document.activeElement)")
    if not page.run("document.activeElement.matches('button')"):  # while it was ending, the row had no button
        page.press("Tab")
    assert page.run("document.activeElement.textContent").startswith("Retry")
    page.press("Enter")
    page.wait_for(f"{_row(job)}.innerText.includes('▶ running')")
    client.post(job["links"]["cancel"])


def test_filters_and_pages(client: httpx.Client, page: Page) -> None:
    """Fifty at first, more on demand, by state and by name; new ones come on top."""
    jobs = [_post(client, "/quick", number=n) for n in range(60)]
    wait_until(lambda: len(client.get("/jobs", params={"status": "succeeded", "limit": 200}).json()["jobs"]) == 60)
    page.go(page.run("location.href"))
    page.wait_for(f"{LIVE} && rows.size === 50")
    assert page.run("document.querySelector('tbody code').textContent") == jobs[-1]["id"][:12]
    page.run("document.getElementById('more').click()")
    page.wait_for("rows.size === 60 && document.getElementById('more').hidden")
    order = page.run("[...document.querySelectorAll('tbody code')].map((each) => each.textContent)")
    assert order == [job["id"][:12] for job in reversed(jobs)]
    newest = _post(client, "/hostile", number=1)
    page.wait_for(f"document.querySelector('tbody tr') === {_row(newest)}")
    _type(page, "name", "onerr")
    page.wait_for("document.getElementById('count').textContent === '1 job'")
    _type(page, "name", "")
    page.run("state = document.getElementById('state'); state.value = 'failed'; state.onchange()")
    page.wait_for("rows.size === 0")


def _type(page: Page, field: str, text: str) -> None:
    page.run(f"field = document.getElementById({field!r}); field.value = {text!r}; field.oninput()")


def test_a_thousand_jobs_stay_in_order(client: httpx.Client, page: Page) -> None:
    """They arrive while the page looks on; it answers, and shows each once."""
    with httpx.Client(base_url=str(client.base_url), timeout=30) as other:
        for n in range(1000):
            _post(other, "/quick", number=n)
    page.wait_for("[...rows.values()].every((each) => each.job.status === 'succeeded')")
    while not page.run("document.getElementById('more').hidden"):
        shown = page.run("rows.size")
        page.run("document.getElementById('more').click()")
        page.wait_for(f"rows.size > {shown}")
    page.wait_for("rows.size === 1000")
    assert page.run("document.querySelectorAll('tbody tr').length === rows.size")
    stamps = page.run("[...document.querySelectorAll('tbody tr')].map((each) => each.job.created_at)")
    assert stamps == sorted(stamps, reverse=True)


def test_a_lost_connection_is_told_and_found_again(client: httpx.Client, page: Page) -> None:
    """While the server does not answer the page says so, and tries again by itself."""
    page.run("document.title = 'the same page'")
    page.command("Network.enable")
    _network(page, offline=True)
    page.run("source.dispatchEvent(new Event('error'))")  # what a broken connection does
    page.wait_for("document.getElementById('connection').textContent.startsWith('Not connected')")
    assert page.run("document.getElementById('connection').className") == "trouble"
    job = _post(client, "/quick", number=1)
    _network(page, offline=False)
    page.wait_for(f"{LIVE} && {_row(job)}?.innerText.includes('succeeded')")
    assert page.run("document.title") == "the same page"


def _network(page: Page, *, offline: bool) -> None:
    page.command(
        "Network.emulateNetworkConditions", offline=offline, latency=0, downloadThroughput=-1, uploadThroughput=-1
    )


def test_colours_have_contrast_in_both_schemes(client: httpx.Client, page: Page) -> None:
    """At least 4.5 to 1 for every text, by WCAG's formula."""
    job = _post(client, "/quick", number=1)
    page.wait_for(f"{_row(job)}?.innerText.includes('succeeded')")
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        for name in ("text", "soft", "link", "good", "bad", "busy"):
            for back in ("back", "raised"):
                assert page.run(CONTRAST % (name, back)) >= 4.5, (scheme, name, back)


CONTRAST = """(() => {
  const light = (name) => {
    const probe = document.createElement('canvas').getContext('2d');
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const parts = [1, 3, 5].map((at) => parseInt(probe.fillStyle.slice(at, at + 2), 16) / 255);
    const [r, g, b] = parts.map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const both = [light('--%s'), light('--%s')];
  return Math.max(...both) / Math.min(...both);
})()"""
