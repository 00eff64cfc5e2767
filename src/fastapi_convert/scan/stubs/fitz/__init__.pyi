# What scan needs to know of fitz.
from pymupdf import Document as Document
from pymupdf import Page as Page
from pymupdf import Pixmap as Pixmap
from pymupdf import open as open
