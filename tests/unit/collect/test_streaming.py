"""Streaming: storage hears every message, the board keeps the newest, and the tally is right."""

import pytest

from monitor.collect.streaming import Streaming
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.events import BarsArrived, StreamChanged
from monitor.live.receive import ReceiveClock
from monitor.market.activity import Activity
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.book import Book, BookService, Level
from monitor.market.headline import Headline
from monitor.market.instrument import Instrument
from monitor.market.quote import FutureQuote, Number, OptionQuote, Quote
from monitor.market.screener import Ranked, Screener
from monitor.market.trade import Side, Trade
from monitor.ports import StreamPhase
from tests.support.ports import FakeRecorder


class Recording(FakeRecorder):
    """A recorder that keeps what it is given, of each quote what it said at the time."""

    def __init__(self) -> None:
        super().__init__()
        self.states: list[tuple[int, Number | None, Number | None]] = []

    def record_quote(self, received_us: int, state: Quote) -> None:
        self.states.append((received_us, state.bid, state.ask))


class Bench:
    """A streaming with its recorder, its bus and a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0
        self.wall_ms = 5
        self.recorder, self.bus, self.board = Recording(), Bus(), Board()
        clock = ReceiveClock(now_ns=lambda: 5_000_000)
        self.streaming = Streaming(
            self.board, self.recorder, clock, self.bus, monotonic=lambda: self.now, wall_ms=lambda: self.wall_ms
        )


def test_every_message_is_recorded_as_the_state_after_it_under_a_growing_stamp() -> None:
    bench = Bench()
    bench.streaming.hear_quotes([Quote(symbol="AAPL", bid=10.0, ask=10.1)], 1)
    bench.streaming.hear_quotes([Quote(symbol="AAPL", ask=10.2), Quote(symbol="MSFT", bid=5)], 2)
    assert bench.recorder.states == [(5000, 10.0, 10.1), (5001, 10.0, 10.2), (5002, 5, None)]


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
    assert (tally.messages, tally.items["LEVELONE_EQUITIES"], tally.reconnects, tally.items_per_second) == (
        2,
        4,
        1,
        2.0,
    )


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
    assert bench.recorder.rejected == [(5000, "wrong-type", b"{}", "Expected `int`")]


def test_of_what_is_not_a_share_the_details_are_recorded_by_name() -> None:
    bench = Bench()
    first = OptionQuote(symbol="X", description="X 1 C", asset_type="OPTION", bid=1, delta=-999, strike=5)
    bench.streaming.hear_quotes([first], 1)
    bench.streaming.hear_quotes([OptionQuote(symbol="X", bid=2), OptionQuote(symbol="X", delta=0.5)], 2)
    assert bench.recorder.states == [(5000, 1, None), (5001, 2, None), (5002, 2, None)]
    assert bench.recorder.details == [
        (5000, "X", {"asset_type": "OPTION", "description": "X 1 C", "strike": 5, "delta": -999}),
        (5002, "X", {"delta": 0.5}),
    ]
    assert bench.recorder.instruments == [Instrument("X", "X 1 C", "", "OPTION")]
    assert bench.streaming.tally.items == {"LEVELONE_OPTIONS": 3}


def test_prints_of_a_future_are_on_the_tape() -> None:
    bench = Bench()
    bench.board.follow_tape("/ES")
    bench.streaming.hear_quotes([FutureQuote(symbol="/ES", bid=10, ask=11, volume=7, last=10, trade_time=7)], 1)
    bench.streaming.hear_quotes([FutureQuote(symbol="/ES", volume=9, last=11, last_size=2, trade_time=8)], 2)
    trade = Trade("/ES", 8, 11, 2, 9, 0, Side.AT_ASK)
    assert bench.recorder.trades == [(5001, trade)]
    assert list(bench.board.tape("/ES")) == [trade]


def test_bars_of_futures_are_counted_as_theirs() -> None:
    bench = Bench()
    bench.streaming.hear_bars([Bar("/ES", Interval.M1, 60_000, 1, 2, 1, 2, 50, BarSource.STREAM)], 4)
    assert bench.streaming.tally.items == {"CHART_FUTURES": 1}


def test_screeners_activity_and_news_are_shown_recorded_and_counted() -> None:
    bench = Bench()
    screener = Screener("OPTION_PUT_VOLUME_5", 3, "VOLUME", 5, (Ranked("X"),))
    activity, headline = Activity("1", "OrderCreated", "{}", 1), Headline("id", 3, "Up", ("A",))
    bench.streaming.hear_screeners([screener], 3)
    bench.streaming.hear_activity([activity], 3)
    bench.streaming.hear_news([headline], 3)
    recorder, board = bench.recorder, bench.board
    assert recorder.screeners == [(5000, "SCREENER_OPTION", screener)]
    assert (recorder.activities, recorder.headlines) == ([(5001, activity)], [(5002, headline)])
    assert board.screener("OPTION_PUT_VOLUME_5") is screener
    assert (list(board.activities), list(board.headlines)) == ([activity], [headline])
    assert bench.streaming.tally.items == {"SCREENER_OPTION": 1, "ACCT_ACTIVITY": 1, "NEWS_HEADLINE": 1}


HOUR = 3_600_000


def test_what_comes_late_or_twice_is_counted_and_recorded() -> None:
    bench = Bench()
    for sent_ms, bid in ((10, 1), (9, 2), (11, 3), (11, 3), (11, 4)):
        bench.streaming.hear_quotes([Quote(symbol="A", bid=bid)], sent_ms)
    assert bench.streaming.tally.rejected == {"out-of-order": 1, "duplicate": 1}
    assert [bid for _, bid, _ in bench.recorder.states] == [1, 2, 3, 3, 4]
    assert [(kind, reason) for _, kind, _, reason in bench.recorder.rejected] == [
        ("out-of-order", "LEVELONE_EQUITIES, sent -1 ms after the newest."),
        ("duplicate", "LEVELONE_EQUITIES, sent +0 ms after the newest."),
    ]


def test_each_of_several_late_frames_is_late_and_a_clock_set_back_is_believed() -> None:
    bench = Bench()
    for sent_ms in (100_000, 98_000, 99_000, 100_500, 40_000, 41_000, 42_000):
        bench.streaming.hear_quotes([Quote(symbol="A", bid=sent_ms)], sent_ms)
    assert bench.streaming.tally.rejected == {"out-of-order": 3}
    newest = bench.board.quote("A")
    assert newest is not None
    assert newest.bid == 42_000


@pytest.mark.parametrize("kind", [Quote, FutureQuote])
def test_a_late_quote_is_recorded_but_the_board_keeps_the_newer_one(kind: type[Quote]) -> None:
    bench = Bench()
    for sent_ms, bid in ((10, 1), (12, 3), (11, 2)):
        bench.streaming.hear_quotes([kind(symbol="A", bid=bid)], sent_ms)
    assert [bid for _, bid, _ in bench.recorder.states] == [1, 3, 2]
    newest = bench.board.quote("A")
    assert newest is not None
    assert newest.bid == 3


def test_an_older_version_of_a_minute_that_comes_late_does_not_replace_the_newer() -> None:
    bench = Bench()
    older, newer = (Bar("A", Interval.M1, 60_000, 1, 2, 1, 2, volume, BarSource.STREAM) for volume in (50, 60))
    for bar, sent_ms in ((newer, 122_000), (older, 121_000), (newer, 122_000), (older, 0)):
        bench.streaming.hear_bars([bar], sent_ms)
    assert bench.recorder.bars == [newer, newer, older]  # what tells no time is taken as it comes


def test_a_late_book_is_recorded_but_does_not_replace_a_newer_one() -> None:
    bench = Bench()
    newer, older = Book("A", 9, (Level(10.0, 5),), ()), Book("A", 8, (), ())
    bench.streaming.hear_books(BookService.NYSE, [newer], 9)
    bench.streaming.hear_books(BookService.NYSE, [older], 8)
    assert bench.board.books("A") == {BookService.NYSE: newer}
    assert len(bench.recorder.books) == 2


def test_an_entry_that_comes_twice_is_kept_once() -> None:
    bench = Bench()
    for _ in range(2):
        bench.streaming.hear_activity([Activity("1", "OrderCreated", "{}", 1)], 3)
    assert len(bench.recorder.activities) == len(bench.board.activities) == 1
    assert bench.streaming.tally.rejected == {"duplicate": 1}


def test_a_frame_from_the_future_spoils_nothing_after_it() -> None:
    bench = Bench()
    for sent_ms in (10, 10 + 2 * HOUR, 11):
        bench.streaming.hear_quotes([Quote(symbol="A", bid=sent_ms)], sent_ms)
    assert bench.streaming.tally.rejected == {"from-the-future": 1}
    assert bench.streaming.tally.sent_ms == 11
    assert len(bench.recorder.states) == 3


def test_a_clock_of_ours_that_is_hours_behind_makes_no_data_odd() -> None:
    bench = Bench()
    bench.streaming.hear_heartbeat(bench.wall_ms + 50 * 60_000)
    bench.wall_ms -= 2 * HOUR
    for minute in range(40, 60):
        bench.streaming.hear_quotes([Quote(symbol="A", bid=minute)], minute * 60_000)
    assert bench.streaming.tally.rejected == {}


def test_another_connection_may_have_another_clock() -> None:
    bench = Bench()
    bench.streaming.hear_quotes([Quote(symbol="A", bid=1)], 1000)
    bench.streaming.hear_phase(StreamPhase.CONNECTING, "Connecting", None)
    bench.streaming.hear_quotes([Quote(symbol="A", bid=1)], 900)
    assert bench.streaming.tally.rejected == {}


@pytest.mark.parametrize("kind", [Quote, FutureQuote])
def test_a_number_out_of_all_range_is_set_aside_and_the_others_go_on(kind: type[Quote]) -> None:
    bench = Bench()
    first = {"last": 5, "last_size": 0.5, "trade_time": 60_000}
    for volume in (1, 2.5):
        bench.streaming.hear_quotes([kind(symbol="A", volume=volume, **first)], 1)
    bench.streaming.hear_quotes([kind(symbol="A", volume=10**400, last_size=10**399), kind(symbol="B", bid=7)], 2)
    assert bench.streaming.tally.rejected == {"wrong-type": 1}
    assert bench.recorder.states[-1] == (5003, 7, None)


def test_a_print_from_the_future_does_not_hold_up_the_running_minute() -> None:
    bench = Bench()
    for volume, trade_time in ((1, 1), (2, 60_000), (3, 3 * HOUR), (4, 120_000)):
        bench.streaming.hear_quotes([Quote(symbol="A", last=5, volume=volume, trade_time=trade_time)], 1)
    assert [trade.time for _, trade in bench.recorder.trades] == [60_000, 120_000]
    minute = bench.board.running_bar("A")
    assert minute is not None
    assert minute.start == 120_000
    assert bench.streaming.tally.rejected == {"from-the-future": 1}


def test_a_bar_from_the_future_is_set_aside() -> None:
    bench, heard = Bench(), []
    bench.bus.listen(BarsArrived, heard.append)
    good, bad = (Bar("A", Interval.M1, start, 1, 2, 1, 2, 50, BarSource.STREAM) for start in (60_000, 3 * HOUR))
    bench.streaming.hear_bars([bad, good], 4)
    assert bench.recorder.bars == [good]
    assert [event.bars for event in heard] == [(good,)]
    assert [(kind, b"10800000" in raw) for _, kind, raw, _ in bench.recorder.rejected] == [("from-the-future", True)]


def test_the_log_hears_ever_more_rarely_of_what_goes_on_and_on(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    for _ in range(1000):
        bench.streaming.hear_rejected("wrong-type", b"{}", "Expected `int`")
    assert len(caplog.records) == 10
    assert bench.streaming.tally.rejected == {"wrong-type": 1000}
    assert len(bench.recorder.rejected) == 1000
