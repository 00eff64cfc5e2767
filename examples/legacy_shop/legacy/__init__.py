"""The shop's own code: synchronous, and nobody converted it. Both apps import these very files."""
