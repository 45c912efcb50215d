"""Whether frames come in their order, by the times the streamer gives them: this machine's clock may be wrong."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from monitor.clock import now_ms

#: What lies so far ahead is a mistake.
FUTURE_MS: Final = 3_600_000
#: What comes so late is late; from earlier times nothing comes, unless the streamer's clock was set back.
LATE_MS: Final = 5_000

FROM_THE_FUTURE: Final = "from-the-future"
OUT_OF_ORDER: Final = "out-of-order"
DUPLICATE: Final = "duplicate"


class Order:
    """Looks at each frame of a connection once."""

    def __init__(self, now_ms: Callable[[], int] = now_ms) -> None:
        self._now_ms = now_ms
        self.newest = 0  # ms UTC by the streamer's clock; 0 before it has said anything
        self._frames: dict[str, tuple[int, Sequence[Any]]] = {}

    def begin(self) -> None:
        """Another connection, perhaps to another server with another clock."""
        self.newest = 0
        self._frames.clear()

    def beat(self, sent_ms: int) -> None:
        """Take in a heartbeat."""
        if not self._is_ahead(sent_ms):
            self.newest = max(self.newest, sent_ms)

    def odd(self, service: str, sent_ms: int, items: Sequence[Any]) -> str:
        """What is odd about a frame: it is from the future, older than the newest, or the same; mostly nothing."""
        if self._is_ahead(sent_ms):
            return FROM_THE_FUTURE
        if sent_ms > self.newest:
            self.newest = sent_ms
        if not sent_ms:
            return ""
        newest_ms, newest = self._frames.get(service, (0, ()))
        if sent_ms >= newest_ms or sent_ms < newest_ms - LATE_MS:
            self._frames[service] = (sent_ms, items)
        if sent_ms < newest_ms:
            return OUT_OF_ORDER
        return DUPLICATE if sent_ms == newest_ms and items == newest else ""

    def _is_ahead(self, sent_ms: int) -> bool:
        """Ahead of everything that the streamer has said so far, and of this machine's clock too."""
        return sent_ms > self.newest + FUTURE_MS and sent_ms > self._now_ms() + FUTURE_MS
