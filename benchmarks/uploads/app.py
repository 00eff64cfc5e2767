"""The application that every server runs."""

from __future__ import annotations

from fastapi import FastAPI

from benchmarks.uploads import ours, peers

app = FastAPI()
app.include_router(peers.router)
app.include_router(ours.router)


@app.get("/loop")
async def loop() -> str:
    """Another request, which needs a turn of the event loop."""
    return "here"


@app.get("/thread")
def thread() -> str:
    """One that needs one of the threads that all `def` endpoints share."""
    return "here"
