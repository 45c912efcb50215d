"""Exports: what to write, how it is laid out, and who writes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from monitor.market.bar import Interval
from monitor.market.hours import Hours

#: The kinds of files that are written, by the end of their names.
SUFFIXES = (".csv", ".parquet")
#: What is recorded, apart from any symbol.
SYMBOLLESS = ("audit",)


class Zone(StrEnum):
    """The zone whose wall clock times are written in, with its offset; the moments are the same."""

    NEW_YORK = "new-york"
    UTC = "utc"
    LOCAL = "local"  # this machine's

    @property
    def words(self) -> str:
        """As menus and fields say it."""
        return _ZONE_WORDS[self]


_ZONE_WORDS = {Zone.NEW_YORK: "New York time", Zone.UTC: "UTC", Zone.LOCAL: "This machine's time"}


class DecimalMark(StrEnum):
    """What stands before a number's decimals in text; with a comma there, a semicolon separates the columns."""

    POINT = "point"
    COMMA = "comma"


@dataclass(frozen=True, slots=True)
class Layout:
    """How times and numbers are written. Parquet knows no decimal mark."""

    zone: Zone = Zone.NEW_YORK
    decimal: DecimalMark = DecimalMark.POINT


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to write: ``what`` is quotes, trades, bars, book, options or audit; the range is [start_ms, end_ms) UTC.

    The end of ``out``'s name says whether it is CSV or Parquet. ``hours`` leaves out bars that begin outside of them.
    With ``sidecar`` a JSON file beside it, named as it is with ``.json`` after, tells what is in it.
    """

    what: str
    symbols: tuple[str, ...]
    out: Path
    interval: Interval = Interval.M1
    start_ms: int = 0
    end_ms: int = 2**62
    venues: bool = False
    hours: Hours = Hours.ALWAYS
    layout: Layout = Layout()
    sidecar: bool = True


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written; ``troubles`` are sentences on days that could not be read and are left out."""

    rows: int
    path: Path
    troubles: tuple[str, ...] = ()


class Exporter(Protocol):
    """Writes recorded rows to a file, whole or not at all."""

    async def export(
        self, request: ExportRequest, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> ExportResult | None:
        """Write the file; ``progress(done, total)`` counts rows. None when cancelled (no file is left).

        Raises StoreUnavailable, BadData for what cannot be exported, and Unusable when the file cannot be written.
        """

    async def export_table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], out: Path, layout: Layout
    ) -> ExportResult:
        """Write a table as shown on the screen."""

    def table_text(self, header: Sequence[str], rows: Sequence[Sequence[str]], layout: Layout) -> str:
        """Such a table separated by tabs, for the clipboard."""

    async def text(self, request: ExportRequest, most: int, cancelled: Callable[[], bool]) -> tuple[str, int] | None:
        """The header and rows separated by tabs, for the clipboard, and how many rows; None when cancelled.

        Raises BadData when there are more than ``most``, and what ``export`` raises.
        """


def sidecar_of(out: Path) -> Path:
    """The file beside an export that tells what is in it."""
    return out.with_name(f"{out.name}.json")


def rows_in_words(number: int) -> str:
    """So many rows."""
    return f"{number:,} {'row' if number == 1 else 'rows'}"
