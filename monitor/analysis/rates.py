"""How much a symbol brings to disk: rows a day and bytes a row, as found there or, until there is any, assumed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

#: What a contract of an option snapshot takes on disk, and a minute with its share of the longer bars made of it.
BYTES_A_CONTRACT: Final = 216
BYTES_A_BAR: Final = 124
#: A symbol's day tells of other days only if so much of its regular session was recorded.
_LEAST_MS = 10 * 60_000


class Rows(StrEnum):
    """What the stream brings to disk, by table."""

    QUOTE = "quote"
    DETAIL = "quote_detail"
    TRADE = "trade"
    BOOK = "book"
    BAR = "bar"


class Rate(NamedTuple):
    """What one symbol brings of a table; ``found`` counts the symbols' days it is known from, 0 where it is assumed."""

    rows_a_day: float
    bytes_a_row: float
    found: int = 0

    @property
    def bytes_a_day(self) -> float:
        return self.rows_a_day * self.bytes_a_row


_SESSION_SECONDS = 23_400
#: A busy symbol on a full day. Schwab sends about an item a key and second (PROTOCOL 5.5), books likewise; about every
#: second item is a print; minute bars run from 07:00 to 20:00. Bytes are those of ``python -m benchmarks.row_sizes``.
ASSUMED: Final[Mapping[Rows, Rate]] = MappingProxyType(
    {
        Rows.QUOTE: Rate(_SESSION_SECONDS, 77),
        Rows.DETAIL: Rate(_SESSION_SECONDS, 165),
        Rows.TRADE: Rate(_SESSION_SECONDS / 2, 51),
        Rows.BOOK: Rate(_SESSION_SECONDS, 455),
        Rows.BAR: Rate(780, BYTES_A_BAR),
    }
)


class Counted(NamedTuple):
    """Rows of one symbol and New York day; of them those of the regular session, and the part of it they cover.

    ``covered_ms`` lies between the first and the last of them, ``session_ms`` is how long the session is.
    ``bytes_a_row`` is 0 where all rows of a table are alike.
    """

    rows: Rows
    day: date
    number: int
    regular: int
    covered_ms: int
    session_ms: int
    bytes_a_row: float = 0.0

    @property
    def bytes(self) -> float:
        """What they take on disk."""
        return self.number * (self.bytes_a_row or ASSUMED[self.rows].bytes_a_row)


def measured(counts: Iterable[Counted]) -> Mapping[Rows, Rate]:
    """What a symbol brings on a full day: where a session was recorded in part, as if it had gone on alike.

    Tables of which too little was found are missing.
    """
    found: defaultdict[Rows, list[Counted]] = defaultdict(list)
    for each in counts:
        if each.covered_ms >= _LEAST_MS:
            found[each.rows].append(each)
    return {rows: _mean(rows, days) for rows, days in found.items()}


def _mean(rows: Rows, days: list[Counted]) -> Rate:
    numbers = [each.regular * max(1.0, each.session_ms / each.covered_ms) + each.number - each.regular for each in days]
    sizes = [each.bytes_a_row for each in days if each.bytes_a_row]
    size = sum(sizes) / len(sizes) if sizes else ASSUMED[rows].bytes_a_row
    return Rate(sum(numbers) / len(days), size, len(days))
