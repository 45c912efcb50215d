"""Rows of every streamed table through a file: every number, text, blob and NULL comes back as it was."""

import io
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.store.book_levels import as_json, pack, unpack
from monitor.store.connect import connect_writing
from monitor.store.migrations import migrate
from monitor.store.tiers import parquet
from monitor.store.tiers.tables import TABLES, columns_of
from tests.support.builders import a_book

INTEGERS = st.integers(-(2**63), 2**63 - 1)
#: SQLite itself keeps no NaN: it stores NULL.
FLOATS = st.floats(allow_nan=False)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)))
PACKED = TEXTS.map(lambda text: zlib.compress(text.encode(), 6))
BLOBS = st.binary() | PACKED | PACKED.map(lambda blob: blob + b"x") | PACKED.map(lambda blob: blob[:-1])
NUMBERS = st.integers(-5, 300) | INTEGERS | FLOATS | st.sampled_from([0.0, -0.0, 214, 214.0, 2**53, 2**53 + 1])
OF_TYPE = {
    "INTEGER": INTEGERS | st.none(),
    "TEXT": TEXTS | st.none(),
    "BLOB": BLOBS | st.none(),
    "ANY": NUMBERS | TEXTS | BLOBS | st.none(),
}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    opened = connect_writing(tmp_path_factory.mktemp("columns") / "monitor.db")
    migrate(opened, sandbox=True)
    yield opened
    opened.close()


def exactly(value: Any) -> Any:
    """Unlike ``==`` this tells 1 from 1.0, and 0.0 from -0.0."""
    return type(value), struct.pack("d", value) if isinstance(value, float) else value


def unpacked(value: Any) -> Any:
    """A packed text as that text, which is how files hold it."""
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(value).decode()
    except (zlib.error, UnicodeDecodeError, TypeError):
        return value
    return text if unpacking.eof and not unpacking.unused_data else value


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data())
def test_a_round_trip(connection: sqlite3.Connection, name: str, data: st.DataObject) -> None:
    table = TABLES[name]
    declared = columns_of(connection, table)
    row = st.tuples(*(st.integers(0, 2**60) if column == "received_us" else OF_TYPE[kind] for column, kind in declared))
    pages = data.draw(st.lists(st.tuples(TEXTS, st.lists(row, min_size=1, max_size=8)), min_size=1, max_size=4))
    sink = io.BytesIO()
    writer = parquet.DayWriter(sink, table, declared)
    for owner, page in pages:
        writer.add(owner, page)
    writer.close()
    names = [column for column, _ in declared]
    back = [row for page in parquet.rows_of(io.BytesIO(sink.getvalue()), declared, names) for row in page]
    levels = names.index("levels") if "levels" in names else -1
    sent = [
        tuple(unpacked(value) if at == levels else value for at, value in enumerate(row))
        for _, page in pages
        for row in page
    ]
    assert [[exactly(v) for v in row] for row in back] == [[exactly(v) for v in row] for row in sent]
    assert parquet.holds(io.BytesIO(sink.getvalue()), declared, writer.written)


def test_a_book_goes_into_a_file_as_its_json_and_comes_back(connection: sqlite3.Connection) -> None:
    book = a_book("AAPL", bids=((214, 5), (213.99, 7)))
    packed = pack(book), zlib.compress(as_json(pack(book)).encode(), 6)  # as it is written, and as it was
    rows = [(1, "NASDAQ_BOOK", at, book.time, blob) for at, blob in enumerate(packed)]
    table = TABLES["book"]
    declared, sink = columns_of(connection, table), io.BytesIO()
    writer = parquet.DayWriter(sink, table, declared)
    writer.add("AAPL", rows)
    writer.close()
    assert {row["levels"] for row in pq.read_table(io.BytesIO(sink.getvalue())).to_pylist()} == {as_json(packed[0])}
    back = [row for page in parquet.rows_of(io.BytesIO(sink.getvalue()), declared, ["time", "levels"]) for row in page]
    assert [repr(unpack("AAPL", *row)) for row in back] == [repr(book)] * 2


@given(values=st.lists(NUMBERS | TEXTS | st.binary() | st.none(), min_size=1))
def test_sqlite_gives_what_was_put_in(connection: sqlite3.Connection, values: list[Any]) -> None:
    """The strategies above are what an ANY column holds, so nothing is tried that cannot be there, or left out."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS held (value ANY) STRICT")
    connection.execute("DELETE FROM held")
    connection.executemany("INSERT INTO held VALUES (?)", [(value,) for value in values])
    back = [value for (value,) in connection.execute("SELECT value FROM held ORDER BY rowid")]
    assert [exactly(value) for value in back] == [exactly(value) for value in values]


@pytest.mark.parametrize(
    ("a", "b"), [(1, 1.0), (0.0, -0.0), ("a", b"a"), (None, 0), (2**53, 2**53 + 1), (0.1, 0.1 + 2**-56)]
)
def test_the_digest_tells_apart_what_is_not_the_same(a: Any, b: Any) -> None:
    assert parquet.digest([(a,)]) != parquet.digest([(b,)])


def test_other_programs_find_plain_columns(connection: sqlite3.Connection, tmp_path: Path) -> None:
    table = TABLES["quote"]
    with (tmp_path / "quote.parquet").open("wb") as sink:
        writer = parquet.DayWriter(sink, table, columns_of(connection, table))
        writer.add("AAPL", [(1, 5, 214, 214.25, None, 100, 2**60, "odd", b"\x01", 7, None)])
        writer.close()
    (row,) = pq.read_table(tmp_path / "quote.parquet").to_pylist()
    assert row["symbol"] == "AAPL"
    assert (row["bid"], row["ask"], row["last"], row["ask_size"]) == (214.0, 214.25, None, float(2**60))
    assert {name: text for name, text in row.items() if name.endswith("_as") and text} == {
        "bid_as": "int",
        "bid_size_as": "int",
        "ask_size_as": f"int:{2**60}",
        "last_size_as": "text:odd",
        "volume_as": "blob:01",
    }
