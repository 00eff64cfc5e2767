"""Serve the synchronous Python you already have from FastAPI, without rewriting it and without blocking the event loop."""
