# What scan needs to know of openpyxl.reader.excel.
from openpyxl import load_workbook as load_workbook
