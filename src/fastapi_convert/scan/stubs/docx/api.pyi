# What scan needs to know of docx.api.
from docx import Document as Document
