# What scan needs to know of starlette.applications.
from starlette.datastructures import State
from starlette.routing import Router

class Starlette:
    state: State
    router: Router
