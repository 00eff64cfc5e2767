# What scan needs to know of fastapi.responses.
from starlette.responses import (
    FileResponse as FileResponse,
    HTMLResponse as HTMLResponse,
    JSONResponse as JSONResponse,
    PlainTextResponse as PlainTextResponse,
    RedirectResponse as RedirectResponse,
    Response as Response,
    StreamingResponse as StreamingResponse,
)

class ORJSONResponse(JSONResponse): ...
class UJSONResponse(JSONResponse): ...
