"""The live feed: keeps one connection up, asks for everything wanted on each, and comes back when it is lost."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from monitor.analysis.budget import StreamPlaces
from monitor.clock import now_ms, since_boot
from monitor.errors import MonitorError, Refused, SignInNeeded, Transient
from monitor.market.calendar import from_ms
from monitor.market.gap import Cause
from monitor.market.hours import Hours
from monitor.ports import QuoteTimes, StreamListener, StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.auth import TokenSource
from monitor.schwab.connection import Connection, Ended, NoAnswer
from monitor.schwab.coverage import Coverage, StreamTime
from monitor.schwab.delays import Delays
from monitor.schwab.frame_file import FrameRecording
from monitor.schwab.library import MarketClient
from monitor.schwab.lookout import Lookout
from monitor.schwab.services import MOST_SYMBOLS, SERVED
from monitor.schwab.subscriptions import Command, Subscriptions
from monitor.schwab.timing import Timing

_log = logging.getLogger(__name__)

#: Failures of one command that may pass; the second one counts.
_REPEATED = frozenset({9, 21, 22, 23, 24, 25})
#: The stream begins before the market does and ends after it: the last bar comes late.
_MARGINS_MS = (-60_000, 0, 60_000)
#: An outage of so long is told with its begin, and after the longer with its day.
_LONG_MS, _HALF_A_DAY_MS = 60_000, 43_200_000
_TIMING = Timing()
_STREAMING = "Streaming."


class SchwabStream:
    """Implements the port QuoteStream. ``on_refused`` hears all symbols that are wanted but refused, with reasons.

    ``hours`` are those in which the stream is wanted, ``trading`` those in which its silence is a fault, if ``quotes``
    knows of something newer than ``newest(service, symbol)``, the time of the newest that came by the stream.
    ``book_services`` are shares with the one service that answers for their book, as far as earlier runs found it.
    ``clock`` counts the machine's sleep and ``awake`` does not, where the system has such a clock.
    """

    def __init__(
        self,
        client: MarketClient,
        tokens: TokenSource,
        address: Address,
        *,
        on_refused: Callable[[Mapping[str, str]], None] = lambda _symbols: None,
        quotes: QuoteTimes | None = None,
        newest: Callable[[str, str], int | None] = lambda _service, _symbol: None,
        book_services: Mapping[str, str] | None = None,
        hours: Callable[[], Hours] = lambda: Hours.ALWAYS,
        trading: Hours = Hours.ALWAYS,
        timing: Timing = _TIMING,
        clock: Callable[[], float] = since_boot,
        awake: Callable[[], float] = time.monotonic,
        now_ms: Callable[[], int] = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        frames: FrameRecording | None = None,
    ) -> None:
        self._client = client
        self._tokens = tokens
        self._address = address
        self._on_refused = on_refused
        self._hours = hours
        self._timing = timing
        self._clock = clock
        self._now_ms = now_ms
        self._sleep = sleep
        self._frames = frames
        self._wanted = Wanted()
        self._since: dict[str, int] = {}  # since when something of each service is wanted
        self._proved_ms = 0  # until when it is known that nothing was missed
        self._phase = StreamPhase.OFF
        self._subscriptions = Subscriptions(clock, book_services)
        self._told: dict[str, str] = {}  # what on_refused heard last
        self._changed = asyncio.Event()
        self._taken_back = asyncio.Event()
        self._hurried = asyncio.Event()
        self._connection: Connection | None = None
        self._listener: StreamListener | None = None
        self._delays = Delays(timing)
        self._time = StreamTime(clock, now_ms)
        self._coverage = Coverage()
        self._lookout = Lookout(
            self,
            self._subscriptions,
            self._coverage,
            self._time,
            self._delays,
            quotes=quotes,
            newest=newest,
            trading=trading,
            timing=timing,
            clock=clock,
            awake=awake,
        )

    # ------------------------------------------------------------------ what others see and wish

    @property
    def refused(self) -> Mapping[str, str]:
        """Symbols the streamer refused, each with its reason."""
        return self._subscriptions.refused

    @property
    def subscribed(self) -> Mapping[str, int]:
        """How many keys of each service are on the wire."""
        return self._subscriptions.on_wire

    @property
    def places(self) -> StreamPlaces:
        """Which services answer for what, how many symbols they take, and those that are wanted of each now."""
        return StreamPlaces(SERVED, MOST_SYMBOLS, self._subscriptions.wanted_keys())

    @property
    def host(self) -> str:
        """The streamer that is connected to; empty when there is none."""
        return "" if self._connection is None else self._connection.host

    @property
    def round_trip_ms(self) -> float | None:
        """How long the streamer takes to answer, at its slowest of the last minutes; None when there is none."""
        seconds = None if self._connection is None else self._connection.round_trip
        return None if seconds is None else seconds * 1000

    def want(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._subscriptions.want(wanted)
        self._mind_services()
        self._changed.set()

    def take_back(self) -> None:
        """Connect again after another program took the stream: only a person should decide so."""
        self._taken_back.set()

    def restart(self, service: str = "") -> None:
        if service:
            if self._connection is not None and self._coverage.covers(service):
                self._coverage.lose({service: self._time.now()}, Cause.CONNECTION, "It is asked for anew.")
            self.ask_anew(service)
            return
        self._delays.reset()
        self._hurried.set()
        if self._connection is not None:
            self._connection.end(Ended("The connection is made anew, as it was asked for."))

    def miss(self, cause: Cause, sentence: str) -> None:
        """Until ``run`` is called again nothing comes although it is wanted."""
        self._proved_ms = self._time.now()
        self._lose(cause, sentence)

    def end_holes(self) -> None:
        """Nothing is wanted any more: the program ends."""
        self._coverage.end(self._time.now())

    async def run(self, listener: StreamListener) -> None:
        self._listener = listener
        self._coverage.tell = listener.hear_gap
        looking = asyncio.create_task(self._lookout.run(), name="stream watch")
        try:
            await self._run()
        except SignInNeeded as error:
            self._lose(Cause.SIGN_IN, error.sentence)
            self._tell(StreamPhase.SIGN_IN, error.sentence)
            raise
        except asyncio.CancelledError:
            self.end_holes()
            raise
        finally:
            looking.cancel()
            await asyncio.wait({looking})

    # ------------------------------------------------------------------ its life

    async def _run(self) -> None:
        renewed = False
        while True:
            while not self.is_wanted_now():
                await (self._until_open() if self._wanted else self._until_wanted())
            self._tell(StreamPhase.CONNECTING, "Connecting to the stream.")
            try:
                try:
                    await self._live()
                except Ended as cause:
                    renewed = await self._after(cause, renewed)
            except SignInNeeded:
                raise
            except MonitorError as error:
                self._lose(Cause.REFUSED if isinstance(error, Refused) else Cause.CONNECTION, error.sentence)
                await self._wait(error, self._delays.next(unreached=isinstance(error, Transient)))

    async def _after(self, cause: Ended, renewed: bool) -> bool:
        """What the end of a connection asks for; whether it was a new token."""
        self._lose(cause.cause, cause.sentence)
        if cause.is_too_large:
            self._subscriptions.ask_for_less()
        if cause.code == 3:
            if renewed:
                raise SignInNeeded("Schwab's streamer does not accept this sign-in. Please sign in again.")
            await self._tokens.renewed(refused=await self._tokens.access_token())
            return True
        if cause.code == 12:
            self._tell(StreamPhase.TAKEN, cause.sentence)
            self._taken_back.clear()
            await self._taken_back.wait()
        elif self.is_wanted_now():
            await self._wait(cause, self._delays.next())
        return False

    async def _live(self) -> None:
        """One connection from login to its end, which is always an exception."""
        assert self._listener is not None  # noqa: S101  set by run
        await self._tokens.access_token()  # LOGIN takes what is at hand, so it must be fresh
        connection = self._connection = Connection(
            self._client,
            self._address,
            self._listener,
            self._clock,
            self._timing,
            on_open=lambda: self._tell(StreamPhase.LOGIN, "Logging in to the stream."),
            frames=self._frames,
            on_books=self._hear_books,
        )
        self._lookout.attach(connection)
        politely = False
        try:
            await connection.login()
            self._subscriptions.connected()
            self._mind_services()
            self._lookout.begin()
            self._tell(StreamPhase.SUBSCRIBING, "Logged in; subscribing.")
            await self._keep_subscribed(connection)
        except asyncio.CancelledError:
            politely = True
            raise
        finally:
            self._lookout.end()
            self._connection = None
            self._proven(connection)
            await asyncio.shield(connection.close(politely or not self._is_open()))

    async def _keep_subscribed(self, connection: Connection) -> None:
        """Bring the wire to what is wanted, again after each change, until the connection ends."""
        live = False
        while True:
            self._changed.clear()
            while (command := self._subscriptions.next_command()) is not None:
                await self._send(connection, command)
            if not live:
                live = True
                self._tell(StreamPhase.LIVE, _STREAMING)
            if not self._is_open():
                raise Ended("The market is closed.")
            changed = asyncio.ensure_future(self._changed.wait())
            either: set[asyncio.Future[Any]] = {changed, connection.ended}
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()
            if connection.ended.done():
                raise connection.ended.result()

    async def _send(self, connection: Connection, command: Command) -> None:
        try:
            outcome = await connection.command(command)
        except NoAnswer:
            outcome = await connection.command(command)  # once more, then it is a lost connection
        if outcome.code in _REPEATED:
            outcome = await connection.command(command)
        self._subscriptions.settle(command, outcome.code, outcome.msg)
        now = self._time.after(connection.answered_ms)
        settled, refused = self._subscriptions.complete(command.service), self._subscriptions.refused
        if settled:
            self._coverage.answered(command.service, now)
        self._coverage.refuse(command.service, refused, now, settled)
        if refused != self._told:
            self._told = refused
            self._on_refused(refused)

    # ------------------------------------------------------------------ waiting

    async def _until_wanted(self) -> None:
        self._tell(StreamPhase.OFF, "Nothing is watched, so nothing is streamed.")
        while not self._wanted:
            self._changed.clear()
            await self._changed.wait()

    async def _until_open(self) -> None:
        opens = self._hours().next_start(self._time.now()) + min(_MARGINS_MS)
        when = from_ms(opens).strftime("%A, %H:%M")
        self._tell(StreamPhase.CLOSED, f"The market is closed; the stream starts again on {when} New York.", opens)
        while self._wanted and not self._is_open():
            self._hurried.clear()
            await self._hurried.wait()

    async def _wait(self, cause: MonitorError, delay: float) -> None:
        _log.info("stream: %s %s; next try in %.1f s", cause.sentence, cause.detail, delay)
        sentence = f"{cause.sentence}{self._since_when()} Trying again" + (f" in {delay:.0f} s." if delay >= 1 else ".")
        self._tell(StreamPhase.WAITING, sentence, self._now_ms() + round(delay * 1000))
        self._hurried.clear()
        ways = [asyncio.ensure_future(self._sleep(delay)), asyncio.ensure_future(self._hurried.wait())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()

    def _since_when(self) -> str:
        """Since when nothing has come, once that is worth a word."""
        since, now = self._coverage.lost_since_ms, self._time.now()
        if since is None or now - since < _LONG_MS:
            return ""
        form = "%H:%M" if now - since < _HALF_A_DAY_MS else "%A, %H:%M"
        return f" Nothing has come since {from_ms(since).strftime(form)} New York."

    # ------------------------------------------------------------------ what the lookout brings about

    def ask_anew(self, service: str, *symbols: str) -> None:
        """Take these symbols, or the whole service, off the wire and ask for them again."""
        self._subscriptions.ask_anew(service, *symbols)
        self._changed.set()

    def hurry(self) -> None:
        self._hurried.set()

    def mind_hours(self) -> None:
        if self._phase is StreamPhase.CLOSED:
            self._hurried.set()  # whoever waits looks at the hours
        elif self._phase is not StreamPhase.CONNECTING and not self._is_open():
            self._changed.set()  # the connection is left in good order

    def _hear_books(self, service: str, symbols: list[str]) -> None:
        if self._subscriptions.heard_books(service, symbols):
            self._mind_services()
            self._changed.set()  # one of two book services need not be asked any more

    def mind_books(self) -> None:
        if self._subscriptions.doubt_books():
            self._mind_services()
            self._changed.set()

    def tell_quiet(self, quiet: bool) -> None:
        if quiet and self._phase is StreamPhase.LIVE:
            self._tell(StreamPhase.QUIET, "Connected; the market is closed and nothing comes.")
        elif not quiet and self._phase is StreamPhase.QUIET:
            self._tell(StreamPhase.LIVE, _STREAMING)

    def is_wanted_now(self) -> bool:
        """Whether something is wanted, and it is a time at which it is."""
        return bool(self._wanted) and self._is_open()

    def _is_open(self) -> bool:
        hours, now = self._hours(), self._time.now()
        return any(hours.within(now + margin) for margin in _MARGINS_MS)

    # ------------------------------------------------------------------ telling

    def _tell(self, phase: StreamPhase, sentence: str, retry_at_ms: int | None = None) -> None:
        self._phase = phase
        if self._listener is not None:
            self._listener.hear_phase(phase, sentence, retry_at_ms)

    def _proven(self, connection: Connection) -> None:
        """A connection is over: until its newest frame was sent, nothing was missed."""
        sent_ms = connection.sent_ms
        self._proved_ms = sent_ms if self._time.is_now(sent_ms) else self._time.at(connection.last_frame)

    def _lose(self, cause: Cause, sentence: str) -> None:
        """Nothing comes any more. At times at which nothing is wanted, nothing is missed either."""
        if not self.is_wanted_now():
            self._coverage.end(self._time.now())
            return
        since = {
            service: self._proved_ms if self._coverage.covers(service) else wanted_ms
            for service, wanted_ms in self._since.items()
        }
        self._coverage.lose(since, cause, sentence)

    def _mind_services(self) -> None:
        """Note since when something of each service is wanted; what is not wanted is no hole."""
        keys, now = self._subscriptions.wanted_keys(), self._time.now()
        self._since = {service: self._since.get(service, now) for service in keys}
        self._coverage.keep(keys, now)
