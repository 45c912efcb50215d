"""The tape, inferred: which Level 1 messages report a print, how large, on which side, and what they left out.

Schwab has no time-and-sales stream. A print is seen when the trade time or the day's volume moves; Level 1 is
conflated to about one message a second, so the volume may move by more than the size of the last print: that
difference is kept as ``unseen``.
"""

from monitor.market.quote import Number, Quote
from monitor.market.trade import Side, Trade


def side_of(price: Number, bid: Number | None, ask: Number | None) -> Side:
    """Where ``price`` lies against the quote that stood before the print; zero means there was no quote."""
    if ask and price >= ask:
        return Side.AT_ASK
    if bid and price <= bid:
        return Side.AT_BID
    return Side.BETWEEN if bid and ask else Side.UNKNOWN


def infer_trade(before: Quote, change: Quote) -> Trade | None:
    """The print that ``change`` reports against the state ``before`` it, or None.

    The first message of all (a snapshot) describes an old print and gives none.
    """
    volume, volume_before = change.volume, _volume_so_far(before)
    if volume is None or volume_before is None or volume <= volume_before:
        return None
    price = change.last if change.last is not None else before.last
    time = change.trade_time if change.trade_time is not None else before.trade_time
    if price is None or time is None:
        return None
    passed = volume - volume_before
    named = change.last_size if change.last_size is not None else before.last_size
    size = min(named, passed) if named else passed
    return Trade(
        symbol=change.symbol,
        time=time,
        price=price,
        size=size,
        volume=volume,
        unseen=passed - size,
        side=side_of(price, before.bid, before.ask),
    )


def _volume_so_far(state: Quote) -> Number | None:
    """The day's volume: none at all when a snapshot came without one, unknown when nothing came yet."""
    if state.volume is None and state != Quote(symbol=state.symbol):
        return 0
    return state.volume
