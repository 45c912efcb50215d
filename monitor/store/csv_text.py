"""Columns as text: numbers digit for digit, times with their offset, and text that no spreadsheet takes for a formula.

A column is turned at once, for that is several times as fast as cell by cell.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any

import msgspec

from monitor.market.calendar import NEW_YORK
from monitor.ports import DecimalMark, Layout, Zone
from monitor.store.columns import Column, Kind

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d[\d,]*)?\.?\d*(e[+-]?\d+)?[KMB%]?", re.IGNORECASE)
_YEAR_10000 = 253_402_300_800
_QUARTER_S = 900
#: What follows the hour, by the seconds since it began.
_CLOCK = tuple(f"{second // 60:02d}:{second % 60:02d}" for second in range(3600))
_MILLISECONDS = tuple(f".{rest:03d}" for rest in range(1000))


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
        turn: dict[Kind, Callable[[Sequence[Any]], list[str]]] = {
            Kind.TEXT: self._texts,
            Kind.TIME: clock.milliseconds,
            Kind.RECEIVED: clock.microseconds,
            Kind.NUMBER: self._numbers,
            Kind.COUNT: self._numbers,
        }
        self._turn = [turn[column.kind] for column in columns]

    def lines(self, page: Sequence[Sequence[Any]]) -> str:
        """A line for each row, each with its end; ``page`` holds the values column by column."""
        texts = [turn(values) for turn, values in zip(self._turn, page, strict=True)]
        lines = "\n".join(map(self._separator.join, zip(*texts, strict=True)))
        return lines + "\n" if lines else ""

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

    def _texts(self, values: Sequence[str]) -> list[str]:
        cells = {text: self.cell(text) for text in set(values)}
        return [cells[text] for text in values]

    def _numbers(self, values: Sequence[Any]) -> list[str]:
        texts = number_texts(values)
        return [text.replace(".", ",") for text in texts] if self._comma else texts


def number_texts(values: Sequence[Any]) -> list[str]:
    """Each number as Python writes it; an empty text for None."""
    joined = msgspec.json.encode(values).decode()
    # JSON writes exponents, what is below a ten thousandth, and what is not finite in another way than Python.
    if "e" in joined or "n" in joined or "0.0000" in joined or not values:
        return ["" if value is None else str(value) for value in values]
    return joined[1:-1].split(",")


class ZoneClock:
    """Moments as ``2025-05-21T09:30:00.004-04:00``: a zone's wall clock with its offset.

    A number that no calendar holds stays as it is, and None is an empty text.
    """

    def __init__(self, zone: Zone) -> None:
        self._zone = tz(zone)
        self._quarters: dict[int, tuple[str, int, str]] = {}

    def milliseconds(self, values: Sequence[int | None]) -> list[str]:
        """The texts of milliseconds UTC."""
        texts, quarters = [], self._quarters
        for ms in values:
            if ms is None:
                texts.append("")
                continue
            second, rest = divmod(ms, 1000)
            quarter, within = divmod(second, _QUARTER_S)
            hour, base, offset = quarters.get(quarter) or self._quarter(quarter)
            if hour:
                texts.append(f"{hour}{_CLOCK[base + within]}{_MILLISECONDS[rest]}{offset}")
            else:
                texts.append(self._exact(second, _MILLISECONDS[rest]) or str(ms))
        return texts

    def microseconds(self, values: Sequence[int]) -> list[str]:
        """The texts of microseconds UTC, and with them."""
        texts, quarters = [], self._quarters
        for us in values:
            second, rest = divmod(us, 1_000_000)
            quarter, within = divmod(second, _QUARTER_S)
            hour, base, offset = quarters.get(quarter) or self._quarter(quarter)
            if hour:
                texts.append(f"{hour}{_CLOCK[base + within]}.{rest:06d}{offset}")
            else:
                texts.append(self._exact(second, f".{rest:06d}") or str(us))
        return texts

    def _quarter(self, quarter: int) -> tuple[str, int, str]:
        """A quarter of an hour: its hour, its seconds after that, its offset; no hour where it has not just one."""
        found = ("", 0, "")
        first, last = quarter * _QUARTER_S, quarter * _QUARTER_S + _QUARTER_S - 1
        if first >= 0 and last < _YEAR_10000 - 86_400:
            begin, end = (self._moment(second) for second in (first, last))
            if begin.utcoffset() == end.utcoffset() and begin.minute % 15 == 0 and begin.second == 0:
                text = begin.isoformat(timespec="seconds")
                found = (text[:14], begin.minute * 60, text[19:])
        if len(self._quarters) > 100_000:
            self._quarters.clear()
        self._quarters[quarter] = found
        return found

    def _exact(self, second: int, rest: str) -> str:
        if not 0 <= second < _YEAR_10000 - 86_400:
            return ""
        text = self._moment(second).isoformat(timespec="seconds")
        return f"{text[:19]}{rest}{text[19:]}"

    def _moment(self, second: int) -> datetime:
        return datetime.fromtimestamp(second, UTC).astimezone(self._zone)


@cache
def tz(zone: Zone) -> tzinfo | None:
    """The zone's rules; None stands for this machine's own."""
    return {Zone.NEW_YORK: NEW_YORK, Zone.UTC: UTC, Zone.LOCAL: None}[zone]


def time_text(ms: int | None, zone: Zone = Zone.NEW_YORK) -> str:
    """One moment, as ZoneClock writes it."""
    return ZoneClock(zone).milliseconds([ms])[0]
