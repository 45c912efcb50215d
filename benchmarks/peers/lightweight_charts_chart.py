"""TradingView's lightweight-charts in QtWebEngine: candles and volume, conflated where bars are narrower than pixels.

What is timed is timed within the page, from the call that changes the chart to the second animation frame after it:
the chart draws in the first, and with the second the compositor has taken what was drawn. Getting from Python into the
page, and from the compositor to the window, is not counted. Frames come as fast as they can be made, not 60 a second;
as a page that rests waits longer for one, each change follows the frame of the one before. ``drawn`` is the least that
could be said: until the chart has told its canvases what to draw, without the drawing.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = (
    "--disable-gpu-vsync --disable-frame-rate-limit --js-flags=--expose-gc,--max-old-space-size=4096"
)

import numpy as np
from hands import SIZE, Chart, run
from PySide6.QtCore import QEventLoop, QUrl, Signal
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineSettings
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

LIBRARY = Path(sys.prefix) / "node_modules/lightweight-charts/dist/lightweight-charts.standalone.production.js"
PAGE = """<!doctype html><body style="margin:0;overflow:hidden"><div id="chart" style="width:%dpx;height:%dpx"></div>
<script src="%s"></script><script>
const frame = () => new Promise(requestAnimationFrame);
const bars = [], volumes = [];
let chart, candles, columns;

function open() {
  chart = LightweightCharts.createChart(document.getElementById("chart"), {
    timeScale: {minBarSpacing: 1e-9, enableConflation: true, timeVisible: true, rightOffset: 0},
  });
  candles = chart.addSeries(LightweightCharts.CandlestickSeries);
  columns = chart.addSeries(LightweightCharts.HistogramSeries, {priceScaleId: "volume"});
  chart.priceScale("volume").applyOptions({scaleMargins: {top: 0.8, bottom: 0}});
}

// Rows of 48 bytes: start in ms (a whole number of 64 bits), open, high, low, close, volume.
function take(url) {
  const request = new XMLHttpRequest();
  request.open("GET", url);
  request.responseType = "arraybuffer";
  return new Promise((done, fail) => {
    request.onerror = () => fail("the bars could not be read");
    request.onload = () => {
      const values = new Float64Array(request.response), starts = new BigInt64Array(request.response);
      for (let at = 0; at < values.length; at += 6) {
        const time = Number(starts[at]) / 1000, open = values[at + 1], close = values[at + 4];
        bars.push({time, open, high: values[at + 2], low: values[at + 3], close});
        volumes.push({time, value: values[at + 5], color: close < open ? "#ef535080" : "#26a69a80"});
      }
      done(bars.length);
    };
    request.send();
  });
}

function first() {
  candles.setData(bars);
  columns.setData(volumes);
  look(0, bars.length);
}

function look(from, to) {
  chart.timeScale().setVisibleLogicalRange({from: from - 0.5, to: to - 0.5});
}

function tick(close) {
  const last = bars[bars.length - 1];
  last.close = close;
  last.high = Math.max(last.high, close);
  last.low = Math.min(last.low, close);
  candles.update(last);
}

async function timed(change) {
  const begin = performance.now();
  change();
  await frame();
  const drawn = performance.now() - begin;
  await frame();
  return [performance.now() - begin, drawn];
}

async function answer(act) {
  try {
    console.info("answer " + JSON.stringify([await act()]));
  } catch (failure) {
    console.info("failure " + failure);
  }
}
</script></body>"""


class Page(QWebEnginePage):
    said = Signal(str)

    def javaScriptConsoleMessage(self, _level: object, message: str, _line: int, _source: str) -> None:  # noqa: N802
        self.said.emit(message)


class LightweightChart(Chart):
    def __init__(self, application: QApplication) -> None:
        super().__init__()
        self.application = application
        self.folder = Path(tempfile.mkdtemp())

    def open(self) -> None:
        self.view = QWebEngineView()
        self.page = Page(self.view)
        self.page.renderProcessTerminated.connect(self._end)
        self.view.setPage(self.page)
        self.view.settings().setAttribute(QWebEngineSettings.WebAttribute.LocalContentCanAccessFileUrls, True)
        self.view.resize(*SIZE)
        self.view.show()
        (self.folder / "page.html").write_text(PAGE % (*SIZE, LIBRARY.as_uri()))
        loop = QEventLoop()
        self.view.loadFinished.connect(loop.quit)
        self.view.load(QUrl.fromLocalFile(str(self.folder / "page.html")))
        loop.exec()
        self._ask("timed(open)")
        self.version = self._ask("LightweightCharts.version()")

    def _end(self, *_: object) -> None:
        sys.stderr.write("the page's process ended, most likely for want of memory\n")
        os._exit(1)

    def _ask(self, words: str) -> object:
        """What the expression, or what it promises, comes to."""
        loop = QEventLoop()
        heard: list[str] = []

        def hear(message: str) -> None:
            if message.startswith(("answer ", "failure ")):
                heard.append(message)
                loop.quit()

        self.page.said.connect(hear)
        self.page.runJavaScript(f"answer(() => {words})")
        loop.exec()
        self.page.said.disconnect(hear)
        kind, _, text = heard[0].partition(" ")
        if kind == "failure":
            raise SystemExit(text)
        return json.loads(text)[0]

    def _timed(self, words: str) -> float:
        done, drawn = self._ask(f"timed(() => {words})")
        self.drawn.append(round(drawn, 3))
        return done

    def take(self, bars: np.ndarray) -> None:
        bars.tofile(self.folder / "bars")
        self._ask(f"take({json.dumps((self.folder / 'bars').as_uri())})")

    def first(self) -> float:
        return self._timed("first()")

    def look(self, first: float, last: float) -> float:
        return self._timed(f"look({first}, {last})")

    def tick(self, close: float) -> float:
        return self._timed(f"tick({close})")

    def rest(self) -> None:
        """Nothing: see above."""

    def save(self, path: Path) -> None:
        self._ask("frame().then(frame).then(() => 0)")
        self.view.grab().save(str(path))

    def sweep(self) -> None:
        self._ask("gc() ?? 0")
        super().sweep()

    def process_ids(self) -> list[int]:
        found = super().process_ids()
        for process in found:  # which grows
            for children in Path(f"/proc/{process}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
        return found


run(LightweightChart(QApplication([])))
