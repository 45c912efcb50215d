"""The sheet on storage: what is kept where, rules with a preview of what they delete, and moving with stop."""

import asyncio
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from monitor.errors import StoreUnavailable
from monitor.ports import STORAGE_KEY, Keep, Moved, StorageRules, Tier, TierUse, chosen_rules, rules_text
from monitor.ui.storage import phrases
from monitor.ui.storage.place import BUCKET, FOLDER, STAYS, PlaceForm
from monitor.ui.storage.sheet import StorageSheet
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import FakePreferences, FakeRecorder, FakeTiers, until, view_ports

GB = 1024**3
USES = [
    TierUse("trade", Tier.DATABASE, 1_200_000, 52 * 1024**2, date(2026, 11, 14), date(2026, 11, 20)),
    TierUse("trade", Tier.WARM, 1, None, date(2026, 11, 1), date(2026, 11, 1)),
]
FREED = [TierUse("trade", Tier.COLD, 5_000, 3 * GB, date(2025, 1, 2), date(2025, 3, 4))]


def make(qtbot: QtBot, tiers: FakeTiers, kept: StorageRules | None = None) -> tuple[ViewPorts, StorageSheet]:
    preferences = FakePreferences()
    if kept:
        preferences.set(STORAGE_KEY, rules_text(kept))
    ports = view_ports(tiers=tiers, preferences=preferences)
    sheet = StorageSheet(ports)
    qtbot.addWidget(sheet)
    sheet.show()
    return ports, sheet


def test_each_table_says_what_it_takes_in_each_tier(qtbot: QtBot) -> None:
    _, sheet = make(qtbot, FakeTiers(USES, due=3))
    used = {key: label.text() for key, label in sheet.tables.used.items()}
    assert used["trade", Tier.DATABASE] == "1,200,000 rows, 52.0 MB"
    assert used["trade", Tier.WARM] == "1 row"
    assert used["trade", Tier.COLD] == used["book", Tier.DATABASE] == "–"
    assert sheet.tables.used["trade", Tier.DATABASE].toolTip() == "2026-11-14 to 2026-11-20"
    assert sheet.sentence.text() == "3 files wait to be written, a table's day each. Nothing would be deleted."


def test_a_count_that_fails_is_told(qtbot: QtBot) -> None:
    tiers = FakeTiers()
    tiers.failure = StoreUnavailable("The disk is gone.")
    _, sheet = make(qtbot, tiers)
    assert {(label.text(), label.toolTip()) for label in sheet.tables.used.values()} == {
        ("unknown", "The disk is gone.")
    }


def test_files_that_cannot_be_read_are_named(qtbot: QtBot) -> None:
    tiers = FakeTiers(USES)
    _, sheet = make(qtbot, tiers)
    assert sheet.missing.isHidden()
    tiers.unreadable = [f"The prints of 2026-11-0{n} cannot all be read: …." for n in (1, 2, 3)]
    sheet.load()
    assert sheet.missing.isVisible()
    assert sheet.missing.text() == (
        "The prints of 2026-11-01 cannot all be read: …. So it is with 2 more files. Put back, a file is read again."
    )
    assert sheet.missing.toolTip().splitlines() == tiers.unreadable
    tiers.unreadable = []
    sheet.load()
    assert sheet.missing.isHidden()


def _agree(question: QMessageBox) -> None:
    (go_on,) = (
        each for each in question.buttons() if question.buttonRole(each) is QMessageBox.ButtonRole.DestructiveRole
    )
    go_on.click()


def test_the_kept_rules_are_shown_and_nothing_is_to_be_saved(qtbot: QtBot) -> None:
    rules = StorageRules(5, 40, "s3://bucket/old?region=eu-central-1&endpoint_override=s3.example.org&scheme=https")
    rules = StorageRules(rules.warm_days, rules.cold_days, rules.cold, {"book": Keep(60, 20 * GB)})
    _, sheet = make(qtbot, FakeTiers(), rules)
    assert sheet.rules == rules
    assert not sheet.save.isEnabled()
    assert sheet.place.endpoint.text() == "https://s3.example.org"
    assert sheet.tables.days["trade"].text() == "for ever"
    assert sheet.tables.gigabytes["book"].text() == "20 GB"


def test_what_a_rule_would_delete_is_told_before_it_is_kept(qtbot: QtBot) -> None:
    ports, sheet = make(qtbot, FakeTiers(USES, FREED))
    sheet.tables.days["trade"].setValue(365)
    assert sheet.tables.freed["trade"].text() == "5,000 rows, 3.0 GB"
    assert sheet.tables.freed["trade"].toolTip() == "2025-01-02 to 2025-03-04"
    assert sheet.tables.freed["book"].text() == ""
    would = "5,000 rows (prints of 2025-01-02 to 2025-03-04; 3.0 GB of disk)"
    assert sheet.sentence.text().endswith(f" {would} would be deleted for good.")
    assert sheet.move_now.text() == "&Move and delete now…"
    assert ports.preferences.get(STORAGE_KEY) == ""
    question = sheet.ask_to_keep()
    assert question is not None
    assert question.text().startswith(f"By these rules {would} are deleted for good tonight.")
    question.reject()
    assert ports.preferences.get(STORAGE_KEY) == ""
    sheet.save.click()
    _agree(sheet.findChildren(QMessageBox)[-1])
    assert chosen_rules(ports.preferences.get(STORAGE_KEY)) == StorageRules(keep={"trade": Keep(days=365)})
    assert not sheet.save.isEnabled()
    assert isinstance(ports.recorder, FakeRecorder)
    assert [kind for kind, _ in ports.recorder.audits] == ["rules"]


@pytest.mark.parametrize(
    ("folder", "days", "said"),
    [("", 0, "Say where"), ("relative", 0, "whole path"), (str(Path.home()), 3, "cannot be kept for 3 days")],
)
def test_rules_that_make_no_sense_cannot_be_kept(qtbot: QtBot, folder: str, days: int, said: str) -> None:
    _, sheet = make(qtbot, FakeTiers())
    sheet.place.kind.setCurrentIndex(FOLDER)
    sheet.place.folder.setText(folder)
    sheet.tables.days["trade"].setValue(days)
    assert said in sheet.sentence.text()
    assert sheet.sentence.objectName() == "failure"
    assert not sheet.save.isEnabled()
    assert not sheet.move_now.isEnabled()
    assert sheet.tables.freed["trade"].text() == ""
    sheet.place.kind.setCurrentIndex(STAYS)
    sheet.tables.days["trade"].setValue(30)
    assert sheet.save.isEnabled()


async def test_moving_tells_its_steps_and_what_came_of_it(qtbot: QtBot) -> None:
    tiers = FakeTiers()
    tiers.go_on.clear()
    _, sheet = make(qtbot, tiers)
    sheet.move_now.click()
    await until(lambda: sheet.sentence.text() == "Writing the prints of 2025-05-01…")
    assert sheet.progress.isVisible()
    assert not sheet.tables.isEnabled()
    tiers.go_on.set()
    await until(lambda: not sheet.progress.isVisible())
    assert sheet.sentence.text() == "10 rows moved to files."
    assert tiers.moved_by == [StorageRules()]


async def test_what_is_deleted_now_is_asked_about_first(qtbot: QtBot) -> None:
    tiers = FakeTiers(USES, FREED)
    ports, sheet = make(qtbot, tiers)
    sheet.tables.days["trade"].setValue(365)
    await until(lambda: "delete" in sheet.move_now.text())
    question = sheet.ask_to_move()
    assert question is not None
    assert "5,000 rows (prints of 2025-01-02 to 2025-03-04; 3.0 GB of disk) are deleted for good" in question.text()
    question.reject()
    assert (tiers.moved_by, ports.preferences.get(STORAGE_KEY)) == ([], "")
    question = sheet.ask_to_move()
    assert question is not None
    _agree(question)
    await until(lambda: sheet.sentence.text() == "10 rows moved to files.")
    assert tiers.moved_by == [StorageRules(keep={"trade": Keep(days=365)})]


async def test_a_move_can_be_stopped(qtbot: QtBot) -> None:
    tiers = FakeTiers()
    tiers.go_on.clear()
    _, sheet = make(qtbot, tiers)
    sheet.move_now.click()
    await until(lambda: sheet.cancel.isVisible() and "Writing" in sheet.sentence.text())
    sheet.cancel.click()
    tiers.go_on.set()
    await until(lambda: not sheet.progress.isVisible())
    assert sheet.sentence.text() == "Stopped. Nothing was moved."


async def test_a_sheet_that_is_closed_stops_its_move(qtbot: QtBot) -> None:
    tiers = FakeTiers()
    tiers.go_on.clear()
    _, sheet = make(qtbot, tiers)
    sheet.move_now.click()
    await until(lambda: "Writing" in sheet.sentence.text())
    ended = asyncio.Event()
    move = next(task for task in asyncio.all_tasks() if task.get_name() == "move of old rows")
    move.add_done_callback(lambda _: ended.set())
    sheet.reject()
    tiers.go_on.set()
    await ended.wait()
    assert move.exception() is None


async def test_what_could_not_be_moved_is_told(qtbot: QtBot) -> None:
    tiers = FakeTiers()
    tiers.came_to = Moved(cold=1, troubles=("The bucket is away.",))
    _, sheet = make(qtbot, tiers)
    sheet.move_now.click()
    await until(lambda: sheet.sentence.text() == "1 file moved on. The bucket is away.")
    assert sheet.sentence.objectName() == "failure"


@pytest.mark.parametrize(
    "place",
    ["", "/mnt/old", "s3://bucket/", "s3://bucket/a/b?region=r", "s3://bucket/a?endpoint_override=h:9000&scheme=http"],
)
def test_a_place_comes_back_as_it_was_shown(qtbot: QtBot, place: str) -> None:
    form = PlaceForm()
    qtbot.addWidget(form)
    form.show_place(place)
    assert form.place == place
    assert [kind for kind, page in form.pages.items() if page.isVisibleTo(form)] == [
        kind for kind in form.pages if kind == form.kind.currentIndex()
    ]
    assert (form.kind.currentIndex() == BUCKET) is place.startswith("s3:")


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "–"), (0, "0 B"), (999, "999 B"), (12 * 1024, "12 KB"), (1_468_006, "1.4 MB"), (3 * GB // 2, "1.5 GB")],
)
def test_sizes(count: int | None, text: str) -> None:
    assert phrases.size(count) == text


def test_the_sheet_is_as_high_as_what_it_shows(qtbot: QtBot) -> None:
    _, sheet = make(qtbot, FakeTiers())
    heights = []
    for kind in (STAYS, BUCKET, FOLDER, STAYS):
        sheet.place.kind.setCurrentIndex(kind)
        heights.append(sheet.height())
    stays, bucket, folder, again = heights
    assert again == stays < folder < bucket
