"""The JSON object that the store holds for a call: a member for each argument."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ._arguments import Argument, kinds_of


def write_members(values: Mapping[str, Any], arguments: Mapping[str, Argument]) -> str:
    """Values by parameter as one JSON object, in this order.

    Raises:
        TypeError: A value would not come back as it was.
        pydantic.ValidationError: A value is not what its annotation says.
    """
    return "{" + ",".join(f"{json.dumps(name)}:{arguments[name].dump(value)}" for name, value in values.items()) + "}"


def split_object(text: str) -> dict[str, str] | None:
    """The members of a JSON object, each as JSON again; `None` where it is none, however hostile the text is."""
    try:
        return {name: json.dumps(value) for name, value in json.loads(text).items()}
    except (ValueError, AttributeError, TypeError, RecursionError):  # other JSON has no items, a changed store no text
        return None


def read_members(members: Mapping[str, str], arguments: Mapping[str, Argument]) -> tuple[dict[str, Any], list[str]]:
    """The values by parameter, and what is wrong with the others: with no value of theirs."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, argument in arguments.items():
        if name not in members:
            if not argument.is_optional:
                problems.append(f"{name}: missing")
            continue
        try:
            values[name] = argument.load(members[name])
        except Exception as error:  # validators are other people's code
            problems.append(f"{name}: {kinds_of(error)}")
    return values, problems
