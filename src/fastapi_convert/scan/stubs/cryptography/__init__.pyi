# What scan needs to know of cryptography.

