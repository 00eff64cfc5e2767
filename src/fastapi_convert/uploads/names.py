r"""File names as clients send them, made safe to keep: one bare name, good on Linux, macOS and Windows alike.

| what a client sends | what becomes of it |
|---|---|
| folders, with `/` or with `\` | only what stands after the last separator is kept |
| `: * ? " < > \|`, control characters, line ends, surrogates, private-use characters | `_` |
| look-alikes of `/`, `\` and `.`, and what is one of them once normalised: U+2215, U+FF0F, U+2026 | `_` |
| what is invisible: bidi overrides, zero-width spaces and joiners, byte order marks | removed |
| spaces of other widths | a plain space |
| `%22`, `%0D`, `%0A`, with which browsers write a quote and a line end | `_` |
| the `%` of every other escape, so that nobody decodes a separator or a dot out of it later | `_` |
| dots, spaces, `-` and `~` in front: hidden files, options, home folders | removed |
| dots and spaces behind, which Windows drops | removed |
| the names of Windows devices: `CON`, `nul.txt`, `COM1` | `_` in front |
| nothing, or nothing that is left | `default` |

Letters of every script, emoji, inner spaces and the suffix stay, in Unicode's form NFC. Emoji that an invisible joiner
made into one come apart, and a `%` that begins no escape stays.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ("safe_name",)

_REFUSED = frozenset('/\\:*?"<>|')
_REFUSED_KINDS = frozenset(("Cc", "Cs", "Co", "Cn", "Zl", "Zp"))
_PATH_SIGNS = frozenset("/\\.")
# Slashes and backslashes of mathematics. Nothing normalises them, but 8-bit code pages of Windows take them for ours.
_LIKE_PATH_SIGNS = frozenset("\u2044\u2215\u2216\u29f5\u29f8\u29f9")
# Invisible too, though letters and marks to Unicode: the joiner of graphemes and the fillers of Hangul.
_FILLERS = frozenset("\u034f\u115f\u1160\u3164\uffa0")
# Set aside for pictographs: what is not assigned here is an emoji newer than this Python.
_PICTOGRAPHS = range(0x1F000, 0x1FB00)

_BROWSER_ESCAPE = re.compile("%(?:0A|0D|22)", re.IGNORECASE)
_PERCENT = re.compile("[%\uff05\ufe6a](?=(.{1,5}))")
_HEX = re.compile("u?[0-9a-f]{2}", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:\.tar)?\.[^.]+\Z", re.IGNORECASE)
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\xb9\xb2\xb3]) *(?:\.|\Z)", re.IGNORECASE)
_LENGTHS = range(16, 256)


def safe_name(filename: str | None, *, default: str = "upload", max_length: int = 200) -> str:
    r"""A bare file name that is safe to join to a folder, whatever a client sent.

    It has no separator, does not begin with a dot, is no device of Windows, and comes through a second call unchanged.
    Different names may become the same: save with `exclusive=True`, or under a name of your own.

    Args:
        filename: As it came; `None` if none came.
        default: The name of a file whose own name has nothing that can stay.
        max_length: In bytes of UTF-8, 16 to 255. A longer name is cut in front of its suffix.

    Raises:
        ValueError: `default` is not a safe name itself, or `max_length` is out of range.

    Examples:
        >>> safe_name("../../etc/passwd"), safe_name("C:\\docs\\Q3 report.pdf"), safe_name("nul.txt"), safe_name(None)
        ('passwd', 'Q3 report.pdf', '_nul.txt', 'upload')
    """
    if max_length not in _LENGTHS:
        raise ValueError(f"max_length is 16 to 255 bytes, what file systems take for a name, not {max_length!r}.")
    if not default or _clean(default, max_length) != default:
        better = _clean(default, max_length) or "upload"
        raise ValueError(f"default is itself a safe name of at most max_length bytes: {better!r}, not {default!r}.")
    return _clean(filename or "", max_length) or default


def _clean(filename: str, max_length: int) -> str:
    name = filename[max(filename.rfind("/"), filename.rfind("\\")) + 1 :]
    if len(name) > 8 * max_length:  # what follows is work for each character, and the sender chose how many
        name = name[: 4 * max_length] + name[-4 * max_length :]
    name = unicodedata.normalize("NFC", "".join(map(_plain, unicodedata.normalize("NFC", name))))
    name = _PERCENT.sub(_defuse, _BROWSER_ESCAPE.sub("_", name))
    name = _cut(name.lstrip(" .-~").rstrip(" ."), max_length)
    return _cut(f"_{name}", max_length) if _DEVICE.match(name) else name


def _plain(char: str) -> str:
    """What stands for a character in a name: itself, a plain space, `_`, or nothing."""
    kind = unicodedata.category(char)
    if kind == "Cf" or char in _FILLERS:
        return ""
    if kind == "Zs":
        return " "
    if kind in _REFUSED_KINDS and not (kind == "Cn" and ord(char) in _PICTOGRAPHS):
        return "_"
    return "_" if char in _REFUSED or _is_like_a_path_sign(char) else char


def _is_like_a_path_sign(char: str) -> bool:
    if char.isascii():
        return False
    return char in _LIKE_PATH_SIGNS or not _PATH_SIGNS.isdisjoint(unicodedata.normalize("NFKC", char))


def _defuse(percent: re.Match[str]) -> str:
    """`_` for a percent sign that begins an escape, or would begin one in a name that is normalised later."""
    return "_" if _HEX.match(unicodedata.normalize("NFKC", percent[1])) else percent[0]


def _cut(name: str, max_length: int) -> str:
    """At most `max_length` bytes of whole characters, with the suffix unless that would be most of it."""
    if len(name.encode()) <= max_length:
        return name
    found = _SUFFIX.search(name)
    suffix = found[0] if found and len(found[0].encode()) <= max_length // 2 else ""
    stem = name.removesuffix(suffix).encode()[: max_length - len(suffix.encode())]
    return stem.decode(errors="ignore").rstrip(" .") + suffix
