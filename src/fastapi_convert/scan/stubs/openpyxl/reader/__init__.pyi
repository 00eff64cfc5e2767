# What scan needs to know of openpyxl.reader.

