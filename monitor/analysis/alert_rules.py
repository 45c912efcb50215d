"""When a price alert fires: each time the last price crosses its line, but never twice for one wobble about it.

A price that comes from below and reaches the line, or jumps over it, crosses on its way up; one that stays on the line
or leaves it again on the same side has not crossed on its way down. Having fired one way, an alert fires that way again
only after the price has been ``rearm`` away from the line on the side that it then comes from.
"""

from collections.abc import Iterator
from typing import Self

from monitor.market.alert import Alert, Direction
from monitor.market.bar import BarSeries
from monitor.market.quote import Number

#: How far a price has to leave the line before an alert is ready again, unless told: a thousandth of the price.
_REARM_SHARE = 0.001


class Latch:
    """The rule of one alert, held against one last price after the other."""

    def __init__(
        self,
        line: float,
        direction: Direction = Direction.ANY,
        rearm: float = 0.0,
        before: Number | None = None,
        spent: frozenset[Direction] = frozenset(),
    ) -> None:
        """``before`` is the price that came before the first one to be heard."""
        self.line, self._direction, self._rearm = line, direction, rearm
        self._below, self._above = line - rearm, line + rearm
        self.before = before
        self.spent = set(spent)

    @classmethod
    def of(cls, alert: Alert) -> Self:
        """The rule of an alert as it was left."""
        return cls(alert.price, alert.direction, alert.rearm, alert.seen_price, alert.spent)

    def copy(self) -> "Latch":
        """Another one that has heard the same."""
        return Latch(self.line, self._direction, self._rearm, self.before, frozenset(self.spent))

    def hear(self, price: Number) -> Direction | None:
        """Take the next last price; gives the way on which it crossed the line if that fires the alert."""
        before, self.before = self.before, price
        if self.spent:
            if price <= self._below and price < self.line:
                self.spent.discard(Direction.UP)
            elif price >= self._above and price > self.line:
                self.spent.discard(Direction.DOWN)
        if before is None:
            return None
        if before < self.line <= price:
            way = Direction.UP
        elif before > self.line >= price:
            way = Direction.DOWN
        else:
            return None
        if way in self.spent or self._direction not in (Direction.ANY, way):
            return None
        self.spent.add(way)
        return way


def missed(latch: Latch, minutes: BarSeries) -> list[tuple[int, Direction]]:
    """What a latch that goes through ``minutes`` would have fired: the start of each minute (ms UTC), and the way."""
    found = []
    for start, *prices in zip(minutes["start"].tolist(), *_paths(minutes), strict=True):
        for price in prices:
            way = latch.hear(price)
            if way is not None:
                found.append((start, way))
    return found


def _paths(minutes: BarSeries) -> Iterator[list[float]]:
    """The prices of each bar in the order in which they are taken to have come.

    A bar does not tell whether its high or its low came first: in one that closed higher the low did.
    """
    rose = minutes["close"] >= minutes["open"]
    first, second = minutes["low"].copy(), minutes["high"].copy()
    first[~rose], second[~rose] = minutes["high"][~rose], minutes["low"][~rose]
    for prices in (minutes["open"], first, second, minutes["close"]):
        yield prices.tolist()


def tick_of(price: float) -> float:
    """The smallest step of a price where nothing else is known: a cent from a dollar on, a hundredth of one below."""
    return 0.01 if abs(price) >= 1 else 0.0001


def usual_rearm(price: float) -> float:
    """How far a price has to leave a line at ``price`` before its alert is ready again, unless a person says."""
    tick = tick_of(price)
    return max(tick, round(abs(price) * _REARM_SHARE / tick) * tick)
