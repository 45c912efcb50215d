"""vnpy's chart of candles and volume, all bars in view; panned, zoomed and ticked."""

import os
from datetime import datetime, timezone

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from timing import SIZE, given, repeated, tell, timed
from vnpy.chart import CandleItem, ChartWidget, VolumeItem
from vnpy.trader.constant import Exchange, Interval
from vnpy.trader.object import BarData
from vnpy.trader.ui import QtWidgets


def bar_data(row):
    """One bar as vnpy has it."""
    start, opened, high, low, close, volume = row
    return BarData(
        gateway_name="peer",
        symbol="AAPL",
        exchange=Exchange.NASDAQ,
        datetime=datetime.fromtimestamp(start / 1000, timezone.utc),
        interval=Interval.MINUTE,
        volume=volume,
        open_price=opened,
        high_price=high,
        low_price=low,
        close_price=close,
    )


def main():
    app = QtWidgets.QApplication([])
    bars = given()
    history = [bar_data(row) for row in bars[["start", "open", "high", "low", "close", "volume"]].tolist()]
    chart = ChartWidget()
    chart.add_plot("candle", hide_x_axis=True)
    chart.add_plot("volume", maximum_height=200)
    chart.add_item(CandleItem, "candle", "candle")
    chart.add_item(VolumeItem, "volume", "volume")
    chart.resize(*SIZE)
    chart.show()
    app.processEvents()

    def first():
        chart.update_history(history)
        chart._bar_count = len(history)
        chart._right_ix = len(history)
        chart._update_x_range()
        chart.grab()

    took = timed(first)
    chart._bar_count = len(history) // 2

    def pan():
        chart._right_ix -= max(1, len(history) // 200)
        chart._update_x_range()
        chart.grab()

    def zoom():
        chart._bar_count = max(20, int(chart._bar_count / 1.1))
        chart._update_x_range()
        chart.grab()

    last = history[-1]

    def tick():
        last.close_price += 0.01
        chart.update_bar(last)
        chart.grab()

    pans, zooms = repeated(pan, 40), repeated(zoom, 20)
    chart._bar_count, chart._right_ix = len(history) // 2, len(history)
    chart._update_x_range()
    tell(took, pans, zooms, repeated(tick, 40))


main()
