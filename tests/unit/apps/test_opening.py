"""Opening a database off the loop: when something is shown, what is said on stderr, and that it ends when asked to."""

import asyncio
import io
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from monitor.apps import cli
from monitor.apps.collector import _Collection
from monitor.apps.opening import prepared, watched
from monitor.apps.options import CollectOptions
from monitor.apps.ownership import Ownership
from monitor.apps.percent import TerminalWatch
from monitor.apps.world import World
from monitor.errors import MonitorError
from monitor.ports import OpeningStep
from monitor.schwab.address import Address
from monitor.store import OpeningStopped, prepare_store, schema
from tests.support.first_version import content, make_first_version
from tests.support.held_opening import STEP, HeldOpening, HeldWatch

NOWHERE = "http://127.0.0.1:9"
CHANGE = OpeningStep("Changing the database to version 11: step 1 of 1…", detail="8 MB written")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "monitor.db"
    make_first_version(path)
    return path


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def assert_as_it_was(path: Path, before: dict[str, list[tuple[object, ...]]]) -> None:
    assert version(path) == 1
    assert content(path) == before
    assert not list((path.parent / "backups").glob(".*"))
    prepare_store(path, True)  # nobody holds it
    assert content(path) == before


async def test_what_is_over_at_once_is_not_shown() -> None:
    watch = HeldWatch("", lambda: None)
    watch.patience = 3600.0

    async def work() -> int:
        for _ in range(50):
            await asyncio.sleep(0)
        return 7

    assert await watched(work(), lambda: STEP, watch) == 7
    assert (watch.shown, watch.ended) == ([], 1)


async def test_a_failure_ends_the_watch_too(tmp_path: Path) -> None:
    (tmp_path / "monitor.db").write_bytes(b"of somebody else" * 500)
    watch = HeldWatch("", lambda: None)
    with pytest.raises(MonitorError, match="not a database of Market Monitor"):
        await prepared(tmp_path / "monitor.db", True, watch)
    assert watch.ended == 1


@pytest.mark.parametrize("words", ["Opening", "Backing up", "step 1 of", f"step {schema.VERSION - 1} of"])
async def test_cancelled_in_any_step_the_database_is_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """As Ctrl+C does in the collector: what is cancelled returns only when the thread is done with the file."""
    before = content(path)
    watch = HeldWatch(words, lambda: work.cancel())
    with monkeypatch.context() as held:
        watch.hold(held)
        work = asyncio.ensure_future(prepared(path, True, watch))
        with pytest.raises(asyncio.CancelledError):
            await work
    assert words in watch.shown[-1].sentence
    assert watch.ended == 1
    assert_as_it_was(path, before)


@pytest.mark.parametrize("words", ["Opening", "Backing up", f"step {schema.VERSION - 1} of"])
async def test_stopped_in_any_step_the_database_is_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """As closing the window does."""
    before = content(path)

    def stop() -> None:
        watch.stopped_now = True

    watch = HeldWatch(words, stop)
    with monkeypatch.context() as held:
        watch.hold(held)
        with pytest.raises(OpeningStopped):
            await prepared(path, True, watch)
    assert_as_it_was(path, before)


async def test_what_was_wanted_too_late_for_the_database_is_heard_all_the_same(path: Path) -> None:
    class Late(HeldWatch):
        def end(self) -> None:
            self.stopped_now = True

    watch = Late("", lambda: None)
    with pytest.raises(OpeningStopped):
        await prepared(path, True, watch)
    assert version(path) == schema.VERSION


def test_without_a_terminal_each_sentence_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    watch = TerminalWatch()
    watch.show(STEP, 1.1)
    watch.show(STEP, 1.2)
    watch.show(CHANGE, 1.3)
    watch.end()
    said = capsys.readouterr()
    assert said.err == f"{STEP.sentence}\n{CHANGE.sentence}\n"
    assert said.out == ""


def test_on_a_terminal_the_line_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "100")
    watch = TerminalWatch()
    watch.show(STEP, 1.1)
    watch.show(CHANGE, 12.3)
    watch.end()
    backing, changing, end = terminal.getvalue().split("\n")
    assert backing == f"\r{STEP.sentence}  25 %, 1 MB of 4 MB, 1 s"
    assert changing == f"\r{CHANGE.sentence} 8 MB written, 12 s"
    assert end == ""


def test_a_line_on_a_terminal_leaves_nothing_behind_and_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "60")
    watch = TerminalWatch()
    for detail in ("chain", "a table of a very long name", "bar"):
        watch.show(OpeningStep("Recovering…", detail=detail + " of many" * 3), 1)
    lines = terminal.getvalue().split("\r")[1:]
    assert max(map(len, lines)) <= 59
    assert len(lines[2]) == len(lines[1]) > len(lines[2].rstrip())


def test_an_import_says_what_it_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opening = HeldOpening(monkeypatch)
    monkeypatch.setattr(TerminalWatch, "patience", 0.0)
    monkeypatch.setattr(TerminalWatch, "show", lambda *_, show=TerminalWatch.show: (show(*_), opening.let_go()))
    file = tmp_path / "bars.csv"
    file.write_text("date,open,high,low,close,volume\n2025-05-21 09:30,1,2,1,2,3\n")
    assert cli.run(["import", str(file), "--symbol", "AAPL", "--data-dir", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.out == "Imported 1 bars.\n"
    assert STEP.sentence in said.err.splitlines()


def test_the_check_up_says_what_it_waits_for(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_store(path, True)
    monkeypatch.setattr("monitor.apps.doctor._qt", lambda: "It loads.")
    monkeypatch.setattr("monitor.apps.doctor._password_store", lambda: "Usable.")
    monkeypatch.setattr(TerminalWatch, "patience", 0.0)
    watch = HeldWatch("Checking", lambda: None)
    watch.hold(monkeypatch, stops=False)
    monkeypatch.setattr(TerminalWatch, "show", lambda *_, show=TerminalWatch.show: (show(*_), watch.show(*_[1:])))
    cli.run(["doctor", "--data-dir", str(path.parent)])
    said = capsys.readouterr()
    assert "Checking the database…" in said.err.splitlines()
    assert "Checking the database…" not in said.out


async def test_a_collector_that_still_opens_hands_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks would else be told that it does not answer, and end it in the middle of a change of the tables."""
    opening = HeldOpening(monkeypatch)
    options = CollectOptions(data_dir=tmp_path)
    collection = _Collection(options, World(Address.of_sandbox(NOWHERE), ("127.0.0.1:9",)), tmp_path)
    running = asyncio.create_task(collection.run())
    assert await asyncio.to_thread(opening.begun.wait, 60)
    window = Ownership(tmp_path, "window")
    assert window.take() is not None
    assert await asyncio.wait_for(window.take_over(), 60) is None
    with pytest.raises(MonitorError, match=r"^Handed over to"):
        await running
    assert opening.stopped
    window.release()


async def test_ctrl_c_ends_a_collector_that_still_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opening = HeldOpening(monkeypatch)
    world = World(Address.of_sandbox(NOWHERE), ("127.0.0.1:9",))
    running = asyncio.create_task(_Collection(CollectOptions(data_dir=tmp_path), world, tmp_path).run())
    assert await asyncio.to_thread(opening.begun.wait, 60)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert opening.stopped
    assert Ownership(tmp_path, "window").take() is None
