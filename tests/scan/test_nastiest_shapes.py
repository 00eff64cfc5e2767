"""The nastiest shapes that were met in real applications, each with neighbours that differ in one point."""

from __future__ import annotations

from pathlib import Path

from tests.scan.probe import Probe, check, probes, read_page


@probes("nastiest/dead_branches.md")
def test_branches_that_are_dead_for_the_arguments_of_a_call_are_not_reported(probe: Probe, tmp_path: Path) -> None:
    """`Ctx(tenant_id=t)` does not read what `Ctx(t, workflow_id=w, workflow=d)` reads."""
    check(probe, tmp_path)


@probes("nastiest/blocking_flag.md")
def test_only_the_call_that_asks_to_block_is_reported(probe: Probe, tmp_path: Path) -> None:
    """The helper starts a thread otherwise."""
    check(probe, tmp_path)


@probes("nastiest/same_sink.md")
def test_one_function_and_one_blocking_call_are_one_finding(probe: Probe, tmp_path: Path) -> None:
    """However many ways lead from one to the other, and only if one of them is on the loop."""
    check(probe, tmp_path)


@probes("nastiest/generators.md")
def test_generators_block_where_they_are_consumed(probe: Probe, tmp_path: Path) -> None:
    """A plain one that a response streams is consumed in a thread."""
    check(probe, tmp_path)


@probes("nastiest/generic_repository.md")
def test_repositories_are_seen_through(probe: Probe, tmp_path: Path) -> None:
    """Behind cached properties, generic bases and dependencies without annotation."""
    check(probe, tmp_path)


@probes("nastiest/application_state.md")
def test_receivers_on_the_application_are_known(probe: Probe, tmp_path: Path) -> None:
    """`request.app.state.store` is what the factory of the application put there."""
    check(probe, tmp_path)


@probes("nastiest/implementations.md")
def test_an_abstract_receiver_is_any_of_its_implementations(probe: Probe, tmp_path: Path) -> None:
    """Some of them block: a warning; all of them: an error."""
    check(probe, tmp_path)


@probes("nastiest/called_or_passed.md")
def test_a_call_is_told_from_a_function_that_is_passed(probe: Probe, tmp_path: Path) -> None:
    """`to_thread(helper())` blocks, `to_thread(helper)` does not."""
    check(probe, tmp_path)


def test_the_message_counts_the_implementations(tmp_path: Path) -> None:
    """Who reads "1 of 5" knows that it may be none of his."""
    probe = next(p for p in read_page("nastiest/implementations.md") if p.name == "one of five")
    (finding,) = check(probe, tmp_path).findings
    assert "1 of 5 implementations" in finding.message
