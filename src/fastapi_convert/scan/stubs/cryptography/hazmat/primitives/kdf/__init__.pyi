# What scan needs to know of cryptography.hazmat.primitives.kdf.

