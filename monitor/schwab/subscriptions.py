"""What one connection has asked for, what it should ask for next, and what the streamer would not give."""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from monitor.ports import Wanted
from monitor.schwab.book_routes import BookRoutes
from monitor.schwab.services import BOOKS, CHART, EQUITIES, MOST_SYMBOLS, SERVICES, keys_by_service, what

__all__ = ["BOOKS", "CHART", "EQUITIES", "SERVICES", "Command", "Subscriptions", "succeeded"]

#: Longer key lists are said to fail.
MOST_KEYS: Final = 500
_LEAST_KEYS = 20

_SUCCESS = frozenset({0, 26, 27, 28, 29})
_NOT_OFFERED = 11
_LIMIT_REACHED = 19
_DISCARDED = re.compile(r"DISCARDED=(\d+)")
#: So many failures and no success: it is not one bad key among the others, which ten halvings would find.
_HOPELESS = 24


class Command(NamedTuple):
    """One request to the streamer: SUBS, ADD or UNSUBS of a service's keys."""

    service: str
    name: str
    keys: tuple[str, ...]


class Subscriptions:
    """The wanted keys of each service against those on the wire; commands are sent one at a time and settled.

    Where a command fails as a whole its keys are asked for in halves, until those that spoil it stand alone.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._wishes = Wanted()
        self._routes = BookRoutes(clock)
        self._most_keys = MOST_KEYS
        self._wanted: dict[str, frozenset[str]] = keys_by_service(self._wishes)
        self._active: dict[str, set[str]] = defaultdict(set)
        self._refused: dict[str, dict[str, int]] = defaultdict(dict)  # keys, each with the streamer's code
        self._refused_before: dict[str, frozenset[str]] = {}
        self._anew: dict[str, set[str]] = defaultdict(set)  # on the wire, to be taken off it and asked for again
        self._halves: dict[str, list[tuple[str, ...]]] = defaultdict(list)  # of failed commands, the next one last
        self._failures: Counter[str] = Counter()  # by service, on this connection
        self._served: set[str] = set()  # services that have agreed to something on this connection

    def want(self, wanted: Wanted) -> None:
        """Replace what should be on the wire."""
        self._wishes = wanted
        self._find_services()

    def heard_books(self, service: str, symbols: Iterable[str]) -> bool:
        """Books came: whether there is a command to send, because another service need not be asked any more."""
        changed = self._routes.take_heard(service, symbols)
        if changed:
            self._find_services()
        return changed

    def connected(self) -> None:
        """A new connection begins with nothing; keys that were refused before are asked for last."""
        self._refused_before = {service: frozenset(keys) for service, keys in self._refused.items()}
        for state in (self._active, self._refused, self._anew, self._halves, self._failures, self._served):
            state.clear()
        self._routes.connected()
        self._find_services()

    def ask_anew(self, service: str, *keys: str) -> None:
        """Take these keys, or all of ``service``, off the wire and ask for them again; refused ones too."""
        self._anew[service] |= self._active[service].intersection(keys) if keys else self._active[service]
        for key in keys or tuple(self._refused[service]):
            self._refused[service].pop(key, None)

    def wanted_keys(self) -> dict[str, frozenset[str]]:
        """What should be on the wire, by service; services of which nothing is wanted are left out."""
        return {service: keys for service, keys in self._wanted.items() if keys}

    def ask_for_less(self) -> None:
        """An answer was too large: fewer keys in one command from now on."""
        self._most_keys = max(_LEAST_KEYS, self._most_keys // 2)

    def complete(self, service: str) -> bool:
        """Whether the streamer has answered for everything that is wanted of ``service``, and nothing is asked anew."""
        return (
            not self._anew[service]
            and self._wanted.get(service, frozenset()) <= self._active[service] | self._refused[service].keys()
        )

    def next_command(self) -> Command | None:
        """What to send now, or None when the wire has everything wanted: room is made before keys are added."""
        for service in SERVICES:
            if extra := (self._active[service] - self._wanted[service]) | self._anew[service]:
                return Command(service, "UNSUBS", tuple(sorted(extra)[:MOST_KEYS]))
        for service in SERVICES:
            if keys := self._next_keys(service):
                return Command(service, "ADD" if self._active[service] else "SUBS", keys)
        return None

    def _next_keys(self, service: str) -> tuple[str, ...]:
        active, refused = self._active[service], self._refused[service]
        missing = self._wanted[service] - active - refused.keys()
        halves = self._halves[service]
        while halves:
            if keys := tuple(key for key in halves[-1] if key in missing):
                return keys
            halves.pop()
        before = missing & self._refused_before.get(service, frozenset())
        keys = tuple(sorted(missing - before or before))
        room = MOST_SYMBOLS.get(service, len(keys) + len(active)) - len(active)
        if room <= 0:
            refused |= dict.fromkeys(missing, _LIMIT_REACHED)
            return ()
        return keys[: min(self._most_keys, room)]

    def settle(self, command: Command, code: int, message: str) -> None:
        """Take in the streamer's answer to ``command``."""
        service, keys = command.service, command.keys
        if command.name == "UNSUBS":
            self._active[service].difference_update(keys)  # a failed one is not repeated: it would fail again
            self._anew[service].difference_update(keys)
            codes = self._refused[service]
            self._refused[service] = {key: code for key, code in codes.items() if code != _LIMIT_REACHED}
        elif code in _SUCCESS or code == _LIMIT_REACHED:
            discarded = _DISCARDED.search(message)
            all_ = len(keys) if code == _LIMIT_REACHED else 0  # are left out, unless it is told how many
            kept = keys[: len(keys) - (min(int(discarded[1]), all_) if discarded else all_)]
            self._take_kept(service, kept)
            self._refused[service] |= dict.fromkeys(keys[len(kept) :], code)
        else:
            self._take_failure(service, keys, code)

    def _take_kept(self, service: str, keys: tuple[str, ...]) -> None:
        """The first that fit are kept, and go on streaming."""
        if keys:
            self._active[service].update(keys)
            self._served.add(service)
            self._routes.take_asked(service, keys)

    def _take_failure(self, service: str, keys: tuple[str, ...], code: int) -> None:
        self._failures[service] += 1
        hopeless = service not in self._served and self._failures[service] > _HOPELESS
        if len(keys) > 1 and code != _NOT_OFFERED and not hopeless:
            middle = len(keys) // 2
            self._halves[service] += [keys[middle:], keys[:middle]]
        else:
            self._refused[service] |= dict.fromkeys(keys, code)

    def _find_services(self) -> None:
        self._wanted = keys_by_service(self._wishes, self._routes.services)
        for service, keys in self._wanted.items():
            codes = self._refused[service]
            self._refused[service] = {key: code for key, code in codes.items() if key in keys}

    @property
    def on_wire(self) -> dict[str, int]:
        """How many keys of each service the streamer has taken."""
        return {service: len(keys) for service, keys in self._active.items() if keys}

    @property
    def refused(self) -> dict[str, str]:
        """Symbols that are wanted and not served, each with a sentence; a book counts when no service gives it."""
        found: dict[str, str] = {}
        for service in SERVICES:
            for key, code in self._refused[service].items():
                elsewhere = service in BOOKS and any(
                    key in self._wanted[other] and key not in self._refused[other] for other in BOOKS
                )
                if not elsewhere:
                    found.setdefault(key, _why(service, code))
        return found


def succeeded(code: int) -> bool:
    """Whether a code means success: 0 in every capture, 26 to 29 in Schwab's guide."""
    return code in _SUCCESS


def _why(service: str, code: int) -> str:
    if code == _LIMIT_REACHED:
        return f"Schwab streams the {what(service)} of no more symbols on one connection."
    if code == _NOT_OFFERED:
        return "Schwab does not offer this service to this account."
    return f"Schwab's streamer refused its {what(service)} (code {code})."
