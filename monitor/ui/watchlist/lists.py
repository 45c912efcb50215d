"""The person's named lists: which one is shown, and every change to them kept through the port."""

from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from monitor.errors import MonitorError
from monitor.live.events import Level, Notice, WatchlistsChanged
from monitor.ui.view_ports import ViewPorts

FIRST_LIST = "Watchlist"
FIRST_SYMBOLS = ("AAPL", "MSFT", "NVDA", "GOOGL", "AMZN", "META", "TSLA", "AMD", "SPY", "QQQ", "IWM", "$SPX")
Change = Callable[[], Coroutine[Any, Any, None]]
_PREFERENCE = "watchlist.list"


class NamedLists(QObject):
    """All lists in memory. ``changed`` tells that other symbols, or a list of another name, are to be shown."""

    changed = Signal()

    def __init__(self, ports: ViewPorts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self._lists: dict[str, list[str]] = {}
        self._current = ports.preferences.get(_PREFERENCE)
        self._unkept: deque[Change] = deque()
        self._keeping = False
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

    def symbols_of(self, name: str) -> list[str]:
        """The symbols of the list of that name, shown or not."""
        return list(self._lists.get(name, []))

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
            self._keep(partial(self._ports.watchlists.create, FIRST_LIST, FIRST_SYMBOLS))
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
            self._keep(partial(self._ports.watchlists.set_symbols, name, list(symbols)))

    def extend(self, name: str, symbols: Sequence[str]) -> list[str]:
        """Put symbols at the end of the list of that name, shown or not; gives those it did not have."""
        known = self._lists.get(name, [])
        new = [symbol for symbol in symbols if symbol not in known]
        if new and name in self._lists:
            self._lists[name] = known + new
            self._keep(partial(self._ports.watchlists.set_symbols, name, known + new))
        return new

    def create(self, name: str, symbols: Sequence[str] = ()) -> str:
        """Make a list and show it. Gives a sentence instead when the name will not do."""
        objection = self._objection(name)
        if not objection:
            self._lists[name] = list(symbols)
            self._keep(partial(self._ports.watchlists.create, name, list(symbols)))
            self.show(name)
        return objection

    def rename(self, name: str) -> str:
        """Give the shown list another name. Gives a sentence instead when that will not do."""
        old, objection = self.current, self._objection(name)
        if not objection and old:
            self._lists = {name if key == old else key: symbols for key, symbols in self._lists.items()}
            self._keep(partial(self._ports.watchlists.rename, old, name))
            self.show(name)
        return objection

    def remove(self) -> None:
        """Remove the shown list and show another; the last one stays."""
        name = self.current
        if name and len(self._lists) > 1:
            del self._lists[name]
            self._keep(partial(self._ports.watchlists.remove, name))
            self.show(next(iter(self._lists)))

    def _objection(self, name: str) -> str:
        if not name:
            return "A list needs a name."
        return f"There is a list “{name}” already. Choose another name." if name in self._lists else ""

    def _keep(self, change: Change) -> None:
        """Have a change kept, after those before it: none may overtake or cancel another."""
        self._unkept.append(change)
        if not self._keeping:
            self._keeping = True
            self._ports.tasks.start("watchlist.keep", self._keep_all())

    async def _keep_all(self) -> None:
        try:
            while self._unkept:
                await self._keep_one(self._unkept.popleft())
        finally:
            self._keeping = False

    async def _keep_one(self, change: Change) -> None:
        try:
            await change()
        except MonitorError as error:
            self._ports.bus.publish(Notice(Level.ERROR, f"The list was not kept. {error.sentence}", error.detail))

    def _hear(self, _: WatchlistsChanged) -> None:
        """Someone changed a list: read again, unless it is our own change that comes back."""
        if not self._keeping:
            self.read()
