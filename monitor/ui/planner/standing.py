"""What is recorded whatever the panels show: kept in the preferences, and asked of the stream from each start on."""

from collections.abc import Iterable, Mapping

from monitor.analysis.budget import Sort
from monitor.ports import Preferences, Wanted, Watching

OWNER = "recording"


class StandingRecording:
    """Symbols by sort of data. The window makes one as it opens, and stops it as it closes."""

    def __init__(self, preferences: Preferences, watching: Watching) -> None:
        self._preferences = preferences
        self._watching = watching
        self._symbols = {sort: list(filter(None, preferences.get(_key(sort)).split(","))) for sort in Sort}
        self._tell()

    @property
    def symbols(self) -> Mapping[Sort, list[str]]:
        """What is recorded of each sort, in the order in which it was added."""
        return self._symbols

    @property
    def count(self) -> int:
        """How many symbols something is recorded of."""
        return len({symbol for symbols in self._symbols.values() for symbol in symbols})

    def add(self, symbols: Iterable[str], sorts: Iterable[Sort]) -> None:
        """Record ``sorts`` of ``symbols`` too, from now on."""
        new = list(symbols)
        for sort in sorts:
            self._put(sort, [*self._symbols[sort], *new])
        self._tell()

    def clear(self) -> None:
        """Record nothing more but what panels show; what is on disk stays."""
        for sort in Sort:
            self._put(sort, [])
        self._tell()

    def stop(self) -> None:
        """The window closes."""
        self._watching.want(OWNER, Wanted())

    def _put(self, sort: Sort, symbols: Iterable[str]) -> None:
        self._symbols[sort] = list(dict.fromkeys(symbols))
        self._preferences.set(_key(sort), ",".join(self._symbols[sort]))

    def _tell(self) -> None:
        quotes, books, bars = (frozenset(self._symbols[sort]) for sort in (Sort.QUOTES, Sort.BOOKS, Sort.BARS))
        self._watching.want(OWNER, Wanted(quotes=quotes, books=books, bars=bars))


def _key(sort: Sort) -> str:
    return f"recording/{sort.value}"
