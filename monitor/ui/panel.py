"""The frame every panel has: a header with its link group's number, a title, a note, and room for buttons."""

from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from monitor.ui.fitting import FittingLabel
from monitor.ui.link import Link, LinkGroup
from monitor.ui.link_badge import LinkBadge

W = TypeVar("W", bound=QWidget)
_HEADER_HEIGHT = 28


def named(widget: W, name: str) -> W:
    """The widget under the object name by which the style sheet and tests find it."""
    widget.setObjectName(name)
    return widget


def rename(widget: QWidget, name: str) -> None:
    """Another object name, with the look that the style sheet has for it; Qt looks at names again only when told to."""
    if widget.objectName() != name:
        widget.setObjectName(name)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Panel(QWidget):
    """A titled panel. Subclasses call ``set_body`` once, and ``set_title`` / ``set_note`` as things change.

    A dock takes ``header`` as its title bar, so that the panel is dragged by it; buttons go into ``header_row``.
    ``link`` is the panel's place among the link groups; one that is given none has no badge.
    ``sight_changed`` tells that the panel has come into sight or gone out of it, ``title_bar_changed`` carries another
    widget to drag it by.
    """

    sight_changed = Signal()
    title_bar_changed = Signal(object)

    def __init__(self, title: str, link: Link | LinkGroup | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(type(self).__name__)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.link = Link.to(link, self)
        self._covered = False
        self._title = named(FittingLabel(title), "panelTitle")
        self._note = named(FittingLabel(), "panelNote")
        # The note has what the title and the buttons leave; buttons that come and go must not widen the panel.
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.header = named(QWidget(), "panelHeader")
        self.header.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.header_row = QHBoxLayout(self.header)
        self.header_row.setContentsMargins(8, 0, 4, 0)
        self.header_row.setSpacing(8)
        self.header_row.addStrut(_HEADER_HEIGHT)
        if link is not None:
            self.header_row.addWidget(LinkBadge(self.link))
        self.header_row.addWidget(self._title)
        self.header_row.addWidget(self._note, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.header)

    @property
    def title_bar(self) -> QWidget:
        """What the panel is dragged by; its layout has room for buttons at the end."""
        return self.header

    def take_header(self) -> None:
        """Have the header above the body, where it is from the start, and no longer in a dock's title bar."""
        if self.header.parent() is not self:
            self._column.insertWidget(0, self.header)
            self.header.show()

    def set_body(self, body: QWidget) -> None:
        """The panel's content, below its header."""
        self._column.addWidget(body, 1)

    @property
    def in_sight(self) -> bool:
        """Whether it is shown, and not behind a tab: there Qt moves a dock off the screen and takes it for visible."""
        return self.isVisible() and not self._covered

    def cover(self, covered: bool) -> None:
        """Take in that the panel is behind a tab, or no longer."""
        if covered is not self._covered:
            self._covered = covered
            self.sight_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.sight_changed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.sight_changed.emit()

    def close_panel(self) -> None:
        """Stop listening and want nothing more: the window closes."""

    def set_title(self, title: str, *shorter: str) -> None:
        """The panel's name, or the first ``shorter`` form that fits."""
        self._title.show_words(title, *shorter)

    def set_note(self, note: str, *shorter: str, doubtful: bool = False) -> None:
        """The words behind the title, dim, or amber where they are a doubt.

        The first ``shorter`` form that fits takes its place where room is scarce.
        """
        self._note.show_words(note, *shorter)
        tone = "amber" if doubtful else ""
        if (self._note.property("tone") or "") != tone:
            self._note.setProperty("tone", tone)
            self._note.style().unpolish(self._note)
            self._note.style().polish(self._note)
