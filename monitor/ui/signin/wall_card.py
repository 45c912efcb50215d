"""A wall in words: what happened, what to do, and a button for each way on."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from monitor.ui.icons import icon
from monitor.ui.panel import named
from monitor.ui.signin.sheet import Card, paragraph
from monitor.ui.signin.walls import Wall, Way
from monitor.ui.theme import Theme

_BUTTONS = {Way.RELOAD: "Re&load", Way.KEY: "Change the ke&y…", Way.OTHER: "Other &ways…"}


class WallCard(Card):
    """Hidden until a wall is shown; ``chosen`` is the way whose button was pressed."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._theme = theme
        self.wall: Wall | None = None
        self._mark = QLabel()
        self.sentence = named(QLabel(), "heading")
        self.advice = paragraph("", "body")
        self.buttons = {way: QPushButton(words) for way, words in _BUTTONS.items()}
        self._lay_out()
        theme.changed.connect(self._draw_mark)
        self.hide()

    def show_wall(self, wall: Wall | None) -> None:
        """Show what stands in the way, or nothing."""
        self.wall = wall
        if wall is not None:
            self.sentence.setText(wall.sentence)
            self.advice.setText(wall.advice)
            self.setAccessibleName(f"{wall.sentence} {wall.advice}")
            for way, button in self.buttons.items():
                button.setVisible(way in wall.ways)
                button.setAutoDefault(not wall.page_stays)  # else Enter belongs to the page
            self._draw_mark()
        self.setVisible(wall is not None)

    def take_keyboard(self) -> None:
        """Give the keyboard to the first way on."""
        first = next((button for button in self.buttons.values() if not button.isHidden()), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _draw_mark(self) -> None:
        if self.wall is not None:
            c = self._theme.colours
            name, colour = ("info", c.accent) if self.wall.page_stays else ("warning", c.amber)
            self._mark.setPixmap(icon(name, colour).pixmap(16))

    def _lay_out(self) -> None:
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.advice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # the callback is compared
        row = QHBoxLayout()
        row.setSpacing(8)
        for way, button in self.buttons.items():
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, way=way: self.chosen.emit(way))
            row.addWidget(button)
        row.addStretch(1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.addWidget(self._mark, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.sentence, 0, 1)
        grid.addWidget(self.advice, 1, 1)
        grid.addLayout(row, 2, 1)
        grid.setColumnStretch(1, 1)
        self.column.addLayout(grid)
