"""Bars on their way from the archive to the view."""

import threading

import pytest

from monitor.ui.chart.reading import made_ready
from monitor.ui.chart.series import ChartBars
from tests.support.bars import walk


@pytest.mark.parametrize(("count", "elsewhere"), [(60_000, True), (600, False)])
async def test_many_bars_are_merged_off_the_loop(count: int, elsewhere: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    ready = ChartBars.ready

    def noted(bars: ChartBars) -> ChartBars:
        threads.append(threading.get_ident())
        return ready(bars)

    monkeypatch.setattr(ChartBars, "ready", noted)
    assert len(await made_ready(walk(count))) == count
    assert bool(threads) is elsewhere
    assert threading.get_ident() not in threads
