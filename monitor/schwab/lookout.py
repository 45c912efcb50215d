"""One look a second at the stream's clocks, its deadlines and what came: is it dead, asleep, or only quiet?"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from monitor.errors import MonitorError
from monitor.market.gap import Cause
from monitor.market.hours import Hours
from monitor.ports import QuoteTimes, asking
from monitor.schwab.connection import Connection, Ended
from monitor.schwab.coverage import Coverage, StreamTime
from monitor.schwab.delays import Delays
from monitor.schwab.subscriptions import Subscriptions
from monitor.schwab.timing import Timing
from monitor.schwab.watch import Silent, Watch

_log = logging.getLogger(__name__)

#: Seconds until a question about silence is given up; what it would prove is old by then.
_PATIENCE = 30.0


class Watched(Protocol):
    """What the lookout may do about what it sees."""

    def ask_anew(self, service: str, *symbols: str) -> None: ...

    def hurry(self) -> None:
        """Whatever is waited for: look again now."""

    def tell_quiet(self, quiet: bool) -> None: ...

    def mind_hours(self) -> None:
        """Begin or end when the hours do."""

    def mind_books(self) -> None:
        """Ask both book services where the one that was remembered is silent."""


class Lookout:
    """Watches the connection between ``attach`` and ``end``, and the clocks all the time."""

    def __init__(
        self,
        stream: Watched,
        subscriptions: Subscriptions,
        coverage: Coverage,
        stream_time: StreamTime,
        delays: Delays,
        *,
        quotes: QuoteTimes | None,
        newest: Callable[[str, str], int | None],
        trading: Hours,
        timing: Timing,
        clock: Callable[[], float],
        awake: Callable[[], float],
    ) -> None:
        self._stream = stream
        self._subscriptions = subscriptions
        self._coverage = coverage
        self._time = stream_time
        self._delays = delays
        self._quotes = quotes
        self._trading = trading
        self._timing = timing
        self._clock = clock
        self._awake = awake
        self._watch = Watch(newest, timing)
        self._connection: Connection | None = None
        self._is_logged_in = False
        self._looked, self._was_awake = clock(), awake()
        self._began = self._last_data = 0.0
        self._data_since: float | None = None
        self._steps: dict[str, int] = {}  # how often something was done about a silent service
        self._probe: asyncio.Task[None] | None = None
        self._next_probe = 0.0

    async def run(self) -> None:
        """Look once a second until cancelled."""
        self._looked, self._was_awake = self._clock(), self._awake()
        try:
            while True:
                await asyncio.sleep(self._timing.look)
                try:
                    self.look()
                except Exception:  # noqa: BLE001  without these looks nobody would notice that the stream is dead
                    _log.exception("a look at the stream failed")
        finally:
            self._stop_asking()

    def attach(self, connection: Connection) -> None:
        """``connection`` is being made."""
        self._connection, self._is_logged_in = connection, False

    def begin(self) -> None:
        """The connection is logged in: from now on data is owed."""
        self._is_logged_in = True
        self._began = self._last_data = self._clock()
        self._data_since = None
        self._time.begin()
        self._watch.begin(self._subscriptions.wanted_keys(), self._began)

    def end(self) -> None:
        """The connection is over."""
        self._connection = None
        self._stop_asking()

    def look(self) -> None:
        """What a second brought."""
        now, awake = self._clock(), self._awake()
        passed, slept = now - self._looked, (now - self._looked) - (awake - self._was_awake)
        self._looked, self._was_awake = now, awake
        if slept > self._timing.sleep or passed > self._timing.surely_slept:
            self._wake_up(max(slept, passed))
            return
        if passed > self._timing.stall:
            return  # a stall of our own: what has arrived meanwhile is read first
        self._stream.mind_hours()
        if self._connection is not None:
            self._look_at(self._connection, now)

    def _look_at(self, connection: Connection, now: float) -> None:
        if connection.sent_ms:
            self._time.take(connection.sent_ms, connection.last_frame)
        is_open = self._trading.within(self._time.now())
        connection.check_deadlines(now, self._timing.silence if is_open else self._timing.quiet_silence)
        if self._is_logged_in:
            self._hear(connection.take_heard(), now, is_open, self._time.after(connection.answered_ms))
            if connection.is_paused:  # silence proves nothing: it is we who do not listen
                self._watch.begin(self._subscriptions.wanted_keys(), now)
            else:
                self._watch_data(connection, now, is_open)
            self._stream.mind_books()

    def _wake_up(self, seconds: float) -> None:
        """Whatever was connected before is dead, and nothing that was waited for matters any more."""
        _log.info("this machine slept for %.0f s", seconds)
        self._delays.reset()
        self._stream.hurry()
        if self._connection is not None:
            self._connection.end(Ended("This machine was asleep.", cause=Cause.SLEEP))

    def _hear(self, heard: dict[str, int], now: float, is_open: bool, now_ms: int) -> None:
        self._watch.hear(heard, now, is_open)
        for service in heard:
            self._steps.pop(service, None)
            if self._subscriptions.complete(service):  # else it will be silent again while it is asked for anew
                self._coverage.heard(service, now_ms)
        if heard:
            self._last_data = now
            if self._data_since is None:
                self._data_since = now
        healthy = self._data_since is not None and self._last_data - self._data_since >= self._timing.healthy
        if healthy or now - self._began >= self._timing.steady:
            self._delays.reset()
        self._stream.tell_quiet(not is_open and now - self._last_data > self._timing.quiet)

    # ------------------------------------------------------------------ data that does not come

    def _watch_data(self, connection: Connection, now: float, is_open: bool) -> None:
        for service, symbol in self._watch.recovered(self._subscriptions.complete):
            self._coverage.heard(service, self._time.after(connection.answered_ms), symbol)
        for silent in self._watch.silent(now):
            self._do_about(silent, connection, now)
        if is_open and self._quotes is not None and self._probe is None and now >= self._next_probe:
            wanted = self._subscriptions.wanted_keys()
            if symbols := self._watch.doubtful(wanted, now, self._time.now()):
                self._next_probe = now + self._timing.probes_apart
                self._probe = asyncio.create_task(self._ask(self._quotes, symbols), name="newest quotes")

    async def _ask(self, quotes: QuoteTimes, symbols: list[str]) -> None:
        try:
            with asking(purpose="quotes to check the stream", patience=_PATIENCE):
                times = await quotes.quote_times(symbols)
            self._watch.answered(times, self._subscriptions.wanted_keys(), self._clock(), self._time.now())
        except MonitorError as error:  # without proof nobody cries
            _log.info("the newest quotes could not be asked for: %s %s", error.sentence, error.detail)
        except Exception:  # noqa: BLE001  nor does a question that fails harm the stream
            _log.exception("the newest quotes could not be asked for")
        finally:
            self._probe = None

    def _do_about(self, silent: Silent, connection: Connection, now: float) -> None:
        """A symbol is asked for anew; so is a service, and if that does not help the connection is made anew, once."""
        _log.warning("%s %s: %s", silent.service, silent.symbol, silent.sentence)
        since = self._time.now() if silent.since_ms is None else silent.since_ms
        self._coverage.lose(
            {silent.service: since}, Cause.SILENCE, silent.sentence, symbol=silent.symbol, until_heard=True
        )
        if silent.symbol:
            self._stream.ask_anew(silent.service, silent.symbol)
            return
        step = self._steps[silent.service] = self._steps.get(silent.service, 0) + 1
        if step == 2:
            connection.end(Ended(silent.sentence, cause=Cause.SILENCE))
        else:
            self._stream.ask_anew(silent.service)
        self._watch.begin((silent.service,), now)

    def _stop_asking(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None
