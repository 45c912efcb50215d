"""Bad days of a line, hours in seconds: it flaps, or is away. Few logins, soon back, and each hole is told."""

import asyncio
import time
from heapq import heappop, heappush
from itertools import count

import pytest

from monitor.errors import Transient
from monitor.ports import StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.stream import SchwabStream
from monitor.schwab.timing import Timing
from tests.unit.schwab.streamer import Listener, Preferences, Tokens, streaming, until

SANDBOX = Address.of_sandbox("http://127.0.0.1:1")
QUOTES = "LEVELONE_EQUITIES"
STEP = 0.5


class Day:
    """A stream on a clock that a test lets pass, over a line that is there whenever ``is_up(seconds)`` says so."""

    def __init__(self, streamer, is_up):
        self.streamer = streamer
        self.is_up = is_up
        self.now = 0.0
        self.began_ms = time.time_ns() // 1_000_000
        self.listener = Listener()
        self.client = Preferences(streamer, Tokens())
        self.losses = []
        self.backs = []
        self._sleepers = []
        self._number = count()
        self.stream = SchwabStream(
            self.client,
            Tokens(),
            SANDBOX,
            clock=self.clock,
            awake=self.clock,
            now_ms=self.wall_ms,
            sleep=self.sleep,
            timing=Timing(look=1e6),  # looked at by the test, as time passes
        )

    def clock(self):
        return self.now

    def wall_ms(self):
        return self.began_ms + round(self.now * 1000)

    async def sleep(self, seconds):
        woken = asyncio.get_running_loop().create_future()
        heappush(self._sleepers, (self.now + seconds, next(self._number), woken))
        await woken

    @property
    def phase(self):
        return self.listener.phases[-1][0] if self.listener.phases else None

    def logins(self):
        return [command for command, _ in self.streamer.asked("ADMIN")].count("LOGIN")

    def is_at_rest(self):
        return self.phase is StreamPhase.LIVE or (self.phase is StreamPhase.WAITING and bool(self._sleepers))

    async def pass_time(self, until_seconds):
        """Half a second at a time: what is due wakes up, data comes as long as the line is there."""
        while self.now < until_seconds:
            await self._mind_line()
            self.now += STEP
            while self._sleepers and self._sleepers[0][0] <= self.now:
                woken = heappop(self._sleepers)[2]
                if not woken.done():
                    told = len(self.listener.phases)
                    woken.set_result(None)
                    await until(lambda told=told: len(self.listener.phases) > told and self.is_at_rest())
                    self._note_return()
            self.stream._lookout.look()

    async def _mind_line(self):
        up = self.is_up(self.now)
        self.client.failure = None if up else Transient("Schwab cannot be reached; check the network.")
        if self.phase is not StreamPhase.LIVE:
            return
        if up:
            await self._send()
        else:
            self.losses.append(self.wall_ms())
            self.streamer.connections[-1].transport.abort()
            await until(lambda: self.phase is not StreamPhase.LIVE)
            await until(self.is_at_rest)

    async def _send(self):
        heard = len(self.listener.quotes)
        item = {"service": QUOTES, "timestamp": self.wall_ms(), "command": "SUBS", "content": [{"key": "AAPL", "1": 1}]}
        await self.streamer.send(data=[item])
        await until(lambda: len(self.listener.quotes) > heard)

    def _note_return(self):
        if self.phase is StreamPhase.LIVE and len(self.backs) < len(self.losses):
            self.backs.append(self.wall_ms())

    def holes(self):
        """Begin and end of each hole of the quotes, as it ended up."""
        found = {gap.from_ms: gap.to_ms for gap in self.listener.gaps if gap.service == QUOTES}
        return sorted(found.items())

    def assert_each_loss_is_a_hole(self):
        holes = self.holes()
        assert len(holes) == len(self.losses) == len(self.backs)
        for (from_ms, to_ms), lost_ms, back_ms in zip(holes, self.losses, self.backs, strict=True):
            assert lost_ms - 2000 * STEP <= from_ms <= lost_ms
            assert to_ms == pytest.approx(back_ms, abs=1000 * STEP)


@pytest.fixture
async def day():
    async with streaming() as streamer:
        running = []

        async def begin(is_up):
            day = Day(streamer, is_up)
            day.stream.want(Wanted(frozenset({"AAPL"})))
            running.append(asyncio.create_task(day.stream.run(day.listener)))
            await until(day.is_at_rest)
            return day

        yield begin
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@pytest.mark.parametrize("up", [3, 20])
async def test_ten_minutes_of_flapping_are_few_logins_and_one_hole_each(day, up):
    flapping = await day(lambda now: now >= 600 or now % (up + 3) < up)
    await flapping.pass_time(600)
    assert 4 <= flapping.logins() <= 20
    await flapping.pass_time(960)  # the longest pause of all is over
    assert flapping.phase is StreamPhase.LIVE
    flapping.assert_each_loss_is_a_hole()


async def test_after_half_an_hour_away_it_is_back_within_seconds_and_the_whole_time_is_one_hole(day):
    away = await day(lambda now: not 120 <= now < 1920)
    await away.pass_time(1920)
    assert away.phase is not StreamPhase.LIVE
    assert "Nothing has come since" in away.listener.phases[-1][1]
    assert away.listener.count(StreamPhase.CONNECTING) < 1800
    await away.pass_time(1926)
    assert away.phase is StreamPhase.LIVE
    away.assert_each_loss_is_a_hole()
    [(from_ms, to_ms)] = away.holes()
    assert 1_799_000 <= to_ms - from_ms <= 1_807_000


async def test_a_line_that_was_well_for_half_a_minute_is_back_at_once(day):
    lost = await day(lambda now: not (59.5 < now < 60.5 or 119.5 < now < 120.5))
    await lost.pass_time(124)
    assert lost.phase is StreamPhase.LIVE
    assert lost.logins() == 3
    assert all(back - loss <= 3_000 for loss, back in zip(lost.losses, lost.backs, strict=True))
