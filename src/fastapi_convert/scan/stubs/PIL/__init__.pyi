# What scan needs to know of PIL.
