"""The hands that every chart is under: the same looks and ticks in the same order, timed to pixels.

A chart's script ends with ``run(TheChart())``; it is called with a file of bars, how long one hand may last, and where
to save pictures or ``-``. Each line it prints is a JSON object: what was found since the last one.
"""

import ctypes
import gc
import json
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

SIZE = (1600, 900)
#: How often each hand is repeated; where that takes longer than it may, at least so often.
REPEATED, AT_LEAST = 60, 5
#: Unless even that takes so many times longer.
PATIENCE = 4
#: So many bars are in view when looking closely.
NEAR = 300


def timed(act: Callable[[], object]) -> float:
    """Milliseconds that it takes."""
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


def percentile(times: list[float], percent: float) -> float:
    return round(float(np.percentile(times, percent)), 2)


class Chart(ABC):
    """A chart in a window of 1600 by 900; a number returned is the milliseconds that it took until pixels were done."""

    #: The least that could be said instead, of each since last asked, where that is another time.
    drawn: list[float]
    version: str

    def __init__(self) -> None:
        self.drawn = []

    @abstractmethod
    def open(self) -> None:
        """Show the window, still without bars, and wait until it is painted."""

    @abstractmethod
    def take(self, bars: np.ndarray) -> None:
        """Make of the bars what the chart wants to be given."""

    @abstractmethod
    def first(self) -> float:
        """Give the chart its bars and show all of them."""

    @abstractmethod
    def look(self, first: float, last: float) -> float:
        """Show the bars from index ``first`` up to ``last``."""

    @abstractmethod
    def tick(self, close: float) -> float:
        """The last bar closes at another price now."""

    @abstractmethod
    def rest(self) -> None:
        """Do what waits to be done, untimed."""

    @abstractmethod
    def save(self, path: Path) -> None:
        """Save what is in the window now as a picture."""

    def process_ids(self) -> list[int]:
        """The processes whose memory is the chart's."""
        return [int(Path("/proc/self").resolve().name)]

    def sweep(self) -> None:
        """Give back memory that is of no more use."""
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)


class QtChart(Chart):
    """A chart that is a widget in this process, whichever binding of Qt it is under.

    A change is timed together with ``repaint()`` of all that is drawn on, which paints at once and gives the pixels to
    the screen, here one in memory. What the chart puts off until later is done untimed.
    """

    def __init__(self, application: Any) -> None:
        super().__init__()
        self.application = application
        self.window: Any = None

    def _show(self, window: Any) -> None:
        self.window = window
        window.resize(*SIZE)
        window.show()
        self.rest()

    def _until_painted(self, change: Callable[[], object]) -> float:
        def both() -> None:
            change()
            canvas.repaint()

        # A view of a scene is drawn on its viewport, which repainting the view would leave out.
        canvas = self.window.viewport() if hasattr(self.window, "viewport") else self.window
        return timed(both)

    def rest(self) -> None:
        self.application.processEvents()

    def save(self, path: Path) -> None:
        self.window.screen().grabWindow(self.window.winId()).save(str(path))


def memory(chart: Chart) -> float:
    """Megabytes of the chart's processes, each shared page counted by its share."""
    chart.rest()
    chart.sweep()
    found = 0
    for process in chart.process_ids():
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
        found += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return found / 1024


def pans(count: int) -> Iterator[tuple[float, float]]:
    """With half of the bars in view, from the newest to older ones, a hundredth of the view at a time."""
    half = count / 2
    for step in range(1, REPEATED + 1):
        yield count - half - step * half / 100, count - step * half / 100


def zooms(count: int) -> Iterator[tuple[float, float]]:
    """From all bars in towards their middle, and out again."""
    for step in range(1, REPEATED + 1):
        half = count / 2 / 1.1 ** min(step, REPEATED - step)
        yield count / 2 - half, count / 2 + half


def near_pans(count: int) -> Iterator[tuple[float, float]]:
    """Close to the newest bars, three bars at a time."""
    for step in range(1, REPEATED + 1):
        yield count - NEAR - step * 3, count - step * 3


def closes(last: float) -> Iterator[float]:
    """Prices up and down, each another one."""
    for step in range(REPEATED):
        yield round(last + (0.01 if step % 2 else -0.01) * (1 + step % 7), 2)


def run(chart: Chart) -> None:
    """Have the chart under all hands, and tell after each what was found."""
    file, seconds, pictures = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    name = Path(sys.argv[0]).stem.removesuffix("_chart")

    def tell(**found: object) -> None:
        print(json.dumps(found), flush=True)

    def repeated(act: Callable[..., float], hands: Iterator[Any]) -> list[float]:
        times: list[float] = []
        begin = time.perf_counter()
        for hand in hands:
            times.append(round(act(*hand) if isinstance(hand, tuple) else act(hand), 3))
            chart.rest()
            took = time.perf_counter() - begin
            if took > seconds and (len(times) >= AT_LEAST or took > seconds * PATIENCE):
                break
        return times

    def picture(view: str) -> None:
        if pictures != "-":
            chart.save(Path(pictures) / f"{name}-{count}-{view}.png")

    def hand(name: str, act: Callable[..., float], hands: Iterator[Any]) -> None:
        chart.drawn.clear()
        times = repeated(act, hands)
        tell(**{name: times}, **({f"{name}_drawn": chart.drawn} if chart.drawn else {}))

    chart.open()
    empty = memory(chart)
    tell(version=chart.version)
    bars = np.load(file)
    count, last = len(bars), float(bars["close"][-1])
    begin = time.perf_counter()
    chart.take(bars)
    ready = (time.perf_counter() - begin) * 1000
    del bars
    tell(ready=[ready])
    tell(first=[chart.first()])
    chart.rest()
    picture("all")
    chart.look(count / 2, count)
    chart.rest()
    hand("pan", chart.look, pans(count))
    picture("panned")
    chart.look(count / 2, count)
    chart.rest()
    hand("tick", chart.tick, closes(last))
    hand("zoom", chart.look, zooms(count))
    picture("zoomed")
    chart.look(count - NEAR, count)
    chart.rest()
    picture("near")
    hand("near_pan", chart.look, near_pans(count))
    chart.look(count - NEAR, count)
    chart.rest()
    hand("near_tick", chart.tick, closes(last))
    picture("ticked")
    tell(memory=[memory(chart) - empty])
    tell(done=True)
