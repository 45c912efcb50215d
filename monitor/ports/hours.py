"""When each market trades on a day, as the source tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

#: The markets that have hours, by Schwab's names.
MARKETS = ("equity", "option", "bond", "future", "forex")


@dataclass(frozen=True, slots=True)
class ProductHours:
    """One product's day: its sessions by name as (start, end) ms UTC stretches; none on a closed day.

    ``is_open`` says that it trades on that day, not that it trades now.
    """

    market: str
    product: str
    name: str
    day: str  # YYYY-MM-DD, New York
    is_open: bool
    sessions: Mapping[str, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class HoursAnswer:
    """Every product's hours, and how many entries could not be read, by kind."""

    products: tuple[ProductHours, ...]
    rejected: Mapping[str, int]


class TradingHours(Protocol):
    """Market hours on request. Raises Transient, Refused, BadData or SignInNeeded."""

    async def product_hours(self, day: str = "", markets: Sequence[str] = MARKETS) -> HoursAnswer:
        """The hours of ``day`` (YYYY-MM-DD; today when empty): from seven days ago to a year ahead."""
