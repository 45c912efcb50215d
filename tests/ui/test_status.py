"""The status bar says in few words how things stand."""

import time as time_module
from datetime import date, time

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from monitor.errors import Transient
from monitor.live.events import HistoryProgress, StreamChanged
from monitor.market.calendar import Phase, at_new_york
from monitor.ports import MarketHours, Outage, Priority, RequestMeter, StoreMeter, StreamPhase
from monitor.ui.status.bar import StatusFields
from monitor.ui.status.market import market_state
from monitor.ui.status.phrases import Tone, disk_phrase, requests_phrase, sign_in_phrase, stream_phrase
from monitor.ui.theme import Theme
from tests.support.ports import NOW_MS, FakeHistory, FakeMeters, FakeSignIn, view_ports

HOUR_MS = 3_600_000


def moment(day: str, clock: str) -> int:
    return at_new_york(date.fromisoformat(day), time.fromisoformat(clock))


@pytest.mark.parametrize(
    ("day", "clock", "sentence"),
    [
        ("2026-11-20", "13:46", "NYSE open · closes in 2:14"),
        ("2026-11-20", "08:30", "Pre-market · opens in 1:00"),
        ("2026-11-20", "18:00", "After hours · ends in 2:00"),
        ("2026-11-20", "06:00", "NYSE closed · opens in 3:30"),
        ("2026-11-20", "21:00", "NYSE closed · opens Mon 09:30"),
        ("2026-11-22", "12:00", "NYSE closed (Sunday) · opens Mon 09:30"),
        ("2026-11-26", "12:00", "NYSE closed (Thanksgiving Day) · opens Fri 09:30"),
        ("2026-11-27", "12:59:30", "NYSE open · closes in 30 s"),
    ],
)
def test_market_by_the_exchange_rules(day: str, clock: str, sentence: str) -> None:
    assert market_state(moment(day, clock), None).sentence == sentence


def test_schwabs_hours_win_over_the_rules() -> None:
    now = moment("2026-11-20", "12:00")
    hours = MarketHours("2026-11-20", True, regular=((now - HOUR_MS, now + HOUR_MS),))
    assert market_state(now, hours).sentence == "NYSE open · closes in 1:00"


def test_hours_of_another_day_are_not_used() -> None:
    hours = MarketHours("2026-11-19", False)
    assert market_state(NOW_MS, hours).phase is Phase.REGULAR


def test_sandbox_says_that_it_is_open_when_new_york_is_closed() -> None:
    now = moment("2026-11-22", "12:00")
    hours = MarketHours("2026-11-22", True, regular=((now - HOUR_MS, now + HOUR_MS),))
    state = market_state(now, hours, sandbox=True)
    assert state.sentence == "SANDBOX market open · New York closed (Sunday)"


def test_what_the_sandbox_has_not_said_is_not_guessed() -> None:
    now = moment("2026-11-22", "12:00")
    assert market_state(now, None, sandbox=True).sentence == "SANDBOX market"
    assert (
        market_state(now, MarketHours("2026-11-22", False), sandbox=True).sentence == "SANDBOX market closed (Sunday)"
    )


@pytest.mark.parametrize(
    ("left_ms", "tone"),
    [(25 * HOUR_MS, Tone.PLAIN), (24 * HOUR_MS, Tone.AMBER), (2 * HOUR_MS, Tone.RED), (0, Tone.RED)],
)
def test_sign_in_turns_amber_then_red(left_ms: int, tone: Tone) -> None:
    sign_in = FakeSignIn()
    sign_in.expires_ms = NOW_MS + left_ms
    assert sign_in_phrase(sign_in, NOW_MS).tone is tone


def test_the_end_is_told_on_both_clocks_with_a_good_moment_to_renew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time_module.tzset()
    try:
        tip = sign_in_phrase(FakeSignIn(), NOW_MS).tip
    finally:
        monkeypatch.undo()
        time_module.tzset()
    assert tip == (
        "Signed in until Thu 26 Nov 14:46 ET (20:46 here).\n"
        "A good moment to renew it is Sunday 18:00 ET.\n"
        "Click to renew it now; the stream goes on meanwhile."
    )


@pytest.mark.parametrize(
    ("prepare", "text"),
    [
        ({"ended": True}, "Sign-in ended · sign in"),
        ({"locked_by": "a passphrase"}, "Locked · unlock"),
        ({}, "Signed out · sign in"),
    ],
)
def test_without_a_sign_in_the_field_says_why_and_what_to_do(prepare: dict[str, object], text: str) -> None:
    sign_in = FakeSignIn(signed_in=False)
    for name, value in prepare.items():
        setattr(sign_in, name, value)
    phrase = sign_in_phrase(sign_in, NOW_MS)
    assert (phrase.text, phrase.tone, "Click" in phrase.tip) == (text, Tone.RED, True)


@pytest.mark.parametrize(
    ("phase", "retry_ms", "age_ms", "lag_ms", "text", "tone"),
    [
        (StreamPhase.LIVE, None, 300, 900, "Stream 0.3 s", Tone.GREEN),
        (StreamPhase.LIVE, None, 300, 2_140, "Stream 2.1 s late", Tone.AMBER),
        (StreamPhase.LIVE, None, 300, 86_400_000, "Stream 0.3 s", Tone.GREEN),  # played from another day
        (StreamPhase.LIVE, None, 31_000, 2_140, "Stream 31 s", Tone.AMBER),
        (StreamPhase.CONNECTING, None, None, None, "Stream connecting…", Tone.AMBER),
        (StreamPhase.WAITING, NOW_MS + 8_000, None, None, "Stream waiting · retry in 8 s", Tone.AMBER),
        (StreamPhase.OFF, None, None, None, "Stream off", Tone.RED),
        (StreamPhase.TAKEN, None, None, None, "Stream taken · take back", Tone.RED),
    ],
)
def test_stream_phases(
    phase: StreamPhase, retry_ms: int | None, age_ms: int | None, lag_ms: float | None, text: str, tone: Tone
) -> None:
    phrase = stream_phrase(phase, "", retry_ms, age_ms, lag_ms, NOW_MS)
    assert (phrase.text, phrase.tone) == (text, tone)


def test_meters_in_words() -> None:
    assert requests_phrase(RequestMeter(110, 110, 4), NOW_MS).text == "REST 110/110 +4"
    assert requests_phrase(RequestMeter(110, 110, 4), NOW_MS).tone is Tone.AMBER
    assert disk_phrase(StoreMeter(0, 0, 3 * 1024**3)).text == "3.0 GB"


OUTAGE = Outage("chains", NOW_MS - 9000, NOW_MS + 51_000, "Schwab's service for option chains is down (last failure …)")


@pytest.mark.parametrize(
    ("meter", "text", "tone", "lines"),
    [
        (RequestMeter(34, 110, 0), "REST 34/110", Tone.PLAIN, ["34 requests in the last 60 seconds, at most 110."]),
        (
            RequestMeter(40, 110, 3, waiting_by={Priority.BACKGROUND: 2, Priority.PERSON: 1}),
            "REST 40/110 +3",
            Tone.PLAIN,
            ["40 requests in the last 60 seconds, at most 110.", "Waiting: 1 for you, 2 for background work."],
        ),
        (
            RequestMeter(40, 55, 0, paused_until_ms=NOW_MS + 12_000, outages=(OUTAGE,)),
            "REST 40/55",
            Tone.AMBER,
            [
                "40 requests in the last 60 seconds, at most 110.",
                "Schwab asks us to slow down: nothing is sent before 11:46:14 ET (12 s).",
                OUTAGE.sentence,
            ],
        ),
    ],
)
def test_the_request_field_says_what_stands_in_the_way(
    meter: RequestMeter, text: str, tone: Tone, lines: list[str]
) -> None:
    phrase = requests_phrase(meter, NOW_MS)
    assert (phrase.text, phrase.tone) == (text, tone)
    assert phrase.tip.splitlines() == [*lines, "Click to see the requests."]


def test_bar_shows_every_field(qtbot: QtBot) -> None:
    ports = view_ports()
    bar = StatusFields(ports, Theme())
    qtbot.addWidget(bar)
    ports.bus.publish(StreamChanged(StreamPhase.LIVE, "Connected."))
    texts = [s.text() for s in (bar.market, bar.stream, bar.requests, bar.queue, bar.disk, bar.sign_in)]
    assert texts == [
        "SANDBOX market open · 4:13 left", "Stream 0.3 s", "REST 7/110", "Queue 0", "128 MB", "Sign-in 6 d 3 h",
    ]  # fmt: skip
    assert bar.clock.text() == "11:46:02 ET"
    assert bar.stream.toolTip().startswith("Connected.")


def test_bar_follows_the_clock_and_names_its_fields(qtbot: QtBot) -> None:
    ports = view_ports()
    bar = StatusFields(ports, Theme())
    qtbot.addWidget(bar)
    ports.meters.now += 61_000
    bar.refresh()
    assert bar.clock.text() == "11:47:03 ET"
    assert bar.market.accessibleName() == "Market: SANDBOX market open · 4:12 left"


def test_fields_do_not_move_while_digits_change(qtbot: QtBot) -> None:
    ports = view_ports()
    bar = StatusFields(ports, Theme())
    qtbot.addWidget(bar)
    ports.meters.request_meter = RequestMeter(100, 110, 0)
    bar.refresh()
    wide = bar.requests.minimumWidth()
    ports.meters.request_meter = RequestMeter(1, 110, 0)
    bar.refresh()
    assert bar.requests.minimumWidth() == wide


def test_hours_are_asked_for_and_fall_back_to_the_rules(qtbot: QtBot) -> None:
    history, meters = FakeHistory(), FakeMeters()
    history.failure = Transient("No answer.")
    bar = StatusFields(view_ports(history=history, meters=meters), Theme())
    qtbot.addWidget(bar)
    assert bar.market.text() == "SANDBOX market open · 4:13 left"
    history.failure = None
    history.hours = MarketHours("2026-11-20", True, regular=((NOW_MS - HOUR_MS, NOW_MS + HOUR_MS),))
    meters.now += 120_000
    bar.refresh()
    qtbot.waitUntil(lambda: bar.market.text() == "SANDBOX market open · 0:58 left")


def test_click_on_the_sign_in_asks_for_it(qtbot: QtBot) -> None:
    bar = StatusFields(view_ports(sign_in=FakeSignIn(signed_in=False)), Theme())
    qtbot.addWidget(bar)
    with qtbot.waitSignal(bar.sign_in_wanted):
        qtbot.mouseClick(bar.sign_in, Qt.MouseButton.LeftButton)


def test_a_click_takes_a_taken_stream_back_and_otherwise_shows_the_health(qtbot: QtBot) -> None:
    ports = view_ports()
    bar = StatusFields(ports, Theme())
    qtbot.addWidget(bar)
    with qtbot.waitSignal(bar.health_wanted):
        bar.stream.click()
    assert ports.watching.taken_back == 0
    ports.bus.publish(StreamChanged(StreamPhase.TAKEN, "Another program uses the stream."))
    assert bar.stream.toolTip() == "Another program uses the stream. Click to take it back."
    with qtbot.assertNotEmitted(bar.health_wanted):
        bar.stream.click()
    assert ports.watching.taken_back == 1


def test_a_click_on_a_stream_that_needs_a_sign_in_asks_for_it(qtbot: QtBot) -> None:
    ports = view_ports()
    bar = StatusFields(ports, Theme())
    qtbot.addWidget(bar)
    ports.bus.publish(StreamChanged(StreamPhase.SIGN_IN, "Please sign in again."))
    with qtbot.waitSignal(bar.sign_in_wanted):
        bar.stream.click()


def test_downloads_show_how_far_they_are_and_can_be_cancelled(qtbot: QtBot) -> None:
    ports = view_ports()
    bar = StatusFields(ports, Theme())
    qtbot.addWidget(bar)
    assert bar.history.isHidden()
    ports.bus.publish(HistoryProgress("MSFT", 2, 5))
    assert bar.history.text() == "History MSFT 2/5"
    ports.bus.publish(HistoryProgress("AAPL", 1, 5))
    assert bar.history.text() == "History 2 symbols 3/10"
    bar.history.click()
    assert ports.loader.cancelled == ["MSFT", "AAPL"]
    ports.bus.publish(HistoryProgress("MSFT", 5, 5))
    ports.bus.publish(HistoryProgress("AAPL", 1, 5, "Cancelled."))
    assert bar.history.isHidden()


def test_storage_that_falls_behind_says_by_how_much(qtbot: QtBot) -> None:
    ports = view_ports()
    bar = StatusFields(ports, Theme())
    qtbot.addWidget(bar)
    assert bar.queue.text() == "Queue 0"
    ports.meters.store_meter = StoreMeter(250_000, 9, 1, spilled=80 * 1024**2, behind_ms=12_400)
    bar.refresh()
    assert bar.queue.text() == "Storage is behind: 12 s, 80 MB on disk waiting"
    assert bar.queue.property("tone") == "amber"
    assert bar.queue.toolTip() == (
        "The disk is slower than the stream."
        " 250,000 rows wait; the file beside the database holds 80 MB of them. Nothing is lost."
    )
    with qtbot.waitSignal(bar.health_wanted):
        bar.queue.click()
    ports.meters.store_meter = StoreMeter(250_000, 9, 1, behind_ms=12_400)
    bar.refresh()
    assert bar.queue.text() == "Storage is behind: 12 s"
    ports.meters.store_meter = StoreMeter(250_000, 9, 1, behind_ms=12_400, full=True)
    bar.refresh()
    assert bar.queue.text() == "Storage is behind: 12 s, the stream waits"
    assert bar.queue.toolTip() == (
        "The disk is slower than the stream. It is read more slowly until there is room again."
        " 250,000 rows wait. Nothing is lost."
    )
    ports.meters.store_meter = StoreMeter(0, 9, 1)
    bar.refresh()
    assert (bar.queue.text(), bar.queue.property("tone")) == ("Queue 0", "")


def test_recording_that_stopped_is_red_and_says_why(qtbot: QtBot) -> None:
    ports = view_ports()
    ports.meters.store_meter = StoreMeter(8, 9, 1, trouble="The disk is full.")
    bar = StatusFields(ports, Theme())
    qtbot.addWidget(bar)
    assert (bar.queue.text(), bar.queue.property("tone")) == ("Recording stopped", "red")
    assert bar.queue.toolTip() == (
        "The disk is full. 8 rows wait. Nothing is lost: they are written as soon as that is possible."
    )
    ports.meters.store_meter = StoreMeter(8, 9, 1, trouble="The disk is full.", lost=1200)
    bar.refresh()
    assert (bar.queue.text(), bar.queue.property("tone")) == ("1,200 rows lost", "red")
    assert bar.queue.toolTip().startswith("1,200 rows found no place on any disk and are lost. The disk is full.")


def test_refused_symbols_are_counted_and_named_with_their_reasons(qtbot: QtBot) -> None:
    ports = view_ports()
    bar = StatusFields(ports, Theme())
    qtbot.addWidget(bar)
    assert bar.refused.isHidden()
    ports.watching.refused = {"ZZZ": "Schwab does not offer it.", "AAA": "There is no room."}
    bar.refresh()
    assert (bar.refused.isHidden(), bar.refused.text()) == (False, "2 not streamed")
    assert bar.refused.toolTip() == "AAA: There is no room.\nZZZ: Schwab does not offer it."
    with qtbot.waitSignal(bar.health_wanted):
        bar.refused.click()
    ports.watching.refused = {f"S{number:03}": "No." for number in range(500)}
    bar.refresh()
    assert bar.refused.toolTip().endswith("\n… and 480 more")
    ports.watching.refused = {}
    bar.refresh()
    assert bar.refused.isHidden()
