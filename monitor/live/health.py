"""How the stream is doing, gathered from the parts that know it whenever somebody looks."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from monitor.clock import now_ms
from monitor.live.bus import Bus
from monitor.live.events import Notice, StreamChanged
from monitor.live.health_report import Happening, report
from monitor.live.pace import Pace, Paces, is_late
from monitor.live.process import ProcessMeter
from monitor.market.gap import Cause, Gap
from monitor.ports import ConnectionHealth, ProcessHealth, ServiceHealth, StoreMeter, StreamPhase

#: A service that was asked for and has sent nothing is worth a word after so long, if the market may be open.
_FIRST_MS = 20_000
#: Who sent something so recently tells how late things are; a minute's bar would tell of a minute ago.
_SENDING_SECONDS = 5
#: Nothing arrives before it was sent: a clock that says so is behind. The other way it may be a slow line, as far as
#: its round trip explains it (of a moment ago: what waits to be sent may grow quickly), and so much more; or up to
#: here as long as nobody knows the line.
_BEHIND_MS = -50
_ROUND_TRIPS = 3
_AHEAD_MS = 250
_AHEAD_UNKNOWN_MS = 1_000
_MOST_HAPPENINGS = 30
_CONNECTED = frozenset({StreamPhase.SUBSCRIBING, StreamPhase.LIVE})
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the figures come from; each is asked only while somebody looks."""

    subscribed: Callable[[], Mapping[str, int]]  # keys on the wire by service
    host: Callable[[], str]
    round_trip_ms: Callable[[], float | None]  # there and back on the line to the streamer, at its slowest
    reconnects: Callable[[], int]
    rejected: Callable[[], Mapping[str, int]]  # by kind
    refused: Callable[[], Mapping[str, str]]
    store: Callable[[], StoreMeter]
    restart: Callable[[str], None]
    redact: Callable[[str], str]


class StreamHealth:
    """Implements Health; listens to the bus for the phases and notices that a report tells of."""

    def __init__(
        self,
        bus: Bus,
        paces: Paces,
        sources: Sources,
        world: str,
        monotonic: Callable[[], float] = time.monotonic,
        wall_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._paces = paces
        self._sources = sources
        self._world = world
        self._monotonic, self._wall_ms = monotonic, wall_ms
        self._stream = StreamChanged(StreamPhase.OFF, "")
        self._since_ms = wall_ms()
        self._process = ProcessMeter(monotonic)
        self._phases: deque[Happening] = deque(maxlen=_MOST_HAPPENINGS)
        self._notices: deque[Happening] = deque(maxlen=_MOST_HAPPENINGS)
        self._stops = (bus.listen(StreamChanged, self._hear_stream), bus.listen(Notice, self._hear_notice))

    def close(self) -> None:
        """Stop listening."""
        for stop in self._stops:
            stop()

    # ------------------------------------------------------------------------------------------ what is asked for

    def services(self) -> list[ServiceHealth]:
        """Every service that is subscribed or has sent something, in the order of their names."""
        subscribed = self._sources.subscribed()
        paces = self._paces.services
        gaps = self._paces.gaps()
        return [
            self._service(
                name,
                subscribed.get(name, 0),
                paces.get(name, _NEVER),
                [gap for gap in gaps if gap.service == name],
                self._paces.rejected[name],
            )
            for name in sorted(subscribed.keys() | paces.keys())
        ]

    def connection(self) -> ConnectionHealth:
        sources, stream = self._sources, self._stream
        offset = self._offset()
        return ConnectionHealth(
            stream.phase,
            stream.sentence,
            self._since_ms,
            sources.reconnects(),
            sources.host(),
            None if offset is None else round(offset),
            dict(sources.rejected()),
        )

    def lag_ms(self) -> float | None:
        """How late everything is: the least lag of the services that sent something just now.

        None when none did, or nothing tells yet whether it is the clock that is wrong.
        """
        now = self._monotonic()
        if self._paces.offset_ms is None:
            return None
        sending = (pace for pace in self._paces.services.values() if now - pace.last < _SENDING_SECONDS)
        least = min((lag for pace in sending if (lag := pace.lag_ms(now)) is not None), default=None)
        return None if least is None else least - (self._offset() or 0.0)

    def process(self) -> ProcessHealth:
        return self._process.read()

    def restart(self, service: str = "") -> None:
        self._sources.restart(service)

    def report(self) -> str:
        text = report(
            self._world,
            self._wall_ms(),
            self.services(),
            self.connection(),
            self._sources.store(),
            self.process(),
            dict(self._sources.refused()),
            self._paces.gaps(),
            list(self._phases),
            list(self._notices),
        )
        return self._sources.redact(text)

    # ------------------------------------------------------------------------------------------ how it is found

    def _service(self, name: str, symbols: int, pace: Pace, gaps: Sequence[Gap], rejected: int) -> ServiceHealth:
        now = self._monotonic()
        age = round((now - pace.last) * 1000) if pace.items else None
        lag, offset = pace.lag_ms(now), self._offset()
        if lag is not None and offset is not None:
            lag -= offset
        holes = [gap for gap in gaps if gap.to_ms is None]
        quiet = tuple(gap.symbol for gap in holes if gap.symbol and gap.cause is Cause.SILENCE)
        whole = next((gap.sentence for gap in holes if not gap.symbol), "")
        ok, sentence = self._judge(symbols, age, lag, quiet, whole)
        return ServiceHealth(
            name, symbols, age, pace.rate(now), lag, pace.items, rejected, sentence, ok, quiet, len(gaps)
        )

    def _judge(
        self, symbols: int, age: int | None, lag: float | None, quiet: tuple[str, ...], hole: str
    ) -> tuple[bool, str]:
        """Whether a service does what it should, and how it is doing in a few words."""
        if self._stream.phase is StreamPhase.QUIET:
            return True, "The market is closed."
        if self._stream.phase is StreamPhase.CLOSED:
            return True, "The stream rests while the market is closed."
        if self._stream.phase not in _CONNECTED:
            return False, "Not connected."
        if hole:
            return False, hole
        if not symbols:
            return True, "Not asked for any more."
        if quiet:
            others = f" and {len(quiet) - _NAMED} more" if len(quiet) > _NAMED else ""
            return False, f"Nothing comes from {', '.join(quiet[:_NAMED])}{others}."
        if age is None:
            waited = self._wall_ms() - self._since_ms > _FIRST_MS
            return True, "Nothing has come yet." if waited else "Waiting for the first item."
        if is_late(lag) and self._paces.offset_ms is not None:
            return False, f"Data is {lag / 1000:.1f} s late."
        return True, "Streaming."

    def _offset(self) -> float | None:
        """How far this machine's clock is ahead of the streamer's; None while it may as well be right."""
        least, line = self._paces.offset_ms, self._sources.round_trip_ms()
        limit = _AHEAD_UNKNOWN_MS if line is None else _AHEAD_MS + _ROUND_TRIPS * line
        if least is None or _BEHIND_MS < least < limit:
            return None
        return least

    def _hear_stream(self, event: StreamChanged) -> None:
        if event.phase is not self._stream.phase:
            self._since_ms = self._wall_ms()
        self._stream = event
        self._phases.append(Happening(self._wall_ms(), event.phase.value, event.sentence))

    def _hear_notice(self, event: Notice) -> None:
        # The detail stays out: it is for the log, which is not given away.
        self._notices.append(Happening(self._wall_ms(), event.level.value, event.sentence))


_NEVER = Pace()
