"""Events to listeners, by type, in order; a listener that fails does not stop the others."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, TypeVar

_log = logging.getLogger(__name__)
E_ = TypeVar("E_")


class Bus:
    """Delivers events on the loop's thread. An event published by a listener waits its turn."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Callable[[Any], None]]] = defaultdict(list)
        self._waiting: deque[object] = deque()
        self._delivering = False

    def listen(self, kind: type[E_], listener: Callable[[E_], None]) -> Callable[[], None]:
        """Call ``listener`` for every event of ``kind`` from now on; the result takes it off again."""
        self._listeners[kind].append(listener)

        def stop() -> None:
            if listener in self._listeners[kind]:
                self._listeners[kind].remove(listener)

        return stop

    def publish(self, event: object) -> None:
        self._waiting.append(event)
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._waiting:
                self._deliver(self._waiting.popleft())
        finally:
            self._delivering = False

    def _deliver(self, event: object) -> None:
        listeners = self._listeners[type(event)]
        for listener in tuple(listeners):
            if listener not in listeners:
                continue  # one before it took it off, perhaps because what it belongs to is gone
            try:
                listener(event)
            except Exception:  # noqa: BLE001  the other listeners must still hear it
                _log.exception("a listener failed on %s", type(event).__name__)
