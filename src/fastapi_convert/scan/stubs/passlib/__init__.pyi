# What scan needs to know of passlib.

