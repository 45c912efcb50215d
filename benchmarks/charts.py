"""First paint, pan and live tick of the chart, beside pyqtgraph's own candlestick example in the same run.

``python -m benchmarks.charts`` prints a table and ends with one line of JSON; times are milliseconds to pixels.
"""

import json
import os
import time
from collections.abc import Callable, Sequence

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPicture
from PySide6.QtWidgets import QApplication, QWidget

from monitor.market.bar import BAR_DTYPE, BarSeries, Interval
from monitor.ui.chart.compare.compared import Compared
from monitor.ui.chart.compare.line import aligned
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.view import ChartView
from monitor.ui.theme import Theme

SIZE = (1280, 720)
SIZES = (10_000, 1_000_000, 10_000_000)
#: So many other symbols, each with as many bars, are compared with in a run of their own.
COMPARED = 4
PANS, PEER_PANS, TICKS = 120, 5, 200


def random_bars(count: int, seed: int = 7) -> BarSeries:
    """A random walk of minute bars on weekdays from 07:00 to 20:00, the same every time."""
    walk = np.random.default_rng(seed)
    bars = np.empty(count, BAR_DTYPE)
    days, minute = np.divmod(np.arange(count), 780)
    weeks, weekday = np.divmod(days, 5)
    bars["start"] = 1_000_000_800_000 + (weeks * 7 + weekday) * 86_400_000 + minute * 60_000
    bars["close"] = 500 + np.cumsum(walk.normal(0, 0.05, count)).clip(-400, None)
    bars["open"] = np.r_[500.0, bars["close"][:-1]]
    spread = np.abs(walk.normal(0, 0.05, count))
    bars["high"] = np.maximum(bars["open"], bars["close"]) + spread
    bars["low"] = np.minimum(bars["open"], bars["close"]) - spread
    bars["volume"] = walk.integers(100, 50_000, count)
    return bars


def timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


def percentile(times: list[float], percent: float) -> float:
    return round(float(np.percentile(times, percent)), 2)


def comparing(count: int) -> dict[str, float]:
    """The same figures with other symbols beside it, and how long bringing one in step with the bars takes."""
    bars = random_bars(count)
    found, took = [], []
    for number in range(1, COMPARED + 1):
        other = random_bars(count, number)
        own = ChartBars(other[np.random.default_rng(number).random(count) < 0.95])
        compared = Compared(f"S{number}", number)
        compared.bars, begin = own, time.perf_counter()
        values = aligned(bars["start"], own.start, own.close)
        took.append((time.perf_counter() - begin) * 1000)
        compared.draw(values, ChartBars(bars), count)
        found.append(compared)
    return ours(count, found) | {"in_step": percentile(took, 50)}


def ours(count: int, compared: Sequence[Compared] = ()) -> dict[str, float]:
    """Figures of the chart with ``count`` bars: the latest bars, all bars, and pans with half of them in view."""
    bars = random_bars(count)
    view = ChartView(Theme(), lambda: int(bars["start"][-1]) + 1000)
    view.scene.compared = list(compared)
    view.resize(*SIZE)
    view.show()
    QApplication.processEvents()

    def first(all_in_view: bool) -> None:
        view.show_bars("AAPL" if all_in_view else "MSFT", Interval.M1, bars)
        if all_in_view:
            view.scene.viewport.zoom(1e-9, 0)
        view.refresh()
        view.repaint()

    figures = {"first_latest": timed(lambda: first(False)), "first_all": timed(lambda: first(True))}
    view.scene.viewport.zoom(2, 0)
    pans = [timed(lambda: pan(view, -view.scene.viewport.span / 100)) for _ in range(PANS)]
    view.go_latest()
    view.repaint()
    ticks = [timed(lambda: tick(view)) for _ in range(TICKS)]
    view.scene.viewport.reset()
    close = [timed(lambda: pan(view, -3)) for _ in range(PANS)]
    view.close()
    return figures | {
        "pan_p50": percentile(pans, 50),
        "pan_p95": percentile(pans, 95),
        "pan_close_p95": percentile(close, 95),
        "tick_p95": percentile(ticks, 95),
    }


def pan(view: ChartView, bars: float) -> None:
    view.scene.viewport.pan(bars)
    view.refresh()
    view.repaint()


def tick(view: ChartView) -> None:
    row = view.scene.bars.rows(len(view.scene.bars) - 1)
    row["close"] += 0.01 if row["close"] < row["high"] else -0.01
    view.put_bars(row)
    view.repaint()


class PeerCandles(pg.GraphicsObject):
    """The candlestick item of pyqtgraph's examples (customGraphicsItem.py), as published."""

    def __init__(self, data: list[tuple[float, ...]]) -> None:
        super().__init__()
        self.data = data
        self.picture = QPicture()
        painter = QPainter(self.picture)
        painter.setPen(pg.mkPen("w"))
        w = (data[1][0] - data[0][0]) / 3.0
        for t, open_, close, low, high in data:
            painter.drawLine(QPointF(t, low), QPointF(t, high))
            painter.setBrush(pg.mkBrush("r" if open_ > close else "g"))
            painter.drawRect(QRectF(t - w, open_, w * 2, close - open_))
        painter.end()

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.drawPicture(0, 0, self.picture)

    def boundingRect(self) -> QRectF:  # noqa: N802  a Qt override
        return QRectF(self.picture.boundingRect())


def peer(count: int) -> dict[str, float]:
    """The same first paint and pans of all bars with pyqtgraph's example item."""
    bars = random_bars(count)
    rows = [(float(n), *row) for n, row in enumerate(bars[["open", "close", "low", "high"]].tolist())]
    plot = pg.PlotWidget()
    plot.resize(*SIZE)
    plot.show()
    QApplication.processEvents()

    def first() -> None:
        plot.addItem(PeerCandles(rows))
        plot.setXRange(0, count, padding=0)
        plot.setYRange(float(bars["low"].min()), float(bars["high"].max()))
        plot.viewport().repaint()

    def move(step: int) -> None:
        plot.setXRange(step * count / 100, count / 2 + step * count / 100, padding=0)
        plot.viewport().repaint()

    figures = {"first_all": timed(first)}
    pans = [timed(lambda step=step: move(step)) for step in range(PEER_PANS)]
    plot.close()
    return figures | {"pan_p50": percentile(pans, 50), "pan_p95": percentile(pans, 95)}


def main() -> None:
    application = QApplication.instance() or QApplication([])
    names = ("first_latest", "first_all", "pan_p50", "pan_p95", "pan_close_p95", "tick_p95", "in_step")
    print(f"{'ms':<28}" + "".join(f"{name:>15}" for name in names))
    figures: dict[str, float] = {}
    runs = [(f"monitor_{count}", ours, count) for count in SIZES]
    runs += [(f"monitor_1000000_beside_{COMPARED}", comparing, 1_000_000), ("pyqtgraph_1000000", peer, 1_000_000)]
    for name, run, count in runs:
        found = run(count)
        print(f"{name:<28}" + "".join(f"{found[key]:>15.2f}" if key in found else f"{'':>15}" for key in names))
        figures |= {f"{name}_{key}_ms": round(value, 2) for key, value in found.items()}
    figures["first_all_times_faster"] = round(
        figures["pyqtgraph_1000000_first_all_ms"] / figures["monitor_1000000_first_all_ms"], 1
    )
    figures["pan_times_faster"] = round(
        figures["pyqtgraph_1000000_pan_p50_ms"] / figures["monitor_1000000_pan_p50_ms"], 1
    )
    for widget in application.topLevelWidgets() if isinstance(application, QApplication) else ():
        if isinstance(widget, QWidget):
            widget.close()
    print(json.dumps({"name": "charts", "figures": figures}))


if __name__ == "__main__":
    main()
