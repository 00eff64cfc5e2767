"""The upload examples: four apps under a real uvicorn, each with real files, and with those that do harm."""

from __future__ import annotations

import hashlib
import io
import os
import re
import socket
import sqlite3
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import httpx
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image

from examples.uploads.thumbnails import app as thumbnails_app
from tests.support.server import ROOT, Server, serve
from tests.support.waiting import wait_until

EXAMPLES = ROOT / "examples" / "uploads"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
PNG = b"\x89PNG\r\n\x1a\n"


def post(url: str, data: bytes, kind: str, name: str = "file") -> httpx.Response:
    return httpx.post(url, files={"file": (name, data, kind)}, trust_env=False, timeout=30)


# CSV import


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("products") / "products.db"


@pytest.fixture(scope="module")
def importer(database: Path) -> Iterator[str]:
    with serve("examples.uploads.csv_import.app:app", env={"PRODUCTS_DATABASE": str(database)}) as server:
        yield server.url


@pytest.fixture(params=["/products", "/products/with-pandas"])
def products(request: pytest.FixtureRequest, importer: str, database: Path) -> str:
    """Each of the two imports, into an empty database."""
    database.unlink(missing_ok=True)
    return f"{importer}{request.param}"


def imported(database: Path) -> list[tuple[str, str, float]]:
    with closing(sqlite3.connect(database)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
            return []
        return db.execute("SELECT sku, name, price FROM products ORDER BY sku").fetchall()


def product_list(rows: int) -> bytes:
    lines = [f'P-{number:06},"Tent, {number}",{number / 100}' for number in range(rows)]
    return "\n".join(["sku,name,price", *lines, ""]).encode()


def test_a_product_list_is_imported(products: str, database: Path) -> None:
    """One of several windows and chunks too, with every row."""
    answer = post(products, product_list(60_000), "text/csv")
    assert (answer.status_code, answer.json()) == (200, {"imported": 60_000})
    found = imported(database)
    assert len(found) == 60_000
    assert found[-1] == ("P-059999", "Tent, 59999", 599.99)


def test_a_second_list_replaces_what_it_names(products: str, database: Path) -> None:
    """A byte order mark, other columns, a name that pandas takes for none, and the type of Windows are all taken."""
    post(products, b"sku,name,price\na,Tent,1\nb,Stove,2\n", "text/csv")
    answer = post(products, b"\xef\xbb\xbfname,price,stock,sku\nNA,3,0,b\n", "application/vnd.ms-excel")
    assert answer.json() == {"imported": 1}
    assert imported(database) == [("a", "Tent", 1.0), ("b", "NA", 3.0)]


BAD_LISTS = {
    "price": b"sku,name,price\na,Tent,1\nb,Stove,cheap\n",
    "negative": b"sku,name,price\na,Tent,1\nb,Stove,-2\n",
    "not a number": b"sku,name,price\na,Tent,1\nb,Stove,nan\n",
    "infinite": b"sku,name,price\na,Tent,1\nb,Stove,1e999\n",
    "short row": b"sku,name,price\na,Tent,1\nb\n",
    "no sku": b"sku,name,price\na,Tent,1\n,Stove,2\n",
    "twice": b"sku,name,price\na,Tent,1\na,Stove,2\n",
    "column": b"sku,price\na,1\n",
    "encoding": b"sku,name,price\na,Tent,1\nb,St\xf6ve,2\n",
    "long field": b"sku,name,price\na,Tent,1\nb," + b"x" * 200_000 + b",cheap\n",
}


@pytest.mark.parametrize("reason", BAD_LISTS)
def test_a_bad_list_imports_nothing(products: str, database: Path, reason: str) -> None:
    """The client is told why; the good lines before the bad one are not kept either."""
    answer = post(products, BAD_LISTS[reason], "text/csv")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("The file is no product list: ")
    assert imported(database) == []


def test_the_csv_import_names_the_line(importer: str) -> None:
    """For whoever has to mend the file."""
    answer = post(f"{importer}/products", BAD_LISTS["price"], "text/csv")
    assert "line 3: " in answer.json()["detail"]


def test_half_a_list_is_never_committed(products: str, database: Path) -> None:
    """A body that ends early is an error in the legacy function, not the end of its file."""
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\nContent-Type: text/csv\r\n\r\n'
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = httpx.post(products, content=body + product_list(60_000), headers=headers, trust_env=False)
    assert answer.status_code == 400
    assert imported(database) == []


def test_what_is_no_csv_is_refused(products: str) -> None:
    """By the type that the client declares, or by the first bytes."""
    assert post(products, b"a,b\n", "image/png").status_code == 415
    assert post(products, PNG + bytes(100), "text/csv").status_code == 415


def test_a_check_tells_each_bad_line(importer: str) -> None:
    """It counts the good rows, and says of the others where they are and what is wrong."""
    lines = b"sku,name,price\na,Tent,1\nb,Stove,cheap\nc,Lamp,-1\nd,Mug,4\n,Pan,5\n"
    answer = post(f"{importer}/products/check", lines, "text/csv").raise_for_status().json()
    assert answer["good"] == 2
    assert [error["line"] for error in answer["errors"]] == [3, 4, 6]
    assert answer["errors"][0]["message"].startswith("price: ")


def test_a_check_gives_up_on_a_wrong_file(importer: str) -> None:
    """A hundred errors are enough."""
    lines = b"sku,name,price\n" + b"a,b,c\n" * 101
    assert post(f"{importer}/products/check", lines, "text/csv").status_code == 422


# Thumbnails


@pytest.fixture(scope="module")
def thumbnails() -> Iterator[str]:
    with serve("examples.uploads.thumbnails.app:app") as server:
        yield f"{server.url}/thumbnails"


def picture(kind: str, size: tuple[int, int] = (1200, 800), orientation: int = 1) -> bytes:
    """Half blue, half red, so that it is seen which side is up."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


def huge_png(side: int) -> bytes:
    """A small file that is a square of so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return PNG + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_thumbnail_is_a_small_jpeg(thumbnails: str, kind: str) -> None:
    """The same picture, at most 256 pixels wide."""
    answer = post(thumbnails, picture(kind), f"image/{kind.lower()}").raise_for_status()
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as small:
        assert (small.format, small.size) == ("JPEG", (256, 171))


def test_a_photo_is_turned_the_right_way_up(thumbnails: str) -> None:
    """Cameras say in the EXIF data how they were held."""
    answer = post(thumbnails, picture("JPEG", orientation=6), "image/jpeg").raise_for_status()
    with Image.open(io.BytesIO(answer.content)) as small:
        assert small.size == (171, 256)
        red, _, blue = small.getpixel((85, 20))  # type: ignore[misc]  # the pixel of an RGB image is a tuple
        assert blue > 200 > red


BAD_IMAGES = {
    "text": (b"hello", "image/png", 415),
    "declared as text": (picture("PNG"), "text/plain", 415),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml", 415),
    "BMP": (picture("BMP"), "image/bmp", 415),
    "empty": (b"", "image/png", 415),
    "header only": (PNG + bytes(20), "image/png", 400),
    "cut off JPEG": (picture("JPEG")[:-3000], "image/jpeg", 400),
    "cut off PNG": (picture("PNG")[:-1500], "image/png", 400),
    "cut off GIF": (picture("GIF")[:-1500], "image/gif", 400),
    "flipped PNG": (picture("PNG").replace(b"IDAT", b"I\xffAT"), "image/png", 400),
    "many pixels": (huge_png(60_000), "image/png", 422),
    "large file": (PNG + bytes(20_000_001), "image/png", 413),
}


@pytest.mark.parametrize("what", BAD_IMAGES)
def test_a_bad_image_has_its_own_status(thumbnails: str, what: str) -> None:
    """None of them is the server's fault, so none is a 500."""
    data, kind, status = BAD_IMAGES[what]
    assert post(thumbnails, data, kind).status_code == status


def test_a_full_disk_is_not_the_clients_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow's OSErrors have no number; those of the system do, and stay what they are."""

    def disk_is_full(file: BinaryIO) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("examples.uploads.thumbnails.legacy.make_thumbnail", disk_is_full)
    with pytest.raises(OSError, match="No space left"):
        thumbnails_app.make_thumbnail.sync(io.BytesIO(picture("PNG")))


# Documents


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def documents(temporary: Path) -> Iterator[str]:
    with serve("examples.uploads.documents.app:app", env={"TMPDIR": str(temporary)}) as server:
        yield server.url


@pytest.fixture(autouse=True)
def no_document_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever became of a document, its temporary file is gone."""
    yield
    if "documents" in request.fixturenames:
        folder: Path = request.getfixturevalue("temporary")
        assert list(folder.glob("fc-upload-*")) == []


def docx(body: str, entry: tuple[str, bytes] | None = None, prolog: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f'{prolog}<w:document xmlns:w="{WORD}">{body}</w:document>')
        if entry is not None:
            archive.writestr(*entry)
    return out.getvalue()


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(f'<w:r><w:t>{run}</w:t></w:r>' for run in runs)}</w:p>"


def xlsx(*rows: list[str | int | None], title: str = "Plan") -> bytes:
    workbook = Workbook()
    workbook.properties.title = title
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    workbook.save(out)
    workbook.close()
    return out.getvalue()


def without(archive: bytes, gone: str) -> bytes:
    """An archive that lacks one of its entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name != gone:
                new.writestr(name, old.read(name))
    return out.getvalue()


def replaced(archive: bytes, entry: str, old: bytes, new: bytes) -> bytes:
    """An archive in which one entry reads differently."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, content.replace(old, new) if name == entry else content)
    return out.getvalue()


def test_the_text_of_a_docx(documents: str) -> None:
    """A paragraph is a line, however many runs it has."""
    data = docx(paragraph("Dear ", "Ada,") + paragraph("all is well."))
    answer = post(f"{documents}/texts", data, DOCX, "letter.docx").raise_for_status()
    assert answer.json() == {"text": "Dear Ada,\nall is well.\n"}


def test_the_text_of_an_xlsx(documents: str) -> None:
    """A row is a line; the client's name may have any case."""
    data = xlsx(["sku", "stock"], ["P-1", 7], [None, None], ["P-2", 0])
    answer = post(f"{documents}/texts", data, XLSX, "Stock.XLSX").raise_for_status()
    assert answer.json() == {"text": "sku\tstock\nP-1\t7\nP-2\t0\n"}


def test_an_xlsx_that_claims_a_million_rows_is_read_in_no_time(documents: str) -> None:
    """A row may say that it is the last of a million, and libraries fill the gap."""
    data = replaced(xlsx(["first"], ["last"]), "xl/worksheets/sheet1.xml", b'row r="2"', b'row r="1048576"')
    data = replaced(data, "xl/worksheets/sheet1.xml", b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    answer = post(f"{documents}/texts", data, XLSX, "wide.xlsx").raise_for_status()
    assert answer.json() == {"text": "first\n"}


def test_the_properties_of_a_document(documents: str) -> None:
    """They come from a file that can seek."""
    answer = post(f"{documents}/properties", xlsx(title="Plan 9"), XLSX, "plan.xlsx").raise_for_status()
    assert answer.json()["title"] == "Plan 9"
    assert answer.json()["creator"] == "openpyxl"


LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n + 1} '{f'&a{n};' * 10}'>" for n in range(9)) + "]>"
BAD_DOCUMENTS = {
    "text": (b"hello", "a.docx", 415),
    "another name": (docx(paragraph("x")), "a.bin", 422),
    "no name to go by": (docx(paragraph("x")), "../..", 422),
    "docx in the name only": (xlsx(["x"]), "a.docx", 422),
    "xlsx in the name only": (docx(paragraph("x")), "a.xlsx", 422),
    "XML that is none": (docx("<w:p>"), "a.docx", 422),
    "billion laughs": (docx(paragraph("&a9;"), prolog=LAUGHS), "a.docx", 422),
    "no workbook": (without(xlsx(["x"]), "xl/workbook.xml"), "a.xlsx", 422),
    "cut off": (docx(paragraph("x"))[:-30], "a.docx", 400),
    "bomb": (docx(paragraph("x"), ("word/bomb.xml", bytes(60_000_000))), "a.docx", 413),
    "large": (docx("", ("word/noise", os.urandom(20_000_001))), "a.docx", 413),
    "path that climbs out": (docx("", ("../../etc/cron.d/x", b"x")), "a.docx", 422),
}


@pytest.mark.parametrize("what", BAD_DOCUMENTS)
def test_a_bad_document_has_its_own_status(documents: str, what: str) -> None:
    """None of them is the server's fault, so none is a 500, and none takes long."""
    data, name, status = BAD_DOCUMENTS[what]
    kind = XLSX if data in {BAD_DOCUMENTS["docx in the name only"][0], BAD_DOCUMENTS["no workbook"][0]} else DOCX
    assert post(f"{documents}/texts", data, kind, name).status_code == status


def test_a_document_without_properties(documents: str) -> None:
    """The guard and the legacy module's own error stand in front of this function too."""
    assert post(f"{documents}/properties", docx(paragraph("x")), DOCX, "a.docx").status_code == 422
    assert post(f"{documents}/properties", BAD_DOCUMENTS["bomb"][0], DOCX, "a.docx").status_code == 413


@pytest.mark.parametrize(
    "core", ["<a>", '<?xml version="1.0" encoding="x"?><a/>', '<?xml version="1.0" encoding="gbk"?><a/>']
)
def test_properties_that_cannot_be_read(documents: str, core: str) -> None:
    """The XML parser has several errors for what it does not understand."""
    data = docx(paragraph("x"), ("docProps/core.xml", core.encode()))
    assert post(f"{documents}/properties", data, DOCX, "a.docx").status_code == 422


# Archive


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A moto server in a process of its own, on a port that it has found itself, with an empty bucket."""
    log = tmp_path_factory.mktemp("moto") / "log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            wait_until(lambda: running_at(log) or process.poll() is not None, timeout=30, message="moto's start")
            url = running_at(log)
            httpx.put(f"{url}/archive", trust_env=False).raise_for_status()
            yield url
        finally:
            process.kill()


def running_at(log: Path) -> str:
    found = re.search(r"Running on (http://[\d.:]+)", log.read_text())
    return found[1] if found else ""


@pytest.fixture(scope="module")
def archive(s3: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    empty = tmp_path_factory.mktemp("archive")
    env = {**CREDENTIALS, "AWS_ENDPOINT_URL": s3, "TMPDIR": str(empty), "NO_PROXY": "127.0.0.1"}
    with serve("examples.uploads.archive.app:app", env=env) as server:
        yield server
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("size", [0, 1000, 8 << 20, (20 << 20) + 1], ids=["empty", "small", "one part", "three parts"])
def test_a_file_is_archived(archive: Server, s3: str, size: int) -> None:
    """S3 has the same bytes, and the client their digest."""
    data = os.urandom(size)
    answer = post(f"{archive.url}/archive", data, "application/x-tar", "backup.tar")
    assert answer.status_code == 201
    assert answer.json()["size"] == size
    assert answer.json()["sha256"] == hashlib.sha256(data).hexdigest()
    assert stored(s3, answer.json()["key"]) == data


def test_no_two_files_get_the_same_key(archive: Server) -> None:
    """And no name leads out of its own place."""
    names = [post(f"{archive.url}/archive", b"x", "text/plain", "../../key").json()["key"] for _ in range(2)]
    assert len(set(names)) == 2
    assert all(re.fullmatch(r"[0-9a-f-]{36}/key", name) for name in names)


def test_a_client_that_goes_away_leaves_nothing_in_s3(archive: Server, s3: str) -> None:
    """Two parts were there already; neither they nor an object stay."""
    name = f"{uuid4()}.tar"
    with socket.create_connection(("127.0.0.1", archive.port)) as client:
        client.sendall(
            b"POST /archive HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: 99999999\r\n\r\n--b\r\n"
            b'Content-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name.encode()
        )
        client.sendall(bytes(20 << 20))
        wait_until(lambda: name in pending(s3), timeout=20, message="the first part in S3")
    wait_until(lambda: name not in pending(s3), timeout=20, message="the end of the multipart upload")
    assert name not in httpx.get(f"{s3}/archive", trust_env=False).raise_for_status().text


def stored(s3: str, key: str) -> bytes:
    # moto looks no further than that there is a signature.
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request"}
    return httpx.get(f"{s3}/archive/{key}", headers=headers, trust_env=False).raise_for_status().content


def pending(s3: str) -> str:
    return httpx.get(f"{s3}/archive?uploads", trust_env=False).raise_for_status().text


def test_a_bucket_that_is_gone_is_a_502(archive: Server, s3: str) -> None:
    """What S3 says is not for the client."""
    httpx.post(f"{s3}/moto-api/reset", trust_env=False).raise_for_status()
    try:
        answer = post(f"{archive.url}/archive", b"x", "text/plain")
    finally:
        httpx.put(f"{s3}/archive", trust_env=False).raise_for_status()
    assert (answer.status_code, answer.json()) == (
        502,
        {"detail": "The archive does not take the file. Try again later."},
    )


# All of them


@pytest.fixture(scope="module")
def openapi(importer: str, thumbnails: str, documents: str, archive: Server) -> dict[str, Any]:
    """What each app says of itself, by the name of its folder."""
    urls = {
        "csv_import": importer,
        "thumbnails": thumbnails.removesuffix("/thumbnails"),
        "documents": documents,
        "archive": archive.url,
    }
    return {folder: httpx.get(f"{url}/openapi.json", trust_env=False).json()["paths"] for folder, url in urls.items()}


def test_the_readme_tells_the_truth(openapi: dict[str, Any]) -> None:
    """Every curl line posts to a route of the app above it, and every route has such a line."""
    shown: dict[str, set[str]] = {}
    for section in (EXAMPLES / "README.md").read_text().split("\n## ")[1:]:
        if started := re.search(r"uvicorn examples\.uploads\.(\w+)\.app:app\n", section):
            shown[started[1]] = set(re.findall(r"curl -F .* http://127\.0\.0\.1:8000(/\S+)", section))
    assert shown == {folder: set(paths) for folder, paths in openapi.items()}


@pytest.mark.parametrize("folder", ["csv_import", "thumbnails", "documents", "archive"])
def test_the_docs_show_a_file_picker(openapi: dict[str, Any], folder: str) -> None:
    """Every upload of an app is a form with a file in its OpenAPI document."""
    for operations in openapi[folder].values():
        schema = operations["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert schema["properties"]["file"]["contentMediaType"] == "application/octet-stream"


@pytest.mark.parametrize("folder", ["csv_import", "thumbnails", "documents", "archive"])
def test_a_legacy_module_knows_nothing_of_us(folder: str) -> None:
    """It is shown as it was found: without FastAPI and this library."""
    ours = "{'fastapi', 'fastapi_convert'}"
    code = f"import sys, examples.uploads.{folder}.legacy; sys.exit(not {ours}.isdisjoint(sys.modules))"
    env = {**os.environ, **CREDENTIALS, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
