"""Shapes that applications nobody had looked at before brought up: each was missed once, or reported wrongly."""

from __future__ import annotations

from pathlib import Path

from tests.scan.probe import Probe, check, probe_from, probes

NEWER = """\
import time


def first[T](items: list[T]) -> T:
    time.sleep(1)  # blocks: view
    return items[0]


class Box[T]:
    def get(self) -> T:
        time.sleep(2)  # blocks: view

    def put(self, item: T):
        self.item = item


type Names = list[str]


async def view():
    first([1])
    Box[int]().get()


async def other(names: Names):
    Box().put(1)
"""


@probes("unseen/handed_up.md")
def test_attributes_that_somebody_else_sets_are_known(probe: Probe, tmp_path: Path) -> None:
    """The constructor of a base, `__enter__` of a unit of work, `add_middleware`."""
    check(probe, tmp_path)


@probes("unseen/dependencies.md")
def test_what_a_dependency_gives_is_known(probe: Probe, tmp_path: Path) -> None:
    """Under an abstract annotation, through aliases and containers, handed over by a decorator."""
    check(probe, tmp_path)


@probes("unseen/settings.md")
def test_a_setting_is_not_its_default(probe: Probe, tmp_path: Path) -> None:
    """What it guards may run; what a constant of a class guards may not."""
    check(probe, tmp_path)


@probes("unseen/class_attributes.md")
def test_what_is_set_on_a_class_later_is_known(probe: Probe, tmp_path: Path) -> None:
    """`None` in the body, a client when the application starts."""
    check(probe, tmp_path)


@probes("unseen/startup.md")
def test_startup_is_reported_where_it_is_async(probe: Probe, tmp_path: Path) -> None:
    """Plain handlers of startup and shutdown are left unreported."""
    check(probe, tmp_path)


@probes("unseen/loops.md")
def test_flags_are_followed_out_of_loops_and_handlers(probe: Probe, tmp_path: Path) -> None:
    """`break`, `continue`, `else`, `finally`: what was set there, and what was not."""
    check(probe, tmp_path)


@probes("unseen/exits.md")
def test_code_that_is_reached_is_told_from_code_that_is_not(probe: Probe, tmp_path: Path) -> None:
    """Behind blocks that return, and behind some that may not have."""
    check(probe, tmp_path)


@probes("unseen/once.md")
def test_what_happens_once_is_a_warning(probe: Probe, tmp_path: Path) -> None:
    """And nothing at all if it has happened at import."""
    check(probe, tmp_path)


@probes("unseen/decorators.md")
def test_decorators_of_the_project_are_seen_through(probe: Probe, tmp_path: Path) -> None:
    """For sync and async functions, as objects, with parameters, on methods and classes."""
    check(probe, tmp_path)


@probes("unseen/objects.md")
def test_flags_of_objects_and_arguments_decide(probe: Probe, tmp_path: Path) -> None:
    """Kept by a constructor, handed on with stars, members of an enumeration."""
    check(probe, tmp_path)


@probes("unseen/containers.md")
def test_things_keep_their_types_in_containers(probe: Probe, tmp_path: Path) -> None:
    """Lists, pairs, dictionaries, and annotations of what gives them."""
    check(probe, tmp_path)


@probes("unseen/wrong_receivers.md")
def test_a_method_is_not_found_by_its_name_alone(probe: Probe, tmp_path: Path) -> None:
    """A dictionary, another type argument, another branch; and the one that is really meant."""
    check(probe, tmp_path)


@probes("unseen/tasks.md")
def test_sending_a_task_is_a_talk_to_the_broker(probe: Probe, tmp_path: Path) -> None:
    """The body of the task runs in a worker."""
    check(probe, tmp_path)


@probes("unseen/concurrency.md")
def test_waiting_for_threads_is_told_from_starting_them(probe: Probe, tmp_path: Path) -> None:
    """Groups, executors, futures, queues, programs, streams and background tasks."""
    check(probe, tmp_path)


@probes("unseen/python.md")
def test_calls_are_found_that_nobody_spells_as_calls(probe: Probe, tmp_path: Path) -> None:
    """Operators, patterns, comprehensions, registries, classes made by functions."""
    check(probe, tmp_path)


@probes("unseen/applications.md")
def test_parts_of_applications_are_seen_through(probe: Probe, tmp_path: Path) -> None:
    """Generic repositories, units of work, routers in classes, further places of FastAPI."""
    check(probe, tmp_path)


@probes("unseen/sessions.md")
def test_a_session_is_known_on_every_way_to_it(probe: Probe, tmp_path: Path) -> None:
    """Scopes, transactions, providers used by hand, factories on a class; and the same ways, awaited."""
    check(probe, tmp_path)


@probes("unseen/patterns.md")
def test_patterns_of_design_are_seen_through(probe: Probe, tmp_path: Path) -> None:
    """Factory, chain, observer, command, state, result."""
    check(probe, tmp_path)


@probes("unseen/corrected.md")
def test_what_was_once_wrong_is_right(probe: Probe, tmp_path: Path) -> None:
    """Misses and wrong findings of earlier days."""
    check(probe, tmp_path)


def test_type_parameters_of_newer_pythons_hide_nothing(tmp_path: Path) -> None:
    """A generic function, a generic class and an alias, in a spelling that the Python of the scan may not know."""
    check(probe_from(NEWER), tmp_path)
