"""The planner: costs as one types, what is over a limit and what would fit, and everything that adding does."""

from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from monitor.analysis.budget import Sort
from monitor.analysis.rates import Rate, Rows
from monitor.errors import StoreUnavailable, Transient
from monitor.market.bar import Interval
from monitor.market.chain_schedule import ChainSchedule
from monitor.market.instrument import Instrument
from monitor.ports import KeptSchedule, Recorded, RequestMeter, StoreMeter, Wanted
from monitor.ui.planner.sheet import Planner
from monitor.ui.planner.standing import OWNER, StandingRecording
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.watchlist.lists import NamedLists
from tests.support.ports import NOW_MS, FakeChains, FakeHistory, FakeUsage, view_ports

MANY = tuple(f"T{number}" for number in range(340))
RECORDED = Recorded(
    rates={Rows.QUOTE: Rate(1_000, 100, 12), Rows.TRADE: Rate(100, 100, 12), Rows.BAR: Rate(500, 100, 12)},
    days=(3 * 1024**2, 1024**2),
    today=1024**2,
    contracts={"SPY": 20_000},
    free_bytes=10 * 1024**3,
)


def make(
    qtbot: QtBot, symbols: Sequence[str] = (), schedule: ChainSchedule | None = None, **overrides: object
) -> tuple[ViewPorts, Planner]:
    ports = view_ports(**overrides)
    lists = NamedLists(ports)
    lists.read()
    planner = Planner(ports, Theme(), lists, StandingRecording(ports.preferences, ports.watching), symbols, schedule)
    qtbot.addWidget(planner)
    planner.show()
    return ports, planner


def table(planner: Planner) -> dict[str, list[str]]:
    model = planner.model
    rows = [[model.index(row, column).data() for column in range(5)] for row in range(model.rowCount())]
    return {name: cells for name, *cells in rows}


def colour(planner: Planner, name: str) -> QColor:
    row = list(table(planner)).index(name)
    return planner.model.index(row, 3).data(Qt.ItemDataRole.ForegroundRole)


def on_list(planner: Planner, wanted: bool) -> None:
    planner.form.show_in_list.setChecked(wanted)


def test_without_symbols_it_shows_what_is_used_and_what_to_do(qtbot: QtBot) -> None:
    _, planner = make(qtbot, usage=FakeUsage(RECORDED))
    assert planner.verdict.text() == "Name symbols, and what to record of them."
    assert not planner.add.isEnabled()
    assert table(planner)["Disk a day"] == ["–", "–", "–", ""]
    assert table(planner)["Requests a minute"] == ["0", "–", "0", "110 allowed"]


def test_costs_follow_what_is_typed(qtbot: QtBot) -> None:
    ports, planner = make(qtbot, usage=FakeUsage(RECORDED))
    ports.watching.want("chart", Wanted(quotes=frozenset({"AAPL"}), bars=frozenset({"AAPL"})))
    planner.form.symbols.setPlainText("aapl msft, ß")
    assert planner.form.counted.text() == "2 symbols, 1 of them not streamed yet. No symbols: “ß”."
    rows = table(planner)
    assert rows["Quotes: stocks"] == ["1", "+1", "2", "no limit known"]
    assert rows["Minute bars: stocks"] == ["1", "+1", "2", "300 places"]
    assert rows["Disk a day"] == ["156 KB", "+156 KB", "312 KB", ""]  # as measured
    qtbot.waitUntil(lambda: table(planner)["History, once"][1] == "4 requests")  # as the ledger says
    assert planner.verdict.text() == "It fits."
    planner.form.symbols.setPlainText("aapl msft nvda")
    assert table(planner)["Quotes: stocks"] == ["1", "+2", "3", "no limit known"]


def test_the_meter_tells_of_today_and_goes_on(qtbot: QtBot) -> None:
    ports, planner = make(qtbot, usage=FakeUsage(RECORDED))
    ports.meters.request_meter = RequestMeter(34, 110, 0)  # type: ignore[attr-defined]
    ports.meters.store_meter = StoreMeter(0, 0, 5 * 1024**2)  # type: ignore[attr-defined]
    ports.watching.want("chart", Wanted(quotes=frozenset({"AAPL"})))
    planner.look_at_meter()
    assert planner.meter.text() == (
        "Now: 34 of 110 requests in the last minute · 1 place on the stream · 1.0 MB today"
        " · database 5.0 MB, grown by 2.0 MB a day of late."
    )


def test_more_minute_bars_than_places_is_red_and_says_what_fits(qtbot: QtBot) -> None:
    _, planner = make(qtbot, MANY, usage=FakeUsage(RECORDED))
    assert "340 symbols need a place, Schwab has 300 on one connection. 40 would not be streamed." in (
        planner.verdict.text()
    )
    assert "It would fit without minute bars or with 300 of 340 symbols." in planner.verdict.text()
    assert planner.verdict.objectName() == "failure"
    assert colour(planner, "Minute bars: stocks") == Theme().colours.colour("bad")
    assert colour(planner, "Quotes: stocks") == Theme().colours.colour("text")
    assert planner.add.text() == "&Add anyway"


def test_what_nearly_fills_a_service_is_amber_and_fits(qtbot: QtBot) -> None:
    _, planner = make(qtbot, MANY[:241])
    assert colour(planner, "Minute bars: stocks") == Theme().colours.colour("amber")
    assert planner.verdict.text() == "It fits."
    planner.form.put_symbols(MANY[:240])
    assert colour(planner, "Minute bars: stocks") == Theme().colours.colour("text")


@pytest.mark.parametrize("way", [0, 1])
def test_a_way_to_fit_is_one_click(qtbot: QtBot, way: int) -> None:
    _, planner = make(qtbot, MANY, usage=FakeUsage(RECORDED))
    assert [button.text() for button in planner.ways if button.isVisible()] == [
        "Without minute bars",
        "With 300 of 340 symbols",
    ]
    qtbot.mouseClick(planner.ways[way], Qt.MouseButton.LeftButton)
    assert planner.verdict.text() == "It fits."
    plan = planner.plan()
    assert (len(plan.symbols), Sort.BARS in plan.sorts) == ((340, False), (300, True))[way]
    assert not any(button.isVisible() for button in planner.ways)


def test_snapshots_over_the_limit_say_how_many_and_how_often_would_fit(qtbot: QtBot) -> None:
    kept = KeptSchedule(ChainSchedule("QQQ", 1), NOW_MS, 0)
    _, planner = make(qtbot, MANY[:20], ChainSchedule("T0", 1), chain_schedules=FakeChains(kept))
    planner.form.requests.setValue(7)
    assert planner.verdict.text() == (
        "20 underlyings every minute, with 1 schedule kept, need 141 requests; 109 can be sent in time (110 a minute"
        " are allowed, one of them for the sign-in). It would fit every 5 minutes or with 15 of 20 symbols."
    )
    assert table(planner)["Requests a minute"] == ["1", "+140", "141", "110 allowed"]
    assert colour(planner, "Requests a minute") == Theme().colours.colour("bad")
    qtbot.mouseClick(planner.ways[0], Qt.MouseButton.LeftButton)
    assert planner.plan().every == 5
    assert planner.verdict.text() == "It fits."


def test_chains_have_the_contracts_that_were_recorded_before(qtbot: QtBot) -> None:
    _, planner = make(qtbot, ("SPY",), ChainSchedule("SPY", 60), usage=FakeUsage(RECORDED))
    assert planner.plan().contracts["SPY"] == 20_000
    assert table(planner)["Requests at the open"][1] == "+8"
    assert planner.basis.text() == "Contracts of 1 chain as last recorded."


def test_a_full_disk_is_told_with_its_day(qtbot: QtBot) -> None:
    found = Recorded(free_bytes=1024**3)
    _, planner = make(qtbot, MANY[:10], usage=FakeUsage(found))
    planner.form.sorts[Sort.BOOKS].setChecked(True)
    assert "The first month takes" in planner.verdict.text()
    assert "1.0 GB are free: it is full after about 8 trading days." in planner.verdict.text()
    assert "without Level 2 books" in planner.verdict.text()
    assert colour(planner, "Disk in the first month") == Theme().colours.colour("bad")


def test_it_says_whether_figures_are_measured_or_assumed(qtbot: QtBot) -> None:
    usage = FakeUsage(RECORDED)
    _, planner = make(qtbot, ("AAPL",), usage=usage)
    planner.form.sorts[Sort.BOOKS].setChecked(True)
    assert planner.basis.text() == (
        "Quotes and minute bars as measured in your own database, on 12 days of symbols."
        " Assumed, until enough of it is on disk: a busy symbol has 23,400 books of 455 B a day."
    )


def test_what_cannot_be_read_is_said_and_the_rest_goes_on(qtbot: QtBot) -> None:
    usage = FakeUsage()
    usage.failure = StoreUnavailable("The disk is gone.")
    _, planner = make(qtbot, ("AAPL",), usage=usage)
    assert planner.meter.text().endswith("What is recorded could not be read. The disk is gone.")
    assert planner.verdict.text() == "It fits."


def test_adding_shows_them_in_the_list_and_downloads_their_history(qtbot: QtBot) -> None:
    ports, planner = make(qtbot, ("AAPL", "MSFT"))
    with qtbot.waitSignal(planner.listed) as listed:
        qtbot.mouseClick(planner.add, Qt.MouseButton.LeftButton)
    assert listed.args == [["AAPL", "MSFT"]]
    assert OWNER not in ports.watching.wishes  # type: ignore[attr-defined]
    asked = [order[:2] for order in ports.repair.started]  # type: ignore[attr-defined]
    assert asked == [(("AAPL", "MSFT"), Interval.M1), (("AAPL", "MSFT"), Interval.DAY)]
    assert planner.done_line.text() == "Added: 2 symbols."
    assert planner.form.symbols.toPlainText() == ""


def test_what_is_on_no_list_is_recorded_from_then_on(qtbot: QtBot) -> None:
    ports, planner = make(qtbot, ("AAPL", "MSFT"))
    on_list(planner, False)
    planner.form.sorts[Sort.BARS].setChecked(False)
    planner.form.sorts[Sort.BOOKS].setChecked(True)
    planner.form.minute_days.setValue(0)
    planner.form.day_years.setValue(0)
    with qtbot.assertNotEmitted(planner.listed):
        planner.begin()
    both = frozenset({"AAPL", "MSFT"})
    assert ports.watching.wishes[OWNER] == Wanted(quotes=both, books=both)  # type: ignore[attr-defined]
    assert ports.repair.started == []  # type: ignore[attr-defined]
    again = StandingRecording(ports.preferences, ports.watching)
    assert again.count == 2


def test_a_symbol_on_the_list_has_only_its_book_recorded_beside_it(qtbot: QtBot) -> None:
    ports, planner = make(qtbot, ("AAPL",))
    planner.form.sorts[Sort.BOOKS].setChecked(True)
    planner.begin()
    assert ports.watching.wishes[OWNER] == Wanted(books=frozenset({"AAPL"}))  # type: ignore[attr-defined]
    assert planner.recording.text() == "1 symbol recorded whatever is shown."
    qtbot.mouseClick(planner.stop, Qt.MouseButton.LeftButton)
    assert OWNER not in ports.watching.wishes  # type: ignore[attr-defined]
    assert planner.recording.text() == ""
    assert not planner.stop.isVisible()


def test_adding_keeps_a_schedule_for_each_that_has_a_chain(qtbot: QtBot) -> None:
    chains = FakeChains()
    history = FakeHistory([Instrument("SPY"), Instrument("$SPX"), Instrument("/ES")])
    ports, planner = make(
        qtbot,
        ("SPY", "$SPX", "/ES"),
        ChainSchedule("SPY", 30, 90),
        chain_schedules=chains,
        chains=chains,
        history=history,
    )
    planner.begin()
    assert [each.schedule for each in chains.kept] == [ChainSchedule("SPY", 30, 90), ChainSchedule("$SPX", 30, 90)]
    assert chains.looks == 1
    assert ("schedule", "Snapshots of the options of SPY every 30 minutes, expiries within 90 days.") in (
        ports.recorder.audits  # type: ignore[attr-defined]
    )


def test_what_schwab_does_not_know_adds_nothing(qtbot: QtBot) -> None:
    ports, planner = make(qtbot, ("AAPL", "ZZZZ"))
    with qtbot.assertNotEmitted(planner.listed):
        planner.begin()
    assert planner.done_line.text() == "ZZZZ is not a symbol that Schwab knows. Nothing was added."
    assert planner.add.isEnabled()
    assert ports.repair.started == []  # type: ignore[attr-defined]


def test_symbols_that_cannot_be_looked_up_say_why(qtbot: QtBot) -> None:
    history = FakeHistory()
    history.failure = Transient("Schwab cannot be reached.")
    _, planner = make(qtbot, ("AAPL",), history=history)
    planner.begin()
    assert planner.done_line.text() == "Schwab cannot be reached."
    assert planner.form.symbols.toPlainText() == "AAPL"


def test_a_watchlist_is_taken_over(qtbot: QtBot) -> None:
    _, planner = make(qtbot, ("AAPL", "AMD"))
    planner.form.fill.setCurrentIndex(1)
    planner.form.fill.activated.emit(1)
    assert planner.plan().symbols == ("AAPL", "AMD", "MSFT", "NVDA")


def test_closing_stops_what_it_reads(qtbot: QtBot) -> None:
    _, planner = make(qtbot)
    timers = planner._meter_timer, planner._measure_timer
    assert all(timer.isActive() for timer in timers)
    planner.reject()
    assert not any(timer.isActive() for timer in timers)
