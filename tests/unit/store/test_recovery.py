"""A damaged database: what reads is saved, the damaged file is kept, and the person is told what was lost."""

import asyncio
import random
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable
from monitor.market.bar import Interval
from monitor.market.book import BookService
from monitor.store import Store, open_store, prepare_store, recovery, schema
from monitor.store.backup import copy_database
from monitor.store.migrations import migrate
from monitor.store.pages import TABLE_LEAF, PageFile, walk
from monitor.store.recovery import finish, recover
from monitor.store.salvage import Salvage
from tests.support.builders import a_bar, a_book, a_quote, a_trade
from tests.unit.store.conftest import Rows

_PAGE = 4096
_START_MS = 1_795_185_000_000
_LATER_US = 1_795_199_000_000_000


async def record(path: Path, quotes: int) -> None:
    """A day of a few symbols with everything that streams, and a list."""
    rng = random.Random(7)
    store = open_store(path, sandbox=True, on_trouble=print)
    recorder = store.recorder
    for step in range(quotes):
        symbol = f"S{step % 23}"
        recorder.record_quote(
            _START_MS * 1_000 + step,
            a_quote(symbol, bid=100 + rng.random(), ask=101, last=100.5, volume=step, quote_time=step),
        )
        if step % 3 == 0:
            recorder.record_trade(_START_MS * 1_000 + step, a_trade(symbol, at=step))
        if step % 10 == 0:
            bids = tuple((rng.random(), rng.randrange(9_999)) for _ in range(40))
            recorder.record_book(_START_MS * 1_000 + step, BookService.NASDAQ, a_book(symbol, at=step, bids=bids))
        if step % 50 == 0:
            recorder.record_audit("test", f"entry {step}")
            recorder.record_details(_START_MS * 1_000 + step, symbol, {"text": "x" * rng.randrange(9_000)})
    for number in range(8):
        recorder.record_bars([a_bar(f"S{number}", at=_START_MS + 60_000 * minute) for minute in range(quotes // 40)])
    await recorder.flushed()
    await store.watchlists.create("Tech", ["S1", "S2"])
    await store.close()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "monitor.db"
    asyncio.run(record(path, 64_000))
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "monitor.db"
    asyncio.run(record(path, 4_000))
    return path


def copied(source: Path, path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    shutil.copy(source, path)
    return path


def overwrite(path: Path, pages: list[int], rng: random.Random) -> None:
    with path.open("r+b") as file:
        for number in pages:
            file.seek((number - 1) * _PAGE)
            file.write(rng.randbytes(_PAGE))


def root_of(path: Path, name: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0])


def counts(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in schema.TABLES}


def verdict(path: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall()


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("damaged", [1, 10, 100])
async def test_of_overwritten_pages_nothing_is_lost_but_what_was_on_them(
    recorded: Path, path: Path, damaged: int, seed: int
) -> None:
    copied(recorded, path)
    pages, rng = path.stat().st_size // _PAGE, random.Random(seed)
    overwrite(path, rng.sample(range(1, pages + 1), damaged), rng)
    broken = path.read_bytes()
    found = recover(path, sandbox=True)
    before, after = counts(recorded), counts(path)
    total, saved = sum(before.values()), sum(after.values()) - 1  # an audit entry tells of it
    assert saved >= total * (1 - 6 * damaged / pages)
    assert saved >= total * 0.95
    assert verdict(path) == [("ok",)]
    assert found.kept.read_bytes() == broken
    assert abs(found.lost - (total - saved)) <= 0.5 * (total - saved) + 200
    store = open_store(path, sandbox=True, on_trouble=print)
    assert store.last_received_us() >= _START_MS * 1_000 + 60_000
    await store.close()


async def test_values_come_back_as_they_were(recorded: Path, path: Path) -> None:
    copied(recorded, path)
    rng = random.Random(3)
    for table in ("quote", "quote_detail", "book", "audit", "watchlist", "watchlist_symbol", "bar"):
        overwrite(path, [root_of(recorded, table)], rng)  # what leads to the others, or all there is
    recover(path, sandbox=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ATTACH ? AS was", (str(recorded),))
        for table in ("quote", "quote_detail", "trade", "book", "bar"):
            shared = connection.execute(
                f"SELECT count(*) FROM (SELECT * FROM {table} INTERSECT SELECT * FROM was.{table})"
            )
            (all_now,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert shared.fetchone() == (all_now,)
            assert all_now > 0


async def test_symbols_stand_in_an_index_too(small: Path, path: Path, rows: Rows) -> None:
    copied(small, path)
    overwrite(path, [root_of(small, "instrument")], random.Random(1))
    recover(path, sandbox=True)
    assert rows("SELECT count(*) FROM instrument WHERE symbol GLOB 'S*'") == [(23,)]
    assert rows("SELECT count(*) FROM instrument_fts WHERE instrument_fts MATCH 'S7'") == [(1,)]


async def test_a_number_whose_symbol_is_lost_is_given_to_nobody_else(small: Path, path: Path, rows: Rows) -> None:
    copied(small, path)
    roots = [root_of(small, name) for name in ("instrument", "sqlite_autoindex_instrument_1")]
    overwrite(path, roots, random.Random(1))
    recover(path, sandbox=True)
    store = open_store(path, sandbox=True, on_trouble=print)
    store.recorder.record_quote(_LATER_US, a_quote("NEW", bid=1))
    await store.close()
    assert rows(f"SELECT symbol FROM quotes WHERE received_us < {_LATER_US} AND symbol NOT GLOB '[?]*'") == []
    assert rows("SELECT count(*) FROM quotes WHERE symbol = 'NEW'") == [(1,)]


async def test_without_its_first_page_the_rows_tell_which_tables_they_are_of(small: Path, path: Path) -> None:
    copied(small, path)
    overwrite(path, [1], random.Random(1))
    prepare_store(path, sandbox=True)
    before, after = counts(small), counts(path)
    # Longer bars are made anew, of every symbol that has bars.
    assert after == before | {"audit": before["audit"] + 1, "rollup_due": 8}


async def test_pages_that_wait_in_the_log_are_read_from_there(path: Path, store: Store, tmp_path: Path) -> None:
    """A copy of a database in use, as a kill leaves it: all of it is in the log, whose end is torn."""
    for step in range(3_000):
        store.recorder.record_quote(_START_MS * 1_000 + step, a_quote("AAPL", bid=step))
        if step % 500 == 499:
            await store.recorder.flushed()
    other = tmp_path / "killed" / "monitor.db"
    copied(path, other)
    log = path.with_name("monitor.db-wal").read_bytes()
    other.with_name("monitor.db-wal").write_bytes(log[:-1_000])
    with closing(sqlite3.connect(other)) as connection:
        (readable,) = connection.execute("SELECT count(*) FROM quote").fetchone()
    other.unlink()
    copied(path, other)
    other.with_name("monitor.db-wal").write_bytes(log[:-1_000])
    recovery_ = recover(other, sandbox=True)
    assert 0 < readable < 3_000
    assert counts(other)["quote"] == readable
    assert recovery_.kept.with_name(recovery_.kept.name + "-wal").exists()


async def test_what_cannot_be_read_comes_from_the_newest_backup(small: Path, path: Path, rows: Rows) -> None:
    copied(small, path)
    (path.parent / "backups").mkdir()
    with closing(sqlite3.connect(path)) as connection:
        copy_database(connection, path.parent / "backups" / "mine.db")
    foreign = path.parent / "backups" / "foreign.db"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE quote (x)")
    overwrite(path, [root_of(small, table) for table in ("watchlist", "watchlist_symbol", "audit")], random.Random(1))
    found = recover(path, sandbox=True)
    assert found.backup == path.parent / "backups" / "mine.db"
    before, after = counts(small), counts(path)
    assert after == before | {"audit": before["audit"] + 1}
    assert "2 from the backup" in found.detail
    assert found.lost == 0


async def test_lost_bars_are_asked_for_again(small: Path, path: Path, rows: Rows) -> None:
    copied(small, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO coverage SELECT DISTINCT instrument_id, '1m', day_ms, day_ms + 86400000, 'complete', 1, 0, 0"
            " FROM bar_day"
        )
        connection.commit()
    overwrite(path, [root_of(small, "bar")], random.Random(1))
    recover(path, sandbox=True)
    short = rows(
        "SELECT instrument_id, day_ms FROM coverage JOIN bar_day USING (instrument_id) WHERE state = 'failed'"
        " AND from_ms = day_ms"
    )
    assert short
    assert rows("SELECT sum(streamed + fetched + computed) FROM bar_day") == rows(
        "SELECT count(*) FROM bar WHERE interval_s = 60 OR source <> 'computed'"
    )
    assert rows("SELECT count(*) FROM bar")[0][0] < counts(small)["bar"]


@pytest.mark.parametrize(
    "content", [b"not a database at all " * 2_000, b"\0" * 50_000, random.Random(1).randbytes(50_000)]
)
async def test_a_file_in_which_nothing_is_ours_is_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match="not a database of Market Monitor"):
        open_store(path, sandbox=True, on_trouble=print)
    assert {file.name for file in path.parent.iterdir()} == {"monitor.db", "monitor.db.lock"}
    assert path.read_bytes() == content


async def test_the_other_profiles_rows_are_not_taken(small: Path, path: Path) -> None:
    copied(small, path)
    overwrite(path, [root_of(small, "instrument")], random.Random(1))
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="holds sandbox data"):
        open_store(path, sandbox=False, on_trouble=print)
    assert path.read_bytes() == before


@pytest.mark.parametrize("moment", ["draft", "whole", "set aside"])
async def test_a_kill_while_it_is_saved_leaves_the_one_or_the_other(
    small: Path, path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    copied(small, path)
    overwrite(path, [root_of(small, "instrument")], random.Random(1))

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(recovery, {"draft": "sync_file", "whole": "sync_folder", "set aside": "finish"}[moment], die)
        if moment == "draft":
            patched.setattr(recovery, "_remove", lambda _: None)
        with pytest.raises(Killed):
            recover(path, sandbox=True)
    store = open_store(path, sandbox=True, on_trouble=print)
    await store.close()
    assert counts(path)["quote"] == counts(small)["quote"]
    assert verdict(path) == [("ok",)]
    left = {re.sub(r"damaged-\d+-\d+", "damaged", file.name) for file in path.parent.iterdir()}
    assert left == {"monitor.db", "monitor.db.lock", "monitor.db.damaged"}


def test_nothing_is_put_in_the_place_of_a_file_that_is_there(small: Path, path: Path) -> None:
    copied(small, path)
    path.with_name("monitor.db.recovered").write_bytes(b"x")
    finish(path)
    assert path.read_bytes() == small.read_bytes()
    assert not path.with_name("monitor.db.recovered").exists()


async def test_a_database_that_is_damaged_while_in_use_goes_on_in_a_new_file(
    small: Path, path: Path, troubles: "asyncio.Queue[str]"
) -> None:
    """The writer finds it: what comes meanwhile waits, and nothing of it is lost."""
    copied(small, path)
    store = open_store(path, sandbox=True, on_trouble=troubles.put_nowait)
    store.recorder.record_quote(_LATER_US, a_quote("S1", bid=1))
    await store.recorder.flushed()
    assert await store.archive.find_instruments("S1")  # a reader has the old file open
    overwrite(path, list(range(2, path.stat().st_size // _PAGE, 3)), random.Random(1))
    for step in range(2_000):
        store.recorder.record_quote(_LATER_US + 1 + step, a_quote(f"S{step % 23}", bid=step))
    await store.recorder.flushed()
    assert "The database was damaged:" in await asyncio.wait_for(troubles.get(), 60)
    store.recorder.record_trade(_LATER_US + 9_999, a_trade("S1", price=777))
    await store.recorder.flushed()
    assert [trade.price for trade in await store.archive.trades("S1", 1)] == [777]  # readers see the new file
    await store.close()
    assert verdict(path) == [("ok",)]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM quote WHERE received_us > ?", (_LATER_US,)).fetchone() == (
            2_000,
        )
        assert connection.execute("SELECT count(*) FROM audit WHERE kind = 'recovery'").fetchone() == (1,)


async def test_what_a_reader_finds_damaged_is_saved_too(
    small: Path, path: Path, troubles: "asyncio.Queue[str]"
) -> None:
    copied(small, path)
    overwrite(path, [root_of(small, "bar")], random.Random(1))  # which nothing looks at when it is opened
    store = open_store(path, sandbox=True, on_trouble=troubles.put_nowait)
    assert store.recoveries == ()
    with pytest.raises(StoreUnavailable, match="is damaged"):
        await store.archive.bars("S1", Interval.M1)
    assert "The database was damaged:" in await asyncio.wait_for(troubles.get(), 60)
    assert len(await store.archive.bars("S1", Interval.M1)) > 90
    await store.close()
    assert verdict(path) == [("ok",)]


async def test_books_of_a_version_before_they_had_rowids_are_found_on_their_pages(path: Path, rows: Rows) -> None:
    before = schema.STEPS.index(schema._book_rows)
    books = [(1 + us % 3, "NYSE_BOOK", _LATER_US + us, us, bytes([us % 7]) * (us % 50 * 40)) for us in range(2_000)]
    path.parent.mkdir()
    with pytest.MonkeyPatch.context() as patch, closing(sqlite3.connect(path, isolation_level=None)) as connection:
        patch.setattr("monitor.store.migrations.STEPS", schema.STEPS[:before])
        patch.setattr("monitor.store.migrations.VERSION", before)
        migrate(connection, sandbox=True)
        connection.executemany("INSERT INTO book VALUES (?, ?, ?, ?, ?)", books)
    overwrite(path, [1, root_of(path, "book")], random.Random(1))
    recover(path, sandbox=True)
    found = rows("SELECT * FROM book ORDER BY received_us")
    assert set(found) <= set(books)
    assert len(found) > len(books) - 20  # what stood on the page that led to the others


async def test_sound_pages_of_books_between_damaged_ones_are_read_by_sqlite(
    recorded: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(recorded, path)
    with closing(sqlite3.connect(path)) as connection:
        total = connection.execute("SELECT count(*) FROM book").fetchone()[0]
    with closing(PageFile(path)) as pages:
        leaves = [page for page in walk(pages, root_of(path, "book")) if pages.cells(page).kind == TABLE_LEAF]
    overwrite(path, [leaves[len(leaves) // 2]], random.Random(1))
    one_by_one: list[int] = []
    read = Salvage._read_page
    monkeypatch.setattr(
        Salvage, "_read_page", lambda self, shape, page: (one_by_one.append(page), read(self, shape, page))[1]
    )
    recover(path, sandbox=True)
    assert len(set(one_by_one) & set(leaves)) == 2  # the last one of each run
    with closing(sqlite3.connect(path)) as connection:
        assert total - 20 <= connection.execute("SELECT count(*) FROM book").fetchone()[0] < total
