"""The health of the stream: what is said of each service, of the clock, and the report that is given away."""

import random
import re
from pathlib import Path
from statistics import median

import pytest

from monitor.live.bus import Bus
from monitor.live.events import Level, Notice, StreamChanged
from monitor.live.health import Sources, StreamHealth
from monitor.live.pace import Paces
from monitor.live.process import ProcessMeter
from monitor.market.gap import Cause, Gap
from monitor.ports import ServiceHealth, StoreMeter, StreamPhase
from monitor.schwab.redact import redact

NOW_MS = 1_795_193_162_000


class Bench:
    """A stream whose parts a test sets."""

    def __init__(self) -> None:
        self.seconds = 5000.0
        self.subscribed: dict[str, int] = {}
        self.rejected: dict[str, int] = {}
        self.refused: dict[str, str] = {}
        self.store = StoreMeter(3, 12_400, 5 * 1024 * 1024, "SQLite 3.53.2")
        self.restarted: list[str] = []
        self.round_trip_ms: float | None = None
        self.bus = Bus()
        self.paces = Paces(lambda: self.seconds, self.wall_ms)
        sources = Sources(
            subscribed=lambda: self.subscribed,
            host=lambda: "streamer.example:443",
            round_trip_ms=lambda: self.round_trip_ms,
            reconnects=lambda: 2,
            rejected=lambda: self.rejected,
            refused=lambda: self.refused,
            store=lambda: self.store,
            restart=self.restarted.append,
            redact=redact,
        )
        self.health = StreamHealth(self.bus, self.paces, sources, "the sandbox", lambda: self.seconds, self.wall_ms)

    def wall_ms(self) -> int:
        return NOW_MS + round((self.seconds - 5000) * 1000)

    def hear(self, phase: StreamPhase, sentence: str = "") -> None:
        self.bus.publish(StreamChanged(phase, sentence))

    def only(self) -> ServiceHealth:
        [service] = self.health.services()
        return service


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_service_that_streams(bench: Bench) -> None:
    bench.subscribed = {"LEVELONE_EQUITIES": 12}
    bench.hear(StreamPhase.LIVE)
    for _ in range(20):
        bench.paces.count("LEVELONE_EQUITIES", 7, bench.wall_ms() - 45)
        bench.seconds += 1
    service = bench.only()
    assert (service.symbols, service.items, service.rate) == (12, 140, 7.0)
    assert (service.age_ms, service.lag_ms) == (1000, 45)
    assert (service.ok, service.sentence) == (True, "Streaming.")


def test_a_service_that_was_asked_for_and_sends_nothing_is_told_of(bench: Bench) -> None:
    bench.subscribed = {"NYSE_BOOK": 1}
    bench.hear(StreamPhase.LIVE)
    assert bench.only().sentence == "Waiting for the first item."
    bench.seconds += 30
    service = bench.only()
    assert (service.sentence, service.age_ms, service.lag_ms) == ("Nothing has come yet.", None, None)


def test_quiet_symbols_are_named_and_not_well(bench: Bench) -> None:
    bench.subscribed = {"LEVELONE_EQUITIES": 9}
    for symbol in "ABCDEFG":
        bench.paces.take_gap(Gap("LEVELONE_EQUITIES", NOW_MS, Cause.SILENCE, symbol=symbol))
    bench.hear(StreamPhase.LIVE)
    service = bench.only()
    assert (service.ok, service.sentence) == (False, "Nothing comes from A, B, C, D, E and 2 more.")
    assert len(service.quiet) == 7
    for symbol in "ABCDEFG":
        bench.paces.take_gap(Gap("LEVELONE_EQUITIES", NOW_MS, Cause.SILENCE, NOW_MS + 1000, symbol))
    assert (bench.only().ok, bench.only().gaps) == (True, 7)


def test_a_hole_of_the_whole_service_is_its_state_until_it_is_over(bench: Bench) -> None:
    bench.subscribed = {"NYSE_BOOK": 3}
    bench.hear(StreamPhase.LIVE)
    began = Gap("NYSE_BOOK", NOW_MS, Cause.SILENCE, sentence="Nothing has come for 25 s.")
    bench.paces.take_gap(began)
    assert (bench.only().ok, bench.only().sentence) == (False, "Nothing has come for 25 s.")
    bench.paces.take_gap(Gap("NYSE_BOOK", NOW_MS, Cause.SILENCE, NOW_MS + 9000))
    assert bench.only().ok


@pytest.mark.parametrize("phase", list(StreamPhase))
def test_every_phase_has_a_verdict(bench: Bench, phase: StreamPhase) -> None:
    bench.subscribed = {"CHART_EQUITY": 1}
    bench.paces.count("CHART_EQUITY", 1, bench.wall_ms())
    bench.hear(phase)
    fine = {StreamPhase.LIVE, StreamPhase.SUBSCRIBING, StreamPhase.QUIET, StreamPhase.CLOSED}
    service = bench.only()
    assert service.ok is (phase in fine)
    assert service.sentence.endswith(".")


def test_holes_and_rejected_messages_are_counted_by_service(bench: Bench) -> None:
    bench.subscribed = {"CHART_EQUITY": 1, "NYSE_BOOK": 1}
    bench.rejected = {"wrong-type": 3}
    bench.paces.reject("NYSE_BOOK: Expected `int`, got `str` - at `$.3`")
    bench.paces.reject("A minute bar of CHART_EQUITY.")
    bench.paces.reject("JSON is malformed: invalid character (byte 0)")
    bench.paces.take_gap(Gap("CHART_EQUITY", NOW_MS - 9000, Cause.CONNECTION, NOW_MS - 1000))
    assert [(service.service, service.gaps, service.rejected) for service in bench.health.services()] == [
        ("CHART_EQUITY", 1, 1),
        ("NYSE_BOOK", 0, 1),
    ]
    assert bench.health.connection().rejected == {"wrong-type": 3}


def test_a_clock_that_is_behind_is_told_apart_from_the_lag(bench: Bench) -> None:
    bench.subscribed = {"CHART_EQUITY": 1}
    bench.hear(StreamPhase.LIVE)
    bench.paces.beat(bench.wall_ms() + 400)
    bench.paces.count("CHART_EQUITY", 1, bench.wall_ms() + 370)
    assert bench.health.connection().clock_ms == -400
    assert bench.only().lag_ms == 30


@pytest.mark.parametrize(("late", "told"), [(0, None), (300, None), (1500, 1500), (-40, None), (-60, -60)])
def test_a_slow_line_is_not_mistaken_for_a_clock_that_is_ahead(bench: Bench, late: int, told: int | None) -> None:
    bench.paces.beat(bench.wall_ms() - late)
    assert bench.health.connection().clock_ms == told


def test_on_a_line_of_two_seconds_and_one_more_of_jitter_the_lag_is_right_and_told(bench: Bench) -> None:
    bench.subscribed = {"LEVELONE_EQUITIES": 12}
    bench.hear(StreamPhase.LIVE)
    delays = random.Random(11)
    bench.round_trip_ms = 2 * 2_000
    lags = []
    for second in range(600):
        late = round(delays.uniform(1_000, 3_000))
        lags.append(late)
        bench.paces.count("LEVELONE_EQUITIES", 3, bench.wall_ms() - late)
        if second % 10 == 0:
            bench.paces.beat(bench.wall_ms() - late)
        bench.seconds += 1
        if second > 60:
            assert bench.only().lag_ms == pytest.approx(median(lags[-60:]), abs=200)
    assert bench.health.connection().clock_ms is None
    assert bench.health.lag_ms() == pytest.approx(2_000, abs=400)
    service = bench.only()
    assert not service.ok
    assert re.fullmatch(r"Data is \d\.\d s late\.", service.sentence)


def test_a_clock_that_is_ahead_on_a_slow_line_is_told_apart_from_it(bench: Bench) -> None:
    bench.subscribed = {"CHART_EQUITY": 1}
    bench.hear(StreamPhase.LIVE)
    bench.round_trip_ms = 600
    bench.paces.beat(bench.wall_ms() - 5_300)
    bench.paces.count("CHART_EQUITY", 1, bench.wall_ms() - 5_320)
    assert bench.health.connection().clock_ms == 5_300
    assert bench.only().lag_ms == 20
    assert bench.only().ok


@pytest.mark.parametrize(("late", "told"), [(350, None), (400, 400), (900, 900)])
def test_on_a_line_that_is_known_to_be_quick_a_clock_is_found_to_be_ahead_sooner(
    bench: Bench, late: int, told: int | None
) -> None:
    bench.round_trip_ms = 40
    bench.paces.beat(bench.wall_ms() - late)
    assert bench.health.connection().clock_ms == told


def test_how_late_everything_is_says_the_service_that_is_least_late(bench: Bench) -> None:
    assert bench.health.lag_ms() is None
    bench.paces.count("CHART_EQUITY", 1, bench.wall_ms() - 40)
    assert bench.health.lag_ms() is None  # or this clock is ahead: there was no heartbeat yet
    bench.paces.beat(bench.wall_ms() - 30)
    bench.paces.count("LEVELONE_EQUITIES", 1, bench.wall_ms() - 60)
    assert bench.health.lag_ms() == 40
    bench.seconds += 10  # a bar of ten seconds ago tells nothing of now
    bench.paces.count("NYSE_BOOK", 1, bench.wall_ms() - 9_000)
    bench.paces.count("NASDAQ_BOOK", 1, bench.wall_ms() - 5_000)
    assert bench.health.lag_ms() == 5_000


def test_the_connection_tells_its_phase_since_when_and_where_to(bench: Bench) -> None:
    bench.hear(StreamPhase.WAITING, "The streamer cannot be reached. Trying again in 1 s.")
    bench.seconds += 4
    bench.hear(StreamPhase.WAITING, "The streamer cannot be reached. Trying again in 2 s.")
    line = bench.health.connection()
    assert (line.phase, line.since_ms) == (StreamPhase.WAITING, NOW_MS)
    assert (line.sentence[-7:], line.host, line.reconnects) == ("in 2 s.", "streamer.example:443", 2)


def test_restarts_are_handed_on(bench: Bench) -> None:
    bench.health.restart("NYSE_BOOK")
    bench.health.restart()
    assert bench.restarted == ["NYSE_BOOK", ""]


def test_the_report_holds_figures_phases_notices_and_holes(bench: Bench) -> None:
    bench.subscribed = {"LEVELONE_EQUITIES": 12}
    bench.refused = {"XYZ": "Schwab does not offer this service to this account."}
    bench.rejected = {"undecodable": 4}
    bench.hear(StreamPhase.LIVE, "Streaming.")
    bench.paces.count("LEVELONE_EQUITIES", 7, bench.wall_ms())
    gap = Gap("NYSE_BOOK", NOW_MS - 9000, Cause.SLEEP, NOW_MS - 1000, sentence="This machine slept.")
    bench.paces.take_gap(gap)
    bench.bus.publish(Notice(Level.WARNING, "The disk is full.", "a detail for the log"))
    text = bench.health.report()
    for part in (
        "health of the sandbox, 2026-11-20 16:46:02Z",
        "SQLite 3.53.2",
        "streamer streamer.example:443, 2 reconnects",
        "rejected: undecodable 4",
        "3 rows wait, 12400 written, database 5.0 MB",
        "XYZ: Schwab does not offer this service to this account.",
        "2026-11-20 16:45:53Z to 2026-11-20 16:46:01Z  NYSE_BOOK  sleep: This machine slept.",
        "2026-11-20 16:46:02Z  live: Streaming.",
        "2026-11-20 16:46:02Z  warning: The disk is full.",
    ):
        assert part in text
    assert "a detail for the log" not in text
    row = next(line for line in text.splitlines() if line.startswith("LEVELONE_EQUITIES"))
    assert row.split()[1:3] == ["12", "0.0"]


def test_the_report_holds_no_secret_no_account_and_no_users_name(bench: Bench) -> None:
    home = str(Path.home())
    bench.hear(StreamPhase.WAITING, "Refused: access_token=abcdef1234567890 for account 12345678.")
    bench.bus.publish(Notice(Level.ERROR, f"{home}/monitor.db cannot be written."))
    text = bench.health.report()
    assert "abcdef1234567890" not in text
    assert "12345678" not in text
    assert home not in text
    assert "~/monitor.db cannot be written." in text


def test_the_report_of_a_stream_that_never_began(bench: Bench) -> None:
    assert "Services\n--------\nnone" in bench.health.report()


def test_only_the_newest_phases_are_kept(bench: Bench) -> None:
    for number in range(100):
        bench.hear(StreamPhase.WAITING, f"Try {number}.")
    text = bench.health.report()
    assert "Try 99." in text
    assert "Try 60." not in text


def test_a_closed_health_hears_no_more(bench: Bench) -> None:
    bench.health.close()
    bench.hear(StreamPhase.LIVE)
    assert bench.health.connection().phase is StreamPhase.OFF


def test_the_processors_share_is_that_since_the_last_question() -> None:
    clock, used = [100.0], [3.0]
    meter = ProcessMeter(lambda: clock[0], lambda: used[0])
    assert meter.read().cpu is None
    clock[0], used[0] = 104.0, 4.0
    assert meter.read().cpu == 0.25
    clock[0] = 104.2  # too short a while for a figure
    assert meter.read().cpu == 0.25
    clock[0] = 108.0
    assert meter.read().cpu == 0
