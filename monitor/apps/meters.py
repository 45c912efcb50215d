"""The figures of the status bar, gathered from the parts that know them."""

from collections.abc import Callable

from monitor import clock
from monitor.ports import RequestMeter, StoreMeter


class LiveMeters:
    """Implements Meters over the transport's, the store's and the stream's own figures."""

    def __init__(
        self,
        requests: Callable[[], RequestMeter],
        store: Callable[[], StoreMeter],
        stream_age_ms: Callable[[], int | None],
        stream_lag_ms: Callable[[], float | None],
    ) -> None:
        self.requests = requests
        self.store = store
        self.stream_age_ms = stream_age_ms
        self.stream_lag_ms = stream_lag_ms

    def now_ms(self) -> int:
        return clock.now_ms()
