"""A session of mouse and keys on a chart that the real market moves: nothing breaks, jumps, grows or is left behind."""

import asyncio
import gc
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from monitor.analysis.indicators import IndicatorSeries, Settings
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.view import ChartView
from tests.support.hands import ACTS, Hands
from tests.support.ports import until
from tests.support.replayed_session import OPEN_MS, ReplayedSession, replayed_session, stored_minutes

#: Frames of the screen in the half hour of market time that is played, and in the short session of every run.
_WHOLE, _SHORT = 4_500, 300
#: Ticks over which work is counted, and of how many bars more each may be: TA-Lib's handles are kept each 64 bars.
_TICKS, _MORE = 20, 150
#: What a long session may leave behind in memory: caches of fonts and pixels, and the recorder's.
_LEFT_MB = 25
#: What a person drew can be undone without end, and the shapes of some drawings are remembered.
_KEPT = frozenset({"Edit", "Shape", "Label", "Line"})


class Work:
    """Counts what ticks make the chart do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.counts: Counter[str] = Counter()
        self._count(monkeypatch, ChartView, "paintEvent", "paints", lambda _: 1)
        self._count(monkeypatch, ChartView, "_paint_still", "pictures", lambda _: 1)
        self._count(monkeypatch, ChartBars, "rows", "bars read", len)
        self._count(monkeypatch, ChartBars, "merge", "bins", len)
        self._count(monkeypatch, ChartBars, "_write", "bars written", lambda _: 1)
        update = IndicatorSeries.update

        def counted(series: IndicatorSeries, bars: Any, first: int) -> int:
            begin = update(series, bars, first)
            self.counts["values"] += len(bars) - begin
            return begin

        monkeypatch.setattr(IndicatorSeries, "update", counted)

    def _count(self, monkeypatch: pytest.MonkeyPatch, of: type, name: str, word: str, amount: Any) -> None:
        does = getattr(of, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            result = does(*args, **kwargs)
            self.counts[word] += amount(result)
            return result

        monkeypatch.setattr(of, name, counted)

    async def of_ticks(self, hands: Hands) -> dict[str, float]:
        """What a tick that brings no new bar makes the chart do, with some indicators on it."""
        await hands.begin_anew()
        chart = hands.session.chart
        chart.indicators.want([Settings(name) for name in ("EMA", "RSI", "VWAP", "VOLUME_PROFILE")])
        await hands.session.settled()
        hands.view.point_at(None)
        await hands.rest(2)
        last = chart.view.scene.bars.rows(len(chart.view.scene.bars) - 1)
        self.counts.clear()
        for number in range(_TICKS):
            last["close"] += 0.001 if number % 2 else -0.001  # within the room that scales leave
            chart.view.put_bars(last)
            chart._put_tail()
            chart.view.grab()
        return {word: count / _TICKS for word, count in self.counts.items()}


async def alive(hands: Hands) -> Counter[str]:
    """How many objects of each type of the chart's there are, and of Qt's on it, with the chart as at the beginning."""
    await hands.begin_anew()
    await hands.session.settled()
    await hands.rest(3)
    gc.collect()
    kinds = (type(each) for each in gc.get_objects())
    ours = ("monitor.ui.chart", "monitor.analysis.indicators")
    found = Counter(kind.__qualname__ for kind in kinds if str(kind.__module__).startswith(ours))
    for kind in _KEPT:
        del found[kind]
    found["QObject"] = len(hands.session.chart.findChildren(QObject))
    await until(lambda: len(asyncio.all_tasks()) == 1)  # what is being read is read to its end, and nothing more
    found["tasks"] = len(asyncio.all_tasks())
    return found


def resident_mb() -> float:
    """Memory in use, in MB."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


async def shows_what_is_known(hands: Hands) -> None:
    """The minutes shown are those on disk, and the last is the board's."""
    session = hands.session
    await hands.begin_anew()
    stored = await stored_minutes(session, "AAPL")
    bars, running = session.chart.view.scene.bars, session.board.running_bar("AAPL")
    assert running is not None
    shown = bars.rows(bars.place(int(stored["start"][0])))
    assert np.array_equal(shown[: len(stored)], stored)
    assert len(shown) - len(stored) in (0, 1)
    if len(shown) > len(stored):
        assert (shown["start"][-1], shown["close"][-1]) == (running.start, running.close)
        assert shown["high"][-1] >= running.high
        assert shown["low"][-1] <= running.low
        assert shown["volume"][-1] >= running.volume


def nothing_went_wrong(session: ReplayedSession, caplog: pytest.LogCaptureFixture, qtlog: Any) -> None:
    """Exceptions in slots make pytest-qt fail the test by itself."""
    assert session.errors == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    told = [record.message for record in qtlog.records]
    assert [each for each in told if not each.startswith("This plugin does not support")] == []  # the offscreen one


def not_more(before: dict[str, float], after: dict[str, float]) -> None:
    """A tick is as much work at the end as at the beginning; some bars more where a handle has a kept one before it."""
    assert (before["paints"], after["paints"]) == (1, 1)
    assert before.get("pictures", 0) == after.get("pictures", 0) == 0
    assert {
        word: (before.get(word, 0), count) for word, count in after.items() if count > before.get(word, 0) + _MORE
    } == {}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


async def play(session: ReplayedSession, work: Work, seed: int, warm: int, frames: int) -> Hands:
    """Hands on the chart for so many frames, of which the first ones warm it up: then nothing grows any more."""
    session.window.show()
    hands = Hands(session, seed)
    await hands.rest(10)
    await hands.act(warm)
    before, there, memory = await work.of_ticks(hands), await alive(hands), resident_mb()
    await hands.act(frames - warm)
    await shows_what_is_known(hands)
    not_more(before, await work.of_ticks(hands))
    left = {kind: (there[kind], count) for kind, count in (await alive(hands)).items() if count > there[kind]}
    assert left == {}
    assert resident_mb() < memory + _LEFT_MB
    assert min(hands.seen[what] for what in ("ticks while held", "histories while held", "frames compared")) > 0, (
        hands.seen
    )
    return hands


@pytest.mark.timeout(400)
async def test_hands_on_a_living_chart(
    shared: Path, tmp_path: Path, qtbot: QtBot, caplog: pytest.LogCaptureFixture, qtlog: Any, work: Work
) -> None:
    async with replayed_session(shared, tmp_path) as session:
        qtbot.addWidget(session.window)
        await play(session, work, 1, _SHORT // 3, _SHORT)
        nothing_went_wrong(session, caplog, qtlog)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [11, 12])
async def test_half_an_hour_of_hands(
    shared: Path, tmp_path: Path, qtbot: QtBot, caplog: pytest.LogCaptureFixture, qtlog: Any, work: Work, seed: int
) -> None:
    async with replayed_session(shared, tmp_path) as session:
        qtbot.addWidget(session.window)
        session.paced = True
        hands = await play(session, work, seed, _WHOLE // 4, _WHOLE)
        assert session.now_ms - OPEN_MS >= 30 * 60_000
        assert len(hands.done) == ACTS
        nothing_went_wrong(session, caplog, qtlog)
