# What scan needs to know of PyPDF2.
class PageObject: ...

class PdfReader:
    pages: list[PageObject]

class PdfWriter:
    pages: list[PageObject]
    def add_page(self, page, *args) -> PageObject: ...
