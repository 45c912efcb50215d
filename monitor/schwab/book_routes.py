"""Which book services answer for a share: both are asked, and one that stays silent while the other sends is left."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from monitor.schwab.services import BOOKS

#: A service sends a first image at once when it has the book at all.
PATIENCE_SECONDS: Final = 60.0


class BookRoutes:
    """Remembers for this run which services have sent a share's book, and so which to ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: dict[tuple[str, str], float] = {}  # (service, symbol) on this connection
        self._heard_now: set[str] = set()  # symbols, on this connection
        self._heard: dict[str, set[str]] = defaultdict(set)  # services by symbol, since the start
        self._found: dict[str, str] = {}  # the one service of a symbol

    def services(self, symbol: str) -> tuple[str, ...]:
        """The services to ask for the book of ``symbol``."""
        return (self._found[symbol],) if symbol in self._found else BOOKS

    def connected(self) -> None:
        """A new connection: where the one service stayed silent on the last, both are asked again."""
        now = self._clock()
        for (service, symbol), asked in self._asked.items():
            silent = symbol not in self._heard_now and now - asked > PATIENCE_SECONDS
            if silent and self._found.get(symbol) == service:
                del self._found[symbol]
        self._asked.clear()
        self._heard_now.clear()

    def take_asked(self, service: str, symbols: Iterable[str]) -> None:
        """``service`` has agreed to send the books of ``symbols``."""
        if service in BOOKS:
            self._asked |= dict.fromkeys(((service, symbol) for symbol in symbols), self._clock())

    def take_heard(self, service: str, symbols: Iterable[str]) -> bool:
        """Books came from ``service``; whether another one need not be asked any more."""
        if service not in BOOKS:
            return False
        other = BOOKS[service == BOOKS[0]]
        long_ago = self._clock() - PATIENCE_SECONDS
        found = len(self._found)
        for symbol in symbols:
            self._heard_now.add(symbol)
            self._heard[symbol].add(service)
            asked = self._asked.get((other, symbol))
            if asked is not None and asked < long_ago and other not in self._heard[symbol]:
                self._found[symbol] = service
        return len(self._found) > found
