"""The window that tells what is done to the database, and what the program does with it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar
from pytestqt.qtbot import QtBot

from monitor.apps import desktop, world
from monitor.apps.opening_window import WindowWatch
from monitor.apps.options import GuiOptions
from monitor.apps.ownership import Ownership
from monitor.interrupt import Interrupt
from monitor.schwab.address import Address
from monitor.store import OpeningStopped
from monitor.ui.opening import OpeningWindow
from monitor.ui.owner.curtain import Curtain
from monitor.ui.theme import Theme
from monitor.ui.window import MainWindow
from tests.support.held_opening import STEP, HeldOpening
from tests.support.ports import until

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def window(qtbot: QtBot) -> OpeningWindow:
    window = OpeningWindow(Theme(), sandbox=True)
    qtbot.addWidget(window)
    window.show()
    return window


def words(window: OpeningWindow) -> list[str]:
    return [label.text() for label in window.findChildren(QLabel) if label.text() and label.isVisible()]


def bar(window: OpeningWindow) -> QProgressBar:
    return window.findChild(QProgressBar)


def test_it_says_what_is_done_how_far_and_how_long_and_what_stopping_does(
    window: OpeningWindow,
) -> None:
    window.tell(STEP, 75.9)
    assert words(window) == [
        "Opening the database",
        "SANDBOX",
        STEP.sentence,
        "1 MB of 4 MB",
        "1:15",
        "Stopping removes it.",
    ]
    assert (bar(window).minimum(), bar(window).value(), bar(window).maximum()) == (0, 250, 1000)


@pytest.mark.parametrize(("seconds", "words"), [(0.9, "0:00"), (599, "9:59"), (3725, "1:02:05"), (36_000, "10:00:00")])
def test_how_long_it_has_lasted_is_told_as_a_clock(window: OpeningWindow, seconds: float, words: str) -> None:
    window.tell(STEP, seconds)
    assert words in [label.text() for label in window.findChildren(QLabel)]


def test_the_bar_moves_without_a_number_only_where_there_is_none(window: OpeningWindow) -> None:
    window.tell(replace(STEP, done=0, total=0), 1)
    assert (bar(window).minimum(), bar(window).maximum()) == (0, 0)
    window.tell(replace(STEP, done=3_000_000_000, total=4_000_000_000), 1)  # more pages than a bar can count
    assert bar(window).value() == 750


@pytest.mark.parametrize("way", ["button", "escape", "close"])
def test_whoever_leaves_is_heard_once_and_the_window_stays_until_all_is_stopped(
    qtbot: QtBot, window: OpeningWindow, way: str
) -> None:
    heard: list[bool] = []
    window.left.connect(lambda: heard.append(True))
    window.tell(STEP, 1)
    for _ in range(2):
        if way == "button":
            qtbot.mouseClick(window.button, Qt.MouseButton.LeftButton)
        elif way == "escape":
            qtbot.keyClick(window, Qt.Key.Key_Escape)
        else:
            window.close()
    assert heard == [True]
    assert window.isVisible()
    window.tell(STEP, 2)
    assert "Stopping…" in words(window)
    assert STEP.stopping not in words(window)


def test_enter_stops_nothing(qtbot: QtBot, window: OpeningWindow) -> None:
    heard: list[bool] = []
    window.left.connect(lambda: heard.append(True))
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert heard == []


def test_once_the_database_is_ready_there_is_nothing_to_stop(qtbot: QtBot, window: OpeningWindow) -> None:
    heard: list[bool] = []
    window.left.connect(lambda: heard.append(True))
    window.tell(STEP, 1)
    window.ready()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert heard == []
    assert "The database is ready; the window opens…" in words(window)


def test_who_came_from_another_world_is_told_where_leaving_leads_to(qtbot: QtBot) -> None:
    window = OpeningWindow(Theme(), sandbox=False, back="the sandbox")
    qtbot.addWidget(window)
    window.show()
    window.tell(STEP, 1)
    assert window.button.text() == "&Back"
    assert f"{STEP.stopping} You are then back in the sandbox." in words(window)


def test_there_is_no_window_before_there_is_something_to_show(qtbot: QtBot) -> None:
    made: list[OpeningWindow] = []
    curtain = Curtain()
    qtbot.addWidget(curtain)
    curtain.fall("Opening the sandbox…")

    def make() -> OpeningWindow:
        made.append(OpeningWindow(Theme(), sandbox=True))
        qtbot.addWidget(made[-1])
        return made[-1]

    watch = WindowWatch(make, curtain.hide, Interrupt())
    watch.bring_to_front()
    watch.end()
    watch.ready()
    watch.close()
    assert made == []
    assert curtain.isVisible()
    watch.show(STEP, 0.6)
    watch.show(STEP, 0.7)
    assert len(made) == 1
    assert made[0].isVisible()
    assert not curtain.isVisible()
    watch.close()
    assert not made[0].isVisible()


def test_who_leaves_when_the_database_is_open_already_is_heard_too(qtbot: QtBot) -> None:
    window = OpeningWindow(Theme(), sandbox=True)
    qtbot.addWidget(window)
    watch = WindowWatch(lambda: window, lambda: None, Interrupt())
    watch.show(STEP, 0.6)
    watch.end()
    assert STEP.sentence in words(window)  # it may have failed: nothing is called ready yet
    window.close()
    with pytest.raises(OpeningStopped):
        watch.ready()
    watch.close()


# ---------------------------------------------------------------------------- the program


@pytest.fixture
def opening(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldOpening]:
    """A live world in which nothing answers, whose database takes long, and another one that is at once there."""
    monkeypatch.setattr(world, "live_world", lambda: world.World(Address(NOWHERE), ("127.0.0.1:9",)))
    monkeypatch.setattr(desktop, "_log_into", lambda _: "")
    opening = HeldOpening(monkeypatch)
    yield opening
    opening.let_go()


def shown(kind: type) -> list[OpeningWindow | MainWindow]:
    return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, kind) and widget.isVisible()]


def started(folder: Path, interrupt: Interrupt | None = None) -> "asyncio.Task[None]":
    return asyncio.create_task(desktop._main(GuiOptions(data_dir=folder), interrupt or Interrupt()))


async def test_the_window_is_seen_while_it_lasts_and_gives_way_to_the_main_one(
    tmp_path: Path, opening: HeldOpening
) -> None:
    running = started(tmp_path)
    await until(lambda: shown(OpeningWindow))
    (window,) = shown(OpeningWindow)
    await until(lambda: window.sentence == STEP.sentence)
    assert not shown(MainWindow)
    opening.let_go()
    await until(lambda: shown(MainWindow))
    await until(lambda: not shown(OpeningWindow))
    assert not opening.stopped
    shown(MainWindow)[0].close()
    await asyncio.wait_for(running, 60)


async def test_closing_it_stops_the_opening_and_ends_the_program(tmp_path: Path, opening: HeldOpening) -> None:
    running = started(tmp_path)
    await until(lambda: shown(OpeningWindow))
    shown(OpeningWindow)[0].close()
    await asyncio.wait_for(running, 60)
    assert opening.stopped
    assert not shown(OpeningWindow)
    assert Ownership(tmp_path, "collector").take() is None  # the folder is free


async def test_ctrl_c_stops_it_too(tmp_path: Path, opening: HeldOpening) -> None:
    interrupt = Interrupt()
    running = started(tmp_path, interrupt)
    assert await asyncio.to_thread(opening.begun.wait, 60)
    interrupt.want()
    await asyncio.wait_for(running, 60)
    assert opening.stopped
    assert not shown(OpeningWindow)


async def test_another_program_need_not_wait_for_it(tmp_path: Path, opening: HeldOpening) -> None:
    """Who asks would else be told that it does not answer, and end it in the middle of a change of the tables."""
    running = started(tmp_path)
    await until(lambda: shown(OpeningWindow))
    collector = Ownership(tmp_path, "collector")
    assert collector.take() is not None
    assert await asyncio.wait_for(collector.take_over(), 60) is None
    assert opening.stopped
    await until(
        lambda: any(type(w).__name__ == "OwnerWindow" and w.isVisible() for w in QApplication.topLevelWidgets())
    )
    assert not shown(OpeningWindow)
    collector.release()
    opening.let_go()
    await until(lambda: shown(MainWindow))  # it stood by
    shown(MainWindow)[0].close()
    await asyncio.wait_for(running, 60)
