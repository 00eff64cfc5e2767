# What scan needs to know of starlette.responses.
from starlette.background import BackgroundTask
from starlette.datastructures import MutableHeaders

class Response:
    headers: MutableHeaders
    background: BackgroundTask | None
    body: bytes
    status_code: int

class HTMLResponse(Response): ...
class PlainTextResponse(Response): ...
class JSONResponse(Response): ...
class RedirectResponse(Response): ...

class StreamingResponse(Response):
    def __init__(self, content: object, *args: object, **kw: object) -> None: ...

class FileResponse(Response):
    def __init__(self, path: object, *args: object, **kw: object) -> None: ...
