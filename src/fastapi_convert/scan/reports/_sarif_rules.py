"""The codes as rules of SARIF, with help in Markdown."""

from __future__ import annotations

from typing import Any, Final

from fastapi_convert.mapping import CATEGORIES, Category

__all__ = ("INDEXES", "rules")

INDEXES: Final = {category.code: index for index, category in enumerate(CATEGORIES)}


def rules() -> list[dict[str, Any]]:
    """All of them, in the order of `INDEXES`."""
    return [_rule(category) for category in CATEGORIES]


def _rule(category: Category) -> dict[str, Any]:
    title = f"An `async def` {category.title}."
    return {
        "id": category.code,
        "name": "Blocking" + "".join(word[0].upper() + word[1:] for word in category.name.split()),
        "shortDescription": {"text": title.replace("`", "")},
        "fullDescription": {"text": category.why, "markdown": category.why},
        "help": {"text": f"{category.why}\n\n{category.cure}", "markdown": _help(category)},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["asyncio", "performance", category.name]},
    }


def _help(category: Category) -> str:
    return (
        f"**{category.code}: {category.name}.** {category.why}\n\n**What to do.** {category.cure}\n\n"
        f"`# fastapi-convert: ignore[{category.code}] reason` hides it on a line; "
        f"`fastapi-convert scan --explain {category.code}` tells more."
    )
