"""What no job can take: what FastAPI makes of a request, files that end with it, and secrets."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterable, Iterator
from typing import Any, get_origin

from fastapi.params import Depends, File, Form, Param
from fastapi.security import SecurityScopes
from pydantic import Secret, SecretBytes, SecretStr
from starlette.background import BackgroundTasks
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection
from starlette.responses import Response

from fastapi_convert.uploads import Upload

from ._annotations import shown
from ._callables import DATA_OUT
from ._parts import parts_of

#: Filled in by FastAPI where a parameter is marked so. `Body` is not among them: it describes data, as `Field` does.
_MARKERS = (Depends, Param, Form, File)
_OF_REQUESTS = (HTTPConnection, Response, BackgroundTasks, SecurityScopes)
_UPLOADS = (UploadFile, Upload)
_SECRETS = (SecretStr, SecretBytes, Secret)
#: Read once, and empty when they are compared; classes are no data at all.
_NO_DATA = frozenset({type, Iterable, Iterator, Generator})

_ENDPOINT = "Take it in an endpoint of your own and pass its value to submit()."
_PATH = "Annotate it with Path: submit() and the endpoint take an upload there, and save it for the job."
_DATA = "Pass data instead: a list for an iterator, a name for a class."
_REFERENCE = "Keep the secret elsewhere, pass its name or id, and get it inside the function."


def refuse_strangers(declared: inspect.Signature, fn: str) -> None:
    """Check parameters and result of the function called `fn`.

    A job runs long after its request. Taken for data, what FastAPI fills in would become a field of the body: a client
    could send a user of its choice where `Depends` was to tell who it is.

    Raises:
        TypeError: One of them is nothing for a job; says which, and the cure.
    """
    for parameter in declared.parameters.values():
        what = f"{fn}() cannot be a job: parameter {parameter.name!r}"
        _refuse_marker(parameter.default, what)
        for part in parts_of(parameter.annotation):
            _refuse_marker(part, what)
            _refuse_type(part, what)
    # Not into models, as for parameters: FastAPI answers with their secrets as asterisks, and so do we.
    for part in parts_of(declared.return_annotation, inside=False):
        if _is_one_of(part, (*_SECRETS, *_UPLOADS)):
            raise TypeError(f"{fn}() cannot be a job: its result holds a {shown(part)}, which JSON loses. {DATA_OUT}")


def _refuse_marker(value: Any, what: str) -> None:
    if isinstance(value, _MARKERS):
        kind = type(value).__name__
        raise TypeError(
            f"{what} is marked with {kind}(), and a job has no request that FastAPI fills it in from. {_ENDPOINT}"
        )


def _refuse_type(part: Any, what: str) -> None:
    if _is_one_of(part, _OF_REQUESTS):
        raise TypeError(f"{what} holds a {shown(part)}, which ends with its request. {_ENDPOINT}")
    if _is_one_of(part, _UPLOADS):
        raise TypeError(f"{what} holds an {shown(part)}, which ends with its request. {_PATH}")
    if _is_one_of(part, _SECRETS):
        raise TypeError(
            f"{what} holds a {shown(part)}, which JSON has as asterisks, and not as what it is. {_REFERENCE}"
        )
    if part is type or get_origin(part) in _NO_DATA:
        raise TypeError(f"{what} holds {shown(part)}, which does not come back from JSON. {_DATA}")


def _is_one_of(part: Any, kinds: tuple[type, ...]) -> bool:
    bare = getattr(part, "__origin__", part)  # Secret[int]
    return isinstance(bare, type) and issubclass(bare, kinds)
