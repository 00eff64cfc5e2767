# What scan needs to know of openpyxl.workbook.
from openpyxl import Workbook as Workbook
