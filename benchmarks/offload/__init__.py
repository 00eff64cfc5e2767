"""What offloading costs, against anyio's threads and processes, Starlette's helpers and FastAPI's own endpoints."""
