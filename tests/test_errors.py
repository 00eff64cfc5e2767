"""errors: proper HTTP answers by themselves, nothing internal on the wire, problem+json where installed."""

import copy
import inspect
import json
import pickle
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

from fastapi_convert import errors
from fastapi_convert.errors import ConvertError, HTTPConvertError

ROOT = Path(__file__).parents[1]
SECRET = "the pool 'db' of /srv/app is full"

#: Told of exceptions, and none itself.
NO_ERRORS = {"Errors", "MappedError"}
PUBLIC = [
    getattr(errors, name) for name in errors.__all__ if inspect.isclass(getattr(errors, name)) and name not in NO_ERRORS
]
ERRORS: list[type[ConvertError]] = [cls for cls in PUBLIC if issubclass(cls, ConvertError)]
HTTP_ERRORS: list[type[HTTPConvertError]] = [cls for cls in ERRORS if issubclass(cls, HTTPConvertError)]

each_error = pytest.mark.parametrize("cls", ERRORS, ids=lambda cls: cls.__name__)
each_http_error = pytest.mark.parametrize("cls", HTTP_ERRORS, ids=lambda cls: cls.__name__)

EXPECTED = {
    "PoolFull": (503, {"retry-after": "1"}),
    "OffloadTimeout": (504, {}),
    "UploadTooLarge": (413, {"connection": "close"}),
    "InvalidRecord": (422, {"connection": "close"}),
    "InvalidUpload": (400, {"connection": "close"}),
    "UnsafeUpload": (422, {}),
    "UnsupportedUpload": (415, {"connection": "close"}),
    "UploadAborted": (400, {"connection": "close"}),
    "UploadExists": (409, {}),
    "UploadStalled": (408, {"connection": "close"}),
    "JobNotFound": (404, {}),
    "JobCancelled": (409, {}),
    "JobFailed": (500, {}),
    "JobKeyReused": (422, {}),
    "JobNotCancellable": (409, {}),
    "JobNotRetryable": (409, {}),
    "JobPayloadTooLarge": (413, {}),
    "JobQueueFull": (503, {"retry-after": "5"}),
    "JobResultExpired": (410, {}),
    "JobStoreUnavailable": (503, {"retry-after": "5"}),
    "ResourceUnavailable": (503, {"retry-after": "1"}),
    "HTTPConvertError": (500, {}),
}


def _client(error: Exception, *, installed: bool = False) -> TestClient:
    app = FastAPI()

    @app.get("/")
    def fail(number: int = 0) -> None:
        raise error

    if installed:
        errors.install(app)
    return TestClient(app)


@each_error
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_the_way_between_processes(cls: type[ConvertError], protocol: int) -> None:
    """Class, message and notes arrive; they are what the log of the caller shows."""
    error = cls(SECRET)
    error.add_note("while serving GET /")
    arrived = pickle.loads(pickle.dumps(error, protocol))
    assert (type(arrived), str(arrived), arrived.__notes__) == (cls, SECRET, ["while serving GET /"])


@each_error
@pytest.mark.parametrize("copy_of", [copy.copy, copy.deepcopy])
def test_an_error_can_be_copied(cls: type[ConvertError], copy_of: Callable[[ConvertError], ConvertError]) -> None:
    """A copy is a new object with the same message and notes."""
    error = cls(SECRET)
    error.add_note("a note")
    copied = copy_of(error)
    assert copied is not error
    assert (type(copied), str(copied), copied.__notes__) == (cls, SECRET, ["a note"])


@each_http_error
def test_an_http_error_keeps_its_answer_through_a_pickle(cls: type[HTTPConvertError]) -> None:
    """Status, detail and the headers of this very error are the same on the other side."""
    error = cls(SECRET, retry_after=7)
    arrived = pickle.loads(pickle.dumps(error))
    assert (arrived.status_code, arrived.detail, arrived.headers) == (error.status_code, error.detail, error.headers)
    assert arrived.headers
    assert arrived.headers["Retry-After"] == "7"


@each_http_error
def test_an_http_error_answers_in_an_app_that_installed_nothing(cls: type[HTTPConvertError]) -> None:
    """Status and headers are those of the contract, and the body is FastAPI's own."""
    status, headers = EXPECTED[cls.__name__]
    answer = _client(cls(SECRET)).get("/")
    assert (answer.status_code, answer.json()) == (status, {"detail": cls.default_detail})
    assert headers.items() <= answer.headers.items()


@each_http_error
@pytest.mark.parametrize("installed", [False, True], ids=["bare", "installed"])
def test_the_message_never_reaches_the_client(cls: type[HTTPConvertError], installed: bool) -> None:
    """It may name pools, paths and arguments; it is for those who run the service."""
    error = cls(SECRET)
    error.add_note(SECRET)
    answer = _client(error, installed=installed).get("/")
    assert SECRET in str(error)
    assert SECRET not in answer.text + repr(answer.headers)


@each_http_error
def test_install_answers_with_a_problem(cls: type[HTTPConvertError]) -> None:
    """The members of RFC 9457 and a stable code, under its media type, with the error's own headers."""
    answer = _client(cls(SECRET, retry_after=9), installed=True).get("/")
    status, headers = EXPECTED[cls.__name__]
    assert answer.headers["content-type"] == "application/problem+json"
    assert (headers | {"retry-after": "9"}).items() <= answer.headers.items()
    assert answer.status_code == status
    assert answer.json() == {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": cls.default_detail,
        "code": cls.code(),
    }


def test_install_leaves_the_apps_own_http_errors_alone() -> None:
    """Only the library's answers change."""
    answer = _client(HTTPException(418, "short and stout", {"X-Tea": "yes"}), installed=True).get("/")
    assert (answer.status_code, answer.json()) == (418, {"detail": "short and stout"})
    assert (answer.headers["content-type"], answer.headers["x-tea"]) == ("application/json", "yes")


def test_install_leaves_validation_errors_alone() -> None:
    """They are still FastAPI's 422."""
    answer = _client(HTTPConvertError(), installed=True).get("/?number=many")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/json")
    assert answer.json()["detail"][0]["type"] == "int_parsing"


def test_a_subclass_of_a_user_is_answered_too() -> None:
    """An app may make finer errors; they need nothing but a class."""

    class TapeLibraryBusy(errors.ResourceUnavailable):
        """Somebody else has the tape."""

    answer = _client(TapeLibraryBusy(), installed=True).get("/")
    assert (answer.status_code, answer.json()["code"]) == (503, "tape-library-busy")


@each_http_error
def test_codes_are_stable_names(cls: type[HTTPConvertError]) -> None:
    """Lower-case words with hyphens, one for each class: clients compare them."""
    assert cls.code().replace("-", "").isalpha()
    assert cls.code() == cls.code().lower()
    assert [other.code() for other in HTTP_ERRORS].count(cls.code()) == 1


@each_http_error
def test_one_error_does_not_change_the_headers_of_the_next(cls: type[HTTPConvertError]) -> None:
    """Headers are each error's own."""
    cls(retry_after=99)
    assert cls().headers == (cls.default_headers or None)


@each_http_error
def test_an_http_error_without_a_message_says_its_detail(cls: type[HTTPConvertError]) -> None:
    """There is always something to read in the log."""
    assert str(cls()) == cls.default_detail


@pytest.mark.parametrize("cls", PUBLIC, ids=lambda cls: cls.__name__)
def test_every_class_says_what_it_means(cls: type[Exception]) -> None:
    """The docstring is the first line of its reference."""
    assert vars(cls)["__doc__"]


def test_every_error_has_the_same_root() -> None:
    """`except ConvertError` tells the library's refusals from the errors of the function that was called."""
    strays = [cls for cls in PUBLIC if not issubclass(cls, ConvertError | Warning)]
    assert strays == []


def test_the_http_errors_are_those_of_the_contract() -> None:
    """A new one gets its row in the table above."""
    assert {cls.__name__ for cls in HTTP_ERRORS} == EXPECTED.keys()


def test_the_reference_shows_the_whole_module() -> None:
    """The page renders the module itself, so nothing can be missing; and a problem is plain JSON."""
    assert "\n::: fastapi_convert.errors\n" in (ROOT / "docs/reference/errors.md").read_text()
    json.dumps(errors._problem(errors.PoolFull(SECRET)))
