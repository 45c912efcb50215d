"""Recipes in the window: saved from the dialog, run from a menu and removed there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from monitor.live.bus import Bus
from monitor.live.events import Notice
from monitor.market.hours import Hours
from monitor.ports import Profile, Recipe, Recipes
from monitor.ui.export.dialog import ExportDialog
from monitor.ui.export.exporting import Exporting
from monitor.ui.export.forms import RecordedForm, WatchlistForm
from monitor.ui.export.job import Table
from monitor.ui.export.recipe_dialog import RecipeDialog
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.window import MainWindow
from tests.support.ports import NOW_MS, FakeExporter, InlineTasks, view_ports

RECIPE = Recipe("mine", "bars", ("SPY",), "/data", days=1, daily_at="09:30")


@pytest.fixture
def ports(tmp_path: Path) -> ViewPorts:
    bus = Bus()
    return view_ports(bus=bus, tasks=InlineTasks(bus), profile=Profile(sandbox=False, data_dir=tmp_path))


@pytest.fixture
def told(ports: ViewPorts) -> list[str]:
    sentences: list[str] = []
    ports.bus.listen(Notice, lambda notice: sentences.append(notice.sentence))
    return sentences


def test_what_the_dialog_says_becomes_a_recipe(qtbot: QtBot, ports: ViewPorts, tmp_path: Path) -> None:
    form = RecordedForm(["SPY", "QQQ"], NOW_MS)
    dialog = ExportDialog(ports, form)
    qtbot.addWidget(dialog)
    form.kind.setCurrentText("Bars")
    form.hours.setCurrentIndex(2)
    dialog.path.setText(str(tmp_path / "any.parquet"))
    sheet = dialog.save_recipe()
    assert sheet is not None
    sheet.name.setText("spy and qqq")
    sheet.days.setValue(7)
    sheet.daily.click()
    sheet.keep()
    expected = Recipe("spy and qqq", "bars", ("SPY", "QQQ"), str(tmp_path), 7, suffix=".parquet", daily_at="16:30")
    (kept,) = Recipes(ports.preferences).all().values()
    assert kept == Recipe(**{f: getattr(expected, f) for f in Recipe.__struct_fields__} | {"hours": Hours.REGULAR})
    assert dialog.sentence.text() == "Saved the recipe “spy and qqq”."
    again = dialog.save_recipe()
    assert again is not None
    again.name.setText("spy and qqq")
    again.keep()
    assert again.sentence.text().startswith("There is a recipe “spy and qqq” already.")
    again.keep()
    assert Recipes(ports.preferences).all()["spy and qqq"].daily_at == ""


def test_a_table_and_a_wrong_field_make_no_recipe(qtbot: QtBot, ports: ViewPorts) -> None:
    shown = ExportDialog(ports, WatchlistForm(Table(["a"], [["b"]])))
    recorded = ExportDialog(ports, RecordedForm([], NOW_MS))
    for dialog in (shown, recorded):
        qtbot.addWidget(dialog)
        dialog.open()
    assert not shown.save.isVisible()
    assert recorded.save_recipe() is None
    assert recorded.sentence.text() == "Name at least one symbol, for example AAPL."


@pytest.fixture
def make(qtbot: QtBot, ports: ViewPorts) -> Callable[[], Exporting]:
    def made() -> Exporting:
        window = MainWindow(ports, Theme(), keep_layout=False)
        qtbot.addWidget(window)
        return window.exporting

    return made


def test_a_recipe_is_run_from_the_menu_and_removed_there(
    ports: ViewPorts, make: Callable[[], Exporting], told: list[str]
) -> None:
    exporting, menu = make(), QMenu()
    exporting.fill(menu)
    assert [action.isEnabled() for action in menu.actions()] == [False]
    Recipes(ports.preferences).save(RECIPE, NOW_MS)
    exporting.fill(menu)
    run, _, remove = menu.actions()
    assert run.text() == "mine (daily at 09:30 ET)"
    run.trigger()
    exporter = ports.exporter
    assert isinstance(exporter, FakeExporter)
    assert [request.out for request in exporter.requests] == [Path("/data/mine-2026-11-20.csv")]
    assert told == ["The recipe “mine” wrote 1,000 rows to mine-2026-11-20.csv."]
    remove.menu().actions()[0].trigger()
    assert Recipes(ports.preferences).all() == {}
    menu.deleteLater()


@pytest.mark.parametrize("dark", [True, False])
def test_the_time_of_day_can_be_read(qtbot: QtBot, dark: bool) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    Theme().use(dark=dark)
    try:
        draft = Recipe(name="mine", what="quotes", symbols=("AAPL",), folder="/data", days=1)
        dialog = RecipeDialog(view_ports(), draft)
        qtbot.addWidget(dialog)
        dialog.show()
        field = dialog.at.lineEdit()
        assert dialog.at.rect().contains(field.geometry())
        assert field.width() > field.fontMetrics().horizontalAdvance("16:30")
    finally:
        application.setStyleSheet("")
