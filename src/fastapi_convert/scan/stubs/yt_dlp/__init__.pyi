# What scan needs to know of yt_dlp.
from typing import Any, Self

class YoutubeDL:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
