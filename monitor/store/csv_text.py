"""Columns as text: numbers digit for digit, times with their offset, and text that no spreadsheet takes for a formula.

A column is turned at once, for that is several times as fast as cell by cell.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from monitor.market.calendar import NEW_YORK
from monitor.ports import DecimalMark, Layout, Zone
from monitor.store.columns import Column, Kind, Page, Row

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d[\d,]*)?\.?\d*(e[+-]?\d+)?[KMB%]?", re.IGNORECASE)
#: A day before the year 10000, so that it is none in any zone.
_LAST_SECOND = 253_402_300_800 - 86_400
_QUARTER_S = 900
_QUARTERS_KEPT = 100_000
#: What follows the hour, second by second, for each of its quarters.
_CLOCKS = tuple(
    tuple(f"{second // 60:02d}:{second % 60:02d}" for second in range(first, first + _QUARTER_S))
    for first in range(0, 3600, _QUARTER_S)
)
_THOUSANDTHS = tuple(f".{rest:03d}" for rest in range(1000))


def safe_text(text: str) -> str:
    """``text``, with an apostrophe before it where a spreadsheet would run it as a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def is_number(text: str) -> bool:
    """Whether a cell as the screen shows it is a number (a ``-0.35`` is one)."""
    return any(character.isdigit() for character in text) and _NUMBER.fullmatch(text) is not None


class CsvText:
    """Pages as the lines of a CSV in ``layout``; ``separator`` None is the usual one of the decimal mark."""

    def __init__(self, columns: Sequence[Column], layout: Layout, separator: str | None = None) -> None:
        self._comma = layout.decimal is DecimalMark.COMMA
        self._separator = separator or (";" if self._comma else ",")
        clock = ZoneClock(layout.zone)
        self._columns = columns
        self._turn: dict[Kind, Callable[[Sequence[Any]], list[str]]] = {
            Kind.TEXT: self._texts,
            Kind.TIME: clock.milliseconds,
            Kind.RECEIVED: clock.microseconds,
        }
        self._parts: list[_Part] = []

    def lines(self, page: Page) -> str:
        """A line for each row, each with its end."""
        if not page.rows:
            return ""
        parts = self._parts or self._find_parts(len(page.head))
        head = "".join(self.cell(text) + self._separator for text in page.head)
        texts = [turn(list(map(get, page.rows))) for get, turn in parts]
        return head + f"\n{head}".join(map(self._separator.join, zip(*texts, strict=True))) + "\n"

    def line(self, cells: Iterable[str]) -> str:
        """One line of texts, such as the header."""
        return self._separator.join(self.cell(cell) for cell in cells) + "\n"

    def shown(self, cells: Iterable[str]) -> str:
        """One line of cells as the screen shows them, numbers among them."""
        return self._separator.join(self._shown(cell) for cell in cells) + "\n"

    def cell(self, text: str) -> str:
        """A text, safe and in quotes where it needs them."""
        return self._quoted(safe_text(text))

    def _shown(self, text: str) -> str:
        if not is_number(text):
            return self.cell(text)
        return text.replace(",", "").replace(".", ",") if self._comma else self._quoted(text)

    def _quoted(self, text: str) -> str:
        if any(mark in text for mark in (self._separator, '"', "\n", "\r")):
            return '"' + text.replace('"', '""') + '"'
        return text

    def _find_parts(self, heads: int) -> list["_Part"]:
        """What of a row becomes a text, and how: numbers that stand side by side become one together."""
        at, numbers = 0, {Kind.NUMBER, Kind.COUNT}
        for together, run in groupby(self._columns[heads:], lambda column: column.kind in numbers):
            kinds = [column.kind for column in run]
            if together:
                self._parts.append((_several(at, at + len(kinds)), self._numbers))
            else:
                self._parts += [(itemgetter(at + place), self._turn[kind]) for place, kind in enumerate(kinds)]
            at += len(kinds)
        return self._parts

    def _texts(self, values: Sequence[str]) -> list[str]:
        cells = {text: self.cell(text) for text in set(values)}
        return [cells[text] for text in values]

    def _numbers(self, rows: Sequence[Row]) -> list[str]:
        """Of each row its numbers, parted by the separator."""
        return number_lines(rows, self._separator, "," if self._comma else ".")


#: What is taken out of a row, and how a page's worth of it becomes texts.
_Part = tuple[Callable[[Row], Any], Callable[[Sequence[Any]], list[str]]]


def _several(start: int, end: int) -> Callable[[Row], Row]:
    """What takes the values at [start, end) out of a row, also where that is one alone."""
    return itemgetter(*range(start, end)) if end - start > 1 else itemgetter(slice(start, end))


def number_lines(rows: Sequence[Row], separator: str, point: str) -> list[str]:
    """Numbers side by side, each as Python writes it but for the ``point``; an empty text for None."""
    if not rows:
        return []
    joined = msgspec.json.encode(rows).decode()
    nulls = joined.count("null")
    if nulls and nulls == sum(row.count(None) for row in rows):  # not something that is not finite
        joined = joined.replace("null", "")
    # JSON writes exponents, and what is below a ten thousandth, in another way than Python.
    if "n" in joined or "e" in joined or "0.0000" in joined:
        return [separator.join(_exact_number(value, point) for value in row) for row in rows]
    if separator != ",":
        joined = joined.replace("],[", "\n").replace(",", separator).replace(".", point)
        return joined[2:-2].split("\n")
    return joined[2:-2].split("],[")


def _exact_number(value: float | None, point: str) -> str:
    return "" if value is None else str(value).replace(".", point)


class ZoneClock:
    """Moments as ``2025-05-21T09:30:00.004-04:00``: a zone's wall clock with its offset.

    A number that no calendar holds stays as it is, and None is an empty text.
    """

    def __init__(self, zone: Zone) -> None:
        self._zone = tz(zone)
        self._quarters = _Quarters(self._zone)

    def milliseconds(self, values: Sequence[int | None]) -> list[str]:
        """The texts of milliseconds UTC."""
        quarters, thousandths = self._quarters, _THOUSANDTHS
        try:
            return [
                f"{(q := quarters[ms // 900_000])[0]}{q[1][(rest := ms % 900_000) // 1000]}"  # type: ignore[operator]
                f"{thousandths[rest % 1000]}{q[2]}"
                for ms in values
            ]
        except (TypeError, LookupError):  # None among them, or a moment that is not plain
            return ["" if ms is None else self._exact(ms, 1000, "03d") for ms in values]

    def microseconds(self, values: Sequence[int]) -> list[str]:
        """The texts of microseconds UTC, and with them."""
        quarters = self._quarters
        try:
            return [
                f"{(q := quarters[us // 900_000_000])[0]}{q[1][(rest := us % 900_000_000) // 1_000_000]}"
                f".{rest % 1_000_000:06d}{q[2]}"
                for us in values
            ]
        except LookupError:
            return [self._exact(us, 1_000_000, "06d") for us in values]

    def _exact(self, moment: int, unit: int, shape: str) -> str:
        """Second by second, for what the quarters of an hour do not know."""
        second, rest = divmod(moment, unit)
        if not 0 <= second < _LAST_SECOND:
            return str(moment)
        text = datetime.fromtimestamp(second, UTC).astimezone(self._zone).isoformat(timespec="seconds")
        return f"{text[:19]}.{rest:{shape}}{text[19:]}"


Quarter = tuple[str, tuple[str, ...], str]


class _Quarters(dict[int, Quarter]):
    """Quarters of an hour since 1970: hour, minute and second of each second in it, and offset.

    Looking up one that no calendar holds, or in which the offset changes, raises LookupError.
    """

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def __missing__(self, quarter: int) -> Quarter:
        first, last = quarter * _QUARTER_S, quarter * _QUARTER_S + _QUARTER_S - 1
        if not (first >= 0 and last < _LAST_SECOND):
            raise LookupError
        begin, end = (datetime.fromtimestamp(second, UTC).astimezone(self._zone) for second in (first, last))
        if begin.utcoffset() != end.utcoffset() or begin.minute % 15 or begin.second:
            raise LookupError
        text = begin.isoformat(timespec="seconds")
        if len(self) > _QUARTERS_KEPT:
            self.clear()
        self[quarter] = found = text[:14], _CLOCKS[begin.minute // 15], text[19:]
        return found


@cache
def tz(zone: Zone) -> tzinfo | None:
    """The zone's rules; None stands for this machine's own."""
    return {Zone.NEW_YORK: NEW_YORK, Zone.UTC: UTC, Zone.LOCAL: None}[zone]


def time_text(ms: int | None, zone: Zone = Zone.NEW_YORK) -> str:
    """One moment, as ZoneClock writes it."""
    return ZoneClock(zone).milliseconds([ms])[0]
