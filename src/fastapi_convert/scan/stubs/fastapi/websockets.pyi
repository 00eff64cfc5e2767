# What scan needs to know of fastapi.websockets.
from starlette.websockets import (
    WebSocket as WebSocket,
    WebSocketDisconnect as WebSocketDisconnect,
)
