"""Values of an answer as cells, and what is said of a query."""

import html
import re

from monitor.ports import QueryAnswer, Value
from monitor.ui import format as fmt

_LONGEST_CELL, _LONGEST_TIP = 300, 2_000
_BREAKS = re.compile(r"[\t\r\n]+")
#: Times by the name of their column, also within max(…); what lies outside these years is a span, or anything else.
_MICROSECONDS = re.compile(r"_us\b", re.IGNORECASE)
_MILLISECONDS = re.compile(r"_ms\b|\b(?:quote_|trade_)?time\b", re.IGNORECASE)
_EARLIEST_MS, _LATEST_MS = 315_532_800_000, 4_102_444_800_000  # 1980 and 2100


def cell(value: Value) -> str:
    """A value in the table: numbers as stored, one line of a text, a dash for nothing, and how large a blob is."""
    if value is None:
        return fmt.DASH
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, str):
        line = _BREAKS.sub(" ↵ ", value[: _LONGEST_CELL + 1])
        return line if len(value) <= _LONGEST_CELL else line[:_LONGEST_CELL] + "…"
    return str(value)


def copied(value: Value) -> str:
    """A value for the clipboard: whole, on one line, blobs in hexadecimal digits."""
    if value is None:
        return ""
    return value.hex() if isinstance(value, bytes) else _BREAKS.sub(" ", str(value))


def tip(column: str, value: Value) -> str:
    """What pointing at a cell adds: a time in words, or the whole of a long text; empty when that is nothing."""
    if isinstance(value, int):
        return _moment(column, value)
    if isinstance(value, str) and ("\n" in value or len(value) > 40):
        shown = value if len(value) <= _LONGEST_TIP else value[:_LONGEST_TIP] + "…"
        return f"<div style='white-space: pre-wrap'>{html.escape(shown)}</div>"
    return ""


def _moment(column: str, value: int) -> str:
    in_us = bool(_MICROSECONDS.search(column))
    ms = value // 1000 if in_us else value
    if not (in_us or _MILLISECONDS.search(column)) or not _EARLIEST_MS <= ms < _LATEST_MS:
        return ""
    rest = f"{value % 1_000_000:06d}" if in_us else f"{value % 1000:03d}"
    return f"{fmt.full_day_and_clock(ms)}.{rest} ET"


def seconds(elapsed: float) -> str:
    """How long a query took: 0.012 s, 3.4 s, 1:05 min."""
    if elapsed < 1:
        return f"{elapsed:.3f} s"
    return f"{elapsed:.1f} s" if elapsed < 60 else f"{int(elapsed) // 60}:{int(elapsed) % 60:02d} min"


def counted(rows: int) -> str:
    return f"{rows:,} row" if rows == 1 else f"{rows:,} rows"


def outcome(answer: QueryAnswer) -> tuple[str, str]:
    """How many rows came and how long that took, and a shorter form."""
    took = seconds(answer.seconds)
    if answer.truncated:
        short = f"The first {counted(len(answer.rows))}, in {took}"
        return f"{short}; Export writes all", short
    short = f"{counted(len(answer.rows))} in {took}"
    return short, short


def place(text: str, offset: int) -> str:
    """Where in the editor that is: line 2, column 8."""
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"
