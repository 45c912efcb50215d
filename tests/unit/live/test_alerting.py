"""Alerts at work: what fires on which price, what is kept, and what was missed while nobody listened."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.errors import StoreUnavailable
from monitor.live.alerting import Alerting
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.events import AlertFired, AlertsChanged, BarsArrived, GapChanged, Level, Notice
from monitor.market.alert import Alert, Direction, Firing
from monitor.market.bar import Bar, Interval
from monitor.market.calendar import around_the_clock
from monitor.market.gap import Cause, Gap
from tests.support.builders import a_bar, a_quote, ms
from tests.support.ports import FakeAlerts, FakeArchive, FakeWatching
from tests.support.virtual_time import VirtualLoop, run

UP, DOWN, ANY = Direction.UP, Direction.DOWN, Direction.ANY
MINUTE = 60_000
LINE = Alert("a", "AAPL", 100.0)


class World:
    """An alerting over doubles, on a loop whose clock jumps."""

    def __init__(self, *alerts: Alert, bars: tuple[Bar, ...] = (), at: str = "10:00") -> None:
        self.loop = VirtualLoop()
        self.begin, self.began = ms(at), self.loop.now
        self.disk, self.archive, self.board = FakeAlerts(*alerts), FakeArchive(), Board()
        self.watching, self.bus = FakeWatching(), Bus()
        if bars:
            self.archive.put(bars)
        self.fired: list[Firing] = []
        self.told: list[Notice] = []
        self.changed: list[str] = []
        self.refilled: list[tuple[str, int]] = []
        self.bus.listen(AlertFired, lambda event: self.fired.append(event.firing))
        self.bus.listen(AlertsChanged, lambda event: self.changed.append(event.symbol))
        self.bus.listen(Notice, self.told.append)
        self.alerting = self.another()

    def another(self, shows: bool = True) -> Alerting:
        return Alerting(
            *(self.disk, self.archive, self.board, self.watching, self.bus, self.now, around_the_clock),
            lambda *asked: self.refilled.append(asked),
            shows=shows,
        )

    def now(self) -> int:
        return self.begin + round((self.loop.now - self.began) * 1000)

    def last(self, *prices: float, symbol: str = "AAPL") -> None:
        for price in prices:
            self.board.take_quote(a_quote(symbol, last=price))

    def play(self, acts: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run the alerting while ``acts`` does things, and end it."""

        async def both() -> None:
            task = asyncio.create_task(self.alerting.run())
            await asyncio.sleep(0.01)
            try:
                await acts()
                await asyncio.sleep(0.01)
            finally:
                task.cancel()
                await asyncio.wait({task})

        run(both(), self.loop)

    @property
    def sentences(self) -> list[str]:
        return [notice.sentence for notice in self.told]


def minutes(first: str, *shapes: tuple[float, float, float, float]) -> tuple[Bar, ...]:
    """Bars of AAPL from ``first`` on: open, high, low and close of each."""
    return tuple(
        a_bar(at=ms(first) + n * MINUTE, open=o, high=h, low=low, close=c) for n, (o, h, low, c) in enumerate(shapes)
    )


def flat(price: float) -> tuple[float, float, float, float]:
    return price, price, price, price


# ------------------------------------------------------------------------------------------- prices as they come


def test_it_fires_on_the_price_that_crosses_and_is_told_and_kept_once() -> None:
    world = World(replace(LINE, note="sell"))

    async def acts() -> None:
        world.last(99, 99.5, 103, 99, 104)

    world.play(acts)
    [firing] = world.fired
    assert firing == Firing("a", "AAPL", ms("10:00") + 10, UP, 100.0, 103, note="sell")
    [notice] = world.told
    assert notice == Notice(Level.INFO, "AAPL rose to 100.00 (last 103.00): sell", stays=True)
    assert world.disk.ledger == [firing]
    assert not world.disk.kept["a"].active
    assert world.disk.kept["a"].fired_ms == firing.at_ms


def test_what_comes_and_goes_between_two_frames_fires_too() -> None:
    world = World(LINE)

    async def acts() -> None:
        world.last(99)
        world.board.changes()
        world.last(101, 98)  # no frame sees the 101

    world.play(acts)
    assert [(firing.direction, firing.price) for firing in world.fired] == [(UP, 101)]


def test_one_that_fires_again_waits_until_the_price_was_away() -> None:
    world = World(replace(LINE, direction=UP, again=True, rearm=1.0))

    async def acts() -> None:
        world.last(99.9, 100.1, 99.9, 100.1, 99.5, 100, 99, 100)

    world.play(acts)
    assert [firing.price for firing in world.fired] == [100.1, 100]
    assert world.disk.kept["a"].active


def test_a_price_not_to_be_believed_fires_nothing() -> None:
    world = World(LINE)

    async def acts() -> None:
        world.board.take_quote(a_quote(bid=98.9, ask=99.1, last=99))
        world.last(400, 99, 0, 99)

    world.play(acts)
    assert world.fired == []


def test_symbols_of_active_alerts_are_wanted_and_others_not() -> None:
    world = World(LINE, Alert("b", "MSFT", 50.0, active=False))

    async def acts() -> None:
        assert world.watching.wanted.quotes == world.watching.wanted.bars == {"AAPL"}
        world.alerting.put(Alert("c", "/ES", 5000.0))
        assert world.watching.wanted.quotes == {"AAPL", "/ES"}
        world.last(99, 101)  # the only one of AAPL is done
        assert world.watching.wanted.quotes == {"/ES"}
        world.alerting.remove(world.alerting.of("/ES")[0])
        assert world.watching.wanted.quotes == frozenset()

    world.play(acts)
    assert sorted(world.disk.kept) == ["a", "b"]


# ------------------------------------------------------------------------------------------- what a person does


def test_a_line_that_is_moved_begins_anew_and_new_words_do_not() -> None:
    world = World(replace(LINE, direction=UP, again=True, rearm=5.0))

    async def acts() -> None:
        world.last(99, 101)
        world.alerting.put(replace(world.alerting.of("AAPL")[0], note="noted"))
        world.last(99.9, 101)
        assert len(world.fired) == 1
        world.alerting.put(replace(world.alerting.of("AAPL")[0], price=102.0))
        world.last(101.5)
        assert len(world.fired) == 1  # moved across the price: that is no crossing
        world.last(102.5)

    world.play(acts)
    assert [(firing.line, firing.note) for firing in world.fired] == [(100.0, ""), (102.0, "noted")]


def test_one_that_is_turned_on_again_fires_again() -> None:
    world = World(replace(LINE, active=False, fired_ms=5))

    async def acts() -> None:
        world.last(99, 101)
        assert world.fired == []
        world.alerting.put(replace(world.alerting.of("AAPL")[0], active=True))
        world.last(102)
        assert world.fired == []  # the price is beyond already
        world.last(99)

    world.play(acts)
    assert [firing.direction for firing in world.fired] == [DOWN]


def test_a_new_alert_starts_from_the_price_on_the_board_or_else_from_the_one_given() -> None:
    world = World()

    async def acts() -> None:
        world.last(99)
        world.alerting.put(replace(LINE, seen_price=150))
        world.last(101)
        world.alerting.put(Alert("b", "MSFT", 50.0, seen_price=49))
        world.last(51, symbol="MSFT")

    world.play(acts)
    assert [(firing.alert, firing.direction) for firing in world.fired] == [("a", UP), ("b", UP)]


def test_what_could_not_be_kept_is_told_and_kept_later() -> None:
    world = World(LINE)

    async def acts() -> None:
        world.last(99)
        world.disk.failure = StoreUnavailable("The disk is full.")
        world.last(101)
        await asyncio.sleep(30)  # tried again and again, and told once
        assert world.disk.ledger == []
        assert world.alerting.waits_for_disk(world.alerting.of("AAPL")[0])
        assert [firing.price for firing in await told_by(world)] == []
        world.disk.failure = None
        assert [firing.price for firing in await world.alerting.told("AAPL")] == [101]
        await asyncio.sleep(4)
        assert not world.alerting.waits_for_disk(world.alerting.of("AAPL")[0])

    async def told_by(world: World) -> list[Firing]:
        with pytest.raises(StoreUnavailable):
            await world.alerting.told("AAPL")
        return []

    world.play(acts)
    assert world.sentences[1:] == [
        "The alerts could not be kept. The disk is full. They go on; what became of them waits and is kept as soon as"
        " that is possible.",
        "What became of alerts meanwhile is on disk now.",
    ]
    assert [firing.price for firing in world.disk.ledger] == [101]
    assert not world.disk.kept["a"].active


def test_what_was_made_before_the_alerts_were_read_stands() -> None:
    world = World(LINE)
    world.alerting.put(replace(LINE, price=120.0))

    async def acts() -> None:
        assert [alert.price for alert in world.alerting.of("AAPL")] == [120.0]

    world.play(acts)
    assert world.disk.kept["a"].price == 120.0


# ------------------------------------------------------------------------------------------- from run to run


def test_the_last_price_is_kept_once_a_minute_and_at_the_end() -> None:
    world = World(LINE)

    async def acts() -> None:
        world.last(98)
        await asyncio.sleep(61)
        assert world.disk.kept["a"].seen_price == 98
        world.last(97)

    world.play(acts)
    kept = world.disk.kept["a"]
    assert (kept.seen_price, kept.seen_ms) == (97, ms("10:01:01") + 10)


AWAY = replace(LINE, seen_ms=ms("10:00:30"), seen_price=99)


def test_a_crossing_while_closed_is_told_once_with_its_minute() -> None:
    bars = minutes("10:00", flat(99), (99, 101, 99, 99.5), (99, 102, 98, 99))
    world = World(AWAY, bars=bars, at="10:03")

    async def acts() -> None:
        world.last(99)
        await asyncio.sleep(120)

    world.play(acts)
    assert world.sentences == ["AAPL rose to 100.00 at 10:01 while the program was closed."]
    assert world.disk.ledger == [Firing("a", "AAPL", ms("10:01"), UP, 100.0, 100.0, missed=True)]
    world.told.clear()
    world.alerting = world.another()  # the next start
    world.loop = VirtualLoop()
    world.play(acts)
    assert world.sentences == []


def test_the_minute_in_which_it_was_closed_counts_only_from_then_on() -> None:
    """Its bar tells of prices that were heard before, too."""
    world = World(AWAY, bars=minutes("10:00", (99, 101, 99, 99), flat(99), flat(99)), at="10:03")

    async def acts() -> None:
        world.last(99)
        await asyncio.sleep(120)

    world.play(acts)
    assert world.sentences == []


def test_bars_that_come_later_are_waited_for_before_the_price_now_is_told() -> None:
    world = World(AWAY, at="11:30")
    bars = minutes("10:01", *[flat(99)] * 30, *[flat(104)] * 59)

    async def acts() -> None:
        world.last(104)
        await asyncio.sleep(10)
        assert world.sentences == []
        world.archive.put(bars)
        world.bus.publish(BarsArrived("AAPL", Interval.M1, bars))
        await asyncio.sleep(5)

    world.play(acts)
    assert world.sentences == ["AAPL rose to 100.00 at 10:31 while the program was closed."]


def test_without_bars_the_price_now_tells_that_it_was_crossed() -> None:
    world = World(AWAY, at="11:30")

    async def acts() -> None:
        world.last(104, 105)
        await asyncio.sleep(120)

    world.play(acts)
    assert world.sentences == ["AAPL rose to 100.00 while the program was closed (last 104.00)."]
    assert [firing.price for firing in world.disk.ledger] == [104]


def test_without_bars_and_without_a_crossing_nothing_is_told_and_the_next_one_is() -> None:
    world = World(AWAY, at="11:30")

    async def acts() -> None:
        await asyncio.sleep(120)
        world.last(104)

    world.play(acts)
    assert world.sentences == ["AAPL rose to 100.00 (last 104.00)."]


def test_a_crossing_between_prices_now_is_not_held_up_by_what_was_missed() -> None:
    world = World(AWAY, at="11:30")

    async def acts() -> None:
        world.last(99, 101)
        assert world.sentences == ["AAPL rose to 100.00 (last 101.00)."]
        await asyncio.sleep(120)

    world.play(acts)
    assert len(world.told) == 1


def test_one_that_fires_again_tells_all_that_was_missed_in_one_sentence() -> None:
    again = replace(AWAY, again=True, rearm=0.5)
    shapes = [flat(99), flat(101), flat(99), flat(101), flat(101)]
    world = World(again, bars=minutes("10:00", flat(99), *shapes), at="10:06")

    async def acts() -> None:
        world.last(101)
        await asyncio.sleep(120)

    world.play(acts)
    assert world.sentences == [
        "AAPL rose to 100.00 at 10:02 while the program was closed, and crossed it 2 more times."
    ]
    assert [firing.at_ms for firing in world.disk.ledger] == [ms("10:02"), ms("10:03"), ms("10:04")]
    assert world.disk.kept["a"].active


def test_what_is_not_told_before_the_end_is_still_to_be_found_by_the_next_start() -> None:
    world = World(AWAY, at="10:10")

    async def acts() -> None:
        world.last(104)
        await asyncio.sleep(10)

    world.play(acts)
    assert world.sentences == []
    assert world.disk.kept["a"] == AWAY
    world.archive.put(minutes("10:01", *[flat(99)] * 5, *[flat(104)] * 9))
    world.alerting, world.loop = world.another(), VirtualLoop()
    world.play(acts)
    assert world.sentences == ["AAPL rose to 100.00 at 10:06 while the program was closed."]


def test_what_was_missed_counts_for_a_wobble_afterwards() -> None:
    again = replace(AWAY, direction=UP, again=True, rearm=5.0)
    world = World(again, bars=minutes("10:00", flat(99), flat(99), flat(100.5)), at="10:03")

    async def acts() -> None:
        world.last(100.4)
        await asyncio.sleep(1)
        world.last(99.5, 100.5)

    world.play(acts)
    assert len(world.told) == 1


def test_each_alert_of_a_symbol_missed_what_came_after_it_was_last_held_against_a_price() -> None:
    later = replace(AWAY, id="b", seen_ms=ms("10:04:10"))
    shapes = [flat(99), (99, 101, 99, 99), flat(99), flat(99), flat(99), (99, 99, 99, 99)]
    world = World(AWAY, later, bars=minutes("10:00", *shapes), at="10:06")

    async def acts() -> None:
        await asyncio.sleep(70)

    world.play(acts)
    assert [firing.alert for firing in world.fired] == ["a"]


def test_bars_that_come_very_late_are_looked_through_too_and_nobody_reads_in_vain() -> None:
    world = World(replace(AWAY, again=True, rearm=9.0), at="11:30")
    reads: list[int] = []
    real = world.archive.bars

    async def bars(symbol: str, interval: Interval, start_ms: int = 0, end_ms: int = 2**62) -> Any:
        reads.append(start_ms)
        return await real(symbol, interval, start_ms, end_ms)

    world.archive.bars = bars  # type: ignore[method-assign]
    late = minutes("10:01", *[flat(99)] * 30, flat(104), *[flat(99)] * 40)  # and still not all of them

    async def acts() -> None:
        world.last(99)
        await asyncio.sleep(600)
        assert (world.sentences, len(reads)) == ([], 2)
        for _ in range(2):
            world.archive.put(late)
            world.bus.publish(BarsArrived("AAPL", Interval.M1, late))
            await asyncio.sleep(100)

    world.play(acts)
    assert world.sentences == ["AAPL rose to 100.00 at 10:31 while the program was closed, and crossed it 1 more time."]
    assert len(world.disk.ledger) == 2


def test_very_many_minutes_are_looked_through_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.live.looking_back._MANY", 2)
    apart: list[bool] = []

    async def to_thread(work: Callable[..., Any], *args: Any) -> Any:
        apart.append(True)
        return work(*args)

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    world = World(AWAY, bars=minutes("10:00", flat(99), *[flat(101)] * 4), at="10:05")

    async def acts() -> None:
        await asyncio.sleep(70)

    world.play(acts)
    assert (len(world.told), bool(apart)) == (1, True)


def test_an_archive_that_cannot_be_read_is_told_and_listening_goes_on() -> None:
    world = World(AWAY, at="11:30")
    world.archive.failure = StoreUnavailable("The database does not answer.")

    async def acts() -> None:
        await asyncio.sleep(1)
        world.last(99, 101)

    world.play(acts)
    assert world.sentences[0].startswith("Whether alerts of AAPL were missed could not be found out.")
    assert [firing.price for firing in world.fired] == [101]


# ------------------------------------------------------------------------------------------- while the stream is away


def gap(first: str, last: str | None = None, service: str = "LEVELONE_EQUITIES", symbol: str = "") -> GapChanged:
    return GapChanged(Gap(service, ms(first), Cause.CONNECTION, ms(last) if last else None, symbol))


def test_a_jump_over_a_hole_fires_at_once() -> None:
    world = World(LINE)

    async def acts() -> None:
        world.last(99)
        world.bus.publish(gap("10:00:05"))
        world.bus.publish(gap("10:00:05", "10:00:09"))
        world.last(104)
        assert world.sentences == ["AAPL rose to 100.00 (last 104.00)."]
        await asyncio.sleep(300)

    world.play(acts)
    assert len(world.told) == 1


@pytest.mark.parametrize(
    ("service", "symbol", "told"),
    [
        ("LEVELONE_EQUITIES", "", 1),
        ("LEVELONE_EQUITIES", "AAPL", 1),
        ("LEVELONE_EQUITIES", "MSFT", 0),
        ("LEVELONE_FUTURES", "", 0),
        ("NYSE_BOOK", "", 0),
    ],
)
def test_there_and_back_within_a_hole_is_found_in_its_bars(service: str, symbol: str, told: int) -> None:
    world = World(LINE)

    async def acts() -> None:
        world.last(99)
        world.bus.publish(gap("10:00:05", service=service, symbol=symbol))
        await asyncio.sleep(300)
        world.bus.publish(gap("10:00:05", "10:05", service=service, symbol=symbol))
        world.last(99)
        bars = minutes("10:00", flat(99), flat(99), (99, 103, 99, 99), flat(99), flat(99))
        world.archive.put(bars)
        world.bus.publish(BarsArrived("AAPL", Interval.M1, bars))
        await asyncio.sleep(300)

    world.play(acts)
    assert world.sentences == ["AAPL rose to 100.00 at 10:02 while the stream was away."] * told


def test_a_jump_that_fired_is_not_told_once_more_by_the_bars_of_the_hole() -> None:
    world = World(replace(LINE, again=True, rearm=0.5))

    async def acts() -> None:
        world.last(99)
        world.bus.publish(gap("10:00:05"))
        await asyncio.sleep(300)
        world.bus.publish(gap("10:00:05", "10:05"))
        world.last(104)
        bars = minutes("10:00", flat(99), flat(99), *[flat(104)] * 3)
        world.archive.put(bars)
        world.bus.publish(BarsArrived("AAPL", Interval.M1, bars))
        await asyncio.sleep(300)

    world.play(acts)
    assert world.sentences == ["AAPL rose to 100.00 (last 104.00)."]


def test_who_hears_of_one_may_remove_another_that_fires_on_the_same_price() -> None:
    world = World(LINE, replace(LINE, id="b"))

    async def acts() -> None:
        world.bus.listen(AlertFired, remove_all)
        world.last(99, 101)

    def remove_all(_: AlertFired) -> None:
        for alert in world.alerting.of("AAPL"):
            world.alerting.remove(alert)

    world.play(acts)
    assert len(world.fired) == 1
    assert world.disk.kept == {}


# ------------------------------------------------------------------------------------------- without a window


def test_what_fires_while_it_is_being_kept_is_kept_too() -> None:
    world = World(LINE, replace(LINE, id="b", price=110.0))

    async def acts() -> None:
        world.last(99)
        world.disk.gate = asyncio.Event()
        world.last(101)
        await asyncio.sleep(1)  # the first of them is on its way to the disk
        world.last(111)
        world.disk.gate.set()
        await asyncio.sleep(1)
        assert [firing.alert for firing in world.disk.ledger] == ["a", "b"]

    world.play(acts)


def test_that_only_last_prices_could_not_be_kept_is_not_told() -> None:
    world = World(LINE)

    async def acts() -> None:
        world.disk.failure = StoreUnavailable("The disk is full.")
        world.last(98)
        await asyncio.sleep(200)
        assert not world.alerting.waits_for_disk(world.alerting.of("AAPL")[0])
        world.disk.failure = None
        await asyncio.sleep(61)
        assert world.disk.kept["a"].seen_price == 98

    world.play(acts)
    assert world.told == []


def test_what_fires_without_a_window_is_kept_at_once_and_shown_by_the_next_once() -> None:
    world = World(replace(LINE, note="sell"), replace(LINE, id="b", price=50.0), replace(LINE, id="c", again=True))
    world.alerting = world.another(shows=False)

    async def collects() -> None:
        world.last(99)
        await asyncio.sleep(65)
        world.last(104)  # over the line, and never on it
        await asyncio.sleep(0.01)
        assert [firing.alert for firing in world.disk.ledger] == ["a", "c"]
        assert [(each, alert.active) for each, alert in world.disk.kept.items()] == [
            ("a", False),
            ("b", True),
            ("c", True),
        ]
        world.last(99)

    world.play(collects)
    assert world.sentences == [
        "AAPL rose to 100.00 (last 104.00): sell",
        "AAPL rose to 100.00 (last 104.00).",
        "AAPL fell to 100.00 (last 99.00).",
    ]
    for shown in (
        [
            "AAPL rose to 100.00 at 10:01 while no window was open: sell",
            "AAPL rose to 100.00 at 10:01 while no window was open, and crossed it 1 more time.",
        ],
        [],
    ):
        world.told.clear()
        world.begin, world.loop = ms("10:20"), VirtualLoop()
        world.began = world.loop.now
        world.alerting = world.another()
        world.play(looks_on(world))
        assert world.sentences == shown
    assert len(world.disk.ledger) == 3


def looks_on(world: World) -> Callable[[], Coroutine[Any, Any, None]]:
    """The bars of the time are there by then, and tell of the same crossings."""
    world.archive.put(minutes("10:00", flat(99), (99, 104, 99, 99), *[flat(99)] * 18))

    async def acts() -> None:
        world.last(99)
        await asyncio.sleep(120)

    return acts


def test_what_the_disk_does_not_let_note_as_shown_is_shown_again() -> None:
    world = World(LINE)
    world.disk.not_shown = world.disk.ledger = [Firing("a", "AAPL", ms("09:31"), UP, 100.0, 101)]
    note_shown = world.disk.note_shown

    async def refuse() -> None:
        raise StoreUnavailable("The disk is full.")

    async def acts() -> None:
        await asyncio.sleep(1)

    for note in (refuse, note_shown):
        world.disk.note_shown = note  # type: ignore[method-assign]
        world.play(acts)
        world.alerting, world.loop = world.another(), VirtualLoop()
    world.loop.close()
    assert world.sentences == ["AAPL rose to 100.00 at 09:31 while no window was open."] * 2
    assert world.disk.not_shown == []


def test_a_crossing_that_a_program_without_a_window_finds_in_bars_is_shown_with_its_minute() -> None:
    world = World(AWAY, bars=minutes("10:00", flat(99), (99, 101, 99, 99.5), (99, 102, 98, 99)), at="10:03")
    world.alerting = world.another(shows=False)

    async def acts() -> None:
        world.last(99)
        await asyncio.sleep(120)

    world.play(acts)
    world.told.clear()
    world.alerting, world.loop = world.another(), VirtualLoop()
    world.play(acts)
    assert world.sentences == ["AAPL rose to 100.00 at 10:01 while no window was open."]


def test_bars_that_are_missing_of_the_time_away_are_asked_for_once() -> None:
    world = World(AWAY, at="10:10")

    async def acts() -> None:
        world.last(99)
        await asyncio.sleep(30)
        assert world.refilled == [("AAPL", ms("10:01"))]
        for number in (5, 9):  # they come in parts
            world.archive.put(minutes("10:01", *[flat(99)] * number))
            world.bus.publish(BarsArrived("AAPL", Interval.M1, ()))
            await asyncio.sleep(10)
        await asyncio.sleep(120)

    world.play(acts)
    assert len(world.refilled) == 1


def test_what_comes_once_it_has_ended_is_left_to_the_next_start() -> None:
    world = World(LINE)

    async def acts() -> None:
        world.last(99)

    world.play(acts)
    world.last(101)
    assert world.fired == []
    assert world.disk.kept["a"].active
    world.alerting, world.loop = world.another(), VirtualLoop()

    async def goes_on() -> None:
        await asyncio.sleep(1)
        world.last(101)
        await asyncio.sleep(120)

    world.play(goes_on)
    assert [firing.price for firing in world.disk.ledger] == [101]


def test_started_again_after_a_failure_it_listens_again() -> None:
    world = World(LINE)

    async def twice() -> None:
        for price in (99, 101):
            task = asyncio.create_task(world.alerting.run())
            await asyncio.sleep(0.01)
            world.last(price)
            task.cancel()
            await asyncio.wait({task})

    run(twice(), world.loop)
    assert [firing.price for firing in world.disk.ledger] == [101]
