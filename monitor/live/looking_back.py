"""What crossed the lines of alerts while nobody listened, found in the minute bars of that time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from monitor.analysis.alert_rules import Latch, missed
from monitor.analysis.coverage import trading_of, trim
from monitor.analysis.ranges import missing
from monitor.market.alert import Direction
from monitor.market.bar import BarSeries, Interval
from monitor.market.calendar import Trading
from monitor.market.quote import Number
from monitor.ports import Archive

_MINUTE_MS = 60_000
#: The newest minutes are not counted as answered yet; nobody waits for those.
_UNSETTLED_MS = 3 * _MINUTE_MS
#: So long is waited for the bars of the time away; what comes later is looked through too.
PATIENCE_SECONDS = 60.0
#: Bars come in parts, and are told of a moment before they are on disk.
_GATHER_SECONDS = 1.0
#: More minutes than these are gone through on another thread.
_MANY = 5_000

Crossing = tuple[int, Direction, Number]


@dataclass(slots=True, eq=False)
class Absence:
    """A time in which nobody listened to a symbol, for reasons that ``why`` tells.

    ``held`` are its alerts by id: the latch as it was before, and since when (ms UTC). Where it ``defers``, prices
    heard since are not held against the alerts before all is ``told``; ``after`` are then the latches to go on from,
    and ``first`` is the first price since, at ``back_ms``.
    """

    why: str
    held: dict[str, tuple[Latch, int]]
    defers: bool
    first: Number | None = None
    back_ms: int | None = None
    asked: bool = False  # for its bars
    told: bool = False
    after: dict[str, Latch] = field(default_factory=dict)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    looking: "asyncio.Task[None] | None" = None

    def hear(self, price: Number, at_ms: int) -> None:
        """A last price came; the first of them ends the absence."""
        if self.back_ms is None:
            self.first, self.back_ms = price, at_ms

    def since(self, number: str) -> int:
        """From when on an alert was not held against anything, ms UTC."""
        return self.held[number][1] if number in self.held else 0


class LookingBack:
    """Waits for the bars of an absence and goes through them."""

    def __init__(
        self, archive: Archive, trading: Trading, now_ms: Callable[[], int], refill: Callable[[str, int], None]
    ) -> None:
        """``refill(symbol, since_ms)`` has the minute bars fetched that are missing since then."""
        self._archive = archive
        self._trading = trading
        self._now_ms = now_ms
        self._refill = refill

    async def look(self, symbol: str, absence: Absence) -> tuple[dict[str, list[Crossing]], bool]:
        """What each alert would have told, in order, and whether all bars of the time were there.

        Returns when they are, when it has waited long enough for the first time, and afterwards whenever bars have
        come. Raises StoreUnavailable.
        """
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        if absence.told:
            await absence.more.wait()
            await asyncio.sleep(_GATHER_SECONDS)
        while True:
            absence.more.clear()
            first_ms, back_ms = self._span(absence)
            bars = await self._archive.bars(symbol, Interval.M1, first_ms, back_ms)
            whole = self._is_whole(symbol, bars, await self._archive.coverage(symbol, Interval.M1), first_ms, back_ms)
            if not whole and absence.defers and not absence.asked:  # holes of a stream are filled by who streams
                absence.asked = True
                self._refill(symbol, first_ms)
            left = until - asyncio.get_running_loop().time()
            if whole or absence.told or left <= 0:
                return await self._found(absence, bars), whole
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await absence.more.wait()
                await asyncio.sleep(_GATHER_SECONDS)

    def _span(self, absence: Absence) -> tuple[int, int]:
        """The whole minutes of an absence: of the one in which it began only a part was missed."""
        since = min((since for _, since in absence.held.values()), default=0)
        end = self._now_ms() if absence.back_ms is None else absence.back_ms
        return _minute_after(since), end // _MINUTE_MS * _MINUTE_MS

    def _is_whole(
        self, symbol: str, bars: BarSeries, covered: list[tuple[int, int]], first_ms: int, back_ms: int
    ) -> bool:
        """Whether there is a bar or an answer for every minute in which the market was open."""
        have = [*covered, *((start, start + _MINUTE_MS) for start in bars["start"].tolist())]
        trading = trading_of(symbol, self._trading)
        last_ms = min(back_ms, self._now_ms() - _UNSETTLED_MS)
        return not any(trim(hole, Interval.M1, trading) for hole in missing(have, first_ms, last_ms))

    async def _found(self, absence: Absence, bars: BarSeries) -> dict[str, list[Crossing]]:
        if len(bars) > _MANY:
            return await asyncio.to_thread(_go_through, absence, bars)
        return _go_through(absence, bars)


def _go_through(absence: Absence, bars: BarSeries) -> dict[str, list[Crossing]]:
    found: dict[str, list[Crossing]] = {}
    first, back_ms = absence.first, absence.back_ms
    for number, (latch, since) in list(absence.held.items()):
        after = latch.copy()
        own = bars[np.searchsorted(bars["start"], _minute_after(since)) :]
        crossings: list[Crossing] = [(start, way, after.line) for start, way in missed(after, own)]
        if absence.defers and first is not None and back_ms is not None:
            way = after.hear(first)
            crossings += [(back_ms, way, first)] if way is not None else []
        absence.after[number] = after
        found[number] = crossings
    return found


def _minute_after(ms: int) -> int:
    return -(-ms // _MINUTE_MS) * _MINUTE_MS
