"""Backing up and checking: progress shows, cancel leaves nothing, and the end is one sentence."""

import asyncio
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from monitor.errors import Unusable
from monitor.live.events import Notice
from monitor.ui.database.backup import BackupDialog
from monitor.ui.database.check import CheckDialog
from monitor.ui.database.entries import DatabaseEntries
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import FakeCare, FakePreferences, until, view_ports


def ports_in(folder: Path, care: FakeCare | None = None) -> ViewPorts:
    preferences = FakePreferences()
    preferences.set("backup/folder", str(folder))
    return view_ports(care=care or FakeCare(), preferences=preferences)


def backup(qtbot: QtBot, ports: ViewPorts) -> BackupDialog:
    dialog = BackupDialog(ports)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def check(qtbot: QtBot, ports: ViewPorts) -> CheckDialog:
    dialog = CheckDialog(ports)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.begin()
    return dialog


def test_a_backup_goes_to_the_proposed_name_in_the_folder_used_last(qtbot: QtBot, tmp_path: Path) -> None:
    care = FakeCare()
    ports = ports_in(tmp_path, care)
    notices: list[Notice] = []
    ports.bus.listen(Notice, notices.append)
    dialog = backup(qtbot, ports)
    dialog.begin()
    assert care.written == [tmp_path / "monitor-20261120-164602.db"]
    assert dialog.sentence.text() == "The database was copied to monitor-20261120-164602.db: 16.4 MB."
    assert dialog.sentence.objectName() == "success"
    assert [notice.sentence for notice in notices] == [dialog.sentence.text()]
    assert not dialog.open_folder.isHidden()


def test_without_a_folder_used_before_it_lies_beside_the_database(qtbot: QtBot) -> None:
    assert backup(qtbot, view_ports()).path.text() == str(Path("backups") / "monitor-20261120-164602.db")


def test_a_file_that_exists_is_asked_about(qtbot: QtBot, tmp_path: Path) -> None:
    care = FakeCare()
    dialog = backup(qtbot, ports_in(tmp_path, care))
    mine = tmp_path / "mine.db"
    mine.touch()
    dialog.path.setText(str(mine))
    dialog.begin()
    assert care.written == []
    assert "exists already" in dialog.sentence.text()
    dialog.path.setText(str(tmp_path / "other.db"))
    dialog.path.setText(str(mine))
    dialog.begin()
    assert care.written == []  # another name came between: it is asked again
    dialog.begin()
    assert care.written == [mine]


def test_a_backup_needs_a_name(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = backup(qtbot, ports_in(tmp_path))
    dialog.path.setText(" ")
    dialog.begin()
    assert dialog.sentence.text() == "Name the file to write."


async def test_a_backup_shows_how_far_it_is_and_can_be_cancelled(qtbot: QtBot, tmp_path: Path) -> None:
    care = FakeCare()
    care.gate = asyncio.Event()
    dialog = backup(qtbot, ports_in(tmp_path, care))
    dialog.begin()
    await until(lambda: "of 16.4 MB" in dialog.sentence.text())
    assert not dialog.start.isEnabled()
    assert dialog.progress.maximum() == 4_000
    dialog.stop()
    assert dialog.sentence.text() == "Cancelling…"
    care.gate.set()
    await until(lambda: not dialog.running)
    assert dialog.sentence.text() == "Cancelled. No file was written."
    assert care.written == []
    assert dialog.start.isEnabled()


def test_what_fails_is_one_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    care = FakeCare()
    care.failure = Unusable("The backup cannot be written (No space left on device).")
    for dialog in (backup(qtbot, ports_in(tmp_path, care)), check(qtbot, ports_in(tmp_path, care))):
        if isinstance(dialog, BackupDialog):
            dialog.begin()
        assert dialog.sentence.text() == "The backup cannot be written (No space left on device)."
        assert dialog.sentence.objectName() == "failure"
        assert not dialog.running


def test_a_sound_database_is_said_to_be_so(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = check(qtbot, ports_in(tmp_path))
    assert dialog.sentence.text() == "The database is sound. That took 1.5 s."
    assert dialog.cancel.text() == "Close"


def test_damage_is_named_and_what_comes_of_it(qtbot: QtBot, tmp_path: Path) -> None:
    care = FakeCare()
    care.problems = tuple(f"Tree {page} page {page}: btreeInitPage() returns error code 11" for page in range(9))
    dialog = check(qtbot, ports_in(tmp_path, care))
    assert "is damaged" in dialog.sentence.text()
    assert dialog.problems.text().count("\n") == 4
    assert not dialog.problems.isHidden()


async def test_a_check_tells_the_table_and_can_be_cancelled(qtbot: QtBot, tmp_path: Path) -> None:
    care = FakeCare()
    care.gate = asyncio.Event()
    dialog = check(qtbot, ports_in(tmp_path, care))
    await until(lambda: dialog.sentence.text() == "audit, table 1 of 4")
    dialog.stop()
    care.gate.set()
    await until(lambda: not dialog.running)
    assert dialog.sentence.text().startswith("Cancelled.")


async def test_closing_a_dialog_cancels_its_work(qtbot: QtBot, tmp_path: Path) -> None:
    care = FakeCare()
    care.gate = asyncio.Event()
    dialog = BackupDialog(ports_in(tmp_path, care))
    dialog.open()
    dialog.begin()
    await until(lambda: "of 16.4 MB" in dialog.sentence.text())
    gone: list[bool] = []
    dialog.destroyed.connect(lambda: gone.append(True))
    dialog.reject()
    care.gate.set()
    await until(lambda: not dialog.running)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert gone
    assert care.written == []


def test_the_menu_entries_open_them(qtbot: QtBot, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    copying, checking = QAction(window), QAction(window)
    DatabaseEntries(copying, checking, ports_in(tmp_path), window)
    copying.trigger()
    checking.trigger()
    assert not window.findChild(BackupDialog).isHidden()
    assert window.findChild(CheckDialog).sentence.objectName() == "success"
