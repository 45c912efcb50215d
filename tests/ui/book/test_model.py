"""Rungs, spread, imbalance and the choice of a service."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.market.book import Book, BookService, Level, Maker
from monitor.ui.book.model import by_price, by_venue, imbalance, mix, pick, spread
from tests.support.builders import a_book

LEVELS = (
    Level(100.0, 640, 3, (Maker("iexg", 200), Maker("NSDQ", 300), Maker("edgx", 140))),
    Level(99.5, 200, 1, (Maker("batx", 200),)),
)
levels = st.lists(
    st.lists(st.integers(1, 10_000), min_size=1, max_size=5).map(
        lambda sizes: Level(100.0, sum(sizes), len(sizes), tuple(Maker(f"V{n}", s) for n, s in enumerate(sizes)))
    ),
    max_size=8,
)


def test_each_venue_has_a_row_of_its_own():
    rows = [(r.venue, r.size, r.price, r.tier, r.cumulative) for r in by_venue(LEVELS)]
    assert rows == [
        ("iexg", 200, 100.0, 0, 200),
        ("NSDQ", 300, 100.0, 0, 500),
        ("edgx", 140, 100.0, 0, 640),
        ("batx", 200, 99.5, 1, 840),
    ]


def test_each_price_has_a_row_with_its_largest_venue():
    first, second = by_price(LEVELS)
    assert (first.venue, first.size, first.cumulative) == ("NSDQ +2", 640, 640)
    assert first.parts == (300 / 640, 200 / 640, 140 / 640)
    assert (second.venue, second.cumulative) == ("batx", 840)


def test_a_level_that_names_no_venue_is_still_shown():
    assert [(r.venue, r.size) for r in by_venue((Level(99.0, 500),))] == [("", 500)]
    assert by_price((Level(99.0, 500),))[0].parts == (1.0,)


@given(levels)
def test_both_views_add_up_to_the_same_shares(side):
    total = sum(level.size for level in side)
    for rungs in (by_venue(side), by_price(side)):
        assert sum(rung.size for rung in rungs) == total
        assert not rungs or rungs[-1].cumulative == total
        assert all(abs(sum(rung.parts) - 1) < 1e-9 for rung in rungs)


def test_spread_and_imbalance():
    book = a_book(bids=((99.99, 300),), asks=((100.01, 100),))
    assert spread(book) == 0.02
    assert imbalance(by_price(book.bids), by_price(book.asks)) == 50
    assert spread(a_book(asks=())) is None
    assert imbalance([], []) is None


def test_the_mix_names_the_largest_venue_first():
    assert mix(LEVELS[0]) == "NSDQ 300, iexg 200, edgx 140"


def test_the_fuller_book_is_shown_unless_a_service_is_chosen():
    thin, full = a_book(bids=((1.0, 1),), asks=()), a_book()
    books = {BookService.NYSE: thin, BookService.NASDAQ: full}
    assert pick(books, None) == (BookService.NASDAQ, full)
    assert pick(books, BookService.NYSE) == (BookService.NYSE, thin)
    assert pick({BookService.NYSE: thin}, BookService.NASDAQ) == (BookService.NYSE, thin)
    assert pick({}, None) is None
    assert pick({BookService.NYSE: Book("F")}, None) == (BookService.NYSE, Book("F"))
