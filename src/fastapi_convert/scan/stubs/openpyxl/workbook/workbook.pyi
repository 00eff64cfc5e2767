# What scan needs to know of openpyxl.workbook.workbook.
from openpyxl import Workbook as Workbook
