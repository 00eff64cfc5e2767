# What scan needs to know of xlsxwriter.workbook.
from xlsxwriter import Workbook as Workbook
