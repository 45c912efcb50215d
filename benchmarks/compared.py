"""A pan over a chart that is compared with four other symbols of as many bars, beside the chart alone.

``python -m benchmarks.compared`` tells milliseconds to pixels, and how long bringing a symbol in step takes.
"""

import os
from collections.abc import Sequence

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.charts import random_bars
from benchmarks.peers.hands import SIZE, pans, percentile, timed
from benchmarks.report import report
from monitor.market.bar import BarSeries, Interval
from monitor.ui.chart.compare.compared import Compared
from monitor.ui.chart.compare.line import aligned
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.view import ChartView
from monitor.ui.theme import Theme

BARS, COMPARED = 1_000_000, 4


def others(bars: BarSeries) -> tuple[list[Compared], float]:
    """Symbols with a bar in most of these minutes, and the ms it takes to bring one in step with them."""
    found, took = [], []
    for number in range(1, COMPARED + 1):
        compared = Compared(f"S{number}", number)
        own = ChartBars(random_bars(len(bars), number)[np.random.default_rng(number).random(len(bars)) < 0.95])
        compared.bars = own
        took.append(timed(lambda own=own: aligned(bars["start"], own.start, own.close)))
        compared.draw(aligned(bars["start"], own.start, own.close), ChartBars(bars), len(bars))
        found.append(compared)
    return found, percentile(took, 50)


def panned(bars: BarSeries, compared: Sequence[Compared]) -> list[float]:
    """Milliseconds of each pan with half of the bars in view."""
    view = ChartView(Theme(), lambda: 0)
    view.scene.compared = list(compared)
    view.resize(*SIZE)
    view.show()
    QApplication.processEvents()
    view.show_bars("AAPL", Interval.M1, ChartBars(bars).ready())

    def look(first: float, last: float) -> None:
        viewport = view.scene.viewport
        viewport.bar_px, viewport.right = viewport.width / (last - first), last
        view.refresh()
        view.repaint()

    look(0, len(bars))
    times = [timed(lambda place=place: look(*place)) for place in pans(len(bars))]
    view.close()
    return times


def main() -> None:
    application = QApplication.instance() or QApplication([])
    bars = random_bars(BARS)
    compared, in_step = others(bars)
    alone, beside = panned(bars, ()), panned(bars, compared)
    figures = {"in_step_ms": in_step}
    for name, times in (("alone", alone), (f"beside_{COMPARED}", beside)):
        figures |= {f"{name}_pan_p50_ms": percentile(times, 50), f"{name}_pan_p95_ms": percentile(times, 95)}
    report("compared", figures)
    application.processEvents()


if __name__ == "__main__":
    main()
