"""The kinds of chart: a tick paints what a whole paint would, panning changes no pixel, no spike is lost."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from monitor.market.bar import BAR_DTYPE, BarSeries, Interval
from monitor.ui.chart.kinds import Kind, volume
from monitor.ui.chart.kinds.heikin_ashi import LEAD, heikin_ashi
from monitor.ui.chart.looks import Looks
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.view import ChartView
from monitor.ui.theme import Theme
from tests.support.bars import walk

Make = Callable[..., ChartView]
WIDTH, HEIGHT = 700, 400


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    """A chart of these bars, each ``bar_px`` wide."""
    theme = Theme()

    def build(bars: BarSeries, looks: Looks, bar_px: float = 7.0) -> ChartView:
        view = ChartView(theme, lambda: 0)
        qtbot.addWidget(view)
        view.resize(WIDTH, HEIGHT)
        view.set_looks(looks)
        view.show()
        view.show_bars("AAPL", Interval.M1, bars)
        view.scene.viewport.bar_px = bar_px
        view.scene.viewport.go_latest()
        view.refresh()
        view.grab()  # so that it is laid out
        return view

    return build


def plot(view: ChartView, right: int = 0) -> QImage:
    """The plot as painted, without the legend and the dashed line of the last price's tag."""
    area = view.scene.plot
    return view.grab(QRect(right, 34, area.width() - right, area.height() - 34)).toImage()


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()


@pytest.mark.parametrize("bar_px", [11.0, 1.3, 0.05])
@pytest.mark.parametrize("kind", list(Kind))
def test_ticks_paint_what_painting_all_anew_does(make: Make, kind: Kind, bar_px: float) -> None:
    bars = walk(40_000)
    view = make(bars[:-1], Looks(kind=kind), bar_px)
    last = bars[-1:].copy()
    for close in (0.02, -0.03, 0.01):
        last["close"] = bars["close"][-2] + close
        last["high"], last["low"] = max(last["close"], last["open"]), min(last["close"], last["open"])
        view.put_bars(last)
        view.grab()
    whole = make(np.concatenate([bars[:-1], last]), Looks(kind=kind), bar_px)
    assert np.array_equal(pixels(plot(view)), pixels(plot(whole)))


@pytest.mark.parametrize("bar_px", [9.0, 0.3, 0.02])
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.BASELINE])
def test_panning_moves_pixels_and_changes_none(make: Make, kind: Kind, bar_px: float) -> None:
    view = make(walk(30_000), Looks(kind=kind), bar_px)
    scene = view.scene
    scene.viewport.pan(-3_000 if bar_px < 1 else -200)
    view.refresh()
    view.grab()
    scene.scale.stretch(1.4)  # by hand, so that heights stay
    view.refresh()
    before = bare(view)
    columns = 80
    scene.viewport.right -= columns / bar_px
    view.refresh()
    after = bare(view)
    inner = slice(12, -12)  # a line's first and last piece is cut by the edge
    there, here = before[:, :-columns][:, inner], after[:, columns:][:, inner]
    smooth = kind in {Kind.LINE, Kind.AREA} and bar_px > 1  # Qt rounds a smooth line's edge by where it lies
    assert (there != here).sum() <= (0.05 * there.sum() if smooth else 0)
    assert there.sum() > 100


def bare(view: ChartView) -> np.ndarray:
    """Where the still layer shows bars; volume, which is as high as what is in view lets it be, is left out."""
    view.grab()
    image = pixels(view._still.toImage())[: int(HEIGHT * 0.75), : view.scene.plot.width()]
    ink = {view.scene.colours.colour(name).rgb() for name in ("up", "down", "accent")}
    return np.isin(image, np.array(sorted(ink), np.uint32))


@pytest.mark.parametrize("bar_px", [0.02, 0.3, 1.0, 1.7])
def test_the_foot_of_the_volume_is_what_its_columns_would_be(
    make: Make, bar_px: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = walk(60_000)
    view = make(bars, Looks(), bar_px)
    found = pixels(plot(view))
    monkeypatch.setattr(volume, "_MANY", len(bars))
    view.refresh()
    assert np.array_equal(found, pixels(plot(view)))


SPIKE = 6_123_451


@pytest.fixture(scope="module")
def ten_million() -> ChartBars:
    """All at the same price, but for one."""
    bars = np.zeros(10_000_000, BAR_DTYPE)
    bars["start"] = np.arange(len(bars)) * 60_000
    for name in ("open", "high", "low", "close"):
        bars[name] = 100.0
    bars["high"][SPIKE] = bars["close"][SPIKE] = 300.0
    return ChartBars(bars).ready()


@pytest.mark.parametrize("kind", list(Kind))
def test_a_spike_in_ten_million_bars_is_seen_at_every_zoom(make: Make, kind: Kind, ten_million: ChartBars) -> None:
    view = make(ten_million, Looks(kind=kind), 0.00001)
    viewport = view.scene.viewport
    bar_px = viewport.bar_px
    while bar_px < 40:
        viewport.bar_px = bar_px
        viewport.right = min(SPIKE + viewport.span * 0.37, len(ten_million))
        view.refresh()
        columns = np.flatnonzero(inked(plot(view))[: HEIGHT // 4].any(axis=0))
        expected, last = viewport.left_of([SPIKE, SPIKE + 1]).tolist()
        assert len(columns), f"nothing at {bar_px} pixels a bar"
        # A line leads up to it and down again, and the average bars of Heikin-Ashi remember it for a while.
        beside = 2 + round(bar_px * {Kind.LINE: 1, Kind.AREA: 1, Kind.BASELINE: 1, Kind.HEIKIN_ASHI: 4}.get(kind, 0))
        assert expected - beside <= columns[0], f"{columns} at {bar_px} pixels a bar"
        assert columns[-1] <= last + beside, f"{columns} at {bar_px} pixels a bar"
        bar_px *= 1.9


def inked(image: QImage) -> np.ndarray:
    """Where there is a colour, as only bars have one: all else up there is grey, nearly."""
    channels = pixels(image).view(np.uint8).reshape(image.height(), image.width(), 4)[:, :, :3]
    return np.ptp(channels, axis=2) > 60


def test_heikin_ashi_by_its_definition() -> None:
    bins = ChartBars(walk(200)).merge(0, 200, 1)
    found = heikin_ashi(bins)
    opened, closed = (bins.open[0] + bins.close[0]) / 2, 0.0
    for n in range(200):
        closed = (bins.open[n] + bins.high[n] + bins.low[n] + bins.close[n]) / 4
        assert (found.open[n], found.close[n]) == (opened, closed)
        assert (found.high[n], found.low[n]) == (max(bins.high[n], opened, closed), min(bins.low[n], opened, closed))
        opened = (opened + closed) / 2


def test_heikin_ashi_does_not_depend_on_where_the_view_begins() -> None:
    bars = ChartBars(walk(600))
    whole, part = (heikin_ashi(bars.merge(first, 600, 1)) for first in (0, 300))
    assert np.allclose(whole.open[300 + LEAD :], part.open[LEAD:], rtol=1e-15, atol=0)


def test_hollow_candles_are_hollow_where_they_closed_above_their_open(make: Make) -> None:
    bars = walk(60)
    for kind, inside in ((Kind.CANDLES, "up"), (Kind.HOLLOW, "panel")):
        view = make(bars, Looks(kind=kind), 30.0)
        scene = view.scene
        rising = np.flatnonzero(scene.bins.close - scene.bins.open > 0.05)[:5]
        image = view.grab().toImage()
        for bin_ in rising:
            x = int(scene.viewport.centre_of(scene.bins.index[bin_])) + 6
            y = int(scene.scale.y((scene.bins.open[bin_] + scene.bins.close[bin_]) / 2))
            assert image.pixelColor(x, y) == scene.colours.colour(inside)
