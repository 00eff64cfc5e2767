# What scan needs to know of urllib.

