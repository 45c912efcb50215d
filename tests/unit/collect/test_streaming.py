"""Streaming: storage hears every message, the board keeps the newest, and the tally is right."""

from collections.abc import Sequence

from monitor.collect.streaming import Streaming
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.events import BarsArrived, StreamChanged
from monitor.live.receive import ReceiveClock
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.book import Book, BookService, Level
from monitor.market.instrument import Instrument
from monitor.market.quote import Quote
from monitor.market.trade import Side, Trade
from monitor.ports import StreamPhase


class Recording:
    """A recorder that keeps what it is given."""

    def __init__(self) -> None:
        self.quotes: list[tuple[int, float | None, float | None]] = []
        self.trades: list[tuple[int, Trade]] = []
        self.books: list[tuple[int, BookService, Book]] = []
        self.bars: list[Bar] = []
        self.instruments: list[Instrument] = []

    def record_quote(self, received_us: int, state: Quote) -> None:
        self.quotes.append((received_us, state.bid, state.ask))

    def record_trade(self, received_us: int, trade: Trade) -> None:
        self.trades.append((received_us, trade))

    def record_book(self, received_us: int, service: BookService, book: Book) -> None:
        self.books.append((received_us, service, book))

    def record_bars(self, bars: Sequence[Bar]) -> None:
        self.bars += bars

    def record_instruments(self, instruments: Sequence[Instrument]) -> None:
        self.instruments += instruments


class Bench:
    """A streaming with its recorder, its bus and a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0
        self.recorder, self.bus, self.board = Recording(), Bus(), Board()
        clock = ReceiveClock(now_ns=lambda: 5_000_000)
        self.streaming = Streaming(self.board, self.recorder, clock, self.bus, monotonic=lambda: self.now)  # type: ignore[arg-type]


def test_every_message_is_recorded_as_the_state_after_it_under_a_growing_stamp() -> None:
    bench = Bench()
    bench.streaming.hear_quotes([Quote(symbol="AAPL", bid=10.0, ask=10.1)], 1)
    bench.streaming.hear_quotes([Quote(symbol="AAPL", ask=10.2), Quote(symbol="MSFT", bid=5)], 2)
    assert bench.recorder.quotes == [(5000, 10.0, 10.1), (5001, 10.0, 10.2), (5002, 5, None)]


def test_what_the_first_message_tells_of_an_instrument_is_recorded_once() -> None:
    bench = Bench()
    first = Quote(symbol="AAPL", description="APPLE INC", exchange_name="NASDAQ", asset_type="EQUITY", bid=10.0)
    bench.streaming.hear_quotes([first, Quote(symbol="MSFT", bid=5)], 1)
    bench.streaming.hear_quotes([Quote(symbol="AAPL", bid=10.1)], 2)
    assert bench.recorder.instruments == [Instrument("AAPL", "APPLE INC", "NASDAQ", "EQUITY")]


def test_a_print_is_recorded_beside_its_quote() -> None:
    bench = Bench()
    bench.streaming.hear_quotes([Quote(symbol="AAPL", bid=10.0, ask=10.1, volume=100, last=10, trade_time=7)], 1)
    bench.streaming.hear_quotes([Quote(symbol="AAPL", volume=150, last=10.1, last_size=20, trade_time=8)], 2)
    assert bench.recorder.trades == [(5001, Trade("AAPL", 8, 10.1, 20, 150, 30, Side.AT_ASK))]


def test_books_are_recorded_and_shown_by_service() -> None:
    bench = Bench()
    book = Book("AAPL", 3, (Level(10.0, 5),), ())
    bench.streaming.hear_books(BookService.NASDAQ, [book], 3)
    assert bench.recorder.books == [(5000, BookService.NASDAQ, book)]
    assert bench.board.books("AAPL") == {BookService.NASDAQ: book}


def test_minute_bars_are_recorded_and_announced() -> None:
    bench, heard = Bench(), []
    bench.bus.listen(BarsArrived, heard.append)
    bar = Bar("AAPL", Interval.M1, 60_000, 1, 2, 1, 2, 50, BarSource.STREAM)
    bench.streaming.hear_bars([bar], 4)
    assert bench.recorder.bars == [bar]
    assert heard == [BarsArrived("AAPL", Interval.M1, (bar,))]


def test_the_tally_counts_items_reconnects_and_the_rate_between_first_and_last_data() -> None:
    bench = Bench()
    for _ in range(2):
        bench.streaming.hear_phase(StreamPhase.CONNECTING, "Connecting", None)
        bench.streaming.hear_phase(StreamPhase.LIVE, "Live", None)
    bench.streaming.hear_quotes([Quote(symbol="A"), Quote(symbol="B")], 1)
    bench.now += 2.0
    bench.streaming.hear_quotes([Quote(symbol="A"), Quote(symbol="B")], 2)
    tally = bench.streaming.tally
    assert (tally.messages, tally.items["quotes"], tally.reconnects, tally.items_per_second) == (2, 4, 1, 2.0)


def test_age_is_measured_from_the_last_frame_while_live() -> None:
    bench, phases = Bench(), []
    bench.bus.listen(StreamChanged, phases.append)
    assert bench.streaming.age_ms() is None
    bench.streaming.hear_phase(StreamPhase.LIVE, "Live", None)
    bench.now += 1.5
    assert bench.streaming.age_ms() == 1500
    bench.streaming.hear_heartbeat(9)
    assert bench.streaming.age_ms() == 0
    bench.streaming.hear_phase(StreamPhase.WAITING, "Trying again in 2 s", 99)
    assert bench.streaming.age_ms() is None
    assert phases[-1] == StreamChanged(StreamPhase.WAITING, "Trying again in 2 s", 99)


def test_a_rejected_part_is_counted_by_kind() -> None:
    bench = Bench()
    bench.streaming.hear_rejected("wrong-type", b"{}", "Expected `int`")
    assert bench.streaming.tally.rejected == {"wrong-type": 1}
