"""A session of mouse and keys on a chart that the real market moves: nothing breaks, jumps, grows or is left behind."""

import gc
import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from tests.support.hands import Hands
from tests.support.replayed_session import ReplayedSession, replayed_session, stored_minutes


def alive() -> Counter[str]:
    """How many objects there are of each type of the chart's."""
    gc.collect()
    names = (type(each) for each in gc.get_objects())
    return Counter(
        kind.__qualname__
        for kind in names
        if kind.__module__.startswith(("monitor.ui.chart", "monitor.analysis.indicators"))
    )


async def held_true(hands: Hands, caplog: pytest.LogCaptureFixture, qtlog: object) -> None:
    """What must hold at any time: the last bar is the board's, and nothing went wrong."""
    session = hands.session
    await hands.begin_anew()
    await session.settled()
    session.feed()
    bars, running = session.chart.view.scene.bars, session.board.running_bar("AAPL")
    assert running is not None
    stored = await stored_minutes(session, "AAPL")
    if running.start == bars.start[-1] and running.start not in stored["start"]:
        assert bars.rows(len(bars) - 1)["close"][0] == running.close
    shown = bars.rows(bars.place(int(stored["start"][0])))
    assert np.array_equal(shown[: len(stored)], stored)
    assert len(shown) - len(stored) in (0, 1)
    assert session.errors == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    messages = [record.message for record in qtlog.records]  # type: ignore[attr-defined]
    assert [each for each in messages if "propagateSizeHints" not in each] == []


async def test_hands_on_a_living_chart(
    shared: Path, tmp_path: Path, qtbot: QtBot, caplog: pytest.LogCaptureFixture, qtlog: object
) -> None:
    async with replayed_session(shared, tmp_path) as session:
        qtbot.addWidget(session.window)
        session.window.show()
        hands = Hands(session, seed=1)
        await hands.begin_anew()
        await hands.act(300)
        await held_true(hands, caplog, qtlog)
        print(hands.done, hands.seen)
