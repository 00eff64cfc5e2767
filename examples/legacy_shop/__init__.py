"""A shop whose code nobody converted, served by FastAPI before and after fastapi-convert."""
