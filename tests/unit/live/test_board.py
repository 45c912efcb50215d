"""The newest state of every symbol."""

from pathlib import Path

from monitor.live.board import LAST_WORDS, TAPE_LENGTH, Board, Requested
from monitor.live.events import BoardChanged
from monitor.market.activity import Activity
from monitor.market.book import BookService
from monitor.market.headline import Headline
from monitor.market.quote import ForexQuote, OptionQuote
from monitor.market.screener import Screener
from tests.support.builders import a_book, a_quote, ms
from tests.support.captures import BURST, frames, play


def test_changes_of_a_symbol_add_up_to_its_quote() -> None:
    board = Board()
    board.take_quote(a_quote(bid=99.9, ask=100.1, volume=1))
    state, trade = board.take_quote(a_quote(bid=99.8))
    assert (state.bid, state.ask, trade) == (99.8, 100.1, None)
    assert board.quote("AAPL") is state
    assert board.quote("MSFT") is None


def test_a_print_goes_on_the_tape_and_into_the_running_minute() -> None:
    board = Board()
    board.follow_tape("AAPL")
    board.take_quote(a_quote(last=100, volume=1000, trade_time="09:30"))
    _, trade = board.take_quote(a_quote(last=101, last_size=5, volume=1005, trade_time="09:30:01"))
    assert list(board.tape("AAPL")) == [trade]
    minute = board.running_bar("AAPL")
    assert minute is not None
    assert (minute.start, minute.close, minute.volume) == (ms("09:30"), 101, 5)


def test_who_hears_the_last_price_hears_each_of_them() -> None:
    board, heard = Board(), list[object]()
    stop = board.hear_last("AAPL", lambda state: heard.append(state.last))
    board.take_quote(a_quote(last=1, volume=5))
    board.take_quote(a_quote(bid=9))
    board.take_quote(a_quote("MSFT", last=7))
    board.take_quote(a_quote(last=2))
    board.take_quote(a_quote(last=3), late=True)  # an older one replaces nothing
    also = board.hear_last("X", lambda state: heard.append(state.symbol))
    board.take_detailed(OptionQuote(symbol="X", last=4))
    stop()
    also()
    board.take_quote(a_quote(last=5))
    board.take_detailed(OptionQuote(symbol="X", last=6))
    assert heard == [1, 2, "X"]


def test_what_is_told_again_prints_nothing_again_and_sets_nothing_back() -> None:
    board = Board()
    board.follow_tape("AAPL")
    told = [a_quote(asset_type="EQUITY", last=100, volume=1000, trade_time="09:30")]
    told += [a_quote(last=100 + n, last_size=5, volume=1000 + 5 * n, trade_time=f"09:30:0{n}") for n in range(1, 6)]
    prints = [board.take_quote(change)[1] for change in told]
    assert [trade is not None for trade in prints] == [False, *[True] * 5]
    again = [board.take_quote(change) for change in told]
    assert [trade for _, trade in again] == [None] * 6
    assert [state.volume for state, _ in again] == [change.volume for change in told]  # each as it was told
    state, trade = board.take_quote(a_quote(last=107, last_size=2, volume=1027, trade_time="09:31"))
    assert trade is not None
    assert (trade.size, trade.unseen, len(board.tape("AAPL"))) == (2, 0, 6)
    assert board.quote("AAPL") is state


def test_what_comes_late_fills_only_what_was_unknown() -> None:
    board = Board()
    board.take_quote(a_quote(bid=2, volume=7))
    told, trade = board.take_quote(a_quote(asset_type="EQUITY", bid=1, ask=3, volume=5), late=True)
    assert (told.bid, told.ask, told.volume, trade) == (1, 3, 5, None)
    state = board.quote("AAPL")
    assert state is not None
    assert (state.bid, state.ask, state.volume, state.asset_type) == (2, 3, 7, "EQUITY")
    board.take_detailed(OptionQuote(symbol="X", bid=2, volume=7))
    option, _, details = board.take_detailed(OptionQuote(symbol="X", bid=1, volume=5, delta=0.5), late=True)
    assert (option.bid, details) == (1, {"delta": 0.5})
    newest = board.quote("X")
    assert isinstance(newest, OptionQuote)
    assert (newest.bid, newest.volume, newest.delta) == (2, 7, 0.5)


def test_one_outlier_is_on_the_tape_but_not_in_the_running_minute() -> None:
    board = Board()
    board.follow_tape("AAPL")
    board.take_quote(a_quote(asset_type="EQUITY", bid=99, ask=101, last=100, volume=1000, trade_time="09:30"))
    for price, volume in ((100, 1005), (152, 1010), (49, 1015), (102, 1020)):
        board.take_quote(a_quote(last=price, last_size=5, volume=volume, trade_time="09:30:01"))
    assert [trade.price for trade in board.tape("AAPL")] == [100, 152, 49, 102]
    minute = board.running_bar("AAPL")
    assert minute is not None
    assert (minute.high, minute.low, minute.volume) == (102, 100, 10)
    board.take_quote(a_quote(bid=149, ask=151, last=152, last_size=5, volume=1025))  # the quote has followed
    assert board.running_bar("AAPL").high == 152  # type: ignore[union-attr]


def test_the_tape_keeps_the_newest_prints() -> None:
    board = Board()
    board.follow_tape("AAPL")
    for volume in range(TAPE_LENGTH + 11):
        board.take_quote(a_quote(last=100, last_size=1, volume=volume, trade_time="09:30"))
    tape = board.tape("AAPL")
    assert len(tape) == TAPE_LENGTH
    assert (tape[0].volume, tape[-1].volume) == (11, TAPE_LENGTH + 10)


def test_prints_are_kept_as_long_as_somebody_follows_them() -> None:
    board, volumes = Board(), iter(range(1, 100))

    def one_more() -> list[float | None]:
        board.take_quote(a_quote(last=100, last_size=1, volume=next(volumes), trade_time="09:30"))
        return [trade.volume for trade in board.tape("AAPL")]

    assert (one_more(), one_more()) == ([], [])
    stop = board.follow_tape("AAPL")
    assert one_more() == [3]
    stop_too = board.follow_tape("AAPL")
    stop()
    assert one_more() == [3, 4]
    stop_too()
    assert one_more() == []
    assert board.changes() is not None  # that there were prints is told all the same


def test_each_service_has_a_book_of_its_own_and_a_new_one_replaces_it() -> None:
    board = Board()
    board.take_book(BookService.NYSE, a_book(bids=((1, 1),)))
    board.take_book(BookService.NASDAQ, a_book(bids=((2, 2),)))
    newest = a_book(bids=((3, 3),))
    board.take_book(BookService.NASDAQ, newest)
    assert board.books("AAPL") == {BookService.NYSE: a_book(bids=((1, 1),)), BookService.NASDAQ: newest}


def test_what_changed_is_told_once() -> None:
    board = Board()
    assert board.changes() is None
    board.take_quote(a_quote("AAPL", last=100, volume=1, trade_time="09:30"))
    board.take_quote(a_quote("AAPL", volume=2))
    board.take_quote(a_quote("MSFT", bid=1))
    board.take_book(BookService.NYSE, a_book("IBM"))
    assert board.changes() == BoardChanged(frozenset({"AAPL", "MSFT"}), frozenset({"AAPL"}), frozenset({"IBM"}))
    assert board.changes() is None


def test_unknown_symbols_are_empty_and_asking_leaves_no_trace() -> None:
    board = Board()
    assert (board.books("X"), len(board.tape("X")), board.running_bar("X")) == ({}, 0, None)
    assert board.changes() is None


def test_book_and_quote_of_a_real_market_agree_on_the_best_prices_at_every_moment(shared: Path) -> None:
    board, last_time, compared = Board(), 0, 0
    for frame in frames(shared, BURST):
        sent = frame.data[0].timestamp
        if sent != last_time:
            compared += _best_prices_agree(board)
        last_time = sent
        play(board, frame)
    assert compared > 5000


def _best_prices_agree(board: Board) -> int:
    """How many pairs were compared: 0 before both have come."""
    state, books = board.quote("AAPL"), board.books("AAPL")
    if state is None or not books:
        return 0
    book = books[BookService.NASDAQ]
    assert (book.bids[0].price, book.asks[0].price) == (state.bid, state.ask)
    return 1


def test_an_option_keeps_its_own_fields_and_begins_anew_under_another_service() -> None:
    board = Board()
    board.take_detailed(OptionQuote(symbol="X", bid=1, delta=0.5))
    state, trade, details = board.take_detailed(OptionQuote(symbol="X", ask=2))
    assert (state, trade, details) == (OptionQuote(symbol="X", bid=1, ask=2, delta=0.5), None, {})
    assert board.quote("X") is state
    assert board.take_detailed(ForexQuote(symbol="X", ask=3))[0] == ForexQuote(symbol="X", ask=3)


def test_the_newest_screeners_and_the_last_words_are_kept_and_told_of() -> None:
    board = Board()
    board.take_screener(Screener("A", 1))
    board.take_screener(Screener("A", 2))
    assert board.screener("A") == Screener("A", 2)
    assert board.screener("B") is None
    empty: frozenset[str] = frozenset()
    assert board.changes() == BoardChanged(empty, empty, empty, frozenset({"A"}))
    board.take_activities([Activity("1", "k", "", number) for number in range(LAST_WORDS + 3)])
    assert [entry.sequence for entry in board.activities] == [*range(3, LAST_WORDS + 3)]
    assert board.changes() == BoardChanged(empty, empty, empty, activity=True)
    board.take_headlines([Headline("s", number, "t") for number in range(LAST_WORDS + 3)])
    assert [headline.time for headline in board.headlines] == [*range(3, LAST_WORDS + 3)]
    assert board.changes() == BoardChanged(empty, empty, empty, news=True)
    assert board.changes() is None


def test_a_requested_quote_stands_in_until_the_stream_brings_its_own() -> None:
    board = Board()
    board.expect_requested(["AAPL", "XYZQ"])
    assert board.requested("AAPL") is None
    quote = a_quote(last=100, volume=1000)
    board.take_requested({"AAPL": quote, "XYZQ": None}, 5)
    assert (board.requested("AAPL"), board.requested("XYZQ")) == (Requested(5, quote), Requested(5, None))
    assert board.quote("AAPL") is None
    assert board.changes() == BoardChanged(frozenset({"AAPL", "XYZQ"}), frozenset(), frozenset())
    _, trade = board.take_quote(a_quote(last=101, volume=1100, trade_time="09:30"))
    assert (board.requested("AAPL"), trade) == (None, None)


def test_the_first_of_an_option_that_the_stream_brings_replaces_what_was_requested() -> None:
    board, symbol = Board(), "SPY   260928C00772000"
    board.expect_requested([symbol])
    board.take_requested({symbol: OptionQuote(symbol=symbol, last=1)}, 5)
    board.take_detailed(OptionQuote(symbol=symbol, last=2))
    assert board.requested(symbol) is None


def test_an_answer_that_comes_after_the_streams_own_is_too_late() -> None:
    board = Board()
    board.expect_requested(["AAPL"])
    board.take_quote(a_quote(last=101))
    board.take_requested({"AAPL": a_quote(last=100)}, 5)
    assert board.requested("AAPL") is None
