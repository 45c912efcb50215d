"""Whether silence is a fault: each service's pace is learned, and a REST quote must prove that something is missing."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from monitor.schwab.timing import Timing

_LEVEL_ONE: Final = "LEVELONE_"
_BOOK: Final = "_BOOK"
_CHART: Final = "CHART_"
_MOST_SYMBOLS = 300  # in one question
_SLOWEST_PROBE = 3600.0
#: A minute's bar comes up to so long after a print in it.
_BAR_SECONDS = 90.0
_WEIGHT = 0.1  # of the newest interval in the usual one


class Silent(NamedTuple):
    """What did not come although it should have; without a ``symbol`` the whole service."""

    service: str
    symbol: str
    since_ms: int | None
    sentence: str


@dataclass(slots=True)
class _Pace:
    """How often a service sends."""

    last: float  # when data came last, or the streamer began to owe some
    usual: float = 0.0  # seconds between the seconds in which something comes; 0 as long as it is unknown
    sent_ms: int = 0  # the streamer's time of the newest data

    def heard(self, now: float, sent_ms: int, learn: bool) -> None:
        if learn and self.sent_ms:
            interval = now - self.last
            self.usual += (interval - self.usual) * (_WEIGHT if self.usual else 1.0)
        self.last, self.sent_ms = now, sent_ms or self.sent_ms


@dataclass(slots=True)
class _Suspect:
    """A symbol of a service whose REST quote is newer than what came by the stream."""

    quoted_ms: int
    newest_ms: int
    judged: float  # when to look whether it came meanwhile


class Watch:
    """Looks once a second; ``newest(service, symbol)`` is the time of the newest that the stream brought of it."""

    def __init__(self, newest: Callable[[str, str], int | None], timing: Timing) -> None:
        self._newest = newest
        self._timing = timing
        self._paces: dict[str, _Pace] = {}
        self._suspects: dict[tuple[str, str], _Suspect] = {}
        self._asked: dict[str, float] = {}  # when each symbol may be asked about again
        self._pauses: dict[str, float] = {}
        self._silent: dict[tuple[str, str], int] = {}  # what is silent, with the quote that should have come

    def begin(self, services: Iterable[str], now: float) -> None:
        """A new connection: the streamer owes the snapshots of everything."""
        for service in services:
            self._paces.setdefault(service, _Pace(now)).last = now
        self._suspects.clear()

    def hear(self, heard: Mapping[str, int], now: float, is_open: bool) -> None:
        """What came since the last look: services, each with the streamer's time of the newest data."""
        for service, sent_ms in heard.items():
            self._paces.setdefault(service, _Pace(now)).heard(now, sent_ms, is_open)

    def age(self, service: str, now: float) -> float:
        """Seconds since data came of a service, or since it was subscribed."""
        pace = self._paces.get(service)
        return 0.0 if pace is None else now - pace.last

    def is_unheard(self, service: str, now: float) -> bool:
        """Whether a service has been silent for longer than it usually is."""
        pace = self._paces.get(service)
        if pace is None:
            return False
        least = _BAR_SECONDS if service.startswith(_CHART) else self._timing.unheard
        return now - pace.last > max(least, self._timing.unheard_intervals * pace.usual)

    # ------------------------------------------------------------------ what to ask

    def doubtful(self, wanted: Mapping[str, Collection[str]], now: float, now_ms: int) -> list[str]:
        """The symbols to ask about: those of silent services, and those of which nothing came for a while."""
        found: dict[str, None] = {}
        for service, keys in wanted.items():
            if not _provable(service):
                continue
            unheard = self.is_unheard(service, now)
            for key in sorted(keys):
                if now < self._asked.get(key, 0.0) or (service, key) in self._suspects:
                    continue
                if unheard or (service.startswith(_LEVEL_ONE) and self._is_old(service, key, now_ms)):
                    found[key] = None
        symbols = list(found)[:_MOST_SYMBOLS]
        for symbol in symbols:
            self._asked[symbol] = now + max(self._pauses.get(symbol, 0.0), self._timing.probe)
        return symbols

    def answered(
        self, times: Mapping[str, int], wanted: Mapping[str, Collection[str]], now: float, now_ms: int
    ) -> None:
        """When the newest quotes happened: what the stream should have brought meanwhile is suspect."""
        for service, keys in wanted.items():
            if not _provable(service):
                continue
            for key in times.keys() & set(keys):
                newest = self._brought(service, key)
                quoted = min(times[key], now_ms)
                if newest is not None and quoted > newest + self._timing.newer * 1000:
                    grace = _BAR_SECONDS if service.startswith(_CHART) else self._timing.grace
                    self._suspects.setdefault((service, key), _Suspect(quoted, newest, now + grace))

    # ------------------------------------------------------------------ what to cry

    def silent(self, now: float) -> list[Silent]:
        """What is proven silent by now; each is told once for each time it was asked about."""
        proven: dict[str, list[tuple[str, _Suspect]]] = {}
        for (service, key), suspect in list(self._suspects.items()):
            if now < suspect.judged:
                continue
            del self._suspects[service, key]
            if (self._brought(service, key) or 0) <= suspect.newest_ms:
                proven.setdefault(service, []).append((key, suspect))
        found: list[Silent] = []
        for service, suspects in proven.items():
            if self.is_unheard(service, now):
                found.append(Silent(service, "", self._paces[service].sent_ms or None, _of_service(service)))
            elif service.startswith(_LEVEL_ONE):
                for key, suspect in suspects:
                    self._silent[service, key] = suspect.quoted_ms
                    self._pauses[key] = min(max(self._pauses.get(key, 0.0), self._timing.probe) * 2, _SLOWEST_PROBE)
                    found.append(Silent(service, key, suspect.newest_ms, f"Nothing comes for {key} any more."))
        return found

    def recovered(self, complete: Callable[[str], bool]) -> list[tuple[str, str]]:
        """The symbols that were silent and have come since; of a service that is not ``complete`` none yet."""
        back = [key for key, quoted in self._silent.items() if complete(key[0]) and (self._newest(*key) or 0) >= quoted]
        for service, symbol in back:
            del self._silent[service, symbol]
            self._pauses.pop(symbol, None)
        return back

    def _is_old(self, service: str, key: str, now_ms: int) -> bool:
        newest = self._newest(service, key)
        return newest is not None and now_ms - newest > (self._timing.newer + self._timing.grace) * 1000

    def _brought(self, service: str, key: str) -> int | None:
        """How far the stream has told of a symbol; None where it never did, so nothing can be missed."""
        if not service.startswith(_CHART):
            return self._newest(service, key)
        pace = self._paces.get(service)
        return pace.sent_ms or None if pace is not None else None


def _provable(service: str) -> bool:
    return service.startswith((_LEVEL_ONE, _CHART)) or service.endswith(_BOOK)


def _of_service(service: str) -> str:
    what = {_LEVEL_ONE: "quotes come", _CHART: "minute bars come"}
    words = next((words for start, words in what.items() if service.startswith(start)), "books come")
    return f"No {words} although the market moves."
