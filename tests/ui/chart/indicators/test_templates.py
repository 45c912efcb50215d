"""Templates of indicators: kept, applied and put back, the one of new charts, and files of them, good and bad."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from monitor.analysis.indicators import Settings
from monitor.errors import BadData, MonitorError, Unusable
from monitor.live.events import Level, Notice
from monitor.ui.chart.indicators.template_dialogs import NameDialog, TemplatesDialog
from monitor.ui.chart.indicators.templates import Template, Templates, read_template, write_template
from monitor.ui.chart.panel import ChartPanel
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import FakePreferences
from tests.ui.chart.conftest import Make

EMA, RSI, BANDS = Settings("EMA", {"timeperiod": 9}, colours={"real": "series3"}), Settings("RSI"), Settings("BBANDS")
KEY = "chart/indicator templates"
#: What another version may have kept: one that is known here, one that is not, and one that does not fit.
MIXED = [{"name": "RSI"}, {"name": "FUTURE", "parameters": {"x": 1}}, {"name": "EMA", "parameters": {"timeperiod": -1}}]


def kept(*templates: dict[str, Any], usual: str = "") -> FakePreferences:
    preferences = FakePreferences()
    preferences.set(KEY, json.dumps({"version": 1, "usual": usual, "templates": templates}))
    return preferences


@pytest.fixture
def chart(make: Make) -> tuple[ChartPanel, ViewPorts, list[Notice]]:
    """A chart whose templates are “Mine” (EMA and RSI) and “Mixed”; and the notices of it."""
    mine = {"name": "Mine", "indicators": [json.loads(EMA.json()), json.loads(RSI.json())]}
    panel, ports = make(preferences=kept(mine, {"name": "Mixed", "indicators": MIXED}))
    said: list[Notice] = []
    ports.bus.listen(Notice, said.append)
    return panel, ports, said


Chart = tuple[ChartPanel, ViewPorts, list[Notice]]


async def test_applying_one_replaces_what_is_on_the_chart_and_is_put_back(chart: Chart) -> None:
    panel, _, said = chart
    panel.indicators.want([BANDS])
    panel.indicators.templates.apply("Mine")
    assert panel.indicators.wanted == [EMA, RSI]
    assert said[-1] == Notice(Level.INFO, "Applied the template “Mine”.")
    panel.indicators.templates.put_back()
    assert panel.indicators.wanted == [BANDS]
    assert panel.indicators.templates.to_put_back == ""
    assert panel.indicators.templates.put_back() is None


async def test_of_one_with_unknown_indicators_the_rest_is_shown_and_it_says_so(chart: Chart) -> None:
    panel, ports, said = chart
    panel.indicators.templates.apply("Mixed")
    assert panel.indicators.wanted == [RSI]
    assert said[-1].level is Level.WARNING
    assert said[-1].sentence == (
        "Applied the template “Mixed”. 2 of its 3 indicators cannot be shown by this version: FUTURE, EMA."
    )
    panel.indicators.templates.rename("Mixed", "Other")
    stored = json.loads(ports.preferences.get(KEY))["templates"]
    assert next(each["indicators"] for each in stored if each["name"] == "Other") == MIXED  # nothing of it is lost


async def test_one_without_anything_known_changes_nothing(make: Make) -> None:
    panel, _ = make(preferences=kept({"name": "Far", "indicators": [{"name": "FUTURE"}, 7]}))
    panel.indicators.want([BANDS])
    told = panel.indicators.templates.apply("Far").sentence
    assert told == (
        "“Far” is not applied: 2 of its 2 indicators cannot be shown by this version: FUTURE, one without a name."
    )
    assert panel.indicators.wanted == [BANDS]
    assert panel.indicators.templates.apply("Gone").sentence == "There is no template “Gone” any more."


async def test_new_charts_begin_with_the_one_that_was_chosen(make: Make) -> None:
    preferences = kept({"name": "Mine", "indicators": [json.loads(RSI.json())]}, usual="Mine")
    panel, _ = make(preferences=preferences)
    assert panel.indicators.wanted == [RSI]
    panel.indicators.want([])
    again, _ = make(preferences=preferences)
    assert again.indicators.wanted == []  # a chart whose indicators were taken off stays so


async def test_the_menu_saves_applies_and_puts_back(chart: Chart, qtbot: QtBot) -> None:
    panel, _, _ = chart
    dialog = panel.indicators.open_dialog()

    def entries() -> dict[str, Any]:
        dialog.templates.aboutToShow.emit()
        return {action.text(): action for action in dialog.templates.actions() if action.text()}

    assert not entries()["&Save these as a template…"].isEnabled()
    entries()["Mine"].trigger()
    assert dialog.chosen.count() == 2
    entries()["&Put back what was there"].trigger()
    assert dialog.chosen.count() == 0
    assert not entries()["&Put back what was there"].isEnabled()
    panel.indicators.want([BANDS])
    entries()["&Save these as a template…"].trigger()
    asked = dialog.findChild(NameDialog)
    assert asked is not None
    qtbot.keyClick(asked.field, Qt.Key.Key_Return)
    assert asked.sentence.text() == "A template needs a name."
    asked.field.setText("  Mine ")
    asked.keep()
    assert asked.sentence.text() == "“Mine” exists already. Press Replace to write over it."
    assert panel.indicators.templates.templates.find("Mine").read().known == [EMA, RSI]
    asked.keep()
    assert asked.isHidden()
    assert panel.indicators.templates.templates.find("Mine").read().known == [BANDS]
    dialog.reject()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    panel.indicators.want([RSI])  # which the dialog hears no more


def manage(panel: ChartPanel, name: str) -> TemplatesDialog:
    dialog = panel.indicators.templates.open_dialog(panel)
    dialog.select(name)
    return dialog


async def test_a_template_is_renamed_and_deleted(chart: Chart) -> None:
    panel, _, _ = chart
    dialog, templates = manage(panel, "Mine"), panel.indicators.templates.templates
    asked = dialog.ask_rename()
    asked.field.setText("Mixed")
    asked.keep()
    assert asked.sentence.text() == "There is a template “Mixed” already."
    asked.field.setText("x" * 61)
    asked.keep()
    assert asked.sentence.text() == "A name has 60 letters at most."
    asked.field.setText("Yours")
    asked.keep()
    assert templates.names == ["Mixed", "Yours"]
    assert dialog.current == "Yours"
    box = dialog.ask_delete()
    assert "“Yours”" in box.text()
    next(button for button in box.buttons() if button.text() == "Delete").click()
    assert templates.names == ["Mixed"]
    box = dialog.ask_delete()
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert templates.names == ["Mixed"]


async def test_the_one_of_new_charts_keeps_that_through_a_new_name(chart: Chart) -> None:
    panel, _, _ = chart
    dialog, templates = manage(panel, "Mine"), panel.indicators.templates.templates
    dialog.usual_box.click()
    assert templates.usual == "Mine"
    assert dialog.sentence.text() == "New charts begin with “Mine”."
    panel.indicators.templates.rename("Mine", "Yours")
    assert templates.usual == "Yours"
    dialog.select("Mixed")
    assert not dialog.usual_box.isChecked()
    dialog.select("Yours")
    assert dialog.usual_box.isChecked()
    dialog.usual_box.click()
    assert templates.usual == ""
    dialog.usual_box.click()
    panel.indicators.templates.remove("Yours")
    assert templates.usual == ""


async def test_a_template_goes_through_a_file(chart: Chart, tmp_path: Path) -> None:
    panel, _, _ = chart
    dialog = manage(panel, "Mixed")
    dialog.write_button.click()
    chooser = dialog.findChild(QFileDialog)
    assert chooser is not None
    assert chooser.selectedFiles()[0].endswith("Mixed.json")
    chooser.fileSelected.emit(str(tmp_path / "mixed.json"))
    assert dialog.sentence.text() == "Wrote “Mixed” to mixed.json."
    assert json.loads((tmp_path / "mixed.json").read_text())["indicators"] == MIXED
    dialog.read(str(tmp_path / "mixed.json"))
    assert dialog.current == "Mixed 2"
    assert dialog.sentence.text().startswith("Read “Mixed 2” from mixed.json. 2 of its 3 indicators")
    dialog.write(str(tmp_path / "nowhere" / "a.json"))
    assert dialog.sentence.objectName() == "failure"
    dialog.read(str(tmp_path / "gone.json"))
    assert dialog.sentence.text() == "gone.json is not a file."


async def test_without_any_the_dialog_says_what_to_do(make: Make) -> None:
    panel, _ = make()
    dialog = panel.indicators.templates.open_dialog(panel)
    assert dialog.sentence.text().startswith("No templates yet.")
    assert not dialog.apply_button.isEnabled()
    assert not dialog.save_button.isEnabled()
    panel.indicators.want([RSI])
    panel.indicators.templates.save("Mine")
    assert dialog.sentence.text() == ""
    assert dialog.save_button.isEnabled()


GOOD = {"market-monitor": "indicator template", "version": 1, "name": "Mine", "indicators": [{"name": "RSI"}]}
DEEP = '{"market-monitor":"indicator template","version":1,"x":' + "[" * 100_000 + "]" * 100_000 + "}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "bad.json is not a template of indicators."),
        (b"\xff\xfe\x00", "bad.json is not a template of indicators."),
        (b"[1, 2]", "bad.json is not a template of indicators."),
        (b'{"name": "Mine"}', "bad.json is not a template of indicators."),
        (GOOD | {"market-monitor": "workspace"}, "bad.json is not a template of indicators."),
        (GOOD | {"version": "one"}, "bad.json is not a template of indicators."),
        (DEEP.encode(), "bad.json is not a template of indicators."),
        (GOOD | {"version": 2}, "bad.json was written by a newer Market Monitor, which this one cannot read."),
        (GOOD | {"indicators": 5}, "bad.json is damaged: what it says of its indicators cannot be read."),
        (GOOD | {"indicators": []}, "bad.json has no indicators."),
        (GOOD | {"indicators": [{"name": "FUTURE"}]}, "bad.json has no indicator that this version knows."),
        (b" " * 1_000_001, "bad.json is too large for a template of indicators."),
    ],
)
def test_a_bad_file_is_told_in_a_sentence(content: Any, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(BadData) as caught:
        read_template(path)
    assert caught.value.sentence == sentence


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="is not a file"):
        read_template(tmp_path)


def test_a_file_without_a_name_is_called_as_the_file(tmp_path: Path) -> None:
    path = tmp_path / "my set.json"
    path.write_text(json.dumps({key: value for key, value in GOOD.items() if key != "name"}))
    assert read_template(path).name == "my set"


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x)).map(repr))
def test_whatever_a_file_holds_it_is_a_template_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes | str
) -> None:
    path = tmp_path_factory.mktemp("any") / "any.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    with pytest.raises(MonitorError):
        read_template(path)


@given(
    st.lists(
        st.sampled_from(["put", "rename", "remove", "usual"]).flatmap(
            lambda act: st.tuples(st.just(act), st.sampled_from("abc"), st.sampled_from("abc"))
        ),
        max_size=20,
    )
)
def test_templates_are_as_a_dictionary_of_them(acts: list[tuple[str, str, str]]) -> None:
    templates, expected, usual = Templates(FakePreferences()), {}, ""
    for number, (act, name, other) in enumerate(acts):
        if act == "put":
            template = Template.of(name, [Settings("EMA", {"timeperiod": 2 + number})])
            templates.put(template)
            expected[name] = template
        elif act == "rename":
            if name in expected and (other == name or other not in expected):
                templates.rename(name, other)
                expected[other] = Template(other, expected.pop(name).indicators)
                usual = other if usual == name else usual
            else:
                with pytest.raises(BadData):
                    templates.rename(name, other)
        elif act == "remove":
            templates.remove(name)
            expected.pop(name, None)
            usual = "" if usual == name else usual
        else:
            templates.set_usual(name)
            usual = name
        assert templates.names == sorted(expected)
        assert all(templates.find(each).read() == expected[each].read() for each in expected)
        assert templates.usual == (usual if usual in expected else "")


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    template = Template.of("Mine", [EMA, RSI, BANDS])
    write_template(tmp_path / "mine.json", template)
    assert read_template(tmp_path / "mine.json").read() == template.read()
