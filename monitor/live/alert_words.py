"""What alerts tell, in sentences."""

from collections.abc import Sequence

from monitor.market.alert import Direction, Firing
from monitor.market.calendar import from_ms
from monitor.market.quote import Number

_WAYS = {Direction.UP: "rose to", Direction.DOWN: "fell to"}


def told(firings: Sequence[Firing]) -> str:
    """That a price has just crossed a line: AAPL rose to 585.25 (last 585.31): take profit."""
    firing = firings[-1]
    return f"{_crossed(firing)} (last {price_words(firing.price)}){_note(firing)}"


def told_missed(firings: Sequence[Firing], why: str, now_ms: int) -> str:
    """That it did so while nobody saw it: AAPL rose to 585.25 at 10:31 while the program was closed."""
    first, more = firings[0], len(firings) - 1
    again = f", and crossed it {more} more time{'' if more == 1 else 's'}" if more else ""
    if first.missed and first.price != first.line:  # seen by the first price since, which does not say when
        return f"{_crossed(first)} {why} (last {price_words(first.price)}){_note(first)}"
    return f"{_crossed(first)} {moment(first.at_ms, now_ms)} {why}{again}{_note(first)}"


def _crossed(firing: Firing) -> str:
    return f"{firing.symbol} {_WAYS[firing.direction]} {price_words(firing.line)}"


def _note(firing: Firing) -> str:
    return f": {firing.note}" if firing.note else "."


def moment(ms: int, now_ms: int) -> str:
    """A moment of today, or of another day: at 10:31; on Fri 20 Nov at 10:31."""
    at, now = from_ms(ms), from_ms(now_ms)
    return f"at {at:%H:%M}" if at.date() == now.date() else f"on {at:%a} {at.day} {at:%b} at {at:%H:%M}"


def price_words(price: Number) -> str:
    """A price with two decimals, or as many as it has, up to six."""
    least = 2 if abs(price) >= 1 else 4
    decimals = next((n for n in range(least, 6) if round(price, n) == price), 6 if least < 6 else least)
    return f"{price:,.{decimals}f}"
