"""Price alerts at work: each last price is held against them, what fires is told and kept, and so is what was missed.

Nothing is lost on disk that matters: each alert is kept with the last price it was held against. What crossed its line
while nobody listened is found in the minute bars of that time, once they are here. Without a window it is the same, and
the next window shows what fired.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from msgspec.structs import replace

from monitor.analysis.alert_rules import Latch
from monitor.analysis.doubt import doubts
from monitor.clock import now_ms
from monitor.errors import MonitorError
from monitor.live.alert_words import told, told_missed
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.events import AlertFired, AlertsChanged, BarsArrived, GapChanged, Level, Notice
from monitor.live.looking_back import Absence, LookingBack
from monitor.market.alert import Alert, Direction, Firing
from monitor.market.bar import Interval
from monitor.market.calendar import Trading, sessions
from monitor.market.gap import Gap
from monitor.market.quote import Number, Quote
from monitor.ports import Alerts, Archive, Wanted, Watching

_log = logging.getLogger(__name__)
_OWNER = "alerts"
#: How often it is kept what the alerts were held against last: so much is looked through again after a kill.
_KEEP_SECONDS = 60.0
#: How soon it is tried again to keep what could not be kept.
_RETRY_SECONDS = 3.0
#: Bars of a time away that come later than this are not looked through any more.
_LATE_MS = 3_600_000
CLOSED, AWAY, UNSEEN = "while the program was closed", "while the stream was away", "while no window was open"


@dataclass(slots=True)
class _Listening:
    """The active alerts of one symbol, the last price heard of it (ms UTC), and when nobody listened."""

    stop: Callable[[], None]
    latches: dict[str, Latch] = field(default_factory=dict)
    heard_ms: int = 0
    absences: list[Absence] = field(default_factory=list)


class Alerting:
    """Holds all alerts of a profile; ``run`` reads them, and keeps what happens to them until it is cancelled."""

    def __init__(
        self,
        port: Alerts,
        archive: Archive,
        board: Board,
        watching: Watching,
        bus: Bus,
        now_ms: Callable[[], int] = now_ms,
        trading: Trading = sessions,
        refill: Callable[[str, int], None] = lambda _symbol, _since_ms: None,
        *,
        shows: bool = True,
    ) -> None:
        """``refill(symbol, since_ms)`` has minute bars fetched that are missing. What fires is on a screen if it
        ``shows``; otherwise the next one that does tells it again."""
        self._port = port
        self._board = board
        self._watching = watching
        self._bus = bus
        self._now_ms = now_ms
        self._back = LookingBack(archive, trading, now_ms, refill)
        self._shows = shows
        self._read = False
        self._alerts: dict[str, Alert] = {}
        self._listening: dict[str, _Listening] = {}
        self._changed: set[str] = set()
        self._in_hand: set[str] = set()  # changed, and on their way to the disk
        self._moved: set[str] = set()  # only held against other prices since
        self._refused = False
        self._firings: list[Firing] = []
        self._due = asyncio.Event()
        self._looks: set[asyncio.Task[None]] = set()

    # ---------------------------------------------------------------------------------------- what a person does

    def of(self, symbol: str) -> tuple[Alert, ...]:
        """Those of a symbol, the oldest first."""
        found = (alert for alert in self._alerts.values() if alert.symbol == symbol)
        return tuple(sorted(found, key=lambda alert: (alert.created_ms, alert.id)))

    async def told(self, symbol: str) -> list[Firing]:
        """What alerts of a symbol have told, oldest first. Raises StoreUnavailable."""
        kept = await self._port.firings(symbol)
        return [*kept, *(each for each in self._firings if each.symbol == symbol and each not in kept)]

    def put(self, alert: Alert) -> None:
        """Take a new or changed alert. One with another rule begins anew, at the last price there is."""
        before = self._alerts.get(alert.id)
        if before is not None and _rule(before) == _rule(alert):
            kept = self._as_it_stands(before)
            alert = replace(alert, seen_ms=kept.seen_ms, seen_price=kept.seen_price, spent=kept.spent)
        else:
            quote = self._board.quote(alert.symbol)
            price = _price_of(quote) if quote is not None else None
            now = self._now_ms()
            alert = replace(
                alert, seen_ms=now, seen_price=alert.seen_price if price is None else price, spent=frozenset()
            )
            self._stop_listening(alert.id)
        self._set(alert)
        self._listen()

    def remove(self, alert: Alert) -> None:
        """Forget an alert, not what it has told."""
        self._stop_listening(alert.id)
        if self._alerts.pop(alert.id, None) is not None:
            self._note(alert.id, alert.symbol)
            self._listen()

    def waits_for_disk(self, alert: Alert) -> bool:
        """Whether the disk refused what became of an alert last; it is there and fires all the same."""
        return self._refused and alert.id in self._changed | self._in_hand

    # ---------------------------------------------------------------------------------------- the life of it

    async def run(self) -> None:
        """Read the alerts, listen and keep what changes, until cancelled. Raises StoreUnavailable."""
        stops = (self._bus.listen(GapChanged, self._hear_gap), self._bus.listen(BarsArrived, self._hear_bars))
        try:
            if not self._read:
                await self._read_all()
            self._listen()
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_RETRY_SECONDS if self._refused else _KEEP_SECONDS):
                        await self._due.wait()
                await self._keep()
        finally:
            for stop in stops:
                stop()
            for task in self._looks:
                task.cancel()
            for listening in self._listening.values():
                listening.stop()  # what fires from now on would not be kept: the next start finds it
            if self._read:
                await self._keep()
            self._listening.clear()
            if self._refused:
                _log.error("what became of %d alerts could not be kept", len(self._in_hand))

    async def _read_all(self) -> None:
        alerts, unshown = await self._port.all(), await self._port.unshown() if self._shows else []
        for alert in alerts:
            self._alerts.setdefault(alert.id, alert)  # what was done meanwhile stands
        self._read = True
        missed = [alert for alert in self._alerts.values() if alert.active and alert.id not in self._changed]
        self._listen()
        for symbol in {alert.symbol for alert in missed if alert.seen_price is not None}:
            since = [alert for alert in missed if alert.symbol == symbol and alert.seen_price is not None]
            listening = self._listening[symbol]
            for alert in since:
                listening.latches[alert.id].before = None  # until it is known what was missed
            absence = Absence(CLOSED, {each.id: (Latch.of(each), each.seen_ms or 0) for each in since}, True)
            listening.absences.append(absence)
            self._look(symbol, absence)
        for symbol in {alert.symbol for alert in self._alerts.values()}:
            self._bus.publish(AlertsChanged(symbol))
        if unshown:
            await self._show(unshown)

    async def _show(self, firings: Iterable[Firing]) -> None:
        """Tell what fired while no window was open, a sentence an alert."""
        by_alert: dict[str, list[Firing]] = {}
        for firing in firings:
            by_alert.setdefault(firing.alert, []).append(firing)
        for fired in by_alert.values():
            self._bus.publish(Notice(Level.INFO, told_missed(fired, UNSEEN, self._now_ms()), stays=True))
        try:
            await self._port.note_shown()
        except MonitorError as error:
            _log.warning("the next start tells once more which alerts fired: %s %s", error.sentence, error.detail)

    async def _keep(self) -> None:
        """Have the port keep what has changed; what it cannot is told once, and tried again until it can."""
        self._due.clear()
        self._take_stock()
        self._in_hand |= self._changed
        self._changed.clear()
        moved, firings = set(self._moved), tuple(self._firings)
        if not self._in_hand and not moved and not firings:
            return
        kept, removed = [], []
        for number in sorted(self._in_hand | moved):
            if number in self._alerts:
                kept.append(self._as_it_stands(self._alerts[number]))
            else:
                removed.append(number)
        try:
            await self._port.keep(kept, removed, firings, shown=self._shows)
        except MonitorError as error:
            self._tell_refused(error)
            return
        self._in_hand.clear()
        self._moved -= moved
        self._firings = self._firings[len(firings) :]
        if self._refused:
            self._refused = False
            self._bus.publish(Notice(Level.INFO, "What became of alerts meanwhile is on disk now.", stays=True))

    def _tell_refused(self, error: MonitorError) -> None:
        """Say once that alerts wait for the disk; that only the prices they saw do matters to nobody."""
        if self._refused or not self._in_hand:
            return
        self._refused = True
        what = "They go on; what became of them waits and is kept as soon as that is possible."
        self._bus.publish(Notice(Level.ERROR, f"The alerts could not be kept. {error.sentence} {what}", error.detail))

    def _take_stock(self) -> None:
        """Note those that were held against another price since they were kept."""
        for listening in self._listening.values():
            for number in listening.latches:
                stands = self._as_it_stands(self._alerts[number])
                if stands != self._alerts[number]:
                    self._alerts[number] = stands
                    self._moved.add(number)

    def _as_it_stands(self, alert: Alert) -> Alert:
        """The alert with what it was held against last. As long as something of a time away is to come, with what it
        was held against before that."""
        listening = self._listening.get(alert.symbol)
        latch = listening.latches.get(alert.id) if listening else None
        if listening is None or latch is None or latch.before is None or not listening.heard_ms:
            return alert
        if any(alert.id in absence.held and not absence.told for absence in listening.absences):
            return alert
        return replace(alert, seen_ms=listening.heard_ms, seen_price=latch.before, spent=frozenset(latch.spent))

    def _set(self, alert: Alert) -> None:
        self._alerts[alert.id] = alert
        self._note(alert.id, alert.symbol)

    def _note(self, number: str, symbol: str) -> None:
        self._changed.add(number)
        self._due.set()
        self._bus.publish(AlertsChanged(symbol))

    # ---------------------------------------------------------------------------------------- listening

    def _listen(self) -> None:
        """Hear the last price of each symbol that has an active alert, and want it from the stream."""
        active: dict[str, list[Alert]] = {}
        for alert in self._alerts.values():
            if alert.active:
                active.setdefault(alert.symbol, []).append(alert)
        for symbol in self._listening.keys() - active.keys():
            self._listening.pop(symbol).stop()
        for symbol, alerts in active.items():
            listening = self._listening.get(symbol)
            if listening is None:
                stop = self._board.hear_last(symbol, partial(self._hear, symbol))
                listening = self._listening[symbol] = _Listening(stop)
            for alert in alerts:
                listening.latches.setdefault(alert.id, Latch.of(alert))
        symbols = frozenset(active)
        self._watching.want(_OWNER, Wanted(quotes=symbols, bars=symbols))

    def _stop_listening(self, number: str) -> None:
        for listening in self._listening.values():
            listening.latches.pop(number, None)
            for absence in listening.absences:
                absence.held.pop(number, None)

    def _hear(self, symbol: str, state: Quote) -> None:
        price, listening = _price_of(state), self._listening[symbol]
        if price is None:
            return
        now = listening.heard_ms = self._now_ms()
        for absence in listening.absences:
            absence.hear(price, now)
        for number, latch in list(listening.latches.items()):
            way = latch.hear(price)
            alert = self._alerts.get(number)  # none where who heard of the one before has removed it
            if way is not None and alert is not None:
                self._fire(alert, [self._firing(alert, way, now, price)], told)

    def _firing(self, alert: Alert, way: Direction, at_ms: int, price: Number, missed: bool = False) -> Firing:
        return Firing(alert.id, alert.symbol, at_ms, way, alert.price, price, missed, alert.note)

    def _fire(self, alert: Alert, firings: list[Firing], sentence: Callable[[list[Firing]], str]) -> None:
        """Tell it once, and remember all of it; an alert that does not fire again is done."""
        last = firings[-1]
        self._firings += firings
        if not alert.again:
            self._stop_listening(alert.id)
        self._set(replace(self._as_it_stands(alert), active=alert.again, fired_ms=last.at_ms))
        self._listen()
        for firing in firings:
            self._bus.publish(AlertFired(firing))
        self._bus.publish(Notice(Level.INFO, sentence(firings), stays=True))

    # ---------------------------------------------------------------------------------------- what was missed

    def _hear_gap(self, change: GapChanged) -> None:
        """The stream is away, or back: what it left out is to be found in bars."""
        gap = change.gap
        for symbol in [each for each in self._listening if self._concerns(gap, each)]:
            listening = self._listening[symbol]
            if gap.to_ms is None:
                latches = {n: latch for n, latch in listening.latches.items() if latch.before is not None}
                held = {n: (Latch.of(self._as_held(n, latch)), gap.from_ms) for n, latch in latches.items()}
                listening.absences.append(Absence(AWAY, held, False))
                continue
            for absence in listening.absences:
                if absence.looking is None:
                    self._look(symbol, absence)

    def _as_held(self, number: str, latch: Latch) -> Alert:
        return replace(self._alerts[number], seen_price=latch.before, spent=frozenset(latch.spent))

    def _concerns(self, gap: Gap, symbol: str) -> bool:
        if not gap.service.startswith("LEVELONE_") or gap.symbol not in ("", symbol):
            return False
        quote = self._board.quote(symbol)
        return quote is None or quote.service == gap.service

    def _look(self, symbol: str, absence: Absence) -> None:
        absence.looking = asyncio.get_running_loop().create_task(self._look_back(symbol, absence), name="alerts")
        self._looks.add(absence.looking)
        absence.looking.add_done_callback(self._looks.discard)

    async def _look_back(self, symbol: str, absence: Absence) -> None:
        """Look through the bars of an absence when they are here, and once more whenever others have come."""
        try:
            since = self._now_ms()
            while absence.held and self._now_ms() - since < _LATE_MS:
                found, whole = await self._back.look(symbol, absence)
                for number, crossings in found.items():
                    self._tell_missed(number, absence, crossings)
                self._go_on(symbol, absence)
                if whole:
                    break
        except MonitorError as error:
            self._go_on(symbol, absence)
            sentence = f"Whether alerts of {symbol} were missed could not be found out. {error.sentence}"
            self._bus.publish(Notice(Level.ERROR, sentence, error.detail))
        listening = self._listening.get(symbol)
        if listening is not None and absence in listening.absences:
            listening.absences.remove(absence)

    def _tell_missed(self, number: str, absence: Absence, crossings: Iterable[tuple[int, Direction, Number]]) -> None:
        """Tell what an alert would have told, unless it has told something since."""
        alert = self._alerts.get(number)
        since = absence.since(number)
        if alert is None or not alert.active or (alert.fired_ms or 0) > since:
            return
        firings = [self._firing(alert, way, at_ms, price, missed=True) for at_ms, way, price in crossings]
        if not alert.again:
            firings = firings[:1]
        if firings:
            self._fire(alert, firings, partial(told_missed, why=absence.why, now_ms=self._now_ms()))

    def _go_on(self, symbol: str, absence: Absence) -> None:
        """What was missed is told: prices that were heard since are held against the alerts as they are after it."""
        first, absence.told = not absence.told, True
        listening = self._listening.get(symbol)
        if listening is None or not first or not absence.defers:
            return
        for number, latch in absence.after.items():
            live = listening.latches.get(number)
            if live is not None:
                live.spent |= latch.spent
                live.before = latch.before if live.before is None else live.before

    def _hear_bars(self, event: BarsArrived) -> None:
        if event.interval is Interval.M1 and event.symbol in self._listening:
            for absence in self._listening[event.symbol].absences:
                absence.more.set()


def _rule(alert: Alert) -> tuple[object, ...]:
    """What makes another alert of it; words do not."""
    return alert.price, alert.direction, alert.again, alert.rearm, alert.active


def _price_of(quote: Quote) -> Number | None:
    """The last price, where it is one to believe."""
    return None if not quote.last or "last" in doubts(quote) else quote.last
