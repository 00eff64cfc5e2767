"""Rows for many names of one owner, so that the modules of rows read as the lists that they are."""

from __future__ import annotations

from ._model import Blocking, Category, How, Level, Unless

__all__ = ("calls",)


def calls(
    owner: str,
    names: str,
    to: str = "offload",
    *,
    category: Category,
    construct: str = "",
    arguments: str = "",
    level: Level = "error",
    note: str = "",
    unless: tuple[Unless, ...] = (),
) -> tuple[Blocking, ...]:
    """A row for each of `names`, which are separated by spaces and looked up in `owner`.

    Args:
        owner: The module, the class, or the path of attributes that leads from a class to the names.
        names: What follows the owner in the rows' names: `get`, or attributes and a method, `chat.completions.create`.
        to: `offload`, `ProcessPool`, or the dotted name of the async twin. A star in it stands for the name itself.
        category: The same for all, like everything below.
        construct: See `Blocking`.
        arguments: See `Blocking`.
        level: See `Blocking`.
        note: See `Blocking`.
        unless: See `Blocking`.

    Examples:
        >>> from fastapi_convert.mapping._categories import HTTP
        >>> get, put = calls("requests", "get put", "httpx.AsyncClient.*", category=HTTP)
        >>> put.name, put.replacement, put.how
        ('requests.put', 'httpx.AsyncClient.put', 'native')
    """
    how: How = "offload" if to == "offload" else "process" if to == "ProcessPool" else "native"
    rows = []
    for path in names.split():
        between, _, name = path.rpartition(".")
        rows.append(
            Blocking(
                name=f"{owner}.{path}",
                category=category,
                replacement=to.replace("*", name),
                how=how,
                level=level,
                note=note,
                unless=unless,
                construct=f"{construct}.{between}" if between and construct else construct,
                arguments=arguments,
            )
        )
    return tuple(rows)
