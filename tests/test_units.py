"""_units: sizes and times as people write them, and no number out of what is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)

from fastapi_convert._units import to_bytes, to_seconds


@pytest.mark.parametrize(
    "value, expected",
    [
        (0, 0),
        (512, 512),
        (10**30, 10**30),
        ("0", 0),
        ("512", 512),
        ("512B", 512),
        ("1kB", 1000),
        ("1KB", 1000),
        ("1KiB", 1024),
        ("20MB", 20_000_000),
        ("20mb", 20_000_000),
        (" 20 MB ", 20_000_000),
        ("1MiB", 1_048_576),
        ("1.5GiB", 1_610_612_736),
        ("2GB", 2_000_000_000),
        ("1TB", 10**12),
    ],
    ids=repr,
)
def test_a_size_is_a_number_of_bytes_or_a_number_with_a_unit(value: int | str, expected: int) -> None:
    """Decimal and binary units, in any case, with spaces where people put them."""
    size = to_bytes(value, "max_size")
    assert (size, type(size)) == (expected, int)


@pytest.mark.parametrize(
    "value",
    [-1, "-1", "-1MB", "", " ", "MB", "many", "1 parsec", "1e3", "inf", "0x10", 1.5, True],
    ids=repr,
)
def test_what_is_no_size_is_refused(value: int | str) -> None:
    """The message names the parameter, the value, and how a size is written."""
    with pytest.raises(ValueError, match="max_size is a number of bytes or a size") as caught:
        to_bytes(value, "max_size")
    assert repr(value) in str(caught.value)
    assert '"20MB"' in str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, [], b""], ids=repr)
def test_what_has_the_wrong_type_is_no_size_either(value: int) -> None:
    """Settings files hold all sorts of things."""
    with pytest.raises(ValueError, match="max_size is a number"):
        to_bytes(value, "max_size")


@settings(deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([("B", 1), ("kB", 10**3), ("KiB", 2**10), ("MB", 10**6), ("GiB", 2**30)]))
def test_every_whole_number_of_a_unit_is_exact(number: int, unit: tuple[str, int]) -> None:
    """No byte is lost on the way through a float."""
    assert to_bytes(f"{number}{unit[0]}", "max_size") == number * unit[1]


@pytest.mark.parametrize(
    "value, expected",
    [
        (1, 1.0),
        (2.5, 2.5),
        (0.001, 0.001),
        ("500ms", 0.5),
        ("30s", 30.0),
        ("1.5s", 1.5),
        ("5m", 300.0),
        (" 5 m ", 300.0),
        ("2h", 7200.0),
        ("1d", 86400.0),
    ],
    ids=repr,
)
def test_a_time_is_a_number_of_seconds_or_a_number_with_a_unit(value: float | str, expected: float) -> None:
    """From milliseconds to days; `m` is minutes."""
    seconds = to_seconds(value, "idle_timeout")
    assert seconds == pytest.approx(expected)
    assert type(seconds) is float


@pytest.mark.parametrize(
    "value",
    [
        *(0, -1, float("nan"), float("inf")),
        *("", "s", "30", "0s", "-1s", "1,5s", "1e3s", "1.s", ".5s", "infs", "\u0663s", "1234567890s", "9" * 400 + "s"),
        *("5M", "30ss", "30 seconds", "1m30s"),
    ],
    ids=repr,
)
def test_what_is_no_time_above_zero_is_refused(value: float | str) -> None:
    """A time that never ends is none, and a number in a string wants a unit. The message says how one is written."""
    with pytest.raises(ValueError, match="idle_timeout is a number of seconds above 0") as caught:
        to_seconds(value, "idle_timeout")
    assert repr(value) in str(caught.value)
    assert '"30s"' in str(caught.value)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """Nothing else comes out, whatever stands in a settings file."""
    try:
        seconds = to_seconds(text, "idle_timeout")
    except ValueError:
        return
    assert 0 < seconds < float("inf")


@settings(deadline=None)
@given(st.text() | st.from_regex(r"\A\s*[0-9.,_+-]{1,9}\s*[kKmMgGtT]?[iI]?[bB]?\s*\Z"))
def test_any_text_is_a_size_or_refused(text: str) -> None:
    """Nothing else comes out, whatever stands in a settings file."""
    try:
        size = to_bytes(text, "max_size")
    except ValueError:
        return
    assert size >= 0


@pytest.mark.parametrize(
    "value", ["1,5MB", "1.5.5", "20MB!!", "8bit", "\u0663MB", b"3MB", 1.0, None, "-1", "1e3"], ids=repr
)
def test_what_only_begins_as_a_size_is_none(value: Any) -> None:
    """A decimal comma must not become a limit of one byte."""
    with pytest.raises(ValueError, match="max_size is a number of bytes"):
        to_bytes(value, "max_size")


@pytest.mark.parametrize("value", [True, 10**400, None, b"30s", "1e3s", "s", float("nan"), float("inf")], ids=repr)
def test_what_is_no_time_is_told_with_the_cure(value: Any) -> None:
    """Whatever Python would make of it."""
    with pytest.raises(ValueError, match=r"idle_timeout is a number of seconds above 0 or a time such as"):
        to_seconds(value, "idle_timeout")
