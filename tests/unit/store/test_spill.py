"""What waits beside the database: in order, once, whatever happens to the file or to the program."""

import asyncio
import errno
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.analysis.coverage import Answer, Asked
from monitor.market.activity import Activity
from monitor.market.bar import Interval
from monitor.market.book import BookService
from monitor.market.gap import Cause, Gap
from monitor.market.screener import Screener
from monitor.store import Store, batch, connect, open_store, overflow, spill, writer
from monitor.store.spill import Block, Head, Spill
from monitor.store.tasks import SaveAudit
from tests.support.builders import a_bar, a_book, a_quote, a_trade
from tests.support.ports import until
from tests.unit.store.conftest import Rows

Troubles = asyncio.Queue[str]
Values = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "BUSY_MS", 20)
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(writer, "BATCH_SECONDS", 0.005)
    monkeypatch.setattr(writer, "CLOSE_SECONDS", 0.1)
    monkeypatch.setattr(overflow, "LOOK_SECONDS", 0.002)


# ------------------------------------------------------------------------------------------------ the file


def taken_out(waiting: Spill) -> Iterator[Block]:
    while (block := waiting.next()) is not None:
        yield block
        waiting.confirm(block)


@settings(deadline=None)
@given(st.lists(st.lists(Values, min_size=1), min_size=1, max_size=5), st.data())
def test_a_file_cut_anywhere_gives_its_whole_blocks_once(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[list[list[object]]], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("spill") / "monitor.spill"
    waiting, ends = Spill(path), list[int]()
    for number, rows in enumerate(blocks):
        head = Head(len(rows), number, {f"S{number}": number})
        waiting.append({"quote": [tuple(row) for row in rows]}, [SaveAudit(number, "k", "s")], head)
        ends.append(path.stat().st_size)
    confirmed, position = data.draw(st.integers(0, len(blocks) - 1)), ""
    for _ in range(confirmed):
        block = waiting.next()
        assert block is not None
        waiting.confirm(block)
        position = block.position
    waiting.close()
    cut = data.draw(st.integers(0, ends[-1]))
    content = path.read_bytes()
    path.write_bytes(content[:cut])
    again = Spill(path, position)
    whole = sum(end <= cut for end in ends)
    expected = list(range(confirmed, max(confirmed, whole)))
    assert again.torn == (cut - max([24 - 8, *(end for end in ends if end <= cut)]) if cut >= 16 else cut)
    assert again.rows == sum(len(blocks[number]) for number in expected)
    assert again.instruments == {f"S{number}": number for number in expected}
    again.append({"quote": [(77,)]}, [], Head(1, 99, {}))  # a torn end is not in the way of what follows
    found = [block for block in taken_out(again) if block.body is not None]
    assert [block.head.newest_us for block in found] == [*expected, 99]
    for block, number in zip(found, expected, strict=False):
        assert block.body is not None
        assert repr(block.body.rows) == repr([("quote", [tuple(row) for row in blocks[number]])])
        assert block.body.tasks == [SaveAudit(number, "k", "s")]
    assert not path.exists()


def test_a_damaged_byte_costs_no_more_than_from_its_block_on_and_is_never_believed(tmp_path: Path) -> None:
    path = tmp_path / "monitor.spill"
    kept = [(number, "x" * 20) for number in range(3)]
    waiting = Spill(path)
    for number, row in enumerate(kept):
        waiting.append({"quote": [row]}, [], Head(1, number, {}))
    waiting.close()
    content = path.read_bytes()
    block_size = (len(content) - 16) // 3
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x41]) + content[at + 1 :])
        again = Spill(path)
        assert again.newest_us <= 2
        assert again.rows <= 3
        found = [block.body.rows[0][1][0] for block in taken_out(again) if block.body is not None]
        again.close()
        assert all(row in kept for row in found)
        unharmed = max(at - 16, 0) // block_size if at >= 8 else 0
        assert found[:unharmed] == kept[:unharmed]


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    waiting = Spill(tmp_path / "monitor.spill")
    waiting.append({}, [SaveAudit(1, "k", "s")], Head(0, 0, {}))
    assert stat.S_IMODE(waiting.path.stat().st_mode) == 0o600
    waiting.close()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the disk, in order: writes and syncs, of files and of folders."""
    asked = list[str]()

    def watched(name: str) -> None:
        real: Callable[..., object] = getattr(os, name)

        def call(handle: int, *rest: object) -> object:
            kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
            done = real(handle, *rest)
            asked.append(f"{name} {kind}")
            return done

        monkeypatch.setattr(os, name, call)

    watched("write")
    watched("fsync")
    return asked


def test_what_a_power_cut_may_not_take_is_synced_with_its_block(tmp_path: Path, disk: list[str]) -> None:
    waiting = Spill(tmp_path / "monitor.spill")
    waiting.append({"quote": [(1,)]}, [], Head(1, 1, {}))
    assert disk == ["write file", "fsync folder", "write file"]  # its beginning, its name, the block
    disk.clear()
    waiting.append({"quote": [(2,)]}, [], Head(1, 2, {}))
    assert disk == ["write file"]
    disk.clear()
    waiting.append({"quote": [(3,)]}, [SaveAudit(1, "k", "s")], Head(1, 3, {}))
    assert disk == ["write file", "fsync file"]
    waiting.close()


def test_a_block_that_cannot_be_synced_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = Spill(tmp_path / "monitor.spill")
    waiting.append({"quote": [(1,)]}, [], Head(1, 1, {}))
    size = waiting.path.stat().st_size

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "no")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="no"):
            waiting.append({}, [SaveAudit(1, "k", "s")], Head(0, 0, {}))
    assert waiting.path.stat().st_size == size
    waiting.append({"quote": [(2,)]}, [], Head(1, 2, {}))
    assert [block.head.newest_us for block in taken_out(waiting)] == [1, 2]


def test_a_foreign_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "monitor.spill"
    path.write_bytes(b"somebody's own notes, and rather long")
    waiting = Spill(path)
    assert (waiting.rows, waiting.next()) == (0, None)
    assert path.with_name("monitor.spill.unreadable").read_bytes().startswith(b"somebody")


def test_a_file_that_is_cut_while_it_is_in_use_ends_there(tmp_path: Path) -> None:
    waiting = Spill(tmp_path / "monitor.spill")
    for number in range(3):
        waiting.append({"quote": [(number,)]}, [], Head(1, number, {}))
    waiting.path.write_bytes(waiting.path.read_bytes()[:-3])
    assert [block.body is None for block in taken_out(waiting)] == [False, False, True]
    assert (waiting.rows, waiting.size) == (0, 0)


# ------------------------------------------------------------------------------------------------ the store


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program holds the database."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    finally:
        connection.rollback()
        connection.close()


def record_everything(store: Store, first: int, count: int) -> None:
    """``count`` rows of each kind with stamps from ``first`` on."""
    record = store.recorder
    for received_us in range(first, first + count):
        symbol = f"S{received_us % 5}"
        record.record_quote(received_us, a_quote(symbol, bid=received_us))
        record.record_details(received_us, symbol, {"delta": received_us / 7})
        record.record_trade(received_us, a_trade(symbol, price=received_us))
        record.record_book(received_us, BookService.OPTIONS, a_book(symbol))
        record.record_screener(received_us, "SCREENER_EQUITY", Screener("N", received_us))
        record.record_activity(received_us, Activity("1", "OrderFilled", "{}"))
        record.record_bars([a_bar(symbol, close=received_us)])


def all_spilled(store: Store) -> bool:
    """Whether all that waits is in the file, and none of it still on its way there."""
    with store._writer._spill.lock:
        hand = store._writer._hand
        in_memory = store._writer.intake.bytes or (hand is not None and hand.spilled is None)
        return store.meter().spilled > 0 and not in_memory


COUNTS = """
SELECT (SELECT count(*) FROM quote), (SELECT count(*) FROM quote_detail), (SELECT count(*) FROM trade),
       (SELECT count(*) FROM book), (SELECT count(*) FROM screener), (SELECT count(*) FROM activity)
"""


def counts(rows: Rows) -> list[int]:
    return list(rows(COUNTS)[0])


async def test_while_the_database_refuses_a_kill_loses_nothing_that_was_spilled(path: Path, rows: Rows) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    record_everything(store, 1, 10)
    await store.recorder.flushed()
    with locked(path):
        record_everything(store, 11, 100)
        store.recorder.record_gap(Gap("NASDAQ_BOOK", 5, Cause.SILENCE))
        await until(lambda: all_spilled(store))
        assert store.meter().queued == 600
        assert store.meter().trouble
        content = path.with_suffix(".spill").read_bytes()
    await store.recorder.flushed()
    await store.close()
    assert counts(rows) == [110] * 6
    expected = rows("SELECT * FROM bar ORDER BY 1"), rows("SELECT symbol, id FROM instrument ORDER BY 1")
    # The killed program: its file is there, and the database took nothing of it.
    path.unlink()
    first = open_store(path, sandbox=True, on_trouble=print)
    record_everything(first, 1, 10)
    await first.close()
    path.with_suffix(".spill").write_bytes(content)
    again = open_store(path, sandbox=True, on_trouble=print)
    assert again.last_received_us() == 110
    await again.recorder.flushed()
    await again.close()
    assert counts(rows) == [110] * 6
    assert [row[:8] for row in rows("SELECT * FROM bar ORDER BY 1")] == [row[:8] for row in expected[0]]
    assert rows("SELECT symbol, id FROM instrument ORDER BY 1") == expected[1]
    assert rows("SELECT count(*) FROM gap WHERE to_ms IS NULL") == [(0,)]
    # Once more, as if it had been killed between the commit and the removal of the file.
    path.with_suffix(".spill").write_bytes(content)
    await open_store(path, sandbox=True, on_trouble=print).close()
    assert counts(rows) == [110] * 6
    assert not path.with_suffix(".spill").exists()


async def test_instruments_numbered_by_a_killed_program_keep_their_numbers(path: Path, rows: Rows) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    await store.recorder.flushed()
    with locked(path):
        store.recorder.record_quote(1, a_quote("OLD"))
        await until(lambda: all_spilled(store))
        store.recorder.record_quote(2, a_quote("OLD"))
        size = store.meter().spilled
        await until(lambda: store.meter().spilled > size and all_spilled(store))
        content = path.with_suffix(".spill").read_bytes()
    await store.close()
    path.unlink()
    await open_store(path, sandbox=True, on_trouble=print).close()
    path.with_suffix(".spill").write_bytes(content)
    again = open_store(path, sandbox=True, on_trouble=print)
    again.recorder.record_quote(3, a_quote("NEW"))
    await again.close()
    found = rows("SELECT symbol, count(*) FROM quote JOIN instrument ON id = instrument_id GROUP BY symbol ORDER BY 1")
    assert found == [("NEW", 1), ("OLD", 2)]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The disk: it takes nothing until the gate is set."""
    opened, commit = threading.Event(), writer.Writer._commit

    def slow(own: writer.Writer, taken: batch.Batch) -> None:
        if taken.size or taken.spilled:
            assert opened.wait(30)
        commit(own, taken)

    monkeypatch.setattr(writer.Writer, "_commit", slow)
    yield opened
    opened.set()


async def test_memory_is_bounded_while_the_disk_hangs_and_nothing_is_lost(
    path: Path, rows: Rows, troubles: Troubles, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LARGEST_BATCH", 500)
    monkeypatch.setattr(overflow, "LARGEST_QUEUE", 400 * 1_000)
    store = open_store(path, sandbox=True, on_trouble=troubles.put_nowait)
    highest = 0
    for first in range(1, 20_001, 250):
        for received_us in range(first, first + 250):
            store.recorder.record_quote(received_us, a_quote(f"S{received_us % 9}", bid=received_us))
        highest = max(highest, store._writer.intake.bytes)
        await until(lambda: store._writer.intake.bytes <= overflow.LARGEST_QUEUE)
    assert highest <= overflow.LARGEST_QUEUE + 250 * 400 + 20 * 2_000
    await until(lambda: store.meter().queued == 20_000)
    assert store.meter().spilled > 0
    gate.set()
    await store.recorder.flushed()
    assert (store.meter().spilled, store.meter().queued) == (0, 0)
    await store.close()
    assert rows("SELECT count(*), sum(bid = received_us), max(bid) FROM quote") == [(20_000, 20_000, 20_000)]
    said = [troubles.get_nowait() for _ in range(troubles.qsize())]
    assert [sentence.split(":")[0] for sentence in said] == [
        "More comes in than the disk takes at the moment",
        "Recording goes on",
    ]
    assert not path.with_suffix(".spill").exists()


@pytest.fixture
def slow_file(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The spill: it takes nothing until the event is set."""
    opened, append = threading.Event(), Spill.append

    def slow(own: Spill, *block: Any) -> None:
        assert opened.wait(30)
        append(own, *block)

    monkeypatch.setattr(Spill, "append", slow)
    yield opened
    opened.set()


async def test_at_the_brim_it_says_that_there_is_no_room_and_goes_on_when_the_file_has_taken_it(
    path: Path, rows: Rows, gate: threading.Event, slow_file: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LARGEST_BATCH", 500)
    monkeypatch.setattr(overflow, "LARGEST_QUEUE", 400 * 1_000)
    store = open_store(path, sandbox=True, on_trouble=print)
    count = 300
    for received_us in range(1, count + 1):
        store.recorder.record_quote(received_us, a_quote(bid=received_us))
    await until(lambda: store._writer._hand is not None and store._writer._hand.size)
    while store.recorder.has_room():
        count += 1
        store.recorder.record_quote(count, a_quote(bid=count))
    # Nothing is on disk yet: what the writer and the spill have in hand counts, too.
    assert count * 400 <= overflow.LARGEST_QUEUE * overflow.BRIM + 400
    assert store.meter().full
    slow_file.set()
    await until(store.recorder.has_room)
    assert not store.meter().full
    gate.set()
    await store.recorder.flushed()
    await store.close()
    assert rows("SELECT count(*), max(bid) FROM quote") == [(count, count)]


async def test_where_not_even_the_file_takes_anything_the_stream_does_not_wait_for_it(
    path: Path, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LARGEST_BATCH", 500)
    monkeypatch.setattr(overflow, "LARGEST_QUEUE", 400 * 1_000)
    monkeypatch.setattr(spill, "RESERVE", 2**62)
    store = open_store(path, sandbox=True, on_trouble=print)
    for received_us in range(1, 3_000):
        store.recorder.record_quote(received_us, a_quote())
    await until(lambda: store.meter().lost)
    for received_us in range(3_000, 6_000):
        store.recorder.record_quote(received_us, a_quote())
        assert store.recorder.has_room()
    gate.set()
    await store.close()


async def test_what_is_lost_when_nothing_can_be_written_is_a_hole_on_record(
    path: Path, rows: Rows, troubles: Troubles, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LARGEST_BATCH", 500)
    monkeypatch.setattr(overflow, "LARGEST_QUEUE", 400 * 1_000)
    monkeypatch.setattr(spill, "RESERVE", 2**62)  # more than any disk has free
    store = open_store(path, sandbox=True, on_trouble=troubles.put_nowait)
    store.recorder.record_quote(1_000, a_quote("AAPL"))
    await until(lambda: store._writer._hand is not None and store._writer._hand.size)
    for received_ms in range(2, 5_002):
        store.recorder.record_quote(received_ms * 1_000, a_quote("AAPL", bid=received_ms))
        if received_ms % 500 == 2:
            store.recorder.record_book(received_ms * 1_000, BookService.NYSE, a_book("AAPL"))
    await until(lambda: store._writer.intake.bytes <= overflow.LARGEST_QUEUE)
    gate.set()
    await store.recorder.flushed()
    lost = store._writer._overflow.lost
    kept = rows("SELECT (SELECT count(*) FROM quote) + (SELECT count(*) FROM book)")[0][0]
    assert kept + lost == 5_011
    gaps = await store.archive.gaps("AAPL")
    assert {gap.service for gap in gaps} == {"LEVELONE_EQUITIES", "NYSE_BOOK"}
    assert all(gap.cause is Cause.SPILL for gap in gaps)
    first_kept = rows("SELECT min(received_us) FROM quote WHERE received_us > 1000")[0][0] // 1000
    level_one = next(gap for gap in gaps if gap.service == "LEVELONE_EQUITIES")
    assert (level_one.from_ms, level_one.to_ms) == (2, first_kept - 1)
    assert "is lost" in troubles.get_nowait()
    await store.close()


async def test_a_row_that_no_file_can_hold_leaves_the_others_alone(path: Path, rows: Rows) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    await store.recorder.flushed()
    with locked(path):
        for received_us, volume in enumerate((1, 2**70, 3)):
            store.recorder.record_quote(received_us, a_quote(volume=volume))
        await until(lambda: store.meter().spilled)
    await store.close()
    assert rows("SELECT volume FROM quote") == [(1,), (3,)]


async def test_what_a_person_asks_for_does_not_wait_until_the_file_is_empty(
    path: Path, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LARGEST_BATCH", 10)
    monkeypatch.setattr(overflow, "LARGEST_QUEUE", 400 * 20)
    commit, done = writer.Writer._commit, list[tuple[bool, bool]]()

    def noted(own: writer.Writer, taken: batch.Batch) -> None:
        commit(own, taken)
        done.append((taken.spilled is not None, any(who for _, who in taken.tasks)))

    monkeypatch.setattr(writer.Writer, "_commit", noted)
    store = open_store(path, sandbox=True, on_trouble=print)
    store.recorder.record_quote(1, a_quote())
    await until(lambda: store._writer._hand is not None and store._writer._hand.size)
    for received_us in range(2, 200):
        store.recorder.record_quote(received_us, a_quote())
    await until(lambda: store.meter().spilled and store._writer.intake.bytes <= overflow.LARGEST_QUEUE)
    creating = asyncio.create_task(store.watchlists.create("Tech", ["AAPL"]))
    await until(lambda: store._writer.intake.tasks)
    gate.set()
    await creating
    await store.recorder.flushed()
    await store.close()
    spilled = [asked for from_file, asked in done if from_file]
    assert len(spilled) > 5
    assert spilled.index(True) == 0


async def test_a_deletion_is_of_what_still_waits_too(
    path: Path, rows: Rows, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overflow, "LARGEST_QUEUE", 400 * 20)
    store = open_store(path, sandbox=True, on_trouble=print)
    store.recorder.record_quote(1, a_quote())
    await until(lambda: store._writer._hand is not None and store._writer._hand.size)
    for minute in range(200):
        store.recorder.record_bars([a_bar("AAPL", at=minute * 60_000), a_bar("MSFT", at=minute * 60_000)])
        store.recorder.record_coverage("AAPL", Interval.M1, Asked(0, minute * 60_000, Answer.COMPLETE, 1))
        if minute in (50, 100):  # more than one block, and some that is not in the file yet
            size = store.meter().spilled
            await until(lambda size=size: store.meter().spilled > size)
    deleting = asyncio.create_task(store.deletion.delete(["AAPL"], Interval.M1, 0, 2**62))
    await until(lambda: store._writer.intake.waiting or any(who for _, who in store._writer.intake.tasks))
    gate.set()
    assert await deleting == 200
    await store.recorder.flushed()
    await store.close()
    minutes = "SELECT symbol, count(*) FROM bar JOIN instrument ON id = instrument_id WHERE interval_s = 60 GROUP BY 1"
    assert rows(minutes) == [("MSFT", 200)]
    assert rows("SELECT DISTINCT symbol FROM bar JOIN instrument ON id = instrument_id") == [("MSFT",)]
    assert rows("SELECT * FROM coverage") == []
    assert "200 bars" in rows("SELECT sentence FROM audit WHERE kind = 'deletion'")[0][0]


async def test_a_disk_that_is_nearly_full_is_told_once(
    path: Path, troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overflow, "LITTLE_BYTES", 2**62)
    monkeypatch.setattr(overflow, "LITTLE_SHARE", 2.0)
    monkeypatch.setattr(overflow, "_SPACE_SECONDS", 0.0)
    store, looked = open_store(path, sandbox=True, on_trouble=troubles.put_nowait), list[None]()
    look: Callable[[], None] = store._writer._overflow.look
    store._writer._overflow.look = lambda: (look(), looked.append(None))[0]  # type: ignore[method-assign]
    await until(lambda: len(looked) > 5)
    store.recorder.record_quote(1, a_quote())
    await store.close()
    assert troubles.qsize() == 1
    assert "MiB are free on the disk that holds" in troubles.get_nowait()
