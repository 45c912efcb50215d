"""Drawings in memory and on disk: what is done to them can be undone, and what happens when they cannot be kept."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.errors import StoreUnavailable
from monitor.live.bus import Bus
from monitor.live.events import DrawingsChanged, Level, Notice
from monitor.market.drawing import Anchor, Drawing, DrawingKind
from monitor.ui.chart.drawings.kept import Edit, KeptDrawings
from monitor.ui.chart.undo_history import UndoHistory
from monitor.ui.tasks import Tasks
from tests.support.ports import FakeDrawings, InlineTasks, until

A = Drawing("a", DrawingKind.HORIZONTAL, (Anchor(1, 10.0),))
B = Drawing("b", DrawingKind.HORIZONTAL, (Anchor(1, 20.0),), place=1)


class Heard:
    """What was told on a bus."""

    def __init__(self, bus: Bus) -> None:
        self.symbols: list[str] = []
        self.notices: list[Notice] = []
        bus.listen(DrawingsChanged, lambda event: self.symbols.append(event.symbol))
        bus.listen(Notice, self.notices.append)


class Kept(KeptDrawings):
    """Drawings over a double of the disk, their history, and what was told of them."""

    def __init__(self, port: FakeDrawings | None = None) -> None:
        bus = Bus()
        self.port, self.history, self.heard = port or FakeDrawings(), UndoHistory(), Heard(bus)
        super().__init__(self.port, self.history, InlineTasks(bus), bus)


STEPS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 5)), max_size=30)


@given(STEPS, st.integers(0, 40), st.integers(0, 40))
def test_undo_and_redo_walk_through_every_state(steps: list[tuple[str, int]], back: int, on: int) -> None:
    """0 removes; every other number is another state of the drawing of that name."""
    kept = Kept()
    port = kept.port
    states = [kept.of("AAPL")]
    for name, number in steps:
        before = next((each for each in kept.of("AAPL") if each.id == name), None)
        after = replace(A, id=name, place=number) if number else None
        kept.edit("AAPL", Edit(before, after))
        if kept.of("AAPL") != states[-1]:
            states.append(kept.of("AAPL"))
    place = len(states) - 1
    for _ in range(back):
        kept.history.undo("AAPL")
        place = max(0, place - 1)
        assert kept.of("AAPL") == states[place]
    assert kept.history.can_undo("AAPL") is (place > 0)
    for _ in range(on):
        kept.history.redo("AAPL")
        place = min(len(states) - 1, place + 1)
        assert kept.of("AAPL") == states[place]
    assert kept.history.can_redo("AAPL") is (place < len(states) - 1)
    assert set(port.kept.get("AAPL", {}).values()) == set(kept.of("AAPL"))


def test_each_symbol_has_a_history_of_its_own() -> None:
    kept = Kept()
    port, heard = kept.port, kept.heard
    kept.edit("AAPL", Edit(None, A))
    kept.edit("MSFT", Edit(None, B))
    kept.history.undo("AAPL")
    assert (kept.of("AAPL"), kept.of("MSFT")) == ((), (B,))
    assert heard.symbols == ["AAPL", "MSFT", "AAPL"]
    assert port.kept == {"AAPL": {}, "MSFT": {"b": B}}


def test_a_new_step_takes_the_place_of_what_was_undone() -> None:
    kept = Kept()
    kept.edit("AAPL", Edit(None, A))
    kept.history.undo("AAPL")
    kept.edit("AAPL", Edit(None, B))
    kept.history.redo("AAPL")
    assert kept.of("AAPL") == (B,)


def test_several_edits_are_one_step_and_no_change_is_none() -> None:
    kept = Kept()
    heard = kept.heard
    kept.edit("AAPL", Edit(None, B), Edit(None, A))
    kept.edit("AAPL", Edit(A, A))
    assert heard.symbols == ["AAPL"]
    kept.history.undo("AAPL")
    assert kept.of("AAPL") == ()
    kept.history.redo("AAPL")
    assert kept.of("AAPL") == (A, B)


def test_what_is_on_disk_is_read_once() -> None:
    port = FakeDrawings()
    port.kept["AAPL"] = {"b": B, "a": A}
    kept = Kept(port)
    heard = kept.heard
    kept.read("AAPL")
    assert kept.of("AAPL") == (A, B)
    port.kept["AAPL"] = {}
    kept.read("AAPL")
    assert kept.of("AAPL") == (A, B)
    assert heard.symbols == ["AAPL"]


def test_what_cannot_be_kept_stays_on_screen_is_said_and_goes_along_with_the_next_change() -> None:
    kept = Kept()
    port, heard = kept.port, kept.heard
    port.failure = StoreUnavailable("The disk is full.")
    kept.edit("AAPL", Edit(None, A))
    kept.edit("MSFT", Edit(None, A))
    assert kept.of("AAPL") == (A,)
    assert heard.notices[0] == Notice(Level.ERROR, "What is drawn on AAPL was not kept. The disk is full.")
    assert port.kept == {}
    port.failure = None
    kept.edit("AAPL", Edit(None, B))
    assert port.kept == {"AAPL": {"a": A, "b": B}, "MSFT": {"a": A}}


def test_a_failed_reading_is_said_and_tried_again() -> None:
    kept = Kept()
    port, heard = kept.port, kept.heard
    port.kept["AAPL"] = {"a": A}
    port.failure = StoreUnavailable("The database cannot be read.")
    kept.read("AAPL")
    assert [notice.sentence for notice in heard.notices] == [
        "The drawings of AAPL could not be read. The database cannot be read."
    ]
    port.failure = None
    kept.read("AAPL")
    assert kept.of("AAPL") == (A,)


class GatedDrawings(FakeDrawings):
    """Answers when the test opens the gate."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.calls: list[tuple[str, list[str], list[str]]] = []

    async def of(self, symbol: str) -> list[Drawing]:
        await self.gate.wait()
        return await super().of(symbol)

    async def keep(self, symbol: str, put: Sequence[Drawing], removed: Sequence[str] = ()) -> None:
        self.calls.append((symbol, [each.id for each in put], list(removed)))
        await self.gate.wait()
        await super().keep(symbol, put, removed)


@pytest.fixture
def gated() -> tuple[KeptDrawings, GatedDrawings]:
    bus, port = Bus(), GatedDrawings()
    return KeptDrawings(port, UndoHistory(), Tasks(bus), bus), port


async def test_what_is_done_while_the_disk_answers_stands(gated: Any) -> None:
    kept, port = gated
    port.kept["AAPL"] = {"a": A, "b": B}
    kept.read("AAPL")
    moved = replace(A, anchors=(Anchor(9, 9.0),))
    kept.edit("AAPL", Edit(None, moved))
    await asyncio.sleep(0)
    port.gate.set()
    await until(lambda: len(kept.of("AAPL")) == 2)
    assert kept.of("AAPL") == (moved, B)


async def test_edits_made_while_one_is_kept_follow_in_order_with_their_last_state(gated: Any) -> None:
    kept, port = gated
    kept.edit("AAPL", Edit(None, A))
    await until(lambda: port.calls)
    for place in range(1, 5):
        kept.edit("AAPL", Edit(replace(A, place=place - 1), replace(A, place=place)))
    kept.edit("AAPL", Edit(None, B))
    kept.edit("AAPL", Edit(B, None))
    kept.edit("MSFT", Edit(None, B))
    port.gate.set()
    await until(lambda: "MSFT" in port.kept)
    assert port.kept == {"AAPL": {"a": replace(A, place=4)}, "MSFT": {"b": B}}
    assert port.calls == [("AAPL", ["a"], []), ("AAPL", ["a"], ["b"]), ("MSFT", ["b"], [])]
