# What scan needs to know of pdfplumber.
from pdfplumber.pdf import PDF

def open(path_or_fp, *args, **kw) -> PDF: ...
