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

    A first message (a snapshot, also after a reconnect) describes an old print and gives none, as the state before
    it has no volume yet or the volume did not move.
    """
    volume = change.volume
    if volume is None or before.volume is None or volume <= before.volume:
        return None
    price = change.last if change.last is not None else before.last
    time = change.trade_time if change.trade_time is not None else before.trade_time
    if price is None or time is None:
        return None
    passed = volume - before.volume
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
