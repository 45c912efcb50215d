"""What opening tells while it lasts, and that it may be stopped, or fail, anywhere: the database is then as it was."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable
from monitor.ports import OpeningStep
from monitor.store import OpeningStopped, Progress, backup, migrations, open_store, opening, prepare_store, schema
from monitor.store.layout import Layout
from monitor.store.salvage import Salvage
from tests.support.builders import a_bar, a_quote
from tests.support.first_version import content
from tests.support.small_disk import SmallDisk, needs_mount, small_disk

_MIB = 1024 * 1024
_START_MS = 1_795_185_000_000


class Told(Progress):
    """Remembers every step, and stops when so many have been told."""

    def __init__(self, stop_after: int | None = None) -> None:
        super().__init__(lambda: stop_after is not None and len(self.steps) >= stop_after)
        self.steps: list[OpeningStep] = []

    def tell(self, step: OpeningStep, grows: Path | None = None) -> None:
        super().tell(step, grows)
        self.steps.append(step)

    @property
    def sentences(self) -> list[str]:
        """Each once, in their order."""
        return list(dict.fromkeys(step.sentence for step in self.steps))


def add_books(path: Path, count: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        rows = [(1, "NYSE_BOOK", us, us, bytes(1_000)) for us in range(count)]
        connection.executemany("INSERT INTO book VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def assert_as_it_was(path: Path, before: dict[str, list[tuple[object, ...]]]) -> None:
    """Of the first version, sound, with nothing half made beside it, and free for the next program."""
    assert content(path) == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list((path.parent / "backups").glob(".*"))
    for whole in (path.parent / "backups").glob("*"):
        assert content(whole) == before


def test_each_step_is_in_the_log_once(first: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "monitor.store.progress")
    told = Told()
    prepare_store(first, True, told)
    assert caplog.messages == told.sentences


def test_of_a_database_that_is_new_or_up_to_date_there_is_little_to_tell(path: Path) -> None:
    new, known = Told(), Told()
    prepare_store(path, True, new)
    assert new.steps == []
    prepare_store(path, True, known)
    assert known.sentences == ["Opening the database…"]


def test_the_backup_is_told_by_pages_and_each_step_of_the_change_by_its_number(first: Path) -> None:
    add_books(first, 3_000)
    told = Told()
    prepare_store(first, True, told)
    steps = schema.VERSION - 1
    changes = [f"Changing the database to version {schema.VERSION}: step {n} of {steps}…" for n in range(1, steps + 1)]
    assert told.sentences == ["Opening the database…", "Backing up the database before it is changed…", *changes]
    copied = [step for step in told.steps if step.sentence.startswith("Backing up") and step.total]
    assert [step.done for step in copied] == sorted(step.done for step in copied)
    assert copied[-1].done == copied[-1].total
    assert 0 < copied[0].done < copied[0].total
    assert copied[0].detail.endswith(f"of {copied[0].total * 4096 / 1e6:.0f} MB")
    changed = [step for step in told.steps if step.sentence in changes]
    assert [(step.done, step.total) for step in changed] == [(n, steps) for n in range(steps)]
    assert all(step.stopping for step in told.steps)


def test_of_a_single_step_nobody_can_tell_how_far_it_is(path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:  # a program that does not have the last step yet
        patch.setattr(migrations, "STEPS", schema.STEPS[:-1])
        for module in (migrations, opening):
            patch.setattr(module, "VERSION", schema.VERSION - 1)
        prepare_store(path, True)
    told = Told()
    prepare_store(path, True, told)
    assert [(step.done, step.total) for step in told.steps if "step 1 of 1" in step.sentence] == [(0, 0)]


def test_stopped_before_any_step_the_database_is_as_it_was(first: Path) -> None:
    add_books(first, 3_000)
    before = content(first)
    whole = Told()
    copy = first.with_name("whole")
    shutil.copytree(first.parent, copy, ignore=shutil.ignore_patterns("whole"))
    prepare_store(copy / first.name, True, whole)
    assert len(whole.steps) > schema.VERSION
    for steps in range(len(whole.steps)):
        with pytest.raises(OpeningStopped):
            prepare_store(first, True, Told(stop_after=steps))
        assert_as_it_was(first, before)
        shutil.rmtree(first.parent / "backups", ignore_errors=True)


def test_a_statement_under_way_is_stopped_too(first: Path) -> None:
    """The books are copied by one statement: it must not be waited for."""
    add_books(first, 5_000)
    before = content(first)
    copying = f"step {[step.__name__ for step in schema.STEPS].index('_book_rows')} of"

    def stopped() -> bool:
        return progress.step is not None and copying in progress.step.sentence

    progress = Progress(stopped)
    with pytest.raises(OpeningStopped) as caught:
        prepare_store(first, True, progress)
    assert isinstance(caught.value.__context__, sqlite3.OperationalError)
    assert_as_it_was(first, before)
    prepare_store(first, True)
    assert content(first) == before


def test_while_the_tables_change_it_is_told_how_much_is_written(first: Path) -> None:
    add_books(first, 5_000)
    details = set[str]()

    def stopped() -> bool:
        if progress.step is not None and progress.step.sentence.startswith("Changing"):
            details.add(progress.step.detail)
        return False

    progress = Progress(stopped)
    prepare_store(first, True, progress)
    assert len([detail for detail in details if detail.endswith(" MB written")]) > 1


def test_what_a_kill_left_of_a_backup_goes_with_the_next_one(first: Path) -> None:
    folder = first.parent / "backups"
    folder.mkdir()
    for left in (".monitor-v1-20260101-000000.db.0a.part", ".monitor-v1-20260101-000000.db.0a.part-journal"):
        (folder / left).touch()
    prepare_store(first, True)
    assert [file.name[:11] for file in folder.iterdir()] == ["monitor-v1-"]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 160 * _MIB) as disk:
        yield disk


@needs_mount
@pytest.mark.parametrize("room", [0.5, 1.1])
def test_a_disk_that_becomes_full_is_named_and_nothing_is_changed(
    first: Path, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, room: float
) -> None:
    """First while the backup is made, then while the tables change; ``room`` is a part of the database's size."""
    add_books(first, 6_000)
    before = content(first)
    path = disk.folder / first.name
    shutil.copy(first, path)
    monkeypatch.setattr(backup, "check_room", lambda *_: None)  # there was room a moment ago
    disk.fill(leave=int(room * path.stat().st_size))
    with pytest.raises(StoreUnavailable, match=r"^The disk that holds .* is full\.$"):
        prepare_store(path, True)
    disk.make_room()
    assert list((disk.folder / "backups").iterdir()) == []
    assert_as_it_was(path, before)
    prepare_store(path, True)
    assert content(path) == before


async def damaged(path: Path) -> None:
    """A table with a page that does not read, and a backup."""
    store = open_store(path, sandbox=True, on_trouble=print)
    for us in range(20_000):
        store.recorder.record_quote(us + 1, a_quote(f"S{us % 7}", bid=us))
    store.recorder.record_bars([a_bar(at=_START_MS + 60_000 * minute) for minute in range(3_000)])
    await store.recorder.flushed()
    await store.care.back_up(store.care.proposed_backup(), lambda *_: None, lambda: False)
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'instrument'").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\x55" * 4096)


def beyond_header(path: Path) -> bytes:
    """All but the header, which counts how often the file was opened for writing."""
    return path.read_bytes()[100:]


async def test_a_recovery_is_told_and_stopped_anywhere_leaves_the_damaged_database(path: Path) -> None:
    await damaged(path)
    before = beyond_header(path)
    whole = Told()
    copy = path.parent / "copy"
    shutil.copytree(path.parent, copy, ignore=shutil.ignore_patterns("copy"))
    prepare_store(copy / path.name, True, whole)
    assert whole.sentences == [
        "Opening the database…",
        "Recovering what reads of the damaged database…",
        "Finding the pages of the damaged tables…",
        "Recovering the damaged tables page by page…",
        "Looking in the backups for what could not be read…",
        "Making the indexes and counts of the recovered database anew…",
        "Putting the recovered database in the place of the damaged one…",
    ]
    assert all(step.done < step.total for step in whole.steps if step.total)
    for steps in range(len(whole.steps)):
        with pytest.raises(OpeningStopped):
            prepare_store(path, True, Told(stop_after=steps))
        assert beyond_header(path) == before
        assert not [file.name for file in path.parent.iterdir() if "recover" in file.name or "damaged-" in file.name]
    store = open_store(path, sandbox=True, on_trouble=print)
    await store.close()
    assert [recovery.lost for recovery in store.recoveries] == [0]


@pytest.mark.parametrize("copying", [False, True])
async def test_a_recovery_is_stopped_within_a_statement_too(
    path: Path, monkeypatch: pytest.MonkeyPatch, copying: bool
) -> None:
    """While SQLite looks whether a table is sound, and while it is copied."""
    await damaged(path)
    before = beyond_header(path)
    copied = list[str]()
    copy = Salvage._copy

    def noted(salvage: Salvage, old: sqlite3.Connection, shape: Layout) -> None:
        copied.append(shape.table)
        copy(salvage, old, shape)

    def stopped() -> bool:
        nonlocal asked
        step = progress.step
        asked += step is not None and step.detail.split(",")[0] == "quote" and ("quote" in copied) == copying
        return asked > 0

    asked = 0
    progress = Progress(stopped)
    monkeypatch.setattr(Salvage, "_copy", noted)
    with pytest.raises(OpeningStopped) as caught:
        prepare_store(path, True, progress)
    assert ("quote" in copied) == copying  # looked at to its end, it would be copied
    assert not copying or isinstance(caught.value.__context__, sqlite3.OperationalError)
    assert beyond_header(path) == before
