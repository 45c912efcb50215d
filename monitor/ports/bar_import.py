"""Bars from a CSV file: what is in it, and who takes it into the archive."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from monitor.market.bar import Interval
from monitor.ports.export import Zone


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Which file, and what it does not say itself.

    ``symbol`` is whose bars they are where no column tells, ``interval`` None finds it from the times, ``zone`` is the
    zone of times that stand without an offset. With ``replaces`` bars of Schwab's own give way to those of the file.
    """

    path: Path
    symbol: str = ""
    interval: Interval | None = None
    zone: Zone = Zone.NEW_YORK
    replaces: bool = False


class RejectedLine(NamedTuple):
    """A line of the file, counted from 1, that is not taken, and why not."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What a file holds: its ``bars`` from ``first_ms`` to ``last_ms`` (starts, ms UTC; None without any bars).

    ``rejected`` are the first lines that cannot be taken of ``rejections``. ``needs_zone`` is whether times stand
    without an offset.
    """

    bars: int
    symbols: tuple[str, ...]
    intervals: tuple[Interval, ...]
    first_ms: int | None
    last_ms: int | None
    rejected: tuple[RejectedLine, ...]
    rejections: int
    needs_zone: bool


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many bars were ``taken``, new or in place of others, how many on disk were ``kept``, and lines rejected.

    ``cancelled`` is whether the import ended before the file did; what was taken until then stays.
    """

    taken: int
    kept: int
    rejections: int
    symbols: tuple[str, ...]
    intervals: tuple[Interval, ...]
    cancelled: bool = False


class BarImporter(Protocol):
    """Takes bars from files; they are marked as imported, and replace Schwab's own only where that is asked for."""

    async def preview(self, request: ImportRequest, cancelled: Callable[[], bool]) -> ImportPreview | None:
        """Read the whole file and store nothing; None when cancelled. Raises BadData for what is no such file."""

    async def run(
        self, request: ImportRequest, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> ImportResult:
        """Take the bars; ``progress(done, total)`` counts bytes. An entry of the audit tells of it.

        Raises BadData for what is no such file, and StoreUnavailable.
        """
