# What scan needs to know of concurrent.

