"""Link groups: panels that carry the same number show the same symbol; charts share more, as their group says."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from monitor.market.bar import Interval


class Pointed(NamedTuple):
    """What the crosshair of a chart points at: a bar, from ``start_ms`` to ``end_ms`` (UTC, end exclusive).

    ``price`` is one of ``symbol``; None where the crosshair is not among the prices.
    """

    start_ms: int
    end_ms: int
    symbol: str
    price: float | None


class LinkGroup(QObject):
    """One numbered group; choosing a symbol anywhere in it moves every panel of it.

    ``crosshair_moved`` carries the Link that it comes from and a Pointed or None; ``shares_changed`` tells that
    ``shares_interval`` or ``shares_crosshair`` is another.
    """

    symbol_changed = Signal(str)
    interval_changed = Signal(object)
    crosshair_moved = Signal(object, object)
    shares_changed = Signal()

    def __init__(self, number: int, colour: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.number = number
        self.colour = colour
        self.shares_interval = False
        self.shares_crosshair = True
        self._symbol = ""
        self._interval: Interval | None = None

    @property
    def symbol(self) -> str:
        """The symbol shown, or an empty string before the first is chosen."""
        return self._symbol

    def choose(self, symbol: str) -> None:
        if symbol and symbol != self._symbol:
            self._symbol = symbol
            self.symbol_changed.emit(symbol)

    @property
    def interval(self) -> Interval | None:
        """What the charts have in common; None where they have nothing in common, or nothing was chosen yet."""
        return self._interval if self.shares_interval else None

    def choose_interval(self, interval: Interval) -> None:
        """Have every chart show bars of this length, if they share it."""
        if self.shares_interval and interval is not self._interval:
            self._interval = interval
            self.interval_changed.emit(interval)

    def share_interval(self, shared: bool, first: Interval | None = None) -> None:
        """Whether charts share the interval, and which at first; else the first that tells its own is followed."""
        if shared is not self.shares_interval:
            self.shares_interval, self._interval = shared, first
            self.shares_changed.emit()

    def share_crosshair(self, shared: bool) -> None:
        """Whether the crosshair of one chart is shown in the others."""
        if shared is not self.shares_crosshair:
            self.crosshair_moved.emit(None, None)
            self.shares_crosshair = shared
            self.shares_changed.emit()


class Link(QObject):
    """One panel's place in a group, or outside of all, where it has a symbol of its own.

    ``others`` are the groups that it can join, ``interval`` is that of its panel if it is a chart. ``moved`` tells that
    it is in another group; the other signals are those of the group it is in.
    """

    symbol_changed = Signal(str)
    interval_changed = Signal(object)
    crosshair_moved = Signal(object)
    shares_changed = Signal()
    moved = Signal()

    def __init__(self, group: LinkGroup | None, others: Sequence[LinkGroup] = ()) -> None:
        super().__init__()
        self.others = others
        self.interval: Interval | None = None
        self._group: LinkGroup | None = None
        self._own = ""
        self._attach(group)

    @classmethod
    def to(cls, where: "Link | LinkGroup | None", panel: QObject) -> "Link":
        """The link of a panel: the one given, or a new one to the group given."""
        link = where if isinstance(where, Link) else cls(where)
        link.setParent(panel)
        return link

    @property
    def group(self) -> LinkGroup | None:
        return self._group

    @property
    def symbol(self) -> str:
        """The group's symbol, or its own where it is in none; empty before the first is chosen."""
        return self._group.symbol if self._group else self._own

    def choose(self, symbol: str) -> None:
        """Move the group to ``symbol``, or the panel alone where it is in none."""
        if self._group:
            self._group.choose(symbol)
        elif symbol and symbol != self._own:
            self._own = symbol
            self.symbol_changed.emit(symbol)

    def join(self, group: LinkGroup | None) -> None:
        """Follow another group, or none. A group without a symbol takes this one's."""
        if group is self._group:
            return
        before, self._own = self.symbol, self.symbol
        self._detach()
        if group and not group.symbol:
            group.choose(before)
        self._attach(group)
        if self.symbol != before:
            self.symbol_changed.emit(self.symbol)
        self.moved.emit()
        self.shares_changed.emit()

    def choose_interval(self, interval: Interval) -> None:
        """Tell the group that this chart shows bars of another length."""
        self.interval = interval
        if self._group:
            self._group.choose_interval(interval)

    def point_at(self, pointed: Pointed | None) -> None:
        """Show the other charts of the group where this one's crosshair is."""
        if self._group and self._group.shares_crosshair:
            self._group.crosshair_moved.emit(self, pointed)

    def _attach(self, group: LinkGroup | None) -> None:
        self._group = group
        if group:
            group.symbol_changed.connect(self.symbol_changed)
            group.interval_changed.connect(self.interval_changed)
            group.shares_changed.connect(self.shares_changed)
            group.crosshair_moved.connect(self._take_crosshair)

    def _detach(self) -> None:
        group = self._group
        if group:
            group.symbol_changed.disconnect(self.symbol_changed)
            group.interval_changed.disconnect(self.interval_changed)
            group.shares_changed.disconnect(self.shares_changed)
            group.crosshair_moved.disconnect(self._take_crosshair)
            self.crosshair_moved.emit(None)

    def _take_crosshair(self, sender: object, pointed: Pointed | None) -> None:
        if sender is not self:
            self.crosshair_moved.emit(pointed)
