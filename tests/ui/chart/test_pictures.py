"""Every kind of chart, in every palette, near and far, beside the picture of it that was looked at and kept.

Only the prices are compared, which have no words, so that fonts make no difference. After a change that is wanted,
``KEEP_PICTURES=1 pytest tests/ui/chart/test_pictures.py`` keeps what is painted now; look at it before it is committed.
"""

import os
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from monitor.analysis.indicators import IndicatorSeries, Settings
from monitor.analysis.indicators import Pane as Where
from monitor.market.bar import BarSeries, Interval
from monitor.ui.chart.compare.compared import Compared, State
from monitor.ui.chart.compare.line import aligned
from monitor.ui.chart.indicators.shown import Shown
from monitor.ui.chart.kinds import Kind
from monitor.ui.chart.looks import Looks
from monitor.ui.chart.panes import Pane
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.view import ChartView
from monitor.ui.palettes import Palette
from monitor.ui.theme import Theme
from tests.support.bars import walk
from tests.support.ports import open_day

PICTURES = Path(__file__).parent / "pictures"
SIZE, SMALL, AXIS = (460, 280), (340, 220), 62
#: Before the axis stand the names of compared symbols.
NAMES = 40
#: Of a thousand pixels so many may differ: smooth lines are rounded in more than one way.
_MOST_DIFFERENT = 4
_NOTICED = 24


@pytest.fixture(autouse=True)
def application_as_it_was(qapp: QApplication) -> Iterator[None]:
    yield
    Theme().use(dark=True)


def bars() -> BarSeries:
    made = np.concatenate([walk(390, 3, open_day() - 86_400_000), walk(390, 4, open_day())])
    made["volume"] = np.random.default_rng(1).integers(100, 9_000, len(made))
    return made


def others(chart: BarSeries) -> list[Compared]:
    """Three lines: one with a bar for each of the chart's, one that begins and ends within them, one with holes."""
    found = []
    chosen = (slice(None), slice(500, 760), np.random.default_rng(2).random(len(chart)) < 0.2)
    for number, rows in enumerate(chosen, 1):
        other = walk(len(chart), 10 + number, 0)
        other["start"] = chart["start"]
        own = ChartBars(other[rows])
        compared = Compared(f"S{number}", number)
        compared.bars = own
        compared.draw(aligned(chart["start"], own.start, own.close), ChartBars(chart), len(chart))
        compared.turn(State.SHOWN)
        found.append(compared)
    return found


def painted(
    qtbot: QtBot,
    dark: bool,
    looks: Looks,
    bar_px: float,
    *indicators: str,
    palette: Palette = Palette.GREEN_RED,
    size: tuple[int, int] = SIZE,
    comparing: bool = False,
) -> QImage:
    theme = Theme(dark)
    theme.choose(palette)
    view = ChartView(theme, lambda: 0)
    qtbot.addWidget(view)
    view.resize(size[0], size[1] + 120 * comparing)
    font = view.font()
    font.setPointSize(6)  # so small that the axis is as wide as it is at least, whatever the font
    view.setFont(font)
    view.set_looks(looks)
    view.show()
    series = bars()
    view.show_bars("AAPL", Interval.M1, series)
    view.scene.compared = others(series) if comparing else []
    view.scene.viewport.bar_px = bar_px
    view.scene.viewport.go_latest()
    shown = [
        Shown(settings, IndicatorSeries(settings, series), None if settings.pane is Where.PRICES else Pane())
        for settings in map(Settings, indicators)
    ]
    view.show_indicators(shown)
    image = view.grab().toImage()
    top = 34 + 18 * len([*view.scene.compared, *(each for each in shown if each.pane is None)])
    return image.copy(0, top, image.width() - AXIS - NAMES * comparing, image.height() - top - 26)


def compare(image: QImage, name: str) -> None:
    kept = PICTURES / f"{name}.png"
    if os.environ.get("KEEP_PICTURES"):
        image.save(str(kept))
    expected = pixels(QImage(str(kept)))
    found = pixels(image)
    assert found.shape == expected.shape
    different = (np.abs(found.astype(int) - expected) > _NOTICED).any(axis=2)
    assert different.sum() * 1000 <= _MOST_DIFFERENT * different.size, f"{different.sum()} pixels of {name} differ"


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[:, :, :3].copy()


@pytest.mark.parametrize("bar_px", [8.0, 0.8])
@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_looks_as_it_did(qtbot: QtBot, kind: Kind, dark: bool, bar_px: float) -> None:
    name = f"{kind.value}-{'dark' if dark else 'light'}-{'near' if bar_px > 1 else 'far'}"
    compare(painted(qtbot, dark, Looks(kind=kind), bar_px), name)


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
@pytest.mark.parametrize("palette", [palette for palette in Palette if palette is not Palette.GREEN_RED])
@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_looks_as_it_did_in_each_palette(qtbot: QtBot, kind: Kind, palette: Palette, dark: bool) -> None:
    image = painted(qtbot, dark, Looks(kind=kind), 8.0, palette=palette, size=SMALL)
    compare(image, f"{kind.value}-{palette}-{'dark' if dark else 'light'}")


def test_palettes_do_not_look_like_each_other() -> None:
    """What is kept would otherwise be worth nothing."""
    for scheme in ("dark", "light"):
        kept = [pixels(QImage(str(PICTURES / f"candles-{palette}-{scheme}.png"))) for palette in list(Palette)[1:]]
        for one, other in combinations(kept, 2):
            different = (np.abs(one.astype(int) - other) > _NOTICED).any(axis=2)
            assert different.sum() * 1000 > _MOST_DIFFERENT * 10 * different.size


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        ("logarithmic", Looks(logarithmic=True)),
        ("inverted", Looks(inverted=True)),
        ("centred", Looks(centred=True)),
    ],
)
def test_each_scale_looks_as_it_did(qtbot: QtBot, name: str, looks: Looks) -> None:
    compare(painted(qtbot, True, looks, 5.0), name)


@pytest.mark.parametrize("name", ["BBANDS", "SAR", "VWAP"])
def test_indicators_over_the_prices_look_as_they_did(qtbot: QtBot, name: str) -> None:
    compare(painted(qtbot, True, Looks(), 6.0, name), name)


@pytest.mark.parametrize("bar_px", [8.0, 0.8])
@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_compared_symbols_look_as_they_did(qtbot: QtBot, dark: bool, bar_px: float) -> None:
    name = f"compare-{'dark' if dark else 'light'}-{'near' if bar_px > 1 else 'far'}"
    compare(painted(qtbot, dark, Looks(percent=True), bar_px, comparing=True), name)
