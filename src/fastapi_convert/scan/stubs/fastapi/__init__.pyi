# What scan needs to know of fastapi.
from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTasks as BackgroundTasks
from starlette.datastructures import UploadFile as UploadFile
from starlette.requests import Request as Request
from starlette.responses import Response as Response
from starlette.routing import Router
from starlette.websockets import (
    WebSocket as WebSocket,
    WebSocketDisconnect as WebSocketDisconnect,
)

class FastAPI(Starlette):
    router: APIRouter
    dependency_overrides: dict[Any, Any]

class APIRouter(Router): ...

def Depends(dependency: object = ..., **kw: object) -> Any: ...
def Security(dependency: object = ..., **kw: object) -> Any: ...
