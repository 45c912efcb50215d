"""The newest minutes that the stream brought: they may not be on disk yet when the archive is read."""

from collections.abc import Sequence

from monitor.live.events import BarsArrived
from monitor.market.bar import Bar, Interval

_MOST = 3


class HeardMinutes:
    """A few minutes of each symbol; older ones, which history brings meanwhile, do not push them out."""

    def __init__(self) -> None:
        self._newest: dict[str, list[Bar]] = {}

    def take(self, event: BarsArrived) -> None:
        if event.interval is Interval.M1:
            known = {bar.start: bar for bar in (*self.of(event.symbol), *event.bars[-_MOST:])}
            self._newest[event.symbol] = [known[start] for start in sorted(known)[-_MOST:]]

    def of(self, symbol: str) -> Sequence[Bar]:
        """Ascending."""
        return self._newest.get(symbol, ())
