"""The nine link groups, and which panel is in which: kept in settings, so that both come back at the next start."""

from collections.abc import Iterator

import msgspec
from PySide6.QtCore import QObject

from monitor.ports import Preferences
from monitor.ui.link import Link, LinkGroup
from monitor.ui.theme import LINK_COLOURS

#: The symbol last looked at; the first group's where nothing else is known of it.
_SYMBOL = "symbol"


class _Group(msgspec.Struct, frozen=True):
    symbol: str = ""
    shares_interval: bool = False
    shares_crosshair: bool = True


class _Place(msgspec.Struct, frozen=True):
    """``group`` 0 is none; ``symbol`` is the panel's own there."""

    group: int = 1
    symbol: str = ""


class LinkGroups(QObject):
    """Without ``keep_places`` every panel begins in the first group, and where it is moved is forgotten."""

    def __init__(self, preferences: Preferences, keep_places: bool = True, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._keep_places = keep_places
        self._groups = [LinkGroup(number, colour, self) for number, colour in enumerate(LINK_COLOURS, 1)]
        for group in self._groups:
            self._restore(group)

    def __getitem__(self, number: int) -> LinkGroup:
        return self._groups[number - 1]

    def __iter__(self) -> Iterator[LinkGroup]:
        return iter(self._groups)

    def link(self, name: str, like: Link | None = None) -> Link:
        """The link of the panel of that name, where it was left; a new panel's is in the first group, or ``like``."""
        kept = self._kept(name) if self._keep_places else _Place()
        if kept is None:
            kept = _Place(like.group.number if like.group else 0, like.symbol) if like else _Place()
        group = self[kept.group] if 1 <= kept.group <= len(self._groups) else None
        link = Link(group, tuple(self._groups))
        link.choose("" if group else kept.symbol)
        if self._keep_places:

            def keep() -> None:
                place = _Place(link.group.number if link.group else 0, "" if link.group else link.symbol)
                self._preferences.set(_key(name), msgspec.json.encode(place).decode())

            keep()
            link.moved.connect(keep)
            link.symbol_changed.connect(keep)
        return link

    def _kept(self, name: str) -> _Place | None:
        try:
            return msgspec.json.decode(self._preferences.get(_key(name)), type=_Place)
        except msgspec.DecodeError:
            return None

    def _restore(self, group: LinkGroup) -> None:
        try:
            kept = msgspec.json.decode(self._preferences.get(_key(group.number), "{}"), type=_Group)
        except msgspec.DecodeError:
            kept = _Group()
        first = self._preferences.get(_SYMBOL) if group.number == 1 else ""
        group.shares_interval, group.shares_crosshair = kept.shares_interval, kept.shares_crosshair

        def keep() -> None:
            now = _Group(group.symbol, group.shares_interval, group.shares_crosshair)
            self._preferences.set(_key(group.number), msgspec.json.encode(now).decode())

        group.symbol_changed.connect(keep)
        group.shares_changed.connect(keep)
        group.choose(kept.symbol or first)


def _key(of: str | int) -> str:
    """Where a group (by number) or a panel's place (by name) is kept."""
    return f"link/{of}"
