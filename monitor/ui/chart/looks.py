"""How a chart is shown: its kind, scale, hours, zone and lines; kept in settings, and chosen from a menu."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from monitor.analysis.bars import Alignment
from monitor.analysis.chart_bars import Making
from monitor.market.bar import Interval
from monitor.market.hours import Hours
from monitor.ports import Preferences, Zone
from monitor.ui.chart.kinds import Kind

_KEY = "chart/looks"


class Looks(msgspec.Struct, frozen=True):
    """What a person chose. ``centred`` keeps the last price in the middle; ``hours`` are those whose bars are shown."""

    kind: Kind = Kind.CANDLES
    logarithmic: bool = False
    percent: bool = False
    inverted: bool = False
    centred: bool = False
    hours: Hours = Hours.ALWAYS
    shaded: bool = True
    alignment: Alignment = Alignment.SESSION
    zone: Zone = Zone.NEW_YORK
    previous_close: bool = True
    bid_and_ask: bool = False
    revisions: bool = True
    provenance: bool = True

    def making(self, interval: Interval) -> Making:
        """How bars of ``interval`` are made."""
        return Making(interval, self.alignment, self.hours)


def kept_looks(preferences: Preferences) -> Looks:
    """As they were left; the usual ones where what is kept cannot be read."""
    try:
        return msgspec.json.decode(preferences.get(_KEY, "{}"), type=Looks)
    except msgspec.DecodeError:
        return Looks()


def keep_looks(preferences: Preferences, looks: Looks) -> None:
    """Remember them for the next time."""
    preferences.set(_KEY, msgspec.json.encode(looks).decode())


_HOURS = (
    ("&All hours", Hours.ALWAYS),
    ("&Extended hours (07:00 to 20:00)", Hours.EXTENDED),
    ("&Regular hours", Hours.REGULAR),
)
_ALIGNMENTS = (("From &09:30", Alignment.SESSION), ("From the full &hour", Alignment.CLOCK))
_ZONES = tuple((zone.words, zone) for zone in Zone)
#: Title, field and key of what is on or off.
_SCALE = (
    ("&Logarithmic", "logarithmic", "Alt+L"),
    ("&Percent", "percent", "Alt+P"),
    ("&Inverted", "inverted", "Alt+I"),
)
_EVENTS = (("&Revisions of bars", "revisions", ""), ("Where a bar &comes from", "provenance", ""))
_LINES = (("&Previous close", "previous_close", ""), ("&Bid and ask", "bid_and_ask", ""))


class LooksMenu(QMenu):
    """``chosen`` carries the Looks once something else was picked."""

    chosen = Signal(object)

    def __init__(self, looks: Looks, parent: QWidget) -> None:
        super().__init__(parent)
        self._looks = looks
        self._shown: list[tuple[QAction, str, Any]] = []
        self._add_choice(self, "kind", ((kind.words, kind) for kind in Kind))
        self.addSeparator()
        scale = self.addMenu("&Price scale")
        self._add_switches(scale, _SCALE, parent)
        scale.addSeparator()
        self._add_switches(scale, (("Last price in the &middle", "centred", ""),), parent)
        hours = self.addMenu("&Hours")
        self._add_choice(hours, "hours", _HOURS)
        hours.addSeparator()
        self._add_switches(hours, (("&Shade what is not regular", "shaded", ""),), parent)
        self._add_choice(self.addMenu("&Bars of an hour or more"), "alignment", _ALIGNMENTS)
        self._add_choice(self.addMenu("&Times in"), "zone", _ZONES)
        self._add_switches(self.addMenu("&Lines"), _LINES, parent)
        self._add_switches(self.addMenu("&Events"), _EVENTS, parent)
        self.addSeparator()
        self.compare = self._add_action("&Compare symbols…", "+", parent)
        self.go_to = self._add_action("&Go to date…", "Alt+G", parent)
        self.save_picture = self._add_action("Sa&ve picture…", "Alt+S", parent)
        self.copy_picture = self._add_action("Cop&y picture", "", parent)
        self.copy_bars = self._add_action("Copy bars in vie&w", "Ctrl+Shift+C", parent)
        self._show()

    @property
    def looks(self) -> Looks:
        return self._looks

    def choose(self, **fields: Any) -> None:
        """Change some of them."""
        changed = replace(self._looks, **fields)
        if changed != self._looks:
            self._looks = changed
            self.chosen.emit(changed)
        self._show()

    def _add_action(self, title: str, keys: str, parent: QWidget) -> QAction:
        action = QAction(title, self)
        if keys:
            _give_keys(action, keys, parent)
        self.addAction(action)
        return action

    def _add_choice(self, menu: QMenu, field: str, choices: Iterable[tuple[str, Any]]) -> None:
        group = QActionGroup(menu)
        for title, value in choices:
            action = QAction(title, menu, checkable=True)
            action.triggered.connect(lambda _checked=False, value=value: self.choose(**{field: value}))
            group.addAction(action)
            menu.addAction(action)
            self._shown.append((action, field, value))

    def _add_switches(self, menu: QMenu, switches: Iterable[tuple[str, str, str]], parent: QWidget) -> None:
        for title, field, keys in switches:
            action = QAction(title, menu, checkable=True)
            action.triggered.connect(lambda checked, field=field: self.choose(**{field: checked}))
            if keys:
                _give_keys(action, keys, parent)
            menu.addAction(action)
            self._shown.append((action, field, True))

    def _show(self) -> None:
        for action, field, value in self._shown:
            action.setChecked(getattr(self._looks, field) == value)


def _give_keys(action: QAction, keys: str, parent: QWidget) -> None:
    """Keys that are heard while ``parent`` has the keyboard; a menu that is not open hears none."""
    action.setShortcut(keys)
    action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    parent.addAction(action)
