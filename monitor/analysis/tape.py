"""The tape, inferred: which Level 1 messages report a print, how large, on which side, and what they left out.

Schwab has no time-and-sales stream. A print is seen when the trade time or the day's volume moves; Level 1 is
conflated to about one message a second, so the volume may move by more than the size of the last print: that
difference is kept as ``unseen``.
"""

from monitor.market.calendar import from_ms
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

    The first message of all (a snapshot) describes an old print and gives none; nor does one that begins another day.
    """
    volume = change.volume
    if volume is None:
        return None
    volume_before = before.volume
    if volume_before is None:
        if before.asset_type is None:
            return None  # no snapshot came yet, so the day's volume so far is unknown
        volume_before = 0  # a snapshot came without one: nothing was traded
    if volume <= volume_before:
        return None
    if change.asset_type is not None and _is_another_day(before.trade_time, change.trade_time):
        return None
    price = change.last if change.last is not None else before.last
    time = change.trade_time if change.trade_time is not None else before.trade_time
    if price is None or time is None:
        return None
    passed = volume - volume_before
    named = change.last_size if change.last_size is not None else before.last_size
    size = named if named and named < passed else passed
    # By place and with the symbol of ``before``, which lives on anyway: a name each would cost as much as the rest.
    return Trade(before.symbol, time, price, size, volume, passed - size, side_of(price, before.bid, before.ask))


def is_older(before: Quote, change: Quote) -> bool:
    """Whether ``change`` was sent before what ``before`` knows already: it came late, or is told again.

    A day's volume only grows. Where it is smaller, either a day began anew, with nothing or with a newer print, or
    the message is an older one.
    """
    volume, volume_before = change.volume, before.volume
    if volume is None or volume_before is None or volume >= volume_before or volume == 0:
        return False
    time, time_before = change.trade_time, before.trade_time
    return time is None or (time_before is not None and time <= time_before)


def _is_another_day(before_ms: int | None, after_ms: int | None) -> bool:
    if before_ms is None or after_ms is None:
        return False
    try:
        return from_ms(before_ms).date() != from_ms(after_ms).date()
    except (ValueError, OverflowError, OSError):  # no calendar holds such a time
        return True
