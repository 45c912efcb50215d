"""Books on disk: compact, and exactly as they came."""

import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.market.book import Book, BookService, Level, Maker
from monitor.schwab.wire import decode_frame
from monitor.store import open_store
from monitor.store.book_levels import as_json, pack, unpack
from tests.support.captures import BURST, CONFLATED, frames, raw_frames

#: Levels, and blobs that hold them: three in columns, the last of them deflated.
WRITTEN = (
    (
        '[[[214,300,2,[["NSDQ",100,34200000],["arcx",200,34200005]]],[213.99,7,1,[["JPMS",7,34100000]]]],'
        '[[214.02,900,3,[["S",9,5]]]]]',
        "0135c507044a504d530201b0ce020106020101ac02078407020103001b2b2a0164c8010709c5b3a7100500a58d06c0b3a710",
    ),
    ('[[[214.0,100,1,[["MPRL",100,3]]]],[]]', "01e48608000100b0ce021964010300"),
    (
        f'[[{",".join(f"""[{price / 10_000},200,1,[["IEXG",200,34200000]]]""" for price in range(1000, 988, -1))}],[]]',
        "02d8f51360e061b8c0cf88006c48e004233238b079b90003120000",
    ),
)

numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
odd_makers = st.builds(Maker, st.text(max_size=6), numbers, st.integers(-1, 86_400_000))
odd_levels = st.builds(Level, numbers, numbers, st.integers(0, 99), st.lists(odd_makers, max_size=4).map(tuple))
odd_ladders = st.lists(odd_levels, max_size=6).map(tuple)
odd_books = st.builds(Book, st.just("AAPL"), st.integers(0, 2**42), odd_ladders, odd_ladders)

#: As the streamer sends them: prices of two or four decimals, whole ones with or without, makers that few know.
cents = st.integers(1, 10_000_000).map(lambda cents: cents // 100 if cents % 100 == 0 else cents / 100)
prices = cents | st.integers(1, 10_000).map(lambda parts: parts / 10_000) | st.integers(1, 1_000).map(float)
names = st.sampled_from(["NSDQ", "ARCX", "iexg", "G", "JPMS", "new"]) | st.text(
    st.characters(exclude_categories=("Cs", "Cc")), max_size=4
)
makers = st.builds(Maker, names, st.integers(0, 2**40), st.integers(0, 86_400_000))


@st.composite
def a_level(draw: st.DrawFn, price: st.SearchStrategy[float]) -> Level:
    some = tuple(draw(st.lists(makers, max_size=4)))
    total, count = sum(maker.size for maker in some), len(some)
    return Level(
        draw(price), draw(st.just(total) | st.integers(0, 2**40)), draw(st.just(count) | st.integers(0, 9)), some
    )


@st.composite
def a_book(draw: st.DrawFn, price: st.SearchStrategy[float] = prices) -> Book:
    ladder = st.lists(a_level(price), max_size=8).map(tuple)
    return Book("AAPL", draw(st.integers(0, 2**42)), draw(ladder), draw(ladder))


def exactly(book: Book) -> str:
    """Everything a book has, so that 1 is not 1.0 and -0.0 not 0."""
    sides = [
        [(n.price, n.size, n.count, [(m.id, m.size, m.time) for m in n.makers]) for n in side]
        for side in (book.bids, book.asks)
    ]
    return repr((book.symbol, book.time, sides))


def written_before(book: Book) -> bytes:
    """The blob of a program that knew no columns."""
    return zlib.compress(as_json(pack(book)).encode(), 6)


# ------------------------------------------------------------------------------------------ without loss


@given(odd_books | a_book())
def test_a_book_comes_back_digit_for_digit(book: Book) -> None:
    blob = pack(book)
    assert exactly(unpack("AAPL", book.time, blob)) == exactly(book)
    assert exactly(unpack("AAPL", book.time, as_json(blob))) == exactly(book)


@given(a_book(cents) | a_book(st.integers(1, 9_999).map(lambda parts: parts / 10_000)) | a_book(st.just(214.0)))
def test_what_the_streamer_sends_stands_in_columns(book: Book) -> None:
    assert pack(book)[0] in {1, 2}


@given(odd_books | a_book())
def test_books_that_an_older_program_wrote_read_as_ever(book: Book) -> None:
    blob = written_before(book)
    assert exactly(unpack("AAPL", book.time, blob)) == exactly(book)
    assert as_json(blob) == as_json(pack(book))


@pytest.mark.parametrize(
    "price",
    [0, 0.0, -0.0, -1, 1e-9, 1.23456, 1e300, 0.1 + 0.2, 2**70, 214.0, 214, 0.0001],
)
@pytest.mark.parametrize("size", [100, 100.0, 0, -5, 2**70])
def test_odd_numbers_are_kept_as_well(price: float, size: float) -> None:
    for maker in (size, 100):
        levels = tuple(Level(each, size, 1, (Maker("NSDQ", maker, 5),)) for each in (price, 12.5, 12))
        book = Book("AAPL", 7, levels, ())
        assert exactly(unpack("AAPL", 7, pack(book))) == exactly(book)


@pytest.mark.parametrize("name", [CONFLATED, BURST])
def test_every_book_of_a_real_morning_comes_back(shared: Path, name: str) -> None:
    books = [item for frame in frames(shared, name) for data in frame.data for item in data.content]
    books = [item for item in books if isinstance(item, Book)]
    assert len(books) > 3_000
    for book in books:
        blob = pack(book)
        assert blob[0] in {1, 2}
        assert exactly(unpack(book.symbol, book.time, blob)) == exactly(book)


def test_what_was_written_once_is_read_for_ever() -> None:
    """Blobs as files out there hold them: they are not to be made anew."""
    for levels, blob in WRITTEN:
        assert as_json(bytes.fromhex(blob)) == levels


# ------------------------------------------------------------------------------------------ damage


@pytest.mark.parametrize("deep", [False, True])
def test_a_damaged_book_is_not_taken_for_another(deep: bool) -> None:
    blob = pack(deep_book(random.Random(1), 30) if deep else Book("A", 1, (Level(1.5, 3, 1, (Maker("X", 3, 4),)),), ()))
    assert blob[0] == (2 if deep else 1)
    whole = as_json(blob)
    for at in range(len(blob)):
        broken = bytes([*blob[:at], blob[at] ^ 0x10, *blob[at + 1 :]])
        try:
            assert as_json(broken) == whole  # what fills the last byte is nothing of the book
        except (zlib.error, ValueError):
            continue
        assert at == len(blob) - 1
    for end in range(len(blob)):
        with pytest.raises((zlib.error, ValueError)):
            as_json(blob[:end])


@given(a_book(), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3))
def test_columns_that_no_program_wrote_are_refused_or_a_book(book: Book, changes: list[tuple[int, int]]) -> None:
    packed = pack(book)
    numbers = bytearray(packed[3:] if packed[0] == 1 else zlib.decompress(packed[3:], -15) if packed[0] == 2 else b"")
    for at, byte in changes:
        place = at % (len(numbers) + 1)
        numbers[place : place + 1] = bytes([byte])
    body = bytes(numbers)
    blob = b"\x01" + (zlib.crc32(body) & 0xFFFF).to_bytes(2, "big") + body
    try:
        book = unpack("A", 1, blob)
    except ValueError:
        return
    assert exactly(unpack("A", 1, pack(book))) == exactly(book)


# ------------------------------------------------------------------------------------------ compact


def deep_book(rng: random.Random, levels: int) -> Book:
    """Three to six makers a level, none of them alike."""
    sides = []
    for step in (-1, 1):
        side = []
        for n in range(levels):
            some = tuple(
                Maker(name, rng.randrange(1, 90) * 100, 34_200_000 + rng.randrange(9_000_000))
                for name in rng.sample(("NSDQ", "ARCX", "BATX", "EDGX", "MEMX", "IEXG"), rng.randrange(3, 7))
            )
            side.append(Level((21_450 + step * (n + 1)) / 100, sum(m.size for m in some), len(some), some))
        sides.append(tuple(side))
    return Book("DEEP", 1_795_186_200_000, *sides)


def as_sent(book: Book) -> int:
    """The bytes of the streamer's JSON for a book that it did not send."""
    bids, asks = (
        [
            {"0": n.price, "1": n.size, "2": n.count, "3": [{"0": m.id, "1": m.size, "2": m.time} for m in n.makers]}
            for n in side
        ]
        for side in (book.bids, book.asks)
    )
    return _size({"key": book.symbol, "1": book.time, "2": bids, "3": asks})


def _size(item: object) -> int:
    return len(json.dumps(item, separators=(",", ":")))


def sent(raw: str) -> Iterator[tuple[Book, int]]:
    """The books of a frame, each with the bytes of its JSON."""
    (frame, _), plain = decode_frame(raw), json.loads(raw)
    for data, told in zip(frame.data, plain["data"], strict=True):
        for book, item in zip(data.content, told["content"], strict=True):
            if isinstance(book, Book):
                yield book, _size(item)


def real_books(shared: Path, kind: str) -> list[tuple[Book, int]]:
    """Some thousand, each with the bytes that the streamer sent for it."""
    if kind == "deep":
        rng = random.Random(5)
        return [(book, as_sent(book)) for book in (deep_book(rng, 25) for _ in range(2_000))]
    if kind == "samples":
        paths = sorted((shared / "schwab/samples/stream").glob("*_BOOK_*.json"))
        return [each for path in paths for each in sent(path.read_text())] * 500
    return [each for raw in raw_frames(shared, kind) for each in sent(raw)][:4_000]


@pytest.mark.parametrize("kind", [CONFLATED, BURST, "samples", "deep"])
async def test_on_disk_books_take_at_most_a_fifth_of_their_json(shared: Path, path: Path, kind: str) -> None:
    await open_store(path, sandbox=True, on_trouble=print).close()
    empty = path.stat().st_size
    books = real_books(shared, kind)
    assert len(books) >= 2_000
    store = open_store(path, sandbox=True, on_trouble=print)
    for number, (book, _) in enumerate(books):
        whose = Book(f"S{number % 20}", book.time, book.bids, book.asks)
        store.recorder.record_book(1_795_186_200_000_000 + number * 25_000, BookService.NASDAQ, whose)
        if number % 10 == 0:  # a quarter of a second, which is what the writer has at once
            await store.recorder.flushed()
    await store.close()
    assert path.stat().st_size - empty <= sum(size for _, size in books) / 5
