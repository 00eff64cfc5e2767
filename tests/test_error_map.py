"""Errors: which status an exception stands for, by the nearest of its classes, and nothing of it for the client."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from fastapi_convert.errors import Errors, MappedError


class PresetError(LookupError):
    pass


def test_the_nearest_class_counts_whatever_the_order_of_the_table() -> None:
    """A base class never hides what stands nearer to the exception."""
    table: dict[type[Exception], Any] = {Exception: 500, LookupError: 404, PresetError: 422}
    for kinds in (list(table), list(reversed(table))):
        errors = Errors({kind: table[kind] for kind in kinds})
        assert [getattr(errors.find(error), "status", None) for error in (PresetError(), KeyError(), OSError())] == [
            422,
            404,
            500,
        ]


def test_of_two_bases_the_first_in_the_resolution_order_counts() -> None:
    """As `except` clauses would, if they stood in that order."""

    class BothError(ConnectionError, ValueError): ...

    for table in ({ValueError: 422, OSError: 502}, {OSError: 502, ValueError: 422}):
        assert Errors(table).find(BothError()) == MappedError(502, "Bad Gateway.", "both-error")


@pytest.mark.parametrize("errors", [Errors({}), Errors({ValueError: 422})])
def test_what_is_not_in_the_table_is_nobody_s_status(errors: Errors) -> None:
    """It stays a 500 that tells nothing."""
    assert errors.find(OSError("/srv/secret")) is None
    assert errors.find_by_names(["builtins.OSError", "builtins.Exception"]) is None


def test_the_client_reads_the_phrase_and_not_the_message() -> None:
    """Messages name paths and arguments."""
    found = Errors({OSError: 404}).find(FileNotFoundError("/srv/secret"))
    assert found == MappedError(404, "Not Found.", "file-not-found-error")


def test_a_detail_is_a_text_or_made_of_the_exception() -> None:
    """Where the author of the table wants more to be told."""
    errors = Errors({KeyError: (422, lambda error: f"No column {error}."), OSError: (404, "Gone.")})
    assert [getattr(errors.find(error), "detail", None) for error in (KeyError("price"), OSError(2))] == [
        "No column 'price'.",
        "Gone.",
    ]


def test_an_exception_of_another_process_is_found_by_the_names_of_its_classes() -> None:
    """Its detail cannot be made of it, so it is the status's phrase."""
    names = [f"{PresetError.__module__}.PresetError", "builtins.LookupError", "builtins.Exception"]
    errors = Errors({LookupError: (404, str), KeyError: 400})
    assert errors.find_by_names(names) == MappedError(404, "Not Found.", "preset-error")


def test_the_right_hand_side_goes_before() -> None:
    """A job's own table over the one of all jobs."""
    both = Errors({ValueError: 400, OSError: 404}) | Errors({ValueError: 409})
    assert [both.find(ValueError()), both.find(OSError())] == [
        MappedError(409, "Conflict.", "value-error"),
        MappedError(404, "Not Found.", "oserror"),
    ]


def test_an_empty_table_is_false() -> None:
    """So that `errors or others` reads as it should."""
    assert not Errors({})
    assert Errors({ValueError: 422})
    assert repr(Errors({ValueError: (422, "Bad.")})) == "Errors({'ValueError': 422})"


@pytest.mark.parametrize("key", [BaseException, KeyboardInterrupt, int, "ValueError", None])
def test_a_key_that_is_no_exception_class_is_refused(key: Any) -> None:
    """KeyboardInterrupt and its like are nobody's status either."""
    with pytest.raises(TypeError, match="is none"):
        Errors({key: 400})


@pytest.mark.parametrize("status", [200, 302, 399, 600, 0, -1])
def test_a_status_that_is_no_error_is_refused(status: int) -> None:
    """A failed job is not a 200."""
    with pytest.raises(ValueError, match="between 400 and 599"):
        Errors({ValueError: status})


def test_a_status_that_nobody_has_registered_has_a_detail_too() -> None:
    """Every number between 400 and 599 may be used."""
    assert Errors({ValueError: 499}).find(ValueError()) == MappedError(499, "The request failed.", "value-error")


def test_openapi_lists_each_status_once_with_all_its_details() -> None:
    """What `responses=` of a route takes."""
    errors = Errors({KeyError: (404, "No such preset."), OSError: (404, "No such file."), ValueError: 422})
    app = FastAPI()
    app.get("/", responses=errors.responses)(lambda: None)
    responses = app.openapi()["paths"]["/"]["get"]["responses"]
    assert responses["404"]["description"] == "No such preset. / No such file."
    assert set(responses) == {"200", "404", "422"}
