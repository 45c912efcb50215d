"""Which book services answer for a share: both are asked, and one that stays silent while the other sends is left."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from monitor.schwab.services import BOOKS

#: A service sends a first image at once when it has the book at all.
PATIENCE_SECONDS: Final = 60.0


class BookRoutes:
    """Remembers which services have sent a share's book, and so which to ask; ``known`` is what earlier runs found."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, known: Mapping[str, str] | None = None) -> None:
        self._clock = clock
        self._asked: dict[tuple[str, str], float] = {}  # (service, symbol) on this connection
        self._heard_now: set[str] = set()  # symbols, on this connection
        self._heard: dict[str, set[str]] = defaultdict(set)  # services by symbol, since the start
        self._found = {symbol: service for symbol, service in (known or {}).items() if service in BOOKS}
        self._remembered = set(self._found)  # symbols whose service has not sent anything in this run yet

    def services(self, symbol: str) -> tuple[str, ...]:
        """The services to ask for the book of ``symbol``: one where only that one answers."""
        return (self._found[symbol],) if symbol in self._found else BOOKS

    def connected(self) -> None:
        """A new connection: where the one service stayed silent on the last, both are asked again."""
        now = self._clock()
        for (service, symbol), asked in self._asked.items():
            silent = symbol not in self._heard_now and now - asked > PATIENCE_SECONDS
            if silent and self._found.get(symbol) == service:
                self._forget(symbol)
        self._asked.clear()
        self._heard_now.clear()

    def doubt(self) -> bool:
        """Ask both again where the service that earlier runs found stays silent; whether there is such a share."""
        long_ago = self._clock() - PATIENCE_SECONDS
        silent = [s for s in self._remembered if self._asked.get((self._found[s], s), long_ago) < long_ago]
        for symbol in silent:
            self._forget(symbol)
        return bool(silent)

    def _forget(self, symbol: str) -> None:
        del self._found[symbol]
        self._remembered.discard(symbol)

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
            self._remembered.discard(symbol)
            self._heard[symbol].add(service)
            asked = self._asked.get((other, symbol))
            if asked is not None and asked < long_ago and other not in self._heard[symbol]:
                self._found[symbol] = service
        return len(self._found) > found
