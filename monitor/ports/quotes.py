"""Quotes of many symbols at once, on request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.market.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class QuotesAnswer:
    """Snapshots by symbol; ``invalid`` are the symbols that the source does not know.

    ``rejected`` counts the entries that could not be read, by kind. A symbol may be missing from all of them.
    """

    quotes: Mapping[str, Snapshot]
    invalid: tuple[str, ...]
    rejected: Mapping[str, int]


class Quotes(Protocol):
    """Quotes on request. Raises Transient, Refused, BadData or SignInNeeded."""

    async def quotes(
        self, symbols: Sequence[str], batch: int = 100, on_progress: Callable[[int, int], None] = ...
    ) -> QuotesAnswer:
        """Snapshots of ``symbols`` of any asset class, asked for ``batch`` at a time (at most 500).

        ``on_progress`` hears how many of all symbols have been asked for.
        """
