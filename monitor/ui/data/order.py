"""An order: what is to be fetched, and the requests that it takes."""

from dataclasses import dataclass

from monitor.analysis.repair import Request
from monitor.market.bar import Interval


@dataclass(frozen=True, slots=True)
class Order:
    """Symbols, an interval and the range [start_ms, end_ms); with ``again`` what is on disk is fetched too."""

    symbols: tuple[str, ...]
    interval: Interval
    start_ms: int
    end_ms: int
    again: bool = False
    plan: tuple[Request, ...] = ()
