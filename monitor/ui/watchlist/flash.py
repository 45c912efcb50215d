"""Which cells flash and how strongly: one timer for all of them, which rests while nothing flashes."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

FLASH_SECONDS = 0.4
_TICK_MS = 66


class Flashes(QObject):
    """``faded`` names the symbols with flashing cells at every tick, so that they are painted again."""

    faded = Signal(set)

    def __init__(self, now: Callable[[], float] = time.monotonic, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._since: dict[tuple[str, int], tuple[float, int]] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.tick)

    @property
    def running(self) -> bool:
        """Whether any cell flashes."""
        return self._timer.isActive()

    def start(self, symbol: str, column: int, direction: int) -> None:
        """Let a cell flash: ``direction`` is 1 after a rise and -1 after a fall."""
        self._since[symbol, column] = (self._now(), direction)
        if not self._timer.isActive():
            self._timer.start()

    def strength(self, symbol: str, column: int) -> float:
        """From 1 fading to 0, negative after a fall; 0 where nothing flashes."""
        flash = self._since.get((symbol, column))
        if flash is None:
            return 0.0
        since, direction = flash
        return direction * max(0.0, 1 - (self._now() - since) / FLASH_SECONDS)

    def clear(self) -> None:
        self._since.clear()
        self._timer.stop()

    def tick(self) -> None:
        """Have every flashing cell painted, and forget those that have faded."""
        ended = self._now() - FLASH_SECONDS
        symbols = {symbol for symbol, _ in self._since}
        self._since = {cell: flash for cell, flash in self._since.items() if flash[0] > ended}
        self.faded.emit(symbols)
        if not self._since:
            self._timer.stop()
