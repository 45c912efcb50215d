"""What one connection has asked for, what it should ask for next, and what the streamer would not give."""

import re
from collections import defaultdict
from typing import Final, NamedTuple

from monitor.ports import Wanted

EQUITIES: Final = "LEVELONE_EQUITIES"
BOOKS: Final = ("NYSE_BOOK", "NASDAQ_BOOK")
CHART: Final = "CHART_EQUITY"
SERVICES: Final = (EQUITIES, *BOOKS, CHART)
#: Longer key lists are said to fail.
MOST_KEYS: Final = 500

_SUCCESS = frozenset({0, 26, 27, 28, 29})
_LIMIT_REACHED = 19
_DISCARDED = re.compile(r"DISCARDED=(\d+)")


class Command(NamedTuple):
    """One request to the streamer: SUBS, ADD or UNSUBS of a service's keys."""

    service: str
    name: str
    keys: tuple[str, ...]


class Subscriptions:
    """The wanted keys of each service against those on the wire; commands are sent one at a time and settled."""

    def __init__(self) -> None:
        self._wanted: dict[str, frozenset[str]] = {service: frozenset() for service in SERVICES}
        self._active: dict[str, set[str]] = defaultdict(set)
        self._refused: dict[str, dict[str, str]] = defaultdict(dict)
        self._refused_before: dict[str, frozenset[str]] = {}
        self._anew: dict[str, set[str]] = defaultdict(set)  # on the wire, to be taken off it and asked for again

    def want(self, wanted: Wanted) -> None:
        """Replace what should be on the wire; books are asked of both book services."""
        books = dict.fromkeys(BOOKS, wanted.books)
        self._wanted = {EQUITIES: wanted.quotes, **books, CHART: wanted.bars}
        for service, keys in self._wanted.items():
            refused = self._refused[service]
            self._refused[service] = {key: why for key, why in refused.items() if key in keys}

    def connected(self) -> None:
        """A new connection begins with nothing; keys that were refused before are asked for last."""
        self._refused_before = {service: frozenset(keys) for service, keys in self._refused.items()}
        self._active.clear()
        self._refused.clear()
        self._anew.clear()

    def ask_anew(self, service: str, *keys: str) -> None:
        """Take these keys, or all of ``service``, off the wire and ask for them again; refused ones too."""
        self._anew[service] |= self._active[service].intersection(keys) if keys else self._active[service]
        for key in keys or tuple(self._refused[service]):
            self._refused[service].pop(key, None)

    def wanted_keys(self) -> dict[str, frozenset[str]]:
        """What should be on the wire, by service; services of which nothing is wanted are left out."""
        return {service: keys for service, keys in self._wanted.items() if keys}

    def complete(self, service: str) -> bool:
        """Whether the streamer has answered for everything that is wanted of ``service``."""
        return self._wanted.get(service, frozenset()) <= self._active[service] | self._refused[service].keys()

    def next_command(self) -> Command | None:
        """What to send now, or None when the wire has everything wanted: room is made before keys are added."""
        for service in SERVICES:
            if extra := (self._active[service] - self._wanted[service]) | self._anew[service]:
                return Command(service, "UNSUBS", tuple(sorted(extra)[:MOST_KEYS]))
        for service in SERVICES:
            active = self._active[service]
            if missing := self._wanted[service] - active - self._refused[service].keys():
                last = self._refused_before.get(service, frozenset())
                keys = sorted(missing, key=lambda key: (key in last, key))
                return Command(service, "ADD" if active else "SUBS", tuple(keys[:MOST_KEYS]))
        return None

    def settle(self, command: Command, code: int, message: str) -> None:
        """Take in the streamer's answer to ``command``."""
        active, refused = self._active[command.service], self._refused[command.service]
        if command.name == "UNSUBS":
            active.difference_update(command.keys)  # a failed one is not repeated: it would fail again
            self._anew[command.service].difference_update(command.keys)
            refused.clear()  # there may be room now
            return
        kept = command.keys
        if code == _LIMIT_REACHED:
            # The first that fit are kept and go on streaming.
            discarded = _DISCARDED.search(message)
            kept = kept[: len(kept) - min(int(discarded[1]), len(kept))] if discarded else ()
        elif code not in _SUCCESS:
            kept = ()
        active.update(kept)
        refused.update(dict.fromkeys(command.keys[len(kept) :], _why(command.service, code)))

    @property
    def on_wire(self) -> dict[str, int]:
        """How many keys of each service the streamer has taken."""
        return {service: len(keys) for service, keys in self._active.items() if keys}

    @property
    def refused(self) -> dict[str, str]:
        """Symbols that are wanted and not served, each with a sentence; a book counts when no service gives it."""
        found: dict[str, str] = {}
        for service in (EQUITIES, CHART):
            found |= self._refused[service]
        first, second = (self._refused[service] for service in BOOKS)
        return found | {key: first[key] for key in first.keys() & second.keys()}


def succeeded(code: int) -> bool:
    """Whether a code means success: 0 in every capture, 26 to 29 in Schwab's guide."""
    return code in _SUCCESS


def _why(service: str, code: int) -> str:
    if code == _LIMIT_REACHED:
        what = {EQUITIES: "quotes", CHART: "minute bars"}.get(service, "books")
        return f"Schwab streams the {what} of no more symbols on one connection."
    if code == 11:
        return "Schwab does not offer this service to this account."
    return f"Schwab's streamer refused it (code {code})."
