"""Cells of a CSV: times with their offset, and text that no spreadsheet takes for a formula."""

import re
from functools import lru_cache

from monitor.market.calendar import from_ms

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d[\d,]*)?\.?\d*(e[+-]?\d+)?[KMB%]?", re.IGNORECASE)
_YEAR_10000 = 253_402_300_800


def safe_text(text: str) -> str:
    """``text``, with an apostrophe before it where a spreadsheet would run it as a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def safe_cell(text: str) -> str:
    """A cell as the screen shows it: numbers as they are (a ``-0.35`` is one), anything else as safe text."""
    number = any(character.isdigit() for character in text) and _NUMBER.fullmatch(text)
    return text if number else safe_text(text)


def time_text(ms: int | None) -> str | int:
    """``2025-05-21T09:30:00.004-04:00``: New York's wall clock with its offset.

    A number that no calendar holds stays as it is.
    """
    if ms is None:
        return ""
    second, rest = divmod(ms, 1000)
    if not 0 <= second < _YEAR_10000:
        return ms
    clock, offset = _second_text(second)
    return f"{clock}.{rest:03d}{offset}"


def received_text(us: int) -> str | int:
    """As time_text, from microseconds and with them."""
    second, rest = divmod(us, 1_000_000)
    if not 0 <= second < _YEAR_10000:
        return us
    clock, offset = _second_text(second)
    return f"{clock}.{rest:06d}{offset}"


@lru_cache(maxsize=4096)
def _second_text(second: int) -> tuple[str, str]:
    """Wall clock and offset; thousands of rows share a second."""
    text = from_ms(second * 1000).isoformat(timespec="seconds")
    return text[:19], text[19:]
