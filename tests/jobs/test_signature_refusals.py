"""What is refused when a function is registered: what FastAPI fills in, files of a request, secrets, methods."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType

import pytest
from fastapi import (
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    File,
    Form,
    Header,
    Path as PathParameter,
    Query,
    Request,
    Response,
    Security,
    UploadFile,
    WebSocket,
)
from fastapi.responses import JSONResponse
from fastapi.security import SecurityScopes
from pydantic import BaseModel, PlainSerializer, PlainValidator, Secret, SecretBytes, SecretStr, ValidationError
from starlette.requests import HTTPConnection
from typing_extensions import TypeAliasType, TypedDict

from fastapi_convert.jobs import Jobs
from fastapi_convert.jobs.payloads import Signature
from fastapi_convert.jobs.progress import Progress
from fastapi_convert.uploads import Upload
from tests.jobs.payload_support import Nested, returning, taking, through


def signed_in() -> str:
    return "nobody"


MARKERS = [
    Depends(signed_in),
    Security(signed_in, scopes=("jobs",)),
    Header(),
    Cookie(),
    Query(5),
    PathParameter(),
    Form(),
    File(),
]
ENDPOINT = r"parameter 'value' .*endpoint of your own and pass its value to submit\(\)"


@pytest.mark.parametrize("marker", MARKERS, ids=lambda marker: type(marker).__name__)
def test_what_fastapi_fills_in_is_refused(marker: Any) -> None:
    """Taken for data it would be a field of the body: a client could say who it is."""
    annotated: Any = Annotated[str, marker]
    for annotation in (annotated, annotated | None, list[annotated], Annotated[annotated, 1]):
        with pytest.raises(TypeError, match=ENDPOINT):
            taking(annotation)

    def fn(value: str = marker) -> None: ...

    with pytest.raises(TypeError, match=rf"fn\(\) cannot be a job: .*{type(marker).__name__}.*endpoint of your own"):
        Signature.of(fn)


def test_a_progress_that_is_marked_is_refused_too() -> None:
    """And each of `*args` and `**kwargs`."""

    def reports(value: Annotated[Progress, Depends(Progress)]) -> None: ...
    def several(*value: Annotated[str, Header()]) -> None: ...
    def named(**value: Annotated[str, Header()]) -> None: ...

    for fn in (reports, several, named):
        with pytest.raises(TypeError, match=ENDPOINT):
            Signature.of(fn)


@pytest.mark.parametrize(
    "kind",
    [Request, WebSocket, HTTPConnection, Response, JSONResponse, BackgroundTasks, SecurityScopes],
    ids=lambda kind: kind.__name__,
)
def test_what_is_a_part_of_a_request_is_refused(kind: Any) -> None:
    """A job runs when the request is long over."""
    for annotation in (kind, kind | None, dict[str, kind], Annotated[kind, "x"]):
        with pytest.raises(TypeError, match=ENDPOINT):
            taking(annotation)


def test_body_describes_data_as_field_does() -> None:
    """Its limits hold, and its default is the function's."""

    def fn(
        a: int = Body(5, gt=0),
        *,
        b: Annotated[int, Body(gt=0)],
        c: Annotated[str, Body(max_length=3), "x"] = "c",
    ) -> None: ...

    signature = Signature.of(fn)
    assert signature.decode(signature.encode((), {"b": 1})) == ((5,), {"b": 1})
    body = signature.body_model().model_validate({"b": 2})
    assert signature.call_from_body(body, {}) == ((), {"b": 2})
    for wrong in ({"a": 0, "b": 1}, {"b": 0}, {"b": 1, "c": "long"}):
        with pytest.raises(ValidationError):
            signature.encode((), wrong)
        with pytest.raises(ValidationError):
            signature.body_model().model_validate(wrong)


class Posted(BaseModel):
    file: UploadFile


@pytest.mark.parametrize(
    "annotation",
    [UploadFile, UploadFile | None, list[UploadFile], Annotated[UploadFile, 1], Upload, list[Upload], Posted],
    ids=str,
)
def test_an_upload_is_taken_as_a_path(annotation: Any) -> None:
    """It is gone with its request; what is saved stays as long as the job."""
    with pytest.raises(TypeError, match=r"parameter 'value' .*Annotate it with Path"):
        taking(annotation)
    with pytest.raises(TypeError, match=r"result.*a Path to a file"):
        returning(list[UploadFile])
    assert taking(Path).files == ("value",)


class Account(BaseModel):
    name: str = ""
    password: SecretStr | None = None


@dataclasses.dataclass
class Login:
    account: list[Account]


class Row(TypedDict):
    login: Login


class Both(NamedTuple):
    first: int
    second: SecretBytes


Token = NewType("Token", SecretStr)
Alias = TypeAliasType("Alias", list[SecretStr])
SECRETS = [
    SecretStr,
    SecretBytes,
    SecretStr | None,
    dict[str, list[SecretStr]],
    Annotated[SecretStr, "x"],
    Secret[int],
    Account,
    list[Account],
    Login,
    Row,
    Both,
    Token,
    Alias,
]


@pytest.mark.parametrize("annotation", SECRETS, ids=str)
def test_a_secret_is_passed_as_a_reference(annotation: Any) -> None:
    """JSON has asterisks for it: every submission would fail, so registering does."""
    with pytest.raises(TypeError, match=r"parameter 'value' .*Keep the secret elsewhere, pass its name or id"):
        taking(annotation)


@pytest.mark.parametrize("annotation", [SecretStr, list[SecretBytes], Secret[int], SecretStr | None], ids=str)
def test_a_secret_is_no_result(annotation: Any) -> None:
    """A model that has one may be: FastAPI answers with asterisks."""
    with pytest.raises(TypeError, match=r"result holds a .*Secret.*Return plain data"):
        returning(annotation)
    assert "pw" not in returning(Account).encode_result(Account(password=SecretStr("pw")))


Revealed = Annotated[SecretStr, PlainSerializer(lambda secret: secret.get_secret_value())]


class Telling(BaseModel):
    secret: Revealed


def test_a_secret_that_its_author_writes_out_is_taken() -> None:
    """It comes back."""
    assert through(Revealed, SecretStr("x")).get_secret_value() == "x"
    assert through(Telling, Telling(secret=SecretStr("x"))).secret.get_secret_value() == "x"


@pytest.mark.parametrize("annotation", [type, type[int], list[type[int]], list[Iterable[int]]], ids=str)
def test_what_comes_back_as_nothing_is_refused(annotation: Any) -> None:
    """Classes, and what is read once."""
    with pytest.raises(TypeError, match=r"parameter 'value' .*Pass data instead"):
        taking(annotation)


@pytest.mark.parametrize(
    "annotation",
    [
        Literal["type", "Depends"],
        Annotated[list[int], Body()],
        Annotated[Iterable[int], PlainValidator(list)],
        Nested,
        "Nested",
        list["Nested"],
        str | None,
        Progress,
    ],
    ids=str,
)
def test_what_is_data_is_taken(annotation: Any) -> None:
    """Also what holds itself."""
    assert taking(annotation).name == "fn"


class Service:
    """Whose methods somebody takes for functions."""

    def convert(self, path: str) -> None: ...

    def of_class(cls, path: str) -> None: ...  # noqa: N805 -- as a classmethod is beneath its decorator

    @staticmethod
    def static(path: str) -> None: ...


class Inner:
    """Made in a function, it is a class all the same."""

    @staticmethod
    def make() -> Any:
        class Local:
            def convert(self, path: str) -> None: ...

        return Local.convert


@pytest.mark.parametrize(
    "fn",
    [Service.convert, Service.of_class, Inner.make(), functools.partial(Service.convert)],
    ids=["self", "cls", "local class", "partial"],
)
def test_a_method_is_refused_in_the_body_of_its_class(fn: Callable[..., Any]) -> None:
    """Nobody would pass its `self`."""
    with pytest.raises(
        TypeError, match=r"cannot be a job: it is a method.*function of the module, pass the object's id"
    ):
        Signature.of(fn)


def test_decorating_a_method_tells_so_at_once(tmp_path: Path) -> None:
    """Not at the first submission."""
    jobs = Jobs(tmp_path / "jobs.db")
    with pytest.raises(TypeError, match=r"Mailer\.send\(\) cannot be a job: it is a method"):

        class Mailer:
            @jobs.job()
            def send(self, to: str) -> None: ...


def test_what_is_no_method_may_call_its_parameters_so() -> None:
    """A function, also one made in another; a method that has its object; one that annotates it."""

    def inner(self: int, other: int) -> None: ...

    def bare(self, other: int) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001

    def annotated(self: dict[str, int]) -> None: ...

    annotated.__qualname__ = "Service.annotated"
    for fn in (inner, bare, annotated):
        assert "self" in Signature.of(fn).parameters
    for other in (Service().convert, functools.partial(Service.convert, Service()), Service.static):
        assert list(Signature.of(other).parameters) == ["path"]
