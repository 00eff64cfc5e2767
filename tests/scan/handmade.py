"""Findings made by hand, as scans would make them."""

from __future__ import annotations

from typing import Final

from fastapi_convert.scan.findings import (
    LEVELS,
    AsyncFunction,
    BlockingCall,
    Finding,
    Level,
    Report,
    Stats,
    Step,
    Warned,
)

__all__ = ("EVIL", "FORGED", "direct", "evil_report", "finding", "shop_report")

#: What a file, a function or a comment may be called by somebody who wants to write on the reader's screen.
EVIL: Final = "\x1b[31m%red,a=b:c\u202e\r\n::error file=x,line=1::forged\n\x07\u2028"
#: What must not reach a screen or a log as it is.
FORGED: Final = ("\x1b", "\u202e", "\r", "\n::", "\x07", "\u2028")


def finding(
    *steps: tuple[str, int, str],
    code: str = "FC102",
    level: Level = "error",
    function: str = "view",
    path: str = "app/routes.py",
    line: int = 10,
) -> Finding:
    """A finding whose chain has these steps; the last one blocks, at column 5."""
    chain = tuple(Step(*step) for step in steps)
    last = chain[-1]
    return Finding(
        code=code,
        level=level,
        message=f"{function} blocks the event loop.",
        replacement="offload",
        async_function=AsyncFunction(path, line, function, "GET /"),
        chain=chain,
        blocking=BlockingCall(last.path, last.line, 5, last.name),
    )


def direct(line: int = 12, *, code: str = "FC102", level: Level = "error", path: str = "app/routes.py") -> Finding:
    """A finding of one call, in the async function itself."""
    return finding((path, line, "requests.get"), code=code, level=level, path=path)


def shop_report() -> Report:
    """A report of a small shop."""
    top = AsyncFunction("app/routes/users.py", 14, "get_user", "GET /users/{user_id}")
    chain = (
        Step("app/routes/users.py", 16, "load_user", 12),
        Step("app/services/users.py", 40, "UserRepo.get", 16),
        Step("app/services/repo.py", 12, "requests.get"),
    )
    load = Finding(
        "FC102",
        "error",
        "get_user sends an HTTP request and waits for the answer, through 2 calls.",
        "httpx.AsyncClient.get",
        top,
        chain,
        BlockingCall("app/services/repo.py", 12, 9, "requests.get"),
    )
    sleep = Finding(
        "FC101",
        "warn",
        "get_user sleeps.",
        "asyncio.sleep",
        top,
        (Step("app/routes/users.py", 18, "time.sleep"),),
        BlockingCall("app/routes/users.py", 18, 5, "time.sleep"),
    )
    warned = Warned("app/old.py", 3, "cannot be parsed: invalid syntax.")
    return Report((load, sleep), (warned,), Stats(12, 1300, 41, 3, 0, 0.42))


def evil_report() -> Report:
    """A report whose every text wants to write on the screen, at every level."""
    top = AsyncFunction(EVIL, 1, EVIL, EVIL)
    findings = tuple(
        Finding("FC102", level, EVIL, EVIL, top, (Step(EVIL, 2, EVIL),), BlockingCall(EVIL, 2, 1, EVIL))
        for level in LEVELS
    )
    return Report(findings, (Warned(EVIL, 1, EVIL), Warned(EVIL, 0, EVIL)))
