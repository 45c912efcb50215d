"""The stream heard: every message is stamped, merged on the board and recorded, and the screen is told of bars."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.events import BarsArrived, StreamChanged
from monitor.live.pace import Paces
from monitor.live.receive import ReceiveClock
from monitor.market.activity import Activity
from monitor.market.bar import Bar, Interval
from monitor.market.book import Book, BookService
from monitor.market.gap import Gap
from monitor.market.headline import Headline
from monitor.market.instrument import Instrument
from monitor.market.quote import Quote
from monitor.market.screener import Screener
from monitor.ports import Recorder, StreamPhase

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What was heard since the start: messages, their items by kind, what was rejected, and when.

    ``first_data``, ``last_data`` and ``last_frame`` are monotonic seconds of this machine; ``sent_ms`` is the
    streamer's own time of the newest frame.
    """

    messages: int = 0
    items: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    first_data: float = 0.0
    last_data: float = 0.0
    last_frame: float = 0.0
    sent_ms: int = 0

    @property
    def reconnects(self) -> int:
        return max(0, self.connections - 1)

    @property
    def items_per_second(self) -> float:
        """From the first data message to the last."""
        seconds = self.last_data - self.first_data
        return sum(self.items.values()) / seconds if seconds > 0 else 0.0


class Streaming:
    """Implements StreamListener: storage hears every message, the board keeps the newest."""

    def __init__(
        self,
        board: Board,
        recorder: Recorder,
        receive: ReceiveClock,
        bus: Bus,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._board = board
        self._recorder = recorder
        self._receive = receive
        self._bus = bus
        self._monotonic = monotonic
        self.tally = Tally()
        self.paces = Paces(monotonic)
        self.phase = StreamPhase.OFF

    def hear_quotes(self, changes: Sequence[Quote], sent_ms: int) -> None:
        self._count("quotes", len(changes), sent_ms)
        take, record = self._board.take_quote, self._recorder.record_quote
        named: list[Instrument] = []
        for received_us, change in zip(self._receive.stamps(len(changes)), changes, strict=True):
            if change.description:  # comes once, with a symbol's first message
                facts = (change.description, change.exchange_name or "", change.asset_type or "")
                named.append(Instrument(change.symbol, *facts))
            state, trade = take(change)
            record(received_us, state)
            if trade is not None:
                self._recorder.record_trade(received_us, trade)
        if named:
            self._recorder.record_instruments(named)

    def hear_books(self, service: BookService, books: Sequence[Book], sent_ms: int) -> None:
        self._count(service.value, len(books), sent_ms)
        for book in books:
            self._board.take_book(service, book)
            self._recorder.record_book(self._receive.stamp(), service, book)

    def hear_bars(self, bars: Sequence[Bar], sent_ms: int) -> None:
        self._count("bars", len(bars), sent_ms)
        self._recorder.record_bars(bars)
        for bar in bars:
            self._bus.publish(BarsArrived(bar.symbol, Interval.M1, (bar,)))

    def hear_screeners(self, screeners: Sequence[Screener], sent_ms: int) -> None:
        raise NotImplementedError

    def hear_activity(self, entries: Sequence[Activity], sent_ms: int) -> None:
        raise NotImplementedError

    def hear_news(self, headlines: Sequence[Headline], sent_ms: int) -> None:
        raise NotImplementedError

    def hear_gap(self, gap: Gap) -> None:
        self.paces.take_gap(gap)
        self._recorder.record_gap(gap)

    def hear_phase(self, phase: StreamPhase, sentence: str, retry_at_ms: int | None) -> None:
        if phase is StreamPhase.LIVE and self.phase is not StreamPhase.LIVE:
            self.tally.connections += 1
            self.paces.forget_beats()
        self.phase = phase
        self.tally.last_frame = self._monotonic()
        self._bus.publish(StreamChanged(phase, sentence, retry_at_ms))

    def hear_heartbeat(self, sent_ms: int) -> None:
        self.tally.last_frame = self._monotonic()
        self.tally.sent_ms = sent_ms
        self.paces.beat(sent_ms)

    def hear_rejected(self, kind: str, raw: bytes, reason: str) -> None:
        self.tally.rejected[kind] += 1
        self.tally.last_frame = self._monotonic()
        _log.warning("a part of a frame (%d bytes) was left out: %s, %s", len(raw), kind, reason)

    def age_ms(self) -> int | None:
        """Milliseconds since the last frame of any kind, or None when the stream is not live."""
        if self.phase is not StreamPhase.LIVE:
            return None
        return round((self._monotonic() - self.tally.last_frame) * 1000)

    def _count(self, kind: str, items: int, sent_ms: int) -> None:
        now, tally = self._monotonic(), self.tally
        tally.messages += 1
        tally.items[kind] += items
        tally.first_data = tally.first_data or now
        tally.last_data = tally.last_frame = now
        tally.sent_ms = sent_ms
        self.paces.count(kind, items, sent_ms)
