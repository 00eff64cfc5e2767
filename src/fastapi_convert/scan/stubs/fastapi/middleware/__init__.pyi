# What scan needs to know of fastapi.middleware.
from starlette.middleware import Middleware as Middleware
