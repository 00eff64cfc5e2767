"""JSON schemas as we read them: what a payload hangs on, and whether a value holds paths."""

from __future__ import annotations

import hashlib
import json
from typing import Any

#: What a payload's meaning does not hang on: an edited docstring must not make queued jobs unfit.
_PROSE = frozenset({"title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly"})

#: Their keys are names that an author has chosen, which may be any of the words above.
_OF_NAMES = frozenset({"properties", "patternProperties", "$defs", "mapping"})


def essence(schema: Any) -> Any:
    """A JSON schema without what is only for people: the same in every process, whatever the order of its fields."""
    if isinstance(schema, list):
        return [essence(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _essence_of(key, value) for key, value in schema.items() if key not in _PROSE}


def _essence_of(key: str, value: Any) -> Any:
    if key == "required":
        return sorted(value)
    if key in _OF_NAMES:
        return {name: essence(each) for name, each in value.items()}
    return essence(value)


def names_paths(schema: Any) -> bool:
    """Whether values of this JSON schema hold paths of the file system."""
    if isinstance(schema, dict):
        # Pydantic's formats are path, file-path and directory-path.
        return "path" in str(schema.get("format", "")).split("-") or any(map(names_paths, schema.values()))
    return isinstance(schema, list) and any(map(names_paths, schema))


def digest(schemas: Any) -> str:
    """A hash that is the same in every process."""
    # Authors may put what they like into a schema with `json_schema_extra`.
    text = json.dumps(schemas, sort_keys=True, default=lambda value: type(value).__name__)
    return hashlib.sha256(text.encode()).hexdigest()
