# What scan needs to know of sqlalchemy.ext.
