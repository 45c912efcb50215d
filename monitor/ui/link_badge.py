"""The numbered square at a panel's left: its link group, and the menu that moves the panel to another."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAction, QActionGroup, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from monitor.ui.icons import SIDE
from monitor.ui.link import Link, LinkGroup
from monitor.ui.theme import ink_on


class LinkBadge(QToolButton):
    """Always shows the group's number, a dash outside of all."""

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self.setObjectName("linkBadge")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self._fill)
        self.setMenu(self._menu)
        link.moved.connect(self._show)
        self._show()

    def _show(self) -> None:
        group = self._link.group
        self.setText(str(group.number) if group else "—")
        if group:
            words = f"Link group {group.number}: panels with this number follow the same symbol"
            look = f"background: {group.colour}; color: {ink_on(group.colour)};"
        else:
            words = "Not linked: this panel keeps its own symbol"
            look = ""
        # The colours of groups are the same in every theme.
        self.setStyleSheet(f"QToolButton#linkBadge {{ {look} }}" if look else "")
        self.setToolTip(f"{words}. Click for another group")
        self.setAccessibleName(f"Link group {group.number}" if group else "Not linked")

    def _fill(self) -> None:
        menu, link = self._menu, self._link
        menu.clear()
        choices = QActionGroup(menu)
        for group in link.others:
            symbol = f"    {group.symbol.replace('&', '&&')}" if group.symbol else ""
            choices.addAction(self._add_place(f"&{group.number}{symbol}", group))
        choices.addAction(self._add_place("&Not linked", None))
        if (here := link.group) is not None:
            menu.addSeparator()
            self._add_share("Charts share the &interval", here.shares_interval, self._share_interval)
            self._add_share("Charts share the &crosshair", here.shares_crosshair, here.share_crosshair)

    def _add_place(self, words: str, group: LinkGroup | None) -> QAction:
        action = self._menu.addAction(words)
        if group:
            action.setIcon(_square(group))
        action.setCheckable(True)
        action.setChecked(group is self._link.group)
        action.triggered.connect(lambda: self._link.join(group))
        return action

    def _share_interval(self, shared: bool) -> None:
        if self._link.group:
            self._link.group.share_interval(shared, self._link.interval)

    def _add_share(self, words: str, on: bool, share: Callable[[bool], None]) -> None:
        action = self._menu.addAction(words)
        action.setCheckable(True)
        action.setChecked(on)
        action.toggled.connect(share)


def _square(group: LinkGroup) -> QIcon:
    """The group's colour."""
    pixmap = QPixmap(SIDE * 2, SIDE * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(group.colour))
        painter.drawRoundedRect(QRectF(2, 2, SIDE - 4, SIDE - 4), 3, 3)
    return QIcon(pixmap)
