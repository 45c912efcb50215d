"""A log cut anywhere, as a failing disk or a program that copies leaves it: all that was committed before is there."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.apps.database import check_after_unclean_exit
from monitor.live.bus import Bus
from monitor.live.events import Notice
from monitor.store import Store, open_store, writer
from tests.support.builders import a_bar, a_quote, a_trade

_START_MS = 1_795_185_000_000
_LEDGER = """
SELECT sentence FROM audit WHERE kind = 'test' UNION ALL SELECT 'bar ' || start_ms FROM bar WHERE interval_s = 60
"""


@dataclass(frozen=True, slots=True)
class Committed:
    """How long the log was when a batch was on disk, and what the ledgers and the quotes were by then."""

    log_bytes: int
    ledger: frozenset[str]
    quotes: int


@dataclass(frozen=True, slots=True)
class Killed:
    """A folder as a kill leaves it."""

    folder: Path
    batches: tuple[Committed, ...]

    @property
    def log(self) -> Path:
        return self.folder / "monitor.db-wal"


async def record_batch(store: Store, number: int, rng: random.Random) -> None:
    """Quotes and prints of some symbols, a bar, and an audit line, which are committed with a full sync."""
    for count in range(40):
        us = (_START_MS + number * 60_000 + count) * 1_000
        store.recorder.record_quote(us, a_quote(f"S{rng.randrange(40)}", bid=number, last=rng.random()))
        store.recorder.record_trade(us, a_trade(f"S{rng.randrange(40)}", price=number))
    store.recorder.record_bars([a_bar(f"S{rng.randrange(40)}", at=_START_MS + number * 60_000)])
    store.recorder.record_audit("test", f"entry {number}")
    await store.recorder.flushed()


def look(path: Path) -> tuple[frozenset[str], int]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        ledger = frozenset(row[0] for row in connection.execute(_LEDGER))
        return ledger, connection.execute("SELECT count(*) FROM quote").fetchone()[0]


@pytest.fixture(params=["in the log", "moved into the file"])
async def killed(request: pytest.FixtureRequest, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Killed:
    """A database with an evening of its own, and the batches of a second program, which was killed."""
    monkeypatch.setattr(writer, "_CHECKPOINT_SECONDS", 1e9)
    rng = random.Random(5)
    store = open_store(path, sandbox=True, on_trouble=print)
    for number in range(60):
        await record_batch(store, number, rng)
    await store.close()
    store = open_store(path, sandbox=True, on_trouble=print)
    log, batches = path.with_name("monitor.db-wal"), [Committed(0, *look(path))]
    for number in range(60, 120):
        await record_batch(store, number, rng)
        batches.append(Committed(log.stat().st_size, *look(path)))
    if request.param == "moved into the file":
        await store._writer.lend(lambda _connection, _go_on: store._writer._move_log_into_file(patient=False))
        batches = [Committed(0, *look(path))]  # what a cut of the log can no longer reach
    folder = tmp_path / "killed"
    folder.mkdir()
    for file in (path, log):
        shutil.copy(file, folder)
    await store.close()
    return Killed(folder, tuple(batches))


def cuts(killed: Killed, count: int) -> Iterator[tuple[Path, Committed]]:
    """Copies with a log cut at random, each with what must be there."""
    rng, size = random.Random(11), killed.log.stat().st_size
    whole = {batch.log_bytes: batch for batch in killed.batches}
    for number in range(count):
        at = int(size * rng.random() ** 3)  # rather near the begin, where most pages are not in it yet
        folder = killed.folder.with_name(f"cut-{number}")
        shutil.copytree(killed.folder, folder)
        with (folder / killed.log.name).open("r+b") as log:
            log.truncate(at)
        yield folder / "monitor.db", whole[max(length for length in whole if length <= at)]
        shutil.rmtree(folder)


async def taken_up(path: Path) -> list[str]:
    """What a program says that opens the database, looks at it and records on."""
    bus, said = Bus(), list[str]()
    bus.listen(Notice, lambda notice: said.append(notice.sentence))
    store = open_store(path, sandbox=True, on_trouble=said.append)
    await check_after_unclean_exit(store, bus)
    store.recorder.record_audit("test", "after")
    await store.recorder.flushed()
    await store.close()
    return said


@pytest.mark.parametrize("count", [25, pytest.param(1_000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
async def test_what_was_committed_before_the_cut_is_there(killed: Killed, count: int) -> None:
    for path, batch in cuts(killed, count):
        said = await taken_up(path)
        ledger, quotes = look(path)
        assert said == [
            "The program was not closed in good order the last time. The database was checked and is sound."
        ]
        assert batch.ledger | {"after"} <= ledger
        assert quotes >= batch.quotes
