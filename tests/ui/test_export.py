"""Exporting: the choices become a request, progress shows, cancel leaves nothing, and the end is one sentence."""

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from monitor.errors import BadData, Unusable
from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.market.hours import Hours
from monitor.ports import DecimalMark, ExportRequest, Layout, Profile, Zone, file_name
from monitor.ui.export.dialog import ExportDialog
from monitor.ui.export.forms import ChartForm, ExportForm, RecordedForm, WatchlistForm
from monitor.ui.export.job import Table
from monitor.ui.export.layout_fields import LayoutFields
from tests.support.ports import NOW_MS, FakeExporter, FakePreferences, until, view_ports

IN_VIEW = (NOW_MS - 3_600_000, NOW_MS + 1)
SHOWN = Table(["symbol", "close"], [["AAPL", "585.1"], ["AAPL", "585.2"]])


def make(qtbot: QtBot, form: ExportForm, folder: Path, sandbox: bool = True) -> tuple[ExportDialog, FakeExporter]:
    preferences, exporter = FakePreferences(), FakeExporter()
    preferences.set("export/folder", str(folder))
    profile = Profile(sandbox=sandbox, data_dir=folder)
    dialog = ExportDialog(view_ports(exporter=exporter, preferences=preferences, profile=profile), form)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog, exporter


def test_bars_in_view_are_asked_of_the_store_by_their_time(qtbot: QtBot, tmp_path: Path) -> None:
    form = ChartForm("AAPL", Interval.M1, IN_VIEW)
    dialog, exporter = make(qtbot, form, tmp_path)
    assert form.in_view.text() == "The bars in view: 2026-11-20 10:46 to 2026-11-20 11:46 ET"
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    out = tmp_path / "AAPL-1m-SANDBOX.csv"
    assert exporter.requests == [ExportRequest("bars", ("AAPL",), out, Interval.M1, *IN_VIEW)]
    assert dialog.sentence.text() == "Wrote 1,000 rows to AAPL-1m-SANDBOX.csv."
    assert not dialog.open_folder.isHidden()


def test_an_empty_chart_offers_what_is_on_disk(qtbot: QtBot, tmp_path: Path) -> None:
    form = ChartForm("AAPL", Interval.DAY, (0, 0))
    dialog, exporter = make(qtbot, form, tmp_path)
    assert (form.in_view.isEnabled(), form.in_view.text()) == (False, "The bars in view")
    dialog.begin()
    assert exporter.requests[0].end_ms == ExportRequest("bars", (), tmp_path).end_ms


def test_all_bars_on_disk_are_asked_of_the_store(qtbot: QtBot, tmp_path: Path) -> None:
    form = ChartForm("AAPL", Interval.H1, IN_VIEW)
    dialog, exporter = make(qtbot, form, tmp_path, sandbox=False)
    form.on_disk.click()
    dialog.begin()
    assert exporter.requests == [ExportRequest("bars", ("AAPL",), tmp_path / "AAPL-1h.csv", Interval.H1)]


def test_watchlist_as_shown(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, exporter = make(qtbot, WatchlistForm(SHOWN), tmp_path)
    dialog.begin()
    assert exporter.tables[0][2] == tmp_path / "watchlist-SANDBOX.csv"
    assert not dialog.fields.sidecar.isVisibleTo(dialog)


def test_recorded_days_are_whole_new_york_days(qtbot: QtBot, tmp_path: Path) -> None:
    form = RecordedForm(["AAPL"], NOW_MS)
    dialog, exporter = make(qtbot, form, tmp_path)
    form.kind.setCurrentIndex(3)
    form.symbols.setText("aapl, msft")
    form.first.setDate(QDate(2026, 11, 18))
    form.venues.setChecked(True)
    dialog.begin()
    request = exporter.requests[0]
    assert (request.what, request.symbols, request.venues) == ("book", ("AAPL", "MSFT"), True)
    assert from_ms(request.start_ms).isoformat() == "2026-11-18T00:00:00-05:00"
    assert from_ms(request.end_ms).isoformat() == "2026-11-21T00:00:00-05:00"
    assert request.out.name == "2-symbols-book-SANDBOX.csv"


def test_what_cannot_be_exported_is_said_before_anything_runs(qtbot: QtBot, tmp_path: Path) -> None:
    form = RecordedForm([], NOW_MS)
    dialog, exporter = make(qtbot, form, tmp_path)
    dialog.begin()
    assert dialog.sentence.text() == "Name at least one symbol, for example AAPL."
    form.symbols.setText("A*B")
    dialog.begin()
    assert dialog.sentence.text().startswith("“A*B” is not a symbol.")
    form.symbols.setText("AAPL")
    form.last.setDate(QDate(2026, 11, 1))
    dialog.begin()
    assert dialog.sentence.text() == "The last day lies before the first."
    assert exporter.requests == []


async def test_progress_then_cancel(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, exporter = make(qtbot, RecordedForm(["AAPL"], NOW_MS), tmp_path)
    exporter.gate = asyncio.Event()
    dialog.begin()
    await until(lambda: dialog.sentence.text() == "250 of 1,000 rows")
    assert (dialog.progress.value(), dialog.progress.maximum(), dialog.cancel.text()) == (250, 1000, "Cancel")
    dialog.stop()
    exporter.gate.set()
    await until(lambda: not dialog.running)
    assert dialog.sentence.text() == "Cancelled. No file was written."
    assert dialog.open_folder.isHidden()


async def test_closing_the_dialog_cancels(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, exporter = make(qtbot, RecordedForm(["AAPL"], NOW_MS), tmp_path)
    exporter.gate = asyncio.Event()
    dialog.begin()
    await until(lambda: dialog.progress.value() == 250)
    dialog.reject()
    assert dialog.running
    exporter.gate.set()
    await until(lambda: not dialog.running)
    assert dialog.sentence.text() == "Cancelled. No file was written."


def test_a_failure_is_one_sentence_and_the_form_is_ready_again(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, exporter = make(qtbot, ChartForm("AAPL", Interval.M1, IN_VIEW), tmp_path)
    exporter.failure = Unusable("The folder cannot be written to.")
    dialog.begin()
    assert dialog.sentence.text() == "The folder cannot be written to."
    assert (dialog.start.isEnabled(), dialog.focusWidget()) == (True, dialog.start)


def test_a_file_that_exists_is_replaced_only_on_a_second_word(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, exporter = make(qtbot, RecordedForm(["AAPL"], NOW_MS), tmp_path)
    (tmp_path / "AAPL-quotes-SANDBOX.csv").write_text("mine")
    dialog.start.click()
    assert dialog.sentence.text() == "AAPL-quotes-SANDBOX.csv exists already. Press Replace to write over it."
    assert (dialog.start.text(), exporter.requests) == ("&Replace", [])
    dialog.path.setText(str(tmp_path / "another.csv"))
    assert (dialog.start.text(), dialog.sentence.text()) == ("&Export", "")
    dialog.path.setText(str(tmp_path / "AAPL-quotes-SANDBOX.csv"))
    dialog.start.click()
    dialog.start.click()
    assert [request.out.name for request in exporter.requests] == ["AAPL-quotes-SANDBOX.csv"]
    assert dialog.start.text() == "&Export"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Name the file to write."),
        ("/", "Name the file to write."),
        ("~nosuch/a.csv", "There is no home folder ~nosuch."),
    ],
)
def test_what_names_no_file_is_said(qtbot: QtBot, tmp_path: Path, name: str, sentence: str) -> None:
    dialog, exporter = make(qtbot, WatchlistForm(SHOWN), tmp_path)
    dialog.path.setText(name)
    dialog.begin()
    assert (dialog.sentence.text(), exporter.tables) == (sentence, [])


def test_browse_opens_a_chooser_and_takes_its_file(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, _ = make(qtbot, ChartForm("AAPL", Interval.M1, IN_VIEW), tmp_path)
    dialog.browse.click()
    chooser = dialog.findChild(QFileDialog)
    assert chooser is not None
    chooser.fileSelected.emit(str(tmp_path / "mine.csv"))
    chooser.reject()
    assert dialog.path.text() == str(tmp_path / "mine.csv")


@pytest.mark.parametrize("form", [ChartForm, RecordedForm, WatchlistForm])
def test_the_tab_key_goes_from_top_to_bottom_and_no_letter_stands_for_two(
    qtbot: QtBot, tmp_path: Path, form: type[ExportForm]
) -> None:
    given: dict[type[ExportForm], ExportForm] = {
        ChartForm: ChartForm("AAPL", Interval.M1, IN_VIEW),
        RecordedForm: RecordedForm(["AAPL"], NOW_MS),
        WatchlistForm: WatchlistForm(SHOWN),
    }
    dialog, _ = make(qtbot, given[form], tmp_path)
    dialog.fields.format.setFocus()
    met: list[QWidget] = []
    while (at := dialog.focusWidget()) is not None and at not in met:
        met.append(at)
        qtbot.keyClick(at, Qt.Key.Key_Tab)
    below = [dialog.path, dialog.browse, dialog.save, dialog.cancel, dialog.copy, dialog.start]
    place = met.index(dialog.path)
    expected = [widget for widget in below if not widget.isHidden()]
    assert met[place : place + len(expected)] == expected
    dialog.open_folder.show()
    texts = [widget.text() for widget in (*dialog.findChildren(QLabel), *dialog.findChildren(QAbstractButton))]
    letters = [text[text.index("&") + 1].lower() for text in [*texts, "&Replace"] if "&" in text]
    assert len(letters) == len(set(letters)), letters


def test_file_names_are_safe_and_say_sandbox() -> None:
    assert file_name("BRK/B-1m", sandbox=True) == "BRK_B-1m-SANDBOX.csv"
    assert file_name("$SPX-D", sandbox=False) == "SPX-D.csv"


def test_the_layout_goes_with_the_request_and_is_remembered(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, exporter = make(qtbot, RecordedForm(["AAPL"], NOW_MS), tmp_path)
    fields = dialog.fields
    fields.format.setCurrentText("Parquet")
    fields.zone.setCurrentText("UTC")
    fields.sidecar.click()
    assert dialog.path.text() == str(tmp_path / "AAPL-quotes-SANDBOX.parquet")
    assert not fields.decimal.isEnabled()
    dialog.begin()
    assert exporter.requests[0].layout == Layout(Zone.UTC)
    assert not exporter.requests[0].sidecar
    again = LayoutFields(dialog._ports.preferences, described=True)
    qtbot.addWidget(again)
    assert (again.suffix, again.chosen(), again.wants_sidecar()) == (".parquet", Layout(Zone.UTC), False)


def test_a_name_that_is_typed_chooses_the_format(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, exporter = make(qtbot, WatchlistForm(SHOWN), tmp_path)
    dialog.path.setText(str(tmp_path / "mine.PARQUET"))
    assert dialog.fields.suffix == ".parquet"
    dialog.path.setText(str(tmp_path / "mine.csv"))
    dialog.fields.decimal.setCurrentIndex(1)
    dialog.begin()
    assert (dialog.fields.suffix, exporter.layouts) == (".csv", [Layout(decimal=DecimalMark.COMMA)])


def test_hours_are_asked_for_bars_within_the_day_only(qtbot: QtBot, tmp_path: Path) -> None:
    form = RecordedForm(["AAPL"], NOW_MS)
    dialog, exporter = make(qtbot, form, tmp_path)
    assert not form.hours.isEnabled()
    form.kind.setCurrentText("Bars")
    form.hours.setCurrentText("Regular hours (09:30 to 16:00 ET)")
    dialog.begin()
    form.interval.setCurrentText("D")
    assert not form.hours.isEnabled()
    dialog.begin()
    assert [request.hours for request in exporter.requests] == [Hours.REGULAR, Hours.ALWAYS]


def test_the_audit_needs_no_symbols(qtbot: QtBot, tmp_path: Path) -> None:
    form = RecordedForm(["AAPL"], NOW_MS)
    dialog, exporter = make(qtbot, form, tmp_path)
    form.kind.setCurrentText("Audit")
    assert not form.symbols.isEnabled()
    dialog.begin()
    assert [(r.what, r.symbols, r.out.name) for r in exporter.requests] == [("audit", (), "audit-SANDBOX.csv")]


def test_rows_are_copied_for_a_sheet(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, exporter = make(qtbot, ChartForm("AAPL", Interval.M1, IN_VIEW), tmp_path)
    dialog.copy.click()
    assert QGuiApplication.clipboard().text() == "symbol\tclose\nAAPL\t585.1\n"
    assert dialog.sentence.text() == "Copied 1 row."
    exporter.failure = BadData("There are too many rows.")
    dialog.copy.click()
    assert (dialog.sentence.text(), dialog.start.isEnabled()) == ("There are too many rows.", True)
    shown, _ = make(qtbot, WatchlistForm(SHOWN), tmp_path)
    shown.copy.click()
    assert QGuiApplication.clipboard().text() == "symbol\tclose\nAAPL\t585.1\nAAPL\t585.2\n"


def test_a_description_that_exists_is_asked_about_too(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, exporter = make(qtbot, RecordedForm(["AAPL"], NOW_MS), tmp_path)
    (tmp_path / "AAPL-quotes-SANDBOX.csv.json").write_text("mine")
    dialog.begin()
    assert dialog.sentence.text().startswith("AAPL-quotes-SANDBOX.csv.json exists already.")
    assert exporter.requests == []
    dialog.fields.sidecar.click()
    dialog.begin()
    assert len(exporter.requests) == 1
