"""What recording has cost so far: rows and bytes a day as the disk shows them, and the room that is left."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from monitor.analysis.rates import Rate, Rows


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was found on disk.

    ``rates`` is what a symbol brings of a table on a full day, where there is enough to tell. ``days`` are the bytes of
    the trading days that were recorded before today, the newest first, ``today`` those of today so far; all of it is
    counted on some of the symbols and carried over to the others. ``contracts`` are those of the newest snapshot of
    each underlying. ``free_bytes`` is what the disk has left.
    """

    rates: Mapping[Rows, Rate] = field(default_factory=dict)
    days: tuple[float, ...] = ()
    today: float = 0.0
    contracts: Mapping[str, int] = field(default_factory=dict)
    free_bytes: float = float("inf")


class Usage(Protocol):
    """Measures what is on disk."""

    async def recorded(self) -> Recorded:
        """Count what the last days brought; takes up to a second or so. Raises StoreUnavailable."""
