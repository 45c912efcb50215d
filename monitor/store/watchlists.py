"""The person's watchlists: edits go through the writer and are on disk when they return."""

import sqlite3
from collections.abc import Sequence

from monitor.store.reader import Reader
from monitor.store.tasks import CreateWatchlist, RemoveWatchlist, RenameWatchlist, SetSymbols
from monitor.store.writer import Writer


class StoredWatchlists:
    """Implements Watchlists."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def all(self) -> dict[str, list[str]]:
        return await self._reader.ask(_all_lists)

    async def create(self, name: str, symbols: Sequence[str] = ()) -> None:
        await self._writer.perform(CreateWatchlist(name.strip(), tuple(symbols)))

    async def rename(self, old: str, new: str) -> None:
        """Raises BadData when there is no ``old``, or ``new`` is empty or taken."""
        await self._writer.perform(RenameWatchlist(old, new.strip()))

    async def remove(self, name: str) -> None:
        """Raises BadData when there is no such list."""
        await self._writer.perform(RemoveWatchlist(name))

    async def set_symbols(self, name: str, symbols: Sequence[str]) -> None:
        """Raises BadData when there is no such list; a symbol given twice is kept once."""
        await self._writer.perform(SetSymbols(name, tuple(symbols)))


def _all_lists(connection: sqlite3.Connection) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {name: [] for (name,) in connection.execute("SELECT name FROM watchlist ORDER BY id")}
    rows = connection.execute(
        "SELECT name, symbol FROM watchlist_symbol JOIN watchlist ON id = watchlist_id ORDER BY watchlist_id, position"
    )
    for name, symbol in rows:
        lists.setdefault(name, []).append(symbol)
    return lists
