# What scan needs to know of pdfplumber.pdf.
from typing import Self

from pdfplumber.page import Page

class PDF:
    pages: list[Page]
    def __enter__(self) -> Self: ...
    def __exit__(self, *args) -> None: ...
    @classmethod
    def open(cls, path_or_fp, *args, **kw) -> Self: ...
