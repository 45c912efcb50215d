"""A print as the tape shows it; Schwab sends none, so ours are inferred from Level 1."""

from enum import StrEnum

from msgspec import Struct

from monitor.market.quote import Number


class Side(StrEnum):
    """Where a trade printed against the quote that stood before it."""

    AT_ASK = "ask"
    AT_BID = "bid"
    BETWEEN = "between"
    UNKNOWN = "unknown"


class Trade(Struct, frozen=True, gc=False):
    """One inferred print: ``time`` is the exchange's, in ms UTC; sizes and volumes are shares.

    ``volume`` is the day's total after it; ``unseen`` is the volume that passed since the print before without a
    Level 1 message of its own (Schwab conflates to about one message a second).
    """

    symbol: str
    time: int
    price: Number
    size: Number
    volume: Number | None
    unseen: Number
    side: Side
