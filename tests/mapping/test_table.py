"""How a qualified name finds its row."""

from __future__ import annotations

import pytest

from fastapi_convert.mapping import CATEGORIES, Blocking, Table


def _row(name: str) -> Blocking:
    return Blocking(name, CATEGORIES[0], "offload", "offload")


_TABLE = Table([_row(name) for name in ("shop.*", "shop.Cart.get_*", "shop.Cart.get_all", "shop.Cart.*_now")])


@pytest.mark.parametrize(
    "name, found",
    [
        ("shop.Cart.get_all", "shop.Cart.get_all"),
        ("shop.Cart.get_price", "shop.Cart.get_*"),
        ("shop.Cart.get_", "shop.Cart.get_*"),
        ("shop.Cart.pay_now", "shop.Cart.*_now"),
        ("shop.Cart.get_now", "shop.Cart.get_*"),
        ("shop.buy", "shop.*"),
        ("shop.Cart.pay", None),
        ("shop.Cart.get", None),
        ("shop.Cart.ge", None),
        ("shop._buy", None),
        ("shop.__iter__", None),
        ("other.buy", None),
        ("shop", None),
        ("", None),
    ],
)
def test_the_exact_name_goes_before_the_longest_pattern(name: str, found: str | None) -> None:
    """Patterns are of one owner, and fit no name that begins with an underscore."""
    row = _TABLE.lookup(name)
    assert (row and row.name) == found


def test_a_longer_pattern_goes_first_whatever_the_order() -> None:
    """The one that says more."""
    table = Table([_row("shop.*"), _row("shop.get_*"), _row("shop.get_all_*")])
    assert [getattr(table.lookup(f"shop.{name}"), "name", None) for name in ("get_all_x", "get_x", "x")] == [
        "shop.get_all_*",
        "shop.get_*",
        "shop.*",
    ]


def test_the_two_ends_of_a_pattern_share_no_letter() -> None:
    """`get_*_now` needs both of its underscores."""
    table = Table([_row("shop.get_*_now")])
    assert table.lookup("shop.get_now") is None
    assert table.lookup("shop.get_it_now") is not None


def test_rows_keep_their_order() -> None:
    """The order in which they are shown."""
    assert [row.name for row in Table(map(_row, ("b.x", "a.x", "c.*"))).rows] == ["b.x", "a.x", "c.*"]


@pytest.mark.parametrize("name", ["shop.buy", "shop.get_*"])
def test_a_name_comes_once(name: str) -> None:
    """The message names it, so that one of the two can be removed."""
    with pytest.raises(ValueError, match=r"shop\.\S+ is in the mapping twice: keep one row\."):
        Table([_row(name), _row("shop.other"), _row(name)])


def test_the_very_same_row_comes_once_too() -> None:
    """A module of rows that is listed twice is a mistake like any other."""
    row = _row("shop.buy")
    with pytest.raises(ValueError, match="twice"):
        Table([row, row])
