"""`Prefer: wait=10` (RFC 7240): how long a client would wait for an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Whoever wants more gets this, in seconds: a proxy between would give up anyway.
LONGEST_WAIT = 60

# Up to a comma that is not inside quotes; a quote that is never closed takes the rest.
_PREFERENCE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+"?)++', re.DOTALL)


def wanted_wait(headers: Iterable[str]) -> int | None:
    """Seconds to wait, by all `Prefer` headers of a request; `None` if they say nothing of it that can be understood.

    Examples:
        >>> wanted_wait(['respond-async, wait="10"; strict', "wait=20"]), wanted_wait(["wait=soon"])
        (10, None)
    """
    for preference in _PREFERENCE.findall(",".join(headers)):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":  # the first one counts
            return _seconds(value.strip())
    return None


def _seconds(value: str) -> int | None:
    number = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if not (number.isascii() and number.isdigit()):
        return None
    # No number needs more digits, and Python refuses to read thousands of them.
    return min(int(number.lstrip("0")[:9] or "0"), LONGEST_WAIT)
