"""All that is known of a symbol at a moment, asked for at once instead of streamed."""

from msgspec import Struct

from monitor.market.fundamentals import Fundamentals
from monitor.market.quote import Number, Quote


class ExtendedHours(Struct, frozen=True, gc=False, omit_defaults=True):
    """The extended session by itself; Schwab often leaves an old one standing, so look at its times."""

    bid: Number | None = None
    ask: Number | None = None
    last: Number | None = None
    bid_size: Number | None = None
    ask_size: Number | None = None
    last_size: Number | None = None
    mark: Number | None = None
    volume: Number | None = None
    quote_time: int | None = None
    trade_time: int | None = None


class Snapshot(Struct, frozen=True):
    """A quote with what belongs to it; of an unknown kind of asset it is a plain Quote."""

    quote: Quote
    fundamentals: Fundamentals | None = None
    extended: ExtendedHours | None = None
    ssid: int | None = None  # Schwab's number of the security
