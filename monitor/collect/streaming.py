"""The stream heard: every message is stamped, merged on the board and recorded, and the screen is told of bars."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from monitor.clock import now_ms
from monitor.collect.order import DUPLICATE, FROM_THE_FUTURE, FUTURE_MS, OUT_OF_ORDER, Order
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.events import BarsArrived, GapChanged, StreamChanged
from monitor.live.pace import Paces
from monitor.live.receive import ReceiveClock
from monitor.market.activity import Activity
from monitor.market.bar import Bar, Interval
from monitor.market.book import Book, BookService
from monitor.market.gap import Gap
from monitor.market.headline import Headline
from monitor.market.instrument import Instrument, Kind, kind_of
from monitor.market.quote import DetailedQuote, Quote
from monitor.market.screener import Screener
from monitor.ports import Recorder, StreamPhase

_log = logging.getLogger(__name__)

_NEVER = 2**62  # later than any time

_CONNECTED = frozenset({StreamPhase.LIVE, StreamPhase.QUIET})


@dataclass(slots=True)
class Tally:
    """What was heard since the start: messages, their items by service, what was rejected, and when.

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
        wall_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._board = board
        self._recorder = recorder
        self._receive = receive
        self._bus = bus
        self._monotonic = monotonic
        self.tally = Tally()
        self.paces = Paces(monotonic, wall_ms)
        self._order = Order(wall_ms)
        self._bars_sent: dict[str, tuple[int, int]] = {}  # each symbol's newest bar: its start, and when it was sent
        self.phase = StreamPhase.OFF

    def hear_quotes(self, changes: Sequence[Quote], sent_ms: int) -> None:
        if not changes:
            return
        late = self._count(changes[0].service, changes, sent_ms) == OUT_OF_ORDER
        self._board.latest_ms = sent_ms + FUTURE_MS if sent_ms else _NEVER
        if isinstance(changes[0], DetailedQuote):
            self._take_detailed(changes, late)
        else:
            self._take_quotes(changes, late)
        if self._board.prints_too_late:
            self._board.prints_too_late = 0
            self._note(FROM_THE_FUTURE, b"", f"A print of {changes[0].service}.")

    def _take_quotes(self, changes: Sequence[Quote], late: bool) -> None:
        take, record = self._board.take_quote, self._recorder.record_quote
        named: list[Instrument] = []
        for received_us, change in zip(self._receive.stamps(len(changes)), changes, strict=True):
            if change.description:  # comes once, with a symbol's first message
                named.append(_instrument(change))
            try:
                state, trade = take(change, late)
            except ArithmeticError:  # a number so large that nothing can be counted with it
                self._note_senseless(change)
                continue
            record(received_us, state)
            if trade is not None:
                self._recorder.record_trade(received_us, trade)
        if named:
            self._recorder.record_instruments(named)

    def _take_detailed(self, changes: Sequence[Quote], late: bool) -> None:
        recorder = self._recorder
        for received_us, change in zip(self._receive.stamps(len(changes)), changes, strict=True):
            assert isinstance(change, DetailedQuote)  # noqa: S101  a frame's part is of one service
            if change.description:
                recorder.record_instruments([_instrument(change)])
            try:
                state, trade, details = self._board.take_detailed(change, late)
            except ArithmeticError:
                self._note_senseless(change)
                continue
            recorder.record_quote(received_us, state)
            if details:
                recorder.record_details(received_us, change.symbol, details)
            if trade is not None:
                recorder.record_trade(received_us, trade)

    def _note_senseless(self, change: Quote) -> None:
        self._note("wrong-type", msgspec.json.encode(change), f"{change.service}: a number out of all range.")

    def hear_books(self, service: BookService, books: Sequence[Book], sent_ms: int) -> None:
        late = self._count(service.value, books, sent_ms) == OUT_OF_ORDER
        for book in books:
            if not late:
                self._board.take_book(service, book)
            self._recorder.record_book(self._receive.stamp(), service, book)

    def hear_bars(self, bars: Sequence[Bar], sent_ms: int) -> None:
        if not bars:
            return
        service = "CHART_FUTURES" if kind_of(bars[0].symbol) is Kind.FUTURE else "CHART_EQUITY"
        self._count(service, bars, sent_ms)
        latest = sent_ms + FUTURE_MS if sent_ms else _NEVER
        for bar in bars:
            if bar.start > latest:
                self._note(FROM_THE_FUTURE, msgspec.json.encode(bar), f"A minute bar of {service}.")
        bars = [bar for bar in bars if bar.start <= latest and not self._was_revised(bar, sent_ms)]
        self._recorder.record_bars(bars)
        for bar in bars:
            self._bus.publish(BarsArrived(bar.symbol, Interval.M1, (bar,)))

    def _was_revised(self, bar: Bar, sent_ms: int) -> bool:
        """Whether the same minute came already as it was sent later."""
        start, newest_ms = self._bars_sent.get(bar.symbol, (0, 0))
        if bar.start == start and 0 < sent_ms < newest_ms:
            return True
        if bar.start >= start:
            self._bars_sent[bar.symbol] = bar.start, sent_ms
        return False

    def hear_screeners(self, screeners: Sequence[Screener], sent_ms: int) -> None:
        if not screeners:
            return
        service = "SCREENER_OPTION" if screeners[0].name.startswith("OPTION_") else "SCREENER_EQUITY"
        late = self._count(service, screeners, sent_ms) == OUT_OF_ORDER
        for screener in screeners:
            if not late:
                self._board.take_screener(screener)
            self._recorder.record_screener(self._receive.stamp(), service, screener)

    def hear_activity(self, entries: Sequence[Activity], sent_ms: int) -> None:
        if self._count("ACCT_ACTIVITY", entries, sent_ms) == DUPLICATE:
            return
        self._board.take_activities(entries)
        for entry in entries:
            self._recorder.record_activity(self._receive.stamp(), entry)

    def hear_news(self, headlines: Sequence[Headline], sent_ms: int) -> None:
        if self._count("NEWS_HEADLINE", headlines, sent_ms) == DUPLICATE:
            return
        self._board.take_headlines(headlines)
        for headline in headlines:
            self._recorder.record_headline(self._receive.stamp(), headline)

    def hear_gap(self, gap: Gap) -> None:
        self.paces.take_gap(gap)
        self._recorder.record_gap(gap)
        self._bus.publish(GapChanged(gap))

    def hear_phase(self, phase: StreamPhase, sentence: str, retry_at_ms: int | None) -> None:
        if phase is StreamPhase.LIVE and self.phase not in _CONNECTED:
            self.tally.connections += 1
            self.paces.forget_beats()
        if phase is StreamPhase.CONNECTING:
            self._order.begin()
        self.phase = phase
        self.tally.last_frame = self._monotonic()
        self._bus.publish(StreamChanged(phase, sentence, retry_at_ms))

    def hear_heartbeat(self, sent_ms: int) -> None:
        self.tally.last_frame = self._monotonic()
        self._order.beat(sent_ms)
        self.tally.sent_ms = self._order.newest or self.tally.sent_ms
        self.paces.beat(sent_ms)

    def hear_rejected(self, kind: str, raw: bytes, reason: str) -> None:
        self.tally.last_frame = self._monotonic()
        self._note(kind, raw, reason)

    def _note(self, kind: str, raw: bytes, reason: str) -> None:
        """Count and keep what is not as it should be; the log hears of it ever more rarely."""
        self.tally.rejected[kind] = count = self.tally.rejected[kind] + 1
        self.paces.reject(reason)
        self._recorder.record_rejected(self._receive.stamp(), kind, raw, reason)
        if count & (count - 1) == 0:
            _log.warning("a part of a frame (%d bytes) is %s: %s (%d so far)", len(raw), kind, reason, count)

    def has_room(self) -> bool:
        return self._recorder.has_room()

    def age_ms(self) -> int | None:
        """Milliseconds since the last frame of any kind, or None when the stream is not live."""
        if self.phase not in _CONNECTED:
            return None
        return round((self._monotonic() - self.tally.last_frame) * 1000)

    def _count(self, service: str, items: Sequence[object], sent_ms: int) -> str:
        """Take in that a frame came; gives what is odd about its time, which is noted."""
        now, tally = self._monotonic(), self.tally
        tally.messages += 1
        tally.items[service] += len(items)
        tally.first_data = tally.first_data or now
        tally.last_data = tally.last_frame = now
        self.paces.count(service, len(items), sent_ms)
        odd = self._order.odd(service, sent_ms, items)
        if odd:
            self._note(odd, b"", f"{service}, sent {sent_ms - tally.sent_ms:+d} ms after the newest.")
        tally.sent_ms = self._order.newest or tally.sent_ms
        return odd


def _instrument(quote: Quote) -> Instrument:
    return Instrument(quote.symbol, quote.description or "", quote.exchange_name or "", quote.asset_type or "")
