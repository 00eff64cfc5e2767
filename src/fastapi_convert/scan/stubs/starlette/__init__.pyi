# What scan needs to know of starlette.
