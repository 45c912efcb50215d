"""The clock of the simulated market, which may begin elsewhere and run faster than real time."""

from collections.abc import Callable

from monitor.clock import now_ms as real_ms


class MarketClock:
    """``pace`` ms pass in the market for each of real time, from ``begin_ms`` on; without it from now on."""

    def __init__(self, pace: float = 1.0, begin_ms: int | None = None, real: Callable[[], int] = real_ms) -> None:
        self.pace = pace
        self._real = real
        self._since = real()
        self._began = self._since if begin_ms is None else begin_ms

    def now_ms(self) -> int:
        """The market's present, ms UTC."""
        return self._began + round((self._real() - self._since) * self.pace)
