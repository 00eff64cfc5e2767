"""What type checkers see of uploads: mypy runs over this file, and the assertions hold at run time too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, assert_type

import pytest
from fastapi import FastAPI
from starlette.datastructures import UploadFile

from fastapi_convert.uploads import (
    Rows,
    SavedFile,
    Upload,
    UploadForm,
    adapt,
    detach,
    streamed,
    streamed_body,
    streamed_form,
)
from tests.uploads.arriving import Client, raw_upload

app = FastAPI()


@dataclass
class Row:
    name: str
    price: float


def count(file: BinaryIO, step: int = 1, *, label: str = "") -> dict[str, int]:
    return {label: len(file.read()) // step}


@app.post("/")
async def endpoint(
    file: Annotated[Upload, streamed("file", max_size="2GB", types=["text/csv"], idle_timeout=30)],
) -> dict[str, int]:
    return await file.run(count, 2, label="half")


@app.post("/optional")
async def optional(file: Annotated[Upload | None, streamed("file", required=False)]) -> bool:
    return file is None


@app.post("/many")
async def many(form: Annotated[UploadForm, streamed_form(max_files=5)]) -> int:
    async for part in form:
        assert_type(part, Upload)
    return 0


@app.put("/raw")
async def raw(file: Annotated[Upload, streamed_body(max_size=10**9)]) -> int:
    return file.received


async def test_consumers_have_the_types_of_what_they_give(tmp_path: Path) -> None:
    """Arguments and results of the function, models of the rows."""
    data = b"name,price\nlamp,2.5\n"
    assert_type(await raw_upload(Client([data])).run(count, 1, label="all"), dict[str, int])
    rows = raw_upload(Client([data])).csv(Row, delimiter=",", on_error="collect")
    assert_type(rows, Rows[Row])
    assert [row.price async for row in rows] == [2.5]
    assert_type(raw_upload(Client([data])).csv(), Rows[dict[str, Any]])
    assert_type(raw_upload(Client([data])).jsonl(dict[str, int]), Rows[dict[str, int]])
    assert_type(raw_upload(Client([data])).lines(), Rows[str])
    assert_type(await raw_upload(Client([data])).read(), bytes)
    assert_type(await raw_upload(Client([data])).save(tmp_path / "a"), SavedFile)
    async with raw_upload(Client([data])).seekable() as file:
        assert_type(file, BinaryIO)
    async with raw_upload(Client([data])).path() as path:
        assert_type(path, Path)


def test_spooled_files_are_adapted_and_detached() -> None:
    """The one becomes an `Upload`, the other stays what it is."""
    with pytest.raises(TypeError, match="not NoneType"):
        assert_type(adapt(None), Upload)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not NoneType"):
        assert_type(detach(None), UploadFile)  # type: ignore[arg-type]


async def test_wrong_uses_are_found() -> None:
    """Each ignore would be reported as unused if the error went away."""
    upload = raw_upload(Client([]))
    with_errors = [
        lambda: upload.run(count, "two"),  # type: ignore[arg-type]
        lambda: upload.run(count, lable="x"),  # type: ignore[call-arg]
        lambda: upload.csv(Row, on_error="maybe"),  # type: ignore[call-overload]
        lambda: upload.csv(Row, delimeter=";"),  # type: ignore[call-overload]
        lambda: streamed("file", max_size=1.5),  # type: ignore[arg-type]
    ]
    assert len(with_errors) == 5
