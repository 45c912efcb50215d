"""A person's own queries: they read whatever is there, write nothing whatever is tried, and end when they should."""

import asyncio
import csv
import sqlite3
import threading
from contextlib import closing
from itertools import count, islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import BadData, MonitorError, StoreUnavailable, Unusable
from monitor.market.instrument import Instrument
from monitor.ports import BadQuery
from monitor.store import Store, open_store, query, query_guard
from monitor.store.query import StoredQueries
from tests.support.builders import a_quote

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {}) SELECT i FROM n"


@pytest.fixture
async def queries(store: Store) -> StoredQueries:
    store.recorder.record_instruments([Instrument("AAPL", "Apple Inc"), Instrument("MSFT", "Microsoft Corp")])
    store.recorder.record_quote(1, a_quote())
    await store.recorder.flushed()
    return store.queries


# ------------------------------------------------------------------------------------------ what is answered


async def test_columns_and_rows_are_as_stored(queries: StoredQueries) -> None:
    answer = await queries.ask("SELECT symbol, description, NULL AS none, x'00ff' AS raw, 214.0 FROM instrument")
    assert answer.columns == ("symbol", "description", "none", "raw", "214.0")
    assert answer.rows[0] == ("AAPL", "Apple Inc", None, b"\x00\xff", 214.0)
    assert (len(answer.rows), answer.truncated) == (2, False)


@pytest.mark.parametrize(("there", "truncated"), [(9, False), (10, False), (11, True)])
async def test_more_rows_than_asked_for_are_told(queries: StoredQueries, there: int, truncated: bool) -> None:
    answer = await queries.ask(NUMBERS.format(there), limit=10)
    assert (len(answer.rows), answer.truncated) == (min(there, 10), truncated)


async def test_large_rows_are_fewer(queries: StoredQueries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "MOST_BYTES", 10_000)
    answer = await queries.ask(NUMBERS.format(100).replace("SELECT i FROM", "SELECT zeroblob(4000) FROM"))
    assert (len(answer.rows), answer.truncated) == (3, True)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM instrument_fts WHERE instrument_fts MATCH 'apple'",
        "SELECT * FROM json_each('[1]')",
        "SELECT * FROM pragma_table_info('quote') LIMIT 1",
        "PRAGMA user_version",
        "PRAGMA journal_mode",
        "VALUES (1)",
        "EXPLAIN QUERY PLAN SELECT * FROM quote",
        "SELECT sum(id) OVER () FROM instrument LIMIT 1",
        "/* a word */ SELECT 1; -- the end",
    ],
)
async def test_whatever_reads_is_allowed(queries: StoredQueries, sql: str) -> None:
    assert (await queries.ask(sql)).rows


async def test_text_that_is_no_utf_8_is_shown_as_well_as_it_can_be(queries: StoredQueries) -> None:
    assert (await queries.ask("SELECT CAST(x'61ff62' AS TEXT)")).rows == [("a\ufffdb",)]


async def test_tables_and_their_columns_are_told_without_what_sqlite_keeps_for_itself(queries: StoredQueries) -> None:
    tables = {table.name: table for table in await queries.tables()}
    assert tables["trade"].columns[:3] == (
        ("instrument_id", "INTEGER"),
        ("received_us", "INTEGER"),
        ("time", "INTEGER"),
    )
    assert tables["instrument_fts"].kind == "virtual"
    assert not [name for name in tables if name.startswith(("sqlite_", "instrument_fts_"))]


# ------------------------------------------------------------------------------------------ what is refused

WRITES = [
    "INSERT INTO watchlist (name) VALUES ('x')",
    "REPLACE INTO about VALUES ('profile', 'live')",
    "UPDATE instrument SET symbol = 'X'",
    "DELETE FROM instrument",
    "WITH x AS (SELECT 1) DELETE FROM instrument",
    "WITH x AS (SELECT 'n') INSERT INTO watchlist (name) SELECT * FROM x RETURNING id",
    "DELETE FROM instrument RETURNING id",
    "DROP TABLE quote",
    "DROP TRIGGER bar_revised",
    "ALTER TABLE quote ADD COLUMN x",
    "ALTER TABLE quote RENAME TO q",
    "CREATE TABLE x (y)",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x (y)",
    "CREATE TEMP VIEW x AS SELECT 1",
    "CREATE TEMP TRIGGER x AFTER INSERT ON quote BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE x USING fts5(y)",
    "CREATE INDEX x ON quote (bid)",
    "CREATE VIEW x AS SELECT 1",
    "INSERT INTO instrument_fts(instrument_fts) VALUES ('rebuild')",
    "ATTACH ':memory:' AS x",
    "ATTACH '{other}' AS x",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO '{other}'",
    "REINDEX",
    "ANALYZE",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "SAVEPOINT x",
    "COMMIT",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA journal_mode(TRUNCATE)",
    "PRAGMA writable_schema = ON",
    "PRAGMA query_only = OFF",
    "PRAGMA user_version = 9",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA main.wal_checkpoint",
    "PRAGMA optimize",
    "PRAGMA incremental_vacuum",
    "PRAGMA temp_store_directory = '/'",
    "PRAGMA trusted_schema = ON",
    "SELECT * FROM pragma_wal_checkpoint",
    "SELECT * FROM pragma_journal_mode('delete')",
    "UPDATE sqlite_master SET sql = ''",
    "DELETE FROM sqlite_master",
    "WITH x AS (SELECT 1) UPDATE sqlite_schema SET rootpage = 1",
    "SELECT load_extension('x')",
    "SELECT fts3_tokenizer('simple', x'00')",
    "EXPLAIN DELETE FROM instrument",
    "SELECT 1; DELETE FROM instrument",
    "SELECT writefile('{other}', 'x')",
    "SELECT edit('x', 'touch {other}')",
]


class Closed:
    """A database that no program has open, and what it is made of."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, sql: str) -> str:
        """The sentence of the refusal; empty when there was an answer."""

        async def asking() -> str:
            queries = StoredQueries(self.path)
            try:
                await queries.ask(sql, limit=100)
            except MonitorError as error:
                return error.sentence
            finally:
                await queries.close()
            return ""

        return asyncio.run(asking())

    def state(self, watching: sqlite3.Connection) -> tuple[bytes, object, object, list[str]]:
        version = watching.execute("PRAGMA data_version").fetchone()
        log = self.path.with_name(self.path.name + "-wal")
        others = sorted(each.name for each in self.path.parent.iterdir())
        return self.path.read_bytes(), log.stat().st_size, version, others


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Closed:
    path = tmp_path_factory.mktemp("closed") / "monitor.db"

    async def fill() -> None:
        store = open_store(path, sandbox=True, on_trouble=lambda _: None)
        store.recorder.record_instruments([Instrument("AAPL", "Apple Inc")])
        store.recorder.record_quote(1, a_quote())
        await store.recorder.flushed()
        await store.close()

    asyncio.run(fill())
    return Closed(path)


@pytest.mark.parametrize("sql", WRITES)
def test_every_kind_of_writing_is_refused_and_leaves_no_trace(closed: Closed, sql: str) -> None:
    other = closed.path.with_name("other.db")
    with closing(sqlite3.connect(closed.path)) as watching:
        before = closed.state(watching)
        assert closed.ask(sql.format(other=other))
        assert closed.state(watching) == before


WORDS = st.sampled_from(
    [
        *(
            "SELECT",
            "INSERT INTO",
            "UPDATE",
            "DELETE FROM",
            "REPLACE INTO",
            "DROP TABLE",
            "CREATE TABLE",
            "ALTER TABLE",
        ),
        *(
            "CREATE TEMP TABLE",
            "PRAGMA",
            "ATTACH",
            "VACUUM",
            "VACUUM INTO",
            "BEGIN",
            "COMMIT",
            "REINDEX",
            "WITH x AS (",
        ),
        *(
            "EXPLAIN",
            "RETURNING *",
            "VALUES ('x')",
            "VALUES (1, 2)",
            "SET symbol = 'x'",
            "WHERE 1",
            "FROM",
            "AS y",
            ")",
        ),
        *(
            "instrument",
            "about",
            "watchlist",
            "quote",
            "sqlite_master",
            "instrument_fts",
            "x",
            "*",
            "1",
            "'x'",
            "(name)",
        ),
        *("writable_schema", "query_only", "journal_mode", "user_version", "= 1", "= OFF", "(1)", ";", ",", "--", "/*"),
        *(
            "pragma_user_version(7)",
            "json_each('[1]')",
            "load_extension('x')",
            "ADD COLUMN z",
            "RENAME TO z",
            "OR IGNORE",
        ),
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=8).map(" ".join) | st.sampled_from(WRITES) | st.text(max_size=40))
def test_no_statement_changes_a_byte(closed: Closed, sql: str) -> None:
    with closing(sqlite3.connect(closed.path)) as watching:
        before = closed.state(watching)
        closed.ask(sql.replace("{other}", str(closed.path.with_name("other.db"))))
        assert closed.state(watching) == before


def test_the_guard_alone_refuses_to_write_elsewhere(tmp_path: Path) -> None:
    """What is no part of the database, and so is not kept by its being opened read-only."""
    guard = query_guard.Guard()
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.set_authorizer(guard)
        for sql in (
            f"VACUUM INTO '{tmp_path / 'copy.db'}'",
            f"ATTACH '{tmp_path / 'new.db'}' AS new",
            "CREATE TABLE x (y)",
        ):
            with pytest.raises(sqlite3.DatabaseError, match="authoriz"):
                connection.execute(sql)
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------ why, in words


@pytest.mark.parametrize(
    ("sql", "sentence", "offset"),
    [
        ("DELETE FROM quote", "Queries only read: DELETE is refused.", None),
        ("-- all of it\nDROP TABLE quote", "Queries only read: DROP is refused.", None),
        ("WITH x AS (SELECT 1) DELETE FROM quote", "Queries only read: DELETE is refused.", None),
        ("PRAGMA user_version = 3", "Queries only read: PRAGMA user_version with a value is refused.", None),
        ("SELECT load_extension('x')", "Queries only read: load_extension() is refused.", None),
        ("SELECT 1\nFORM x", 'SQLite says: near "x": syntax error.', 14),
        ("SELECT 1, FROM quote WHERE 1 = 1 FROM", 'SQLite says: near "FROM": syntax error.', 10),
        ("SELECT 'FROM' FROM quote FROM", 'SQLite says: near "FROM": syntax error.', 25),
        ("SELECT bidd FROM quote", "SQLite says: no such column: bidd.", 7),
        ("SELECT bidd FROM quote WHERE bidd > 1", "SQLite says: no such column: bidd.", None),
        ("SELECT * FROM quote_s", "SQLite says: no such table: quote_s.", 14),
        ("SELECT 1 WHERE (", "SQLite says: incomplete input.", 16),
        ("SELECT 'abc", 'SQLite says: unrecognized token: "\'abc".', 7),
        ("SELECT none(1)", "SQLite says: no such function: none.", 7),
        (
            "SELECT 1; SELECT 2",
            "Run one statement at a time: the cursor stands in it, or it is what is selected.",
            None,
        ),
        ("SELECT ?", "The query has a place for a value (?, :name): write the value itself there.", None),
        ("SELECT zeroblob(20000000)", "A value in this query is larger than 16 MB.", None),
        ("SELECT 1\x00", "The query holds a character that SQLite does not read.", None),
        ("SELECT '\ud800'", "The query holds a character that SQLite does not read.", None),
        ("-- nothing", "There is no query here: write a SELECT.", None),
        ("", "There is no query here: write a SELECT.", None),
    ],
)
async def test_a_bad_query_is_a_sentence_with_its_place(
    queries: StoredQueries, sql: str, sentence: str, offset: int | None
) -> None:
    with pytest.raises(BadQuery) as caught:
        await queries.ask(sql)
    assert (caught.value.sentence, caught.value.offset) == (sentence, offset)


async def test_a_database_that_fails_is_not_the_querys_fault(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    path.write_bytes(b"no database at all, but long enough for SQLite to look at its head" * 20)
    queries = StoredQueries(path)
    with pytest.raises(StoreUnavailable, match="is not a database"):
        await queries.ask("SELECT * FROM quote")
    await queries.close()


async def test_no_room_for_what_is_sorted_is_the_querys_own_trouble(
    queries: StoredQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def sort(*_: object) -> None:
        raise full

    monkeypatch.setattr(query, "_answer", sort)
    with pytest.raises(BadQuery, match="no room for what has to be sorted"):
        await queries.ask("SELECT 1")


# ------------------------------------------------------------------------------------------ how it ends


async def started(queries: StoredQueries) -> "asyncio.Task[object]":
    """A query without an end that is under way."""
    task = asyncio.create_task(queries.ask(ENDLESS))
    await asyncio.sleep(0)
    assert [thread for thread in queries._running if thread.is_alive()]
    return task


async def test_who_is_cancelled_ends_the_query_and_recording_goes_on_meanwhile(
    store: Store, queries: StoredQueries
) -> None:
    task = await started(queries)
    store.recorder.record_quote(2, a_quote())
    await store.recorder.flushed()
    assert (await queries.ask("SELECT count(*) FROM quote")).rows == [(2,)]
    [thread, *_] = queries._running
    assert thread.is_alive()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(thread.join, 30)
    assert not thread.is_alive()


async def test_closing_ends_the_query(queries: StoredQueries) -> None:
    task = await started(queries)
    await queries.close()
    with pytest.raises(BadQuery, match="was stopped"):
        await task
    with pytest.raises(StoreUnavailable, match="closed"):
        await queries.ask("SELECT 1")


async def test_closing_does_not_wait_for_what_sqlite_does_not_let_go_of(
    queries: StoredQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "_CLOSE_SECONDS", 0.01)
    gate = threading.Event()
    task = asyncio.create_task(queries._run("SELECT 1", 60.0, lambda *_: gate.wait(60)))
    await asyncio.sleep(0)
    await queries.close()
    [thread] = [each for each in queries._running if each.is_alive()]
    assert thread.daemon  # nor does the program's end
    gate.set()
    await task
    await asyncio.to_thread(thread.join, 30)


async def test_a_query_that_lasts_too_long_is_stopped(queries: StoredQueries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "ASK_SECONDS", 0.05)
    with pytest.raises(BadQuery, match="Stopped after 0 seconds, the longest a query may last"):
        await queries.ask(ENDLESS)


async def test_a_query_that_keeps_the_log_from_being_emptied_is_stopped(
    store: Store, queries: StoredQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_guard, "MOST_LOG_BYTES", 1)
    monkeypatch.setattr(query_guard, "_MORE_LOG_BYTES", 4096)
    task = await started(queries)
    log = store.archive._reader._path.with_name("monitor.db-wal")
    begun = log.stat().st_size
    stamps = count(10)
    while not task.done():
        for stamp in islice(stamps, 200):
            store.recorder.record_quote(stamp, a_quote())
        await store.recorder.flushed()
    assert log.stat().st_size > begun
    with pytest.raises(BadQuery, match="kept what is recorded meanwhile"):
        await task


async def test_a_query_that_fills_the_disk_is_stopped(queries: StoredQueries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_guard, "LEAST_FREE_BYTES", 2**62)
    with pytest.raises(BadQuery, match="the disk is nearly full"):
        await queries.ask(ENDLESS)


# ------------------------------------------------------------------------------------------ export


async def test_all_rows_are_exported_and_nothing_is_a_formula(
    store: Store, queries: StoredQueries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "_TOLD_EVERY_SECONDS", 0.0)
    told: list[int] = []
    out = tmp_path / "numbers.csv"
    sql = NUMBERS.format(1200).replace("SELECT i FROM", "SELECT i, '=1+1' AS \"=x\", -0.5, NULL, x'00ff', '-' FROM")
    result = await queries.export(sql, out, told.append)
    lines = list(csv.reader(out.read_text(encoding="utf-8").splitlines()))
    assert (result.rows, result.path, len(lines)) == (1200, out, 1201)
    assert lines[0][:2] == ["i", "'=x"]
    assert lines[1200] == ["1200", "'=1+1", "-0.5", "", "00ff", "'-"]
    await asyncio.sleep(0)
    assert told == [500, 1000, 1200]
    await store.recorder.flushed()
    assert (await store.archive.audit(1))[0].sentence == f"1200 rows of a query to {out}"


async def test_an_export_that_is_cancelled_or_fails_leaves_no_file(queries: StoredQueries, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    begun = asyncio.Event()
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    task = asyncio.create_task(queries.export(endless, folder / "a.csv", lambda _: begun.set()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(BadQuery):
        await queries.export("SELECT none", folder / "a.csv", lambda _: None)
    await queries.close()
    assert list(folder.iterdir()) == []


async def test_what_cannot_be_written_is_told(queries: StoredQueries, tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"must end in \.csv"):
        await queries.export("SELECT 1", tmp_path / "a.parquet", lambda _: None)
    with pytest.raises(Unusable, match="cannot be written"):
        await queries.export("SELECT 1", tmp_path / "missing" / "a.csv", lambda _: None)
