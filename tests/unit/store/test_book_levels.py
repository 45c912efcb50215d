"""Books on disk: compact, and exactly as they came."""

import gzip
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from monitor.market.book import Book, Level, Maker
from monitor.schwab.wire import decode_frame
from monitor.store.book_levels import pack, unpack

numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
makers = st.builds(Maker, st.text(max_size=6), numbers, st.integers(0, 86_400_000))
levels = st.builds(Level, numbers, numbers, st.integers(0, 99), st.lists(makers, max_size=4).map(tuple))
ladders = st.lists(levels, max_size=6).map(tuple)


@given(st.builds(Book, st.just("AAPL"), st.integers(0, 2**42), ladders, ladders))
def test_a_book_comes_back_digit_for_digit(book: Book) -> None:
    assert repr(unpack("AAPL", book.time, pack(book))) == repr(book)


def test_real_books_take_well_under_a_third_of_their_json(shared: Path) -> None:
    captures = [*(shared / "schwab/samples/stream").glob("N*_BOOK_*.json")]
    frames = [path.read_bytes() for path in captures]
    with gzip.open(shared / "replay/aapl-open-conflated.jsonl.gz") as lines:
        frames += [json.dumps(json.loads(line)["frame"]).encode() for line, _ in zip(lines, range(60), strict=False)]
    books = [
        item for raw in frames for data in decode_frame(raw)[0].data for item in data.content if isinstance(item, Book)
    ]
    sizes = [
        len(json.dumps(item))
        for raw in frames
        for data in json.loads(raw)["data"]
        for item in data["content"]
        if "2" in item
    ]
    assert len(books) > 20
    assert sum(len(pack(book)) for book in books) < sum(sizes) / 4
    for book in books:
        back = unpack(book.symbol, book.time, pack(book))
        assert [(n.price, n.size, n.count) for n in back.bids] == [(n.price, n.size, n.count) for n in book.bids]
