"""The power fails at any moment: the file is sound, and nothing that was confirmed with a full sync is lost.

The writer's own code writes through SQLite onto a disk in memory that notes every write, sync and cut of a file. From
its notes the disk is put together as a power cut may leave it at any point: what was synced is there; of everything
else each write is there, is not, or is torn between two sectors, in any combination.
"""

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import pytest

from monitor.analysis.coverage import Answer, Asked
from monitor.market.bar import Interval
from monitor.market.gap import Cause, Gap
from monitor.store import open_store
from monitor.store.connect import settle_writing
from monitor.store.recording import Recording
from monitor.store.spill import Spill
from monitor.store.writer import Writer
from tests.support.builders import a_bar, a_quote

_SECTOR = 512
_START_MS = 1_795_185_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a file: a write at ``at``, a sync, a cut to ``at`` bytes, or its end."""

    what: str
    file: str
    at: int = 0
    data: bytes = b""


@dataclass(slots=True)
class Disk:
    """Files in memory as they are, and everything that has happened to them since ``first``."""

    first: dict[str, bytes]
    files: dict[str, bytearray] = field(init=False)
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.files = {name: bytearray(content) for name, content in self.first.items()}

    def do(self, step: Step) -> None:
        self.steps.append(step)
        apply(self.files, step)

    def after_power_cut(self, at: int, rng: random.Random) -> dict[str, bytearray]:
        """The files when the power fails before step ``at``."""
        synced = {step.file: index for index, step in enumerate(self.steps[:at]) if step.what == "sync"}
        files = {name: bytearray(content) for name, content in self.first.items()}
        for index, step in enumerate(self.steps[:at]):
            durable = index < synced.get(step.file, -1) or step.what == "delete"
            fate = 0.0 if durable else rng.random()
            if fate < 0.45:
                apply(files, step)
            elif fate < 0.55 and step.what == "write":
                torn = rng.randrange(len(step.data) // _SECTOR + 1) * _SECTOR
                apply(files, Step("write", step.file, step.at, step.data[:torn]))
        return files


def apply(files: dict[str, bytearray], step: Step) -> None:
    if step.what == "delete":
        files.pop(step.file, None)
        return
    content = files.setdefault(step.file, bytearray())
    if step.what == "write" and step.data:
        content.extend(b"\0" * (step.at - len(content)))
        content[step.at : step.at + len(step.data)] = step.data
    elif step.what == "truncate":
        del content[step.at :]


class OpenFile:
    """A file of the disk as SQLite uses it; nobody else does, so that locks are granted."""

    def __init__(self, disk: Disk, name: str) -> None:
        self._disk, self._name = disk, name
        disk.files.setdefault(name, bytearray())

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._disk.files[self._name][offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.do(Step("write", self._name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        self._disk.do(Step("truncate", self._name, size))

    def xSync(self, flags: int) -> None:
        self._disk.do(Step("sync", self._name))

    def xFileSize(self) -> int:
        return len(self._disk.files[self._name])

    def xSectorSize(self) -> int:
        return _SECTOR

    def xDeviceCharacteristics(self) -> int:
        return 0  # it promises nothing

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, pointer: int) -> bool:
        return False

    def xLock(self, level: int) -> None: ...

    def xUnlock(self, level: int) -> None: ...

    def xClose(self) -> None: ...


class DiskOfSQLite(apsw.VFS):  # type: ignore[misc]
    def __init__(self, name: str, disk: Disk) -> None:
        super().__init__(name, base="")
        self._disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> OpenFile:
        flags[1] = flags[0]
        return OpenFile(self._disk, name.filename() if isinstance(name, apsw.URIFilename) else name)

    def xDelete(self, name: str, sync_folder: bool) -> None:
        self._disk.do(Step("delete", name))

    def xAccess(self, name: str, flags: int) -> bool:
        return name in self._disk.files

    def xFullPathname(self, name: str) -> str:
        return name


class Connection:
    """apsw's connection under the names of Python's own."""

    def __init__(self, inner: apsw.Connection) -> None:
        self._inner = inner

    def execute(self, sql: str, values: Any = ()) -> Any:
        return self._inner.execute(sql, tuple(values))

    def executemany(self, sql: str, rows: Any) -> Any:
        return self._inner.executemany(sql, [tuple(row) for row in rows])

    @property
    def in_transaction(self) -> bool:
        return bool(self._inner.in_transaction)


@dataclass(slots=True)
class Day:
    """A recording: the disk it went to, and from which step on which ledger rows were confirmed."""

    disk: Disk
    confirmed: list[tuple[int, frozenset[tuple[Any, ...]]]]


async def record(folder: Path, seed: int, batches: int) -> Day:
    """Batches of quotes, most of them with bars, coverage, a gap or an audit entry, and a checkpoint now and then."""
    path = folder / "monitor.db"
    await open_store(path, sandbox=True, on_trouble=print).close()
    disk = Disk({"monitor.db": path.read_bytes()})
    name = f"power-cut-{seed}"
    registered = DiskOfSQLite(name, disk)  # for as long as it is kept
    rng = random.Random(seed)
    confirmed: list[tuple[int, frozenset[tuple[Any, ...]]]] = [(0, frozenset())]
    with closing(apsw.Connection("monitor.db", vfs=name)) as inner:
        connection: Any = Connection(inner)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # the log's index in memory, as only one uses it
        settle_writing(connection)
        ids: dict[str, int] = {}
        spill = Spill(folder / "monitor.spill")
        writer = Writer(connection, path, spill, ids, print, lambda: pytest.fail("it is not damaged"))
        moments = iter(range(_START_MS, _START_MS + 10**9, 60_000))
        recording = Recording(writer, ids, now_ms=lambda: next(moments))
        ledger: set[tuple[Any, ...]] = set()
        for step in range(batches):
            for count in range(rng.randrange(30)):
                recording.record_quote(step * 100 + count + 1, a_quote(f"S{rng.randrange(5)}", bid=step))
            if rng.random() < 0.7:
                ledger |= note(recording, step)
            batch = writer._next()
            writer._commit(batch)
            if batch.tasks:
                confirmed.append((len(disk.steps), frozenset(ledger)))
            if rng.random() < 0.2:
                writer._move_log_into_file(patient=rng.random() < 0.5)
    registered.unregister()
    return Day(disk, confirmed)


def note(recording: Recording, step: int) -> set[tuple[Any, ...]]:
    """One entry of each ledger; gives how they are found again."""
    at = _START_MS + step * 60_000
    recording.record_audit("test", f"entry {step}")
    recording.record_gap(Gap("LEVELONE_EQUITIES", at, Cause.CONNECTION, at + 1, sentence="Lost."))
    recording.record_bars([a_bar("S1", at=at, close=step + 1)])
    recording.record_coverage("S1", Interval.M1, Asked(at * 2, at * 2 + 60_000, Answer.EMPTY, at))
    return {("audit", f"entry {step}"), ("gap", at), ("bar", at), ("coverage", at * 2)}


_LEDGER = """
SELECT 'audit', sentence FROM audit UNION ALL SELECT 'gap', from_ms FROM gap
UNION ALL SELECT 'bar', start_ms FROM bar UNION ALL SELECT 'coverage', from_ms FROM coverage
"""


def look(day: Day, folder: Path, rng: random.Random, cuts: int) -> Iterator[tuple[int, int]]:
    """Cut the power again and again; gives each time what was confirmed and what of it is there."""
    path = folder / "after.db"
    for _ in range(cuts):
        at = rng.randrange(len(day.disk.steps) + 1)
        files = day.disk.after_power_cut(at, rng)
        for ending in ("", "-wal", "-shm"):
            target = path.with_name(path.name + ending)
            target.unlink(missing_ok=True)
            if f"monitor.db{ending}" in files:
                target.write_bytes(files[f"monitor.db{ending}"])
        expected = max((step, rows) for step, rows in day.confirmed if step <= at)[1]
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], f"step {at}"
            found = set(connection.execute(_LEDGER).fetchall())
            assert expected <= found, f"step {at}"
            stray = "SELECT count(*) FROM quote WHERE instrument_id NOT IN (SELECT id FROM instrument)"
            assert connection.execute(stray).fetchone() == (0,)
            yield len(expected), len(found)


@pytest.mark.parametrize(
    ("days", "cuts"), [(2, 200), pytest.param(50, 200, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
def test_a_power_cut_damages_nothing_and_takes_nothing_that_was_confirmed(tmp_path: Path, days: int, cuts: int) -> None:
    for seed in range(days):
        folder = tmp_path / str(seed)
        day = asyncio.run(record(folder, seed, 60))
        looks = list(look(day, folder, random.Random(seed), cuts))
        assert len(looks) == cuts
        assert max(expected for expected, _ in looks) > 100
