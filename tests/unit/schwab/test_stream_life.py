"""The stream's life: each fault has its phase, its cause and its hole, and none is there when nothing was wrong."""

import asyncio
import time
from datetime import date
from datetime import time as clock_time

import pytest

from monitor.errors import Transient
from monitor.market.calendar import at_new_york
from monitor.market.gap import Cause
from monitor.market.hours import Hours
from monitor.ports import StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.stream import SchwabStream
from monitor.schwab.timing import Timing
from tests.unit.schwab.streamer import Listener, Preferences, Tokens, quotes, response, streaming, until

SANDBOX = Address.of_sandbox("http://127.0.0.1:1")
QUOTES, BOOK, CHART = "LEVELONE_EQUITIES", "NYSE_BOOK", "CHART_EQUITY"
WANTED = Wanted(frozenset({"AAPL", "F"}), bars=frozenset({"F"}))
LOOK = 0.01
HOUR_MS = 3_600_000
SATURDAY = at_new_york(date(2026, 11, 21), clock_time(12))
ONCE = ["connecting", "login", "subscribing", "live"]


class Scene:
    """A stream with clocks that a test can set, which otherwise go on as they do."""

    def __init__(self, streamer, start_ms=None, **options):
        self.streamer = streamer
        self.tokens, self.listener = Tokens(), Listener()
        self.client = Preferences(streamer, self.tokens)
        self.slept = self.jumped = 0.0
        self.boot = time.monotonic()
        self.start_ms = start_ms or time.time_ns() // 1_000_000
        self.delays = []
        self.stream = SchwabStream(
            self.client,
            self.tokens,
            SANDBOX,
            clock=lambda: time.monotonic() + self.slept,
            awake=time.monotonic,
            now_ms=self.wall,
            sleep=self.sleep,
            **{"timing": Timing(look=LOOK)} | options,
        )
        self.task = None

    def wall(self):
        return self.start_ms + round((time.monotonic() - self.boot + self.slept + self.jumped) * 1000)

    async def sleep(self, seconds):
        self.delays.append(seconds)
        await asyncio.sleep(0)

    def start(self, wanted=WANTED):
        self.stream.want(wanted)
        self.task = asyncio.create_task(self.stream.run(self.listener))

    async def live(self, wanted=WANTED):
        self.start(wanted)
        await self.reach(StreamPhase.LIVE)

    async def reach(self, phase, times=1):
        await until(lambda: self.listener.count(phase) >= times)

    async def beat(self):
        stamp = self.wall()
        await self.streamer.send(notify=[{"heartbeat": str(stamp)}])
        await until(lambda: stamp in self.listener.beats)
        return stamp

    async def looks(self, count=5):
        await asyncio.sleep(LOOK * count)

    def phases(self):
        return [phase for phase, _, _ in self.listener.phases]

    def holes(self):
        """The holes as they ended up, by service and symbol."""
        return {(gap.service, gap.symbol): gap for gap in self.listener.gaps}

    async def stop(self):
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def make():
    async with streaming() as streamer:
        scenes = []

        def make(**options):
            scenes.append(Scene(streamer, **options))
            return scenes[-1]

        yield make
        for scene in scenes:
            await scene.stop()


async def test_a_lost_connection_is_a_hole_from_the_newest_frame_to_the_answer(make):
    scene = make()
    await scene.live()
    stamp = await scene.beat()
    await scene.looks()
    scene.streamer.connections[0].transport.abort()
    await scene.reach(StreamPhase.LIVE, 2)
    assert scene.phases() == [*ONCE, "waiting", *ONCE]
    assert scene.holes().keys() == {(QUOTES, ""), (CHART, "")}
    for gap in scene.holes().values():
        assert (gap.from_ms, gap.cause) == (stamp, Cause.CONNECTION)
        assert stamp < gap.to_ms <= scene.wall()


async def test_a_hole_ends_when_the_streamer_says_that_it_agreed(make):
    scene, agreed = make(), []
    await scene.live()
    await scene.beat()

    def another_clock():
        agreed.append(scene.wall() + HOUR_MS)
        return agreed[-1]

    scene.streamer.now_ms = another_clock
    scene.streamer.connections[0].transport.abort()
    await scene.reach(StreamPhase.LIVE, 2)
    _login, *subscribed = agreed
    assert all(scene.holes()[s, ""].to_ms >= sent for s, sent in zip((QUOTES, CHART), subscribed, strict=True))


async def test_what_is_wanted_and_cannot_be_had_from_the_start_is_a_hole(make):
    scene = make()
    scene.client.failure = Transient("Schwab cannot be reached.")
    began = scene.wall()
    scene.start()
    await scene.reach(StreamPhase.WAITING)
    scene.client.failure = None
    await scene.reach(StreamPhase.LIVE)
    gap = scene.holes()[QUOTES, ""]
    assert abs(gap.from_ms - began) < 1000
    assert gap.to_ms is not None


async def test_a_start_without_trouble_is_no_hole(make):
    scene = make()
    await scene.live()
    await scene.stop()
    assert scene.listener.gaps == []


async def test_a_machine_that_slept_two_hours_reconnects_at_once(make):
    scene = make()
    await scene.live()
    stamp = await scene.beat()
    await scene.looks()
    scene.slept += 7200
    await scene.reach(StreamPhase.LIVE, 2)
    assert scene.delays == [0]
    assert "asleep" in scene.listener.phases[4][1]
    gap = scene.holes()[QUOTES, ""]
    assert (gap.cause, gap.from_ms) == (Cause.SLEEP, stamp)
    assert abs(gap.to_ms - stamp - 7_200_000) < 5_000


async def test_frames_that_lay_in_a_buffer_do_not_hide_the_sleep(make):
    scene = make(timing=Timing(look=0.2))
    await scene.live()
    stamp = await scene.beat()
    scene.slept += 7200
    await scene.streamer.send(notify=[{"heartbeat": str(stamp + 5)}])
    await scene.reach(StreamPhase.LIVE, 2)
    gap = scene.holes()[QUOTES, ""]
    assert (gap.cause, gap.from_ms) == (Cause.SLEEP, stamp + 5)


async def test_waking_ends_a_long_wait(make):
    scene = make()
    scene.stream._sleep = lambda _seconds: asyncio.Event().wait()
    scene.client.failure = Transient("Schwab cannot be reached.")
    scene.start()
    await scene.reach(StreamPhase.WAITING)
    scene.client.failure = None
    await scene.looks()
    scene.slept += 7200
    await scene.reach(StreamPhase.LIVE)


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_wall_clock_that_is_set_does_nothing(make, hours):
    scene = make()
    await scene.live()
    stamp = await scene.beat()
    await scene.looks()
    scene.jumped += hours * 3600
    await scene.looks(20)
    assert scene.phases() == ONCE
    assert scene.listener.gaps == []
    scene.streamer.connections[0].transport.abort()
    await scene.reach(StreamPhase.LIVE, 2)
    gap = scene.holes()[QUOTES, ""]
    assert gap.from_ms == stamp
    assert 0 < gap.to_ms - gap.from_ms < 5_000


async def test_a_stall_of_our_own_of_thirty_seconds_loses_nothing(make):
    scene = make(timing=Timing(look=0.1, sleep=1e9))
    await scene.live()
    scene.slept += 30
    scene.stream._lookout.look()  # the first in so long, and what the streamer sent meanwhile is not read yet
    await scene.streamer.send(data=quotes({"key": "AAPL", "1": 1}))
    await asyncio.sleep(0.4)
    assert scene.phases() == ONCE
    assert len(scene.listener.quotes) == 1


async def test_half_open_is_noticed_by_a_ping(make):
    scene = make(timing=Timing(look=LOOK, ping=0.05, pong=0.1))
    await scene.live()
    await scene.looks(20)
    assert scene.phases() == ONCE  # as long as pings are answered
    scene.streamer.connections[0].transport.pause_reading()
    await scene.reach(StreamPhase.LIVE, 2)
    assert "does not answer" in scene.listener.phases[4][1]
    assert scene.holes()[QUOTES, ""].cause is Cause.SILENCE
    scene.streamer.connections[0].transport.abort()


async def test_half_open_is_noticed_within_twelve_seconds():
    timing = Timing()
    assert timing.ping + timing.pong + 2 * timing.look <= 12


async def test_a_login_that_is_not_answered_is_given_up(make):
    scene = make(timing=Timing(look=LOOK, answer=0.05))
    scene.streamer.answer = lambda _request: []
    scene.start()
    await scene.reach(StreamPhase.WAITING)
    assert "did not answer" in scene.listener.phases[-1][1] + scene.listener.phases[2][1]
    scene.streamer.answer = lambda _request: [0]
    await scene.reach(StreamPhase.LIVE)


async def test_a_taken_stream_is_a_hole_until_it_is_taken_back(make):
    scene = make()
    await scene.live()
    await scene.streamer.send(notify=[{"service": "ADMIN", "content": {"code": 12, "msg": "x"}}])
    await scene.reach(StreamPhase.TAKEN)
    assert scene.holes()[QUOTES, ""].cause is Cause.TAKEN
    await scene.looks(20)
    assert len(scene.streamer.connections) == 1
    scene.stream.take_back()
    await scene.reach(StreamPhase.LIVE, 2)
    assert scene.holes()[QUOTES, ""].to_ms is not None


async def test_a_login_refused_because_of_another_is_not_repeated(make):
    scene = make()
    scene.streamer.answer = lambda _request: [12]
    scene.start()
    await scene.reach(StreamPhase.TAKEN)
    await scene.looks(20)
    assert len(scene.streamer.asked("ADMIN")) == 1


async def test_without_a_sign_in_it_is_a_hole_until_there_is_one(make):
    scene = make()
    await scene.live()
    stamp = await scene.beat()
    scene.streamer.answer = lambda _request: [3]
    scene.streamer.connections[0].transport.abort()
    await scene.reach(StreamPhase.SIGN_IN)
    assert (scene.holes()[QUOTES, ""].cause, scene.holes()[QUOTES, ""].from_ms) == (Cause.SIGN_IN, stamp)
    await scene.stop()
    scene.streamer.answer = lambda _request: [0]
    scene.task = asyncio.create_task(scene.stream.run(scene.listener))
    await scene.reach(StreamPhase.LIVE, 2)
    assert scene.holes()[QUOTES, ""].from_ms == stamp
    assert scene.holes()[QUOTES, ""].to_ms is not None


async def test_the_end_of_the_program_closes_what_is_open(make):
    scene = make()
    scene.client.failure = Transient("Schwab cannot be reached.")
    scene.start()
    await scene.reach(StreamPhase.WAITING)
    await scene.stop()
    assert all(gap.to_ms is not None for gap in scene.holes().values())


async def test_a_refused_symbol_is_a_hole_of_its_own(make):
    scene = make()
    scene.streamer.answer = lambda request: [11] if request["service"] == CHART else [0]
    await scene.live()
    gap = scene.holes()[CHART, "F"]
    assert (gap.cause, gap.to_ms) == (Cause.REFUSED, None)
    assert gap.sentence


async def test_an_unlisted_code_fails_its_command_only(make):
    scene = make()
    scene.streamer.answer = lambda request: [17] if request["service"] == CHART else [0]
    await scene.live()
    assert list(scene.stream.refused) == ["F"]
    assert len(scene.streamer.connections) == 1
    assert (QUOTES, "") not in scene.holes()


async def test_the_words_of_a_stop_are_told(make):
    scene = make()
    await scene.live()
    content = {"code": 30, "msg": "Stop streaming due to slow consumer"}
    await scene.streamer.send(notify=[{"service": "ADMIN", "content": content}])
    await scene.reach(StreamPhase.LIVE, 2)
    assert "read too slowly" in scene.listener.phases[4][1]


async def test_a_restarted_service_is_asked_for_anew_and_the_others_are_not(make):
    scene = make()
    await scene.live()
    scene.stream.restart(QUOTES)
    await until(lambda: len(scene.streamer.asked(QUOTES)) == 3)
    assert scene.streamer.asked(QUOTES) == [("SUBS", "AAPL,F"), ("UNSUBS", "AAPL,F"), ("SUBS", "AAPL,F")]
    assert len(scene.streamer.asked(CHART)) == 1
    await until(lambda: scene.holes()[QUOTES, ""].to_ms is not None)


async def test_a_restart_makes_a_new_connection_at_once(make):
    scene = make()
    await scene.live()
    scene.stream.restart()
    await scene.reach(StreamPhase.LIVE, 2)
    assert scene.delays == [0]


async def test_delays_grow_until_data_has_come_for_a_while(make):
    scene = make(timing=Timing(look=LOOK, healthy=0.05))
    await scene.live()
    for times in (2, 3, 4):
        scene.streamer.connections[-1].transport.abort()
        await scene.reach(StreamPhase.LIVE, times)
    assert scene.delays[2] > scene.delays[0] == 0
    for _ in range(15):
        await scene.streamer.send(data=quotes({"key": "AAPL", "1": 1}))
        await scene.looks(1)
    scene.streamer.connections[-1].transport.abort()
    await scene.reach(StreamPhase.LIVE, 5)
    assert scene.delays[3] == 0


class Quoted:
    """Schwab's own quotes: the newest is always of this moment."""

    def __init__(self):
        self.scene = None
        self.asked = []

    async def quote_times(self, symbols):
        self.asked.append(tuple(symbols))
        return dict.fromkeys(symbols, self.scene.wall() - 1)


HURRIED = Timing(look=LOOK, unheard=0.1, unheard_intervals=1, newer=0.05, grace=0.03, probe=0.05, probes_apart=0.02)


async def test_a_silent_service_is_asked_for_anew_and_then_the_connection_is(make):
    quoted, brought = Quoted(), {}
    scene = make(timing=HURRIED, quotes=quoted, newest=lambda service, symbol: brought.get((service, symbol)))
    quoted.scene = scene
    await scene.live(Wanted(frozenset({"F"})))
    brought[QUOTES, "F"] = scene.wall()
    await scene.streamer.send(data=quotes({"key": "F", "1": 1}))
    await until(lambda: len(scene.streamer.asked(QUOTES)) >= 3)
    assert [name for name, _ in scene.streamer.asked(QUOTES)[:3]] == ["SUBS", "UNSUBS", "SUBS"]
    gap = scene.holes()[QUOTES, ""]
    assert (gap.cause, gap.to_ms) == (Cause.SILENCE, None)
    await scene.reach(StreamPhase.LIVE, 2)
    assert scene.holes()[QUOTES, ""].to_ms is None  # it answers, and is still silent
    await scene.streamer.send(data=quotes({"key": "F", "1": 1}))
    await until(lambda: scene.holes()[QUOTES, ""].to_ms is not None)


@pytest.mark.parametrize("of_symbol", [False, True])
async def test_what_comes_before_it_was_asked_for_anew_ends_no_hole(make, of_symbol):
    quoted, brought = Quoted(), {}
    scene = make(timing=HURRIED, quotes=quoted, newest=lambda service, symbol: brought.get((service, symbol)))
    quoted.scene = scene
    hole = (QUOTES, "F") if of_symbol else (QUOTES, "")
    held = lambda request: request["command"] == "UNSUBS" and hole in scene.holes()  # noqa: E731
    scene.streamer.answer = lambda request: [] if held(request) else [0]
    await scene.live(Wanted(frozenset({"AAPL", "F"})))

    async def come(*symbols, ahead_ms=60_000):
        for symbol in symbols:
            brought[QUOTES, symbol] = scene.wall() + ahead_ms
            await scene.streamer.send(data=quotes({"key": symbol, "1": 1}))
        await scene.looks()

    await come("AAPL", "F", ahead_ms=0)
    while hole not in scene.holes():
        await come(*["AAPL"] * of_symbol)
    await until(lambda: scene.streamer.asked(QUOTES)[-1][0] == "UNSUBS")
    await come("AAPL", "F")
    assert scene.holes()[hole].to_ms is None
    await scene.streamer.send(response=[response(scene.streamer.commands[-1], 0)])
    await until(lambda: scene.streamer.asked(QUOTES)[-1][0] in {"SUBS", "ADD"})
    await come("AAPL", "F")
    await until(lambda: scene.holes()[hole].to_ms is not None)


async def test_a_silent_symbol_is_asked_for_anew_alone(make):
    quoted, brought = Quoted(), {}
    scene = make(timing=HURRIED, quotes=quoted, newest=lambda service, symbol: brought.get((service, symbol)))
    quoted.scene = scene
    await scene.live(Wanted(frozenset({"AAPL", "F"})))
    brought[QUOTES, "F"] = silent_since = scene.wall() - 30_000

    async def others_go_on():
        while True:
            brought[QUOTES, "AAPL"] = scene.wall()
            await scene.streamer.send(data=quotes({"key": "AAPL", "1": 1}))
            await scene.looks(1)

    others = asyncio.create_task(others_go_on())
    try:
        await until(lambda: ("UNSUBS", "F") in scene.streamer.asked(QUOTES))
        await until(lambda: ("ADD", "F") in scene.streamer.asked(QUOTES))
        gap = scene.holes()[QUOTES, "F"]
        assert (gap.cause, gap.from_ms, gap.to_ms) == (Cause.SILENCE, silent_since, None)
        brought[QUOTES, "F"] = scene.wall() + 1000
        await until(lambda: scene.holes()[QUOTES, "F"].to_ms is not None)
    finally:
        others.cancel()
        await asyncio.gather(others, return_exceptions=True)
    assert len(scene.streamer.connections) == 1
    assert all(symbols == ("F",) for symbols in quoted.asked)


async def test_a_closed_market_is_quiet_and_asked_about_nothing(make):
    quoted = Quoted()
    scene = make(
        start_ms=SATURDAY, trading=Hours.EXTENDED, quotes=quoted, timing=Timing(look=LOOK, quiet=0.1, unheard=0.05)
    )
    quoted.scene = scene
    await scene.live()
    await scene.reach(StreamPhase.QUIET)
    await scene.streamer.send(data=quotes({"key": "F", "1": 1}))
    await scene.reach(StreamPhase.LIVE, 2)
    assert len(scene.streamer.connections) == 1
    assert quoted.asked == []


async def test_outside_the_hours_that_were_chosen_it_does_not_connect(make):
    hours = [Hours.REGULAR]
    scene = make(start_ms=SATURDAY, hours=lambda: hours[0])
    scene.start()
    await scene.reach(StreamPhase.CLOSED)
    assert "Monday, 09:29 New York" in scene.listener.phases[-1][1]
    assert scene.streamer.connections == []
    hours[0] = Hours.ALWAYS
    await scene.reach(StreamPhase.LIVE)
    hours[0] = Hours.EXTENDED
    await scene.reach(StreamPhase.CLOSED, 2)
    assert scene.listener.gaps == []
    scene.stream.want(Wanted())
    await scene.reach(StreamPhase.OFF)


async def test_the_opening_is_not_missed(make):
    scene = make(start_ms=at_new_york(date(2026, 11, 20), clock_time(9, 28, 59)), hours=lambda: Hours.REGULAR)
    scene.start()
    await scene.reach(StreamPhase.CLOSED)
    scene.slept += 2
    await scene.reach(StreamPhase.LIVE)
    assert len(scene.streamer.asked("ADMIN")) == 1


async def test_an_answer_in_the_place_of_another_is_nobodys(make):
    scene = make()
    await scene.live()
    stray = {"service": BOOK, "command": "SUBS", "requestid": "991"}
    await scene.streamer.send(response=[response(stray, 24)])
    await scene.looks()
    assert scene.phases() == ONCE


async def test_the_end_of_the_hours_logs_out(make):
    hours = [Hours.ALWAYS]
    scene = make(start_ms=SATURDAY, hours=lambda: hours[0])
    await scene.live()
    hours[0] = Hours.REGULAR
    await scene.reach(StreamPhase.CLOSED)
    assert scene.streamer.asked("ADMIN")[-1][0] == "LOGOUT"


async def test_a_few_unreadable_frames_end_nothing_but_many_do(make):
    scene = make()
    await scene.live()
    for count, connections in ((20, 1), (1, 2)):
        for _ in range(count):
            await scene.streamer.connections[0].send("not json")
        await scene.looks()
        await scene.reach(StreamPhase.LIVE, connections)
        assert len(scene.streamer.connections) == connections
    assert "could not be read" in scene.listener.phases[4][1]


async def test_after_an_answer_that_was_too_large_less_is_asked_for_at_once(make):
    scene = make()
    await scene.live(Wanted(frozenset(f"S{n:03}" for n in range(300))))
    assert len(scene.streamer.asked(QUOTES)) == 1
    await scene.streamer.send(data=quotes({"key": "S001", "15": "x" * 17 * 2**20}))
    await scene.reach(StreamPhase.LIVE, 2)
    assert [keys.count(",") + 1 for _, keys in scene.streamer.asked(QUOTES)[1:]] == [250, 50]


async def test_signed_out_is_a_hole_until_the_next_sign_in_or_the_end(make):
    scene = make()
    await scene.live()
    await scene.stop()
    scene.stream.miss(Cause.SIGN_IN, "Signed out.")
    gap = scene.holes()[QUOTES, ""]
    assert (gap.cause, gap.to_ms) == (Cause.SIGN_IN, None)
    assert abs(gap.from_ms - scene.wall()) < 1000
    scene.stream.end_holes()
    assert scene.holes()[QUOTES, ""].to_ms is not None
