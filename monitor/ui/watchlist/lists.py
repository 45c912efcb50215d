"""The person's named lists: which one is shown, and every change to them kept through the port."""

from collections.abc import Coroutine, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from monitor.live.events import WatchlistsChanged
from monitor.ui.view_ports import ViewPorts

FIRST_LIST = "Watchlist"
FIRST_SYMBOLS = ("AAPL", "MSFT", "NVDA", "GOOGL", "AMZN", "META", "TSLA", "AMD", "SPY", "QQQ", "IWM", "$SPX")
_PREFERENCE = "watchlist.list"


class NamedLists(QObject):
    """All lists in memory. ``changed`` tells that other symbols, or a list of another name, are to be shown."""

    changed = Signal()

    def __init__(self, ports: ViewPorts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self._lists: dict[str, list[str]] = {}
        self._current = ports.preferences.get(_PREFERENCE)
        self._keeping = 0
        self._stop = ports.bus.listen(WatchlistsChanged, self._hear)

    @property
    def names(self) -> list[str]:
        return list(self._lists)

    @property
    def current(self) -> str:
        """The name of the list that is shown; empty until the lists are read."""
        return self._current if self._current in self._lists else ""

    @property
    def symbols(self) -> list[str]:
        return list(self._lists.get(self._current, []))

    def close(self) -> None:
        """Hear no more of changes."""
        self._stop()

    def read(self) -> None:
        """Read the lists; the very first time there is none, and one is made."""
        self._ports.tasks.start("watchlist.read", self._read())

    async def _read(self) -> None:
        lists = await self._ports.watchlists.all()
        if not lists:
            lists = {FIRST_LIST: list(FIRST_SYMBOLS)}
            self._keep("create", FIRST_LIST, self._ports.watchlists.create(FIRST_LIST, FIRST_SYMBOLS))
            for symbol in FIRST_SYMBOLS:
                self._ports.loader.ensure(symbol)
        before = (self.current, self.symbols)
        self._lists = lists
        if self._current not in lists:
            self._current = next(iter(lists))
        if (self.current, self.symbols) != before:
            self.changed.emit()

    def show(self, name: str) -> None:
        """Switch to the list of that name."""
        if name in self._lists:
            self._current = name
            self._ports.preferences.set(_PREFERENCE, name)
            self.changed.emit()

    def set_symbols(self, symbols: Sequence[str]) -> None:
        """The shown list's symbols as the person has just made them; the screen shows them already."""
        name = self.current
        if name:
            self._lists[name] = list(symbols)
            self._keep("symbols", name, self._ports.watchlists.set_symbols(name, list(symbols)))

    def create(self, name: str, symbols: Sequence[str] = ()) -> str:
        """Make a list and show it. Gives a sentence instead when the name will not do."""
        objection = self._objection(name)
        if not objection:
            self._lists[name] = list(symbols)
            self._keep("create", name, self._ports.watchlists.create(name, list(symbols)))
            self.show(name)
        return objection

    def rename(self, name: str) -> str:
        """Give the shown list another name. Gives a sentence instead when that will not do."""
        old, objection = self.current, self._objection(name)
        if not objection and old:
            self._lists = {name if key == old else key: symbols for key, symbols in self._lists.items()}
            self._keep("rename", old, self._ports.watchlists.rename(old, name))
            self.show(name)
        return objection

    def remove(self) -> None:
        """Remove the shown list and show another; the last one stays."""
        name = self.current
        if name and len(self._lists) > 1:
            del self._lists[name]
            self._keep("remove", name, self._ports.watchlists.remove(name))
            self.show(next(iter(self._lists)))

    def _objection(self, name: str) -> str:
        if not name:
            return "A list needs a name."
        return f"There is a list “{name}” already. Choose another name." if name in self._lists else ""

    def _keep(self, what: str, name: str, change: Coroutine[Any, Any, None]) -> None:
        self._keeping += 1
        self._ports.tasks.start(f"watchlist.{what}.{name}", self._kept(change))

    async def _kept(self, change: Coroutine[Any, Any, None]) -> None:
        try:
            await change
        finally:
            self._keeping -= 1

    def _hear(self, _: WatchlistsChanged) -> None:
        """Someone changed a list: read again, unless it is our own change that comes back."""
        if not self._keeping:
            self.read()
