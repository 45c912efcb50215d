"""While you were away: after a start or a sleep one notice of what is mended, what is not, and what moved most."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from monitor.clock import now_ms
from monitor.errors import MonitorError
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.events import BarsArrived, GapChanged, HistoryProgress, Level, Notice, StreamChanged
from monitor.market.gap import Cause
from monitor.market.quote import Number
from monitor.ports import SignIn, StreamPhase, Watchlists
from monitor.span import two_units

#: Nobody needs to hear of shorter absences.
LEAST_MS: Final = 15 * 60_000
#: After the stream is back: until quotes have come and repair has begun, and until it is not waited for any more.
SETTLE_SECONDS: Final = 20.0
_LOOKS = 16
_LOOK_SECONDS = 10.0
_MOVERS = 3


class WhileAway:
    """Listens from the start; ``last_seen_ms`` is when the program before this one recorded last, 0 for never."""

    def __init__(
        self,
        bus: Bus,
        board: Board,
        watchlists: Watchlists,
        sign_in: SignIn,
        last_seen_ms: int,
        now_ms: Callable[[], int] = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bus = bus
        self._board = board
        self._watchlists = watchlists
        self._sign_in = sign_in
        self._now_ms = now_ms
        self._sleep = sleep
        self._since_ms = last_seen_ms
        self._back_ms = 0
        self._back = asyncio.Event()
        self._fetched: dict[str, int] = {}  # bars of the time away, by symbol
        self._failed: set[str] = set()
        self._under_way: set[str] = set()

    async def run(self) -> None:
        """Tell of each absence until cancelled."""
        stops = (
            self._bus.listen(StreamChanged, self._hear_stream),
            self._bus.listen(GapChanged, self._hear_gap),
            self._bus.listen(BarsArrived, self._hear_bars),
            self._bus.listen(HistoryProgress, self._hear_progress),
        )
        try:
            while True:
                await self._back.wait()
                await self._sleep(SETTLE_SECONDS)
                for _ in range(_LOOKS):
                    if not self._under_way:
                        break
                    await self._sleep(_LOOK_SECONDS)
                await self._tell()
                self._since_ms = 0
                self._back.clear()
        finally:
            for stop in stops:
                stop()

    # ---------------------------------------------------------------------------------------- what is heard

    def _hear_stream(self, change: StreamChanged) -> None:
        if change.phase is not StreamPhase.LIVE or self._back.is_set() or not self._since_ms:
            return
        self._back_ms = self._now_ms()
        if self._back_ms - self._since_ms >= LEAST_MS:
            self._back.set()
        else:
            self._since_ms = 0

    def _hear_gap(self, change: GapChanged) -> None:
        gap = change.gap
        if gap.cause is Cause.SLEEP and gap.to_ms is None and not self._since_ms:
            self._since_ms, self._back_ms = gap.from_ms, 0
            self._fetched.clear()
            self._failed.clear()

    def _hear_bars(self, event: BarsArrived) -> None:
        if self._since_ms and event.interval.intraday:
            until = self._back_ms or self._now_ms()
            count = sum(self._since_ms <= bar.start + event.interval.milliseconds <= until for bar in event.bars)
            self._fetched[event.symbol] = self._fetched.get(event.symbol, 0) + count

    def _hear_progress(self, event: HistoryProgress) -> None:
        if not event.finished:
            self._under_way.add(event.symbol)
            return
        self._under_way.discard(event.symbol)
        if event.failed:
            self._failed.add(event.symbol)
        else:
            self._failed.discard(event.symbol)

    # ---------------------------------------------------------------------------------------- what is told

    async def _tell(self) -> None:
        try:
            symbols = {symbol for each in (await self._watchlists.all()).values() for symbol in each}
        except MonitorError:
            symbols = set()  # of which the store tells by itself
        sentences = [
            f"While you were away ({two_units(self._back_ms - self._since_ms)}): {self._mended()}",
            self._left(),
            movers((symbol, _moved(self._board, symbol)) for symbol in symbols),
            self._signed_in(),
        ]
        self._bus.publish(Notice(Level.INFO, " ".join(filter(None, sentences)), stays=True))

    def _mended(self) -> str:
        bars = sum(self._fetched.values())
        if not bars:
            return "no minutes were missing."
        symbols = sum(count > 0 for count in self._fetched.values())
        of = "one symbol" if symbols == 1 else f"{symbols} symbols"
        were = "1 minute of one symbol was" if bars == 1 else f"{bars:,} minutes of {of} were"
        return f"{were} fetched; quotes and books of that time are not to be had."

    def _left(self) -> str:
        if self._under_way:
            return "More is on its way."
        if not self._failed:
            return ""
        return f"The history of {', '.join(sorted(self._failed)[:_MOVERS])} could not be fetched and is tried again."

    def _signed_in(self) -> str:
        expires = self._sign_in.expires_ms
        if not self._sign_in.signed_in or expires is None:
            return "The sign-in is over."
        return f"The sign-in is good for {two_units(expires - self._now_ms())}."


def movers(moved: Iterable[tuple[str, Number | None]]) -> str:
    """The largest changes in percent, either way; nothing where none is known."""
    known = sorted(((symbol, percent) for symbol, percent in moved if percent), key=lambda each: -abs(each[1]))
    if not known:
        return ""
    return f"Moved most: {', '.join(f'{symbol} {percent:+.1f} %' for symbol, percent in known[:_MOVERS])}."


def _moved(board: Board, symbol: str) -> Number | None:
    quote = board.quote(symbol)
    if quote is None:
        return None
    if quote.net_percent_change is not None:
        return quote.net_percent_change
    return (quote.last / quote.close - 1) * 100 if quote.last and quote.close else None
