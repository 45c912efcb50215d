"""Importing bars: the file is looked at first, then taken, and the end is one sentence."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from monitor.errors import BadData
from monitor.market.bar import Interval
from monitor.ports import ImportPreview, ImportRequest, RejectedLine, Zone
from monitor.ui.bar_import.dialog import ImportDialog
from monitor.ui.theme import Theme
from tests.support.ports import FakeImporter, until, view_ports

FILE = Path("/data/bars.csv")


@pytest.fixture
def importer() -> FakeImporter:
    return FakeImporter()


@pytest.fixture
def dialog(qtbot: QtBot, importer: FakeImporter) -> ImportDialog:
    made = ImportDialog(view_ports(importer=importer))
    qtbot.addWidget(made)
    made.open()
    return made


async def test_a_file_is_looked_at_by_itself_then_taken(dialog: ImportDialog, importer: FakeImporter) -> None:
    assert not dialog.start.isEnabled()
    dialog.path.setText(str(FILE))
    await until(dialog.start.isEnabled)
    assert dialog.found.text() == "2 bars (1m) of AAPL, 2026-11-20 11:46 to 2026-11-20 11:47 ET."
    came: list[int] = []
    dialog.imported.connect(lambda: came.append(1))
    dialog.symbol.setText("msft")
    dialog.interval.setCurrentText("1m")
    dialog.zone.setCurrentText("UTC")
    dialog.replaces.setChecked(True)
    assert not dialog.start.isEnabled()  # until the file was looked at as it is asked for now
    await until(dialog.start.isEnabled)
    dialog.begin()
    await until(lambda: not dialog.running)
    assert importer.requests == [ImportRequest(FILE, "MSFT", Interval.M1, Zone.UTC, replaces=True)]
    assert dialog.sentence.text() == "Imported 2 bars. 1 on disk already, left as found."
    assert came == [1]


def test_lines_left_out_are_listed_and_the_zone_is_asked(dialog: ImportDialog, importer: FakeImporter) -> None:
    rejected = (RejectedLine(3, "close “x” is no number"),)
    importer.found = replace(importer.found, rejected=rejected, rejections=9, needs_zone=True)
    dialog.path.setText(str(FILE))
    dialog.preview()
    assert dialog.left_out.toPlainText() == "Line 3: close “x” is no number\n… and 8 more"
    assert dialog.found.text().endswith("9 lines are left out.")
    assert dialog.sentence.text() == "Its times have no offset: say above which zone they are in."


def test_nothing_to_take_leaves_nothing_to_press(dialog: ImportDialog, importer: FakeImporter) -> None:
    importer.found = replace(importer.found, bars=0, first_ms=None, last_ms=None)
    dialog.path.setText(str(FILE))
    dialog.preview()
    assert (dialog.found.text(), dialog.start.isEnabled()) == ("No line of the file holds a bar.", False)
    importer.failure = BadData("The first line of the file names no column for time.")
    dialog.preview()
    assert dialog.sentence.text() == "The first line of the file names no column for time."
    dialog.symbol.setText("A*B")
    dialog.preview()
    assert dialog.sentence.text().startswith("“A*B” is not a symbol.")


async def test_the_end_is_not_overwritten_by_a_preview(
    dialog: ImportDialog, importer: FakeImporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, given_up = asyncio.Event(), []

    async def slowly(request: ImportRequest, cancelled: Callable[[], bool]) -> ImportPreview:
        await goes_on.wait()
        given_up.append(cancelled())
        return importer.found

    monkeypatch.setattr(importer, "preview", slowly)
    dialog.path.setText(str(FILE))
    dialog.preview()
    dialog.begin()
    await until(lambda: not dialog.running)
    goes_on.set()
    await until(lambda: given_up == [True])
    assert dialog.sentence.text() == "Imported 2 bars. 1 on disk already, left as found."
    dialog.symbol.setText("MSFT")  # and one is about to be asked for
    dialog.begin()
    await until(lambda: not dialog.running)
    assert not any(timer.isActive() for timer in dialog.findChildren(QTimer))
    assert dialog.sentence.text() == "Imported 2 bars. 1 on disk already, left as found."


async def test_progress_then_cancel(dialog: ImportDialog, importer: FakeImporter) -> None:
    importer.gate = asyncio.Event()
    dialog.path.setText(str(FILE))
    dialog.begin()
    await until(lambda: dialog.progress.value() == 500)
    assert (dialog.cancel.text(), dialog.path.isEnabled()) == ("Cancel", False)
    dialog.stop()
    importer.gate.set()
    await until(lambda: not dialog.running)
    assert dialog.sentence.text().startswith("Cancelled after 2 bars.")
    assert dialog.path.isEnabled()


def test_browse_takes_a_file(qtbot: QtBot, dialog: ImportDialog) -> None:
    qtbot.mouseClick(dialog.browse, Qt.MouseButton.LeftButton)
    chooser = dialog.findChild(QFileDialog)
    assert chooser is not None
    chooser.fileSelected.emit(str(FILE))
    chooser.reject()
    assert dialog.path.text() == str(FILE)


def test_the_keyboard_begins_at_the_file(qtbot: QtBot, dialog: ImportDialog) -> None:
    assert dialog.focusWidget() is dialog.path
    qtbot.keyClick(dialog.path, Qt.Key.Key_Tab)
    assert dialog.focusWidget() is dialog.browse
    qtbot.keyClick(dialog.browse, Qt.Key.Key_Tab)
    assert dialog.focusWidget() is dialog.symbol


def test_several_lines_left_out_are_seen_at_once(qtbot: QtBot, importer: FakeImporter) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    Theme().use(dark=True)
    try:
        dialog = ImportDialog(view_ports(importer=importer))
        qtbot.addWidget(dialog)
        dialog.open()
        dialog.resize(dialog.minimumSizeHint())
        lines = tuple(RejectedLine(n, "the high is below the low") for n in range(2, 30))
        importer.found = replace(importer.found, rejected=lines, rejections=28, needs_zone=True)
        dialog.path.setText(str(FILE))
        dialog.preview()
        line = dialog.left_out.fontMetrics().lineSpacing()
        qtbot.waitUntil(lambda: dialog.left_out.viewport().height() >= 4 * line)
    finally:
        application.setStyleSheet("")
