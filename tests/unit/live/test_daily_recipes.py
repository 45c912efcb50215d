"""Daily recipes: made once a day by one program after the other, made up for, and what failed is told."""

import asyncio
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.errors import Unusable
from monitor.live.bus import Bus
from monitor.live.daily_recipes import DailyRecipes
from monitor.live.events import Level, Notice
from monitor.ports import ExportResult, Recipe, Recipes
from tests.support.builders import ms
from tests.support.ports import FakeExporter, FakePreferences, FakeRecorder
from tests.support.virtual_time import VirtualLoop, run

FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)
RECIPE = Recipe("mine", "bars", ("SPY",), "/data", days=1, daily_at="16:30")
FULL = Unusable("/data/mine-2026-11-20.csv cannot be written: No space left on device.", "errno 28")


class World:
    """One profile, which programs have in turn."""

    def __init__(self, *recipes: Recipe) -> None:
        self.preferences, self.exporter, self.recorder = FakePreferences(), FakeExporter(), FakeRecorder()
        self.told: list[Notice] = []
        for recipe in recipes:
            Recipes(self.preferences).save(recipe, ms("12:00", FRIDAY))

    def has(self, first: str, last: str, *, window: bool = False, day: date = FRIDAY) -> list[str]:
        """A program has the profile from ``first`` to ``last``: what is told meanwhile."""
        loop, bus, told = VirtualLoop(), Bus(), list[Notice]()
        bus.listen(Notice, told.append)
        began = loop.now
        work = DailyRecipes(
            Recipes(self.preferences),
            *(self.exporter, self.recorder, bus),
            sandbox=False,
            shows=window,
            now_ms=lambda: ms(first, day) + round((loop.now - began) * 1000),
        )

        async def for_a_while() -> None:
            task = asyncio.create_task(work.run())
            await asyncio.wait({task}, timeout=(ms(last, day) - ms(first, day)) / 1000)
            assert not task.done()

        run(for_a_while(), loop)
        self.told += told
        return [notice.sentence for notice in told]

    @property
    def made(self) -> list[str]:
        return [request.out.name for request in self.exporter.requests]


WROTE = "The recipe “mine” wrote 1,000 rows to mine-2026-11-20.csv."


def test_it_is_made_when_it_falls_due_and_once_although_programs_take_turns() -> None:
    world = World(RECIPE, replace(RECIPE, name="asked for", daily_at=""))
    assert world.has("16:00", "16:29:30") == []
    assert world.has("16:29:40", "17:00") == [WROTE]
    assert world.has("17:00:05", "18:00", window=True) == []
    assert world.has("18:00:05", "18:30") == []
    assert world.made == ["mine-2026-11-20.csv"]


@pytest.mark.parametrize("window", [True, False])
def test_the_last_one_that_was_missed_is_made_up_for_once_and_said(window: bool) -> None:
    world = World(RECIPE)
    missed = "The recipe “mine” was missed on Fri 20 Nov 16:30 ET; it is made now."
    assert world.has("09:00", "09:30", window=window, day=SATURDAY) == [missed, WROTE]
    assert world.has("09:31", "10:00", window=not window, day=SATURDAY) == []
    assert world.made == ["mine-2026-11-20.csv"]


def test_one_that_is_cut_short_is_made_by_the_next_program() -> None:
    world = World(RECIPE)
    world.exporter.gate = asyncio.Event()
    assert world.has("16:30:05", "16:31") == []
    world.exporter.gate = None
    assert world.has("16:31:05", "16:32", window=True) == [WROTE]


def test_what_the_closing_database_stopped_is_made_by_the_next_program(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(RECIPE)

    async def stopped(*_: object) -> None:
        return None

    with monkeypatch.context() as patched:
        patched.setattr(world.exporter, "export", stopped)
        assert world.has("16:30:05", "16:30:10") == []
    assert world.has("16:31", "16:32") == [WROTE]


def test_one_that_fails_is_told_everywhere_and_by_the_next_window_once() -> None:
    world = World(RECIPE, replace(RECIPE, name="other"))
    world.exporter.failure = FULL
    sentence = f"The recipe “mine” of Fri 20 Nov 16:30 ET was not made. {FULL.sentence}"
    assert world.has("16:30:05", "17:00") == [sentence, sentence.replace("“mine”", "“other”")]
    assert {(notice.level, notice.detail) for notice in world.told} == {(Level.ERROR, "errno 28")}
    assert world.recorder.audits == [("export", notice.sentence) for notice in world.told]
    world.exporter.failure = None
    assert world.has("17:01", "17:30") == []  # it is tried again the next day
    assert world.has("17:31", "18:00", window=True) == [notice.sentence for notice in world.told[:2]]
    assert world.has("18:01", "19:00", window=True) == []


def test_what_fails_in_a_window_is_not_told_by_the_next() -> None:
    world = World(RECIPE)
    world.exporter.failure = FULL
    assert len(world.has("16:30:05", "17:00", window=True)) == 1
    assert world.has("17:01", "17:30", window=True) == []


def test_one_that_breaks_costs_itself_alone(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    world = World(replace(RECIPE, name="odd"), RECIPE)
    real = world.exporter.export

    async def export(request: object, *rest: object) -> object:
        if "odd" in str(request):
            raise ZeroDivisionError
        return await real(request, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(world.exporter, "export", export)
    told = world.has("16:30:05", "17:00")
    assert told[0].endswith("was not made. Something went wrong; the log has the details.")
    assert told[1:] == [WROTE]
    assert "ZeroDivisionError" in caplog.text


def test_one_that_is_asked_for_is_as_of_now_and_days_that_could_not_be_read_are_said() -> None:
    world, bus = World(), Bus()
    bus.listen(Notice, world.told.append)

    async def export(request: object, *_: object) -> object:
        return ExportResult(1, Path("/data/x.csv"), ("19 Nov is missing.",))

    world.exporter.export = export  # type: ignore[assignment,method-assign]
    work = DailyRecipes(
        Recipes(world.preferences), world.exporter, world.recorder, bus, sandbox=True, now_ms=lambda: ms("12:00")
    )
    asyncio.run(work.make(RECIPE))
    assert world.told == [
        Notice(Level.WARNING, "The recipe “mine” wrote 1 row to x.csv. 19 Nov is missing.", "/data/x.csv")
    ]
