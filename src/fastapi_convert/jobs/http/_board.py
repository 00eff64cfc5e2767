"""The board: one page without a build step, an external asset or anything of the jobs in its source."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Board:
    """The page, and the policy that lets a browser run nothing but what is in it."""

    html: bytes
    policy: str

    @classmethod
    def load(cls) -> Self:
        """Read it from the package."""
        html = files("fastapi_convert.jobs.http").joinpath("board.html").read_text(encoding="utf-8")
        return cls(html.encode(), _policy(html))

    def response(self) -> Response:
        """The page, for any visitor: it knows nothing before it has asked."""
        headers = {
            "Content-Security-Policy": self.policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        }
        return Response(self.html, headers=headers, media_type="text/html")


def _policy(html: str) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hash_of(html, 'script')}",
            f"style-src {_hash_of(html, 'style')}",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _hash_of(html: str, tag: str) -> str:
    """What allows the one inline element of this kind, as it is."""
    (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
