"""The symbols that trade or move most, on request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from monitor.market.screener import Screener

#: What movers are asked of, by Schwab's names.
MOVER_LISTS = (
    *("$DJI", "$COMPX", "$SPX", "NYSE", "NASDAQ", "OTCBB"),
    *("INDEX_ALL", "EQUITY_ALL", "OPTION_ALL", "OPTION_PUT", "OPTION_CALL"),
)
MOVER_SORTS = ("VOLUME", "TRADES", "PERCENT_CHANGE_UP", "PERCENT_CHANGE_DOWN")
MOVER_MINUTES = (0, 1, 5, 10, 30, 60)  # the span that is ranked; 0 is the whole day


@dataclass(frozen=True, slots=True)
class MoversAnswer:
    """A list as a screener's, percentages in percent, and how many rows could not be read, by kind."""

    screener: Screener
    rejected: Mapping[str, int]


class Movers(Protocol):
    """Movers on request. Raises Transient, Refused, BadData or SignInNeeded."""

    async def movers(self, name: str, sort: str = "VOLUME", minutes: int = 0) -> MoversAnswer:
        """The movers of one of MOVER_LISTS by one of MOVER_SORTS. Raises BadData for any other."""
