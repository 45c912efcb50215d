"""The sheet on option snapshots: schedules added, changed and removed, and what became of each moment."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from monitor.errors import StoreUnavailable, Transient
from monitor.live.events import ChainSlotKept
from monitor.market.chain_schedule import ChainSchedule, ChainSlot, SlotState
from monitor.ports import KeptSchedule, Recorded
from monitor.ui.chains.sheet import ChainSheet
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import NOW_MS, FakeChains, FakeHistory, FakeUsage, view_ports

QUARTER_MS = 15 * 60_000
SPY, QQQ = ChainSchedule("SPY", 15, 60), ChainSchedule("QQQ", 60)
MOMENTS = [
    ChainSlot("SPY", NOW_MS, SlotState.MISSED, "Schwab cannot be reached."),
    ChainSlot("SPY", NOW_MS - QUARTER_MS, SlotState.TAKEN, "", NOW_MS - QUARTER_MS + 900, 4_812),
]


def make(qtbot: QtBot, chains: FakeChains, symbol: str = "AAPL", **ports: object) -> tuple[ViewPorts, ChainSheet]:
    made = view_ports(chain_schedules=chains, chains=chains, **ports)
    sheet = ChainSheet(made, Theme(), symbol)
    qtbot.addWidget(sheet)
    sheet.show()
    return made, sheet


@pytest.fixture
def chains() -> FakeChains:
    return FakeChains(KeptSchedule(SPY, NOW_MS, 0), KeptSchedule(QQQ, NOW_MS, 0), moments=MOMENTS)


def cells(model: object) -> list[list[object]]:
    rows, columns = model.rowCount(), model.columnCount()  # type: ignore[attr-defined]
    return [[model.index(row, column).data() for column in range(columns)] for row in range(rows)]  # type: ignore[attr-defined]


def choose(sheet: ChainSheet, row: int) -> None:
    sheet.table.selectRow(row)


def fill(sheet: ChainSheet, symbol: str, minutes: int = 15) -> None:
    sheet.underlying.setText(symbol)
    sheet.every.setCurrentIndex(sheet.every.findData(minutes))


def test_schedules_and_the_moments_of_the_chosen_one_are_shown(qtbot: QtBot, chains: FakeChains) -> None:
    _, sheet = make(qtbot, chains)
    assert [row[:3] for row in cells(sheet.schedules)] == [
        ["QQQ", "hour", "all"],
        ["SPY", "15 minutes", "within 60 days"],
    ]
    assert cells(sheet.moments) == []
    choose(sheet, 1)
    assert [row[1:] for row in cells(sheet.moments)] == [
        ["missed", "–", "Schwab cannot be reached."],
        ["taken", "4,812", ""],
    ]
    assert sheet.underlying.text() == "SPY"


def test_without_schedules_a_sentence_says_what_to_do(qtbot: QtBot) -> None:
    _, sheet = make(qtbot, FakeChains())
    assert "No snapshots are taken yet" in sheet.empty.text
    assert sheet.underlying.text() == "AAPL"
    assert not sheet.take.isEnabled()
    assert not sheet.remove.isEnabled()


def test_a_schedule_is_added_once_its_symbol_is_known(qtbot: QtBot) -> None:
    chains = FakeChains()
    ports, sheet = make(qtbot, chains)
    fill(sheet, "spy", 30)
    qtbot.mouseClick(sheet.put, Qt.MouseButton.LeftButton)
    assert [each.schedule for each in chains.kept] == [ChainSchedule("SPY", 30, 60)]
    assert chains.looks == 1
    assert ports.recorder.audits == [  # type: ignore[attr-defined]
        ("schedule", "Snapshots of the options of SPY every 30 minutes, expiries within 60 days.")
    ]
    assert cells(sheet.schedules)[0][0] == "SPY"


@pytest.mark.parametrize(
    ("symbol", "sentence"),
    [("ZZZZ", "ZZZZ is not a symbol that Schwab knows."), ("/ES", ""), ("", "")],
)
def test_what_cannot_have_snapshots_is_not_kept(qtbot: QtBot, symbol: str, sentence: str) -> None:
    chains = FakeChains()
    _, sheet = make(qtbot, chains)
    fill(sheet, symbol)
    qtbot.mouseClick(sheet.put, Qt.MouseButton.LeftButton)
    assert chains.kept == []
    assert sheet.sentence.text() == sentence


def test_a_symbol_that_cannot_be_looked_up_says_why(qtbot: QtBot) -> None:
    history = FakeHistory()
    history.failure = Transient("Schwab cannot be reached.")
    chains = FakeChains()
    _, sheet = make(qtbot, chains, history=history)
    fill(sheet, "SPY")
    sheet.begin()
    assert sheet.sentence.text() == "Schwab cannot be reached."
    assert sheet.put.isEnabled()
    assert chains.kept == []


def test_one_that_is_there_is_changed(qtbot: QtBot, chains: FakeChains) -> None:
    _, sheet = make(qtbot, chains)
    choose(sheet, 1)
    assert sheet.put.text() == "&Change"
    assert not sheet.put.isEnabled()
    fill(sheet, "SPY", 5)
    assert sheet.put.isEnabled()
    sheet.begin()
    assert {each.schedule for each in chains.kept} == {QQQ, ChainSchedule("SPY", 5, 60)}


def test_the_cost_is_said_before_it_is_kept(qtbot: QtBot, chains: FakeChains) -> None:
    _, sheet = make(qtbot, chains)
    choose(sheet, 1)
    assert sheet.sentence.text().startswith("27 snapshots on a full day")
    assert (
        "At 4,812 contracts that is about 26.8 MB a day. All schedules take 0.1 of 110 requests a minute."
        in sheet.sentence.text()
    )
    fill(sheet, "AAPL", 60)
    assert sheet.sentence.text().startswith("8 snapshots on a full day")


def test_one_is_taken_now_and_its_moment_appears(qtbot: QtBot, chains: FakeChains) -> None:
    ports, sheet = make(qtbot, chains)
    choose(sheet, 1)
    qtbot.mouseClick(sheet.take, Qt.MouseButton.LeftButton)
    assert chains.taken == ["SPY"]
    slot = ChainSlot("SPY", NOW_MS + 1, SlotState.LATE, "Taken 6.0 minutes after its moment.", NOW_MS + 2, 10)
    chains.moments.insert(0, slot)
    ports.bus.publish(ChainSlotKept(slot))
    assert cells(sheet.moments)[0][1:] == ["late", "10", "Taken 6.0 minutes after its moment."]


def test_a_removed_schedule_is_gone_and_the_sheet_says_that_snapshots_stay(qtbot: QtBot, chains: FakeChains) -> None:
    _, sheet = make(qtbot, chains)
    choose(sheet, 1)
    qtbot.mouseClick(sheet.remove, Qt.MouseButton.LeftButton)
    assert [each.schedule for each in chains.kept] == [QQQ]
    assert "those on disk stay" in sheet.sentence.text()


def test_a_database_that_cannot_be_read_is_said_and_can_be_tried_again(qtbot: QtBot, chains: FakeChains) -> None:
    chains.trouble = StoreUnavailable("The database is closed.")
    _, sheet = make(qtbot, chains)
    assert sheet.empty.text == "The schedules could not be read. The database is closed."
    chains.trouble = None
    sheet.empty.button.click()
    assert len(cells(sheet.schedules)) == 2


def test_a_closed_sheet_hears_nothing(qtbot: QtBot, chains: FakeChains) -> None:
    ports, sheet = make(qtbot, chains)
    choose(sheet, 1)
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # the test closes it once more
    sheet.reject()
    ports.bus.publish(ChainSlotKept(MOMENTS[0]))
    assert ports.bus._listeners[ChainSlotKept] == []


def test_more_than_the_limit_allows_is_said_before_it_is_kept(qtbot: QtBot) -> None:
    others = [KeptSchedule(ChainSchedule(f"T{number}", 1), NOW_MS, 0) for number in range(104)]
    usage = FakeUsage(Recorded(contracts={"SPY": 20_000}, free_bytes=9e12))
    _, sheet = make(qtbot, FakeChains(*others), "SPY", usage=usage)
    sheet.table.clearSelection()
    fill(sheet, "SPY", 1)
    assert sheet.sentence.objectName() == "failure"
    assert sheet.sentence.text() == (
        "1 underlying every minute, with 104 schedules kept, need 112 requests; 109 can be sent in time (110 a minute"
        " are allowed, one of them for the sign-in). It would fit every 5 minutes."
    )
    assert sheet.put.isEnabled()
    fill(sheet, "QQQ", 1)
    assert sheet.sentence.objectName() == "hint"
    assert "Should it have 2,400 contracts" in sheet.sentence.text()


def test_the_planner_is_opened_on_what_the_form_says(qtbot: QtBot) -> None:
    _, sheet = make(qtbot, FakeChains(), "SPY")
    fill(sheet, "SPY", 5)
    with qtbot.waitSignal(sheet.plan_wanted) as wanted:
        qtbot.mouseClick(sheet.planner, Qt.MouseButton.LeftButton)
    assert wanted.args == [ChainSchedule("SPY", 5, 60)]
