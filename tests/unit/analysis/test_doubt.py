"""What of a quote or a book is not to be believed, and what is only unusual."""

from typing import Any

import pytest

from monitor.analysis.doubt import doubt_of_book, doubts
from monitor.live.board import Board
from monitor.market.quote import OptionQuote, Quote
from tests.support.builders import a_book
from tests.support.captures import BURST, frames, play

OPTION = "SPY   260928C00772000"


@pytest.mark.parametrize(
    ("symbol", "fields", "doubtful"),
    [
        ("AAPL", {"bid": 100, "ask": 100.01, "last": 100}, set()),
        ("AAPL", {"bid": 100, "ask": 100}, set()),
        ("AAPL", {"bid": 100.01, "ask": 100}, {"bid", "ask"}),
        ("AAPL", {"bid": 100.01, "ask": 0}, set()),
        ("AAPL", {"bid": 100, "ask": 101, "last": 151.51}, {"last"}),
        ("AAPL", {"bid": 100, "ask": 101, "last": 151.5}, set()),
        ("AAPL", {"bid": 100, "ask": 101, "last": 49.9}, {"last"}),
        ("AAPL", {"last": 49.9}, set()),
        ("AAPL", {"bid": -1, "last": -2}, {"bid", "last"}),
        ("AAPL", {"bid_size": -1, "ask_size": 0}, {"bid_size"}),
        ("/CL", {"bid": -37.7, "ask": -37.5, "last": -37.6}, set()),
        ("$TICK", {"last": -300}, set()),
    ],
)
def test_what_is_doubted(symbol: str, fields: dict[str, Any], doubtful: set[str]) -> None:
    assert doubts(Quote(symbol=symbol, **fields)).keys() == doubtful


def test_the_last_trade_of_an_option_may_be_days_old() -> None:
    assert doubts(OptionQuote(symbol=OPTION, bid=1, ask=1.1, last=5)) == {}


def test_of_a_real_market_nothing_is_doubted_but_that_it_crosses_at_times(shared: Any) -> None:
    board, crossed = Board(), 0
    for frame in frames(shared, BURST):
        play(board, frame)
        quote = board.quote("AAPL")
        doubtful = set() if quote is None else doubts(quote).keys()
        assert doubtful in (set(), {"bid", "ask"})
        crossed += bool(doubtful)
        assert {doubt_of_book(book) for book in board.books("AAPL").values()} <= {"", "crossed"}
    assert 0 < crossed < 2000


def test_books_that_contradict_themselves() -> None:
    assert doubt_of_book(a_book()) == doubt_of_book(a_book(bids=())) == ""
    assert doubt_of_book(a_book(bids=((100.01, 1),))) == ""
    assert doubt_of_book(a_book(bids=((100.02, 1),))) == "crossed"
    assert doubt_of_book(a_book(asks=((100.02, -1),))) == doubt_of_book(a_book(bids=((-1, 1),))) == "below zero"
