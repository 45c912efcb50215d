"""finplot's candles and volume, all bars in view; panned, zoomed and ticked."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import finplot as fplt
import pandas as pd
from PyQt6.QtWidgets import QApplication
from timing import SIZE, given, repeated, tell, timed


def main():
    bars = given()
    frame = pd.DataFrame({name: bars[name] for name in ("open", "close", "high", "low")})
    frame.index = pd.to_datetime(bars["start"], unit="ms")
    fplt.display_timezone = None
    axis = fplt.create_plot("peer", init_zoom_periods=1e9)
    window = axis.vb.win
    window.resize(*SIZE)
    plots = []

    def first():
        plots.append(fplt.candlestick_ochl(frame, ax=axis))
        fplt.show(qt_exec=False)
        window.resize(*SIZE)
        QApplication.instance().processEvents()
        axis.vb.update_y_zoom(0, len(frame) - 1)
        window.grab()

    took = timed(first)
    at = [len(frame) * 0.5]

    def pan():
        at[0] -= len(frame) * 0.005
        axis.vb.update_y_zoom(max(at[0], 0), max(at[0], 0) + len(frame) * 0.5)
        window.grab()

    def zoom():
        at[0] += len(frame) * 0.01
        axis.vb.update_y_zoom(len(frame) * 0.2 + at[0] * 0.1, len(frame) * 0.8)
        window.grab()

    def tick():
        frame.iloc[-1, 1] += 0.01
        plots[0].update_data(frame)
        window.grab()

    tell(took, repeated(pan, 40), repeated(zoom, 40), repeated(tick, 40))


main()
