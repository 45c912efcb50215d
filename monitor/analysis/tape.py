"""The tape, inferred: which Level 1 messages report a print, how large, on which side, and what they left out.

Schwab has no time-and-sales stream. A print is seen when the trade time or the day's volume moves; Level 1 is
conflated to about one message a second, so the volume may move by more than the size of the last print: that
difference is kept as ``unseen``.
"""

from monitor.market.quote import Number, Quote
from monitor.market.trade import Side, Trade

# By name in the module: looking a member up in its enum costs as much as all the rest of ``side_of``.
_AT_ASK, _AT_BID, _BETWEEN, _UNKNOWN = Side.AT_ASK, Side.AT_BID, Side.BETWEEN, Side.UNKNOWN


def side_of(price: Number, bid: Number | None, ask: Number | None) -> Side:
    """Where ``price`` lies against the quote that stood before the print; zero means there was no quote."""
    if ask and price >= ask:
        return _AT_ASK
    if bid and price <= bid:
        return _AT_BID
    return _BETWEEN if bid and ask else _UNKNOWN


def infer_trade(before: Quote, change: Quote) -> Trade | None:
    """The print that ``change`` reports against the state ``before`` it, or None.

    The first message of all (a snapshot) describes an old print and gives none.
    """
    volume = change.volume
    if volume is None:
        return None
    volume_before = before.volume
    if volume_before is None:
        if before == Quote(symbol=before.symbol):
            return None  # nothing came yet, so the day's volume so far is unknown
        volume_before = 0  # a snapshot came without one: nothing was traded
    if volume <= volume_before:
        return None
    price = change.last if change.last is not None else before.last
    time = change.trade_time if change.trade_time is not None else before.trade_time
    if price is None or time is None:
        return None
    passed = volume - volume_before
    named = change.last_size if change.last_size is not None else before.last_size
    size = named if named and named < passed else passed
    return Trade(
        symbol=change.symbol,
        time=time,
        price=price,
        size=size,
        volume=volume,
        unseen=passed - size,
        side=side_of(price, before.bid, before.ask),
    )
