"""Gets the text out of office documents: zipfile, ElementTree and openpyxl.

Nobody converted this module and nobody has to.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree as ET

from openpyxl import load_workbook

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MAX_ROWS, MAX_COLUMNS = 10_000, 200


class DocumentError(ValueError):
    """The file is no document that this module can read."""


def extract_text(path: Path) -> str:
    """Return the text of a docx or xlsx file, by the suffix of its name."""
    readers = {".docx": _docx, ".xlsx": _xlsx}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DocumentError(f"a name that ends in {' or '.join(readers)} is needed")
    try:
        return "".join(reader(path))
    except Exception as error:  # of a damaged file these libraries raise whatever they stumble over
        raise DocumentError(f"this {path.suffix} file cannot be read") from error


def properties(file: BinaryIO) -> dict[str, str]:
    """Return what a document says about itself: title, creator, dates."""
    try:
        with zipfile.ZipFile(file) as document, document.open("docProps/core.xml") as xml:
            core = ET.parse(xml).getroot()
    except (LookupError, ValueError, ET.ParseError) as error:
        raise DocumentError("the file has no properties of a document") from error
    return {element.tag.rpartition("}")[2]: element.text for element in core if element.text}


def _docx(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as document, document.open("word/document.xml") as xml:
        for _, element in ET.iterparse(xml):
            if element.tag == f"{WORD}t":
                yield element.text or ""
            elif element.tag == f"{WORD}p":
                yield "\n"
                element.clear()


def _xlsx(path: Path) -> Iterator[str]:
    with closing(load_workbook(path, read_only=True, data_only=True)) as workbook:
        for sheet in workbook.worksheets:
            for row in sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True):
                cells = [str(cell) for cell in row if cell is not None]
                yield "\t".join(cells) + "\n" if cells else ""
