"""Which bars in view were revised, and where the one under the cursor comes from: read off the loop, and remembered."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer

from monitor.errors import MonitorError
from monitor.live.events import BarsArrived
from monitor.market.bar import Interval
from monitor.ports import Provenance
from monitor.ui.view_ports import ViewPorts

#: The view comes to rest, and the mouse on a bar, before anything is read.
_VIEW_MS, _BAR_MS = 200, 60
_REMEMBERED = 500
#: Bars come again and again while a download goes on.
_AGAIN_MS = 1_000

Series = tuple[str, Interval]


class BarProvenance(QObject):
    """Reads for one chart. ``changed`` is called when something that was asked for is there."""

    def __init__(self, ports: ViewPorts, changed: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._ports = ports
        self._changed = changed
        self._series: Series | None = None
        self._known: dict[int, Provenance | None] = {}
        self._span: tuple[int, int] | None = None
        self._wanted_span = (0, 0)
        self._wanted_bar: int | None = None
        #: The starts of bars in view that had other values before, ms UTC, ascending.
        self.revised: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._read_view = QTimer(self, interval=_VIEW_MS, singleShot=True)
        self._read_view.timeout.connect(lambda: self._start("revisions", self._read_revised))
        self._read_bar = QTimer(self, interval=_BAR_MS, singleShot=True)
        self._read_bar.timeout.connect(lambda: self._start("provenance", self._read_provenance))
        self._stop = ports.bus.listen(BarsArrived, self._hear)

    def open(self, symbol: str, interval: Interval, on_disk: bool) -> None:
        """Turn to a series; none of its bars is ``on_disk`` as shown where they are made of minutes for the chart."""
        series = (symbol, interval) if symbol and on_disk else None
        if series != self._series:
            self._series = series
            self._known.clear()
            self._span, self.revised = None, np.empty(0, np.int64)

    def close(self) -> None:
        """Hear and read no more."""
        self._stop()
        self._read_view.stop()
        self._read_bar.stop()
        for name in ("revisions", "provenance"):
            self._ports.tasks.cancel(self._task(name))

    @property
    def on_disk(self) -> bool:
        """Whether the bars shown are on disk as they are."""
        return self._series is not None

    def want_view(self, first_ms: int, last_ms: int) -> None:
        """Bars of [first_ms, last_ms) are in view: have it known which of them were revised."""
        if self._series is None or (self._span and self._span[0] <= first_ms and last_ms <= self._span[1]):
            return
        room = last_ms - first_ms
        self._wanted_span = first_ms - room, last_ms + room
        if not self._read_view.isActive():
            self._read_view.start(_VIEW_MS)

    def of(self, start_ms: int) -> Provenance | None:
        """Where the bar comes from, as far as it has been read; ``knows`` says whether it has."""
        return self._known.get(start_ms)

    def knows(self, start_ms: int) -> bool:
        return start_ms in self._known

    def want(self, start_ms: int) -> None:
        """Have it read where a bar comes from."""
        if self._series is not None and start_ms not in self._known and start_ms != self._wanted_bar:
            self._wanted_bar = start_ms
            self._read_bar.start()

    def _hear(self, event: BarsArrived) -> None:
        """What came may be revisions."""
        if self._series is None or event.symbol != self._series[0]:
            return
        if event.interval is self._series[1]:
            for bar in event.bars:
                self._known.pop(bar.start, None)
        else:
            self._known.clear()
        self._wanted_bar = None
        if self._span is not None and not self._read_view.isActive():
            self._wanted_span, self._span = self._span, None
            self._read_view.start(_AGAIN_MS)

    def _task(self, name: str) -> str:
        return f"{name} {id(self)}"

    def _start(self, name: str, read: Callable[[Series], Coroutine[Any, Any, None]]) -> None:
        if self._series is not None:
            self._ports.tasks.start(self._task(name), read(self._series))

    async def _read_revised(self, series: Series) -> None:
        span = self._wanted_span
        try:
            starts: Sequence[int] = await self._ports.coverage.revised(*series, *span)
        except MonitorError:
            return  # the marks are left out: whoever reads the bars tells of it
        if series == self._series:
            self._span, self.revised = span, np.array(starts, np.int64)
            self._changed()

    async def _read_provenance(self, series: Series) -> None:
        start, self._wanted_bar = self._wanted_bar, None
        if start is None:
            return
        try:
            found = await self._ports.coverage.provenance(*series, start)
        except MonitorError:
            return
        if series == self._series:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[start] = found
            self._changed()
