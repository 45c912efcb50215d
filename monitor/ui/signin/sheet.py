"""What every step of the sign-in looks like: a heading, words, what is asked, and buttons for the dialog's foot."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from monitor.ui.icons import SIDE, icon
from monitor.ui.panel import named
from monitor.ui.theme import Theme

_MARGIN = 48
_HEADING_SCALE = 1.6


class Sheet(QWidget):
    """One step. The dialog shows its ``actions`` at its foot, on the right, and those ``aside`` on the left."""

    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.foot: list[QPushButton] = []
        self.aside: list[QPushButton] = []
        self.primary: QPushButton | None = None
        self.first: QWidget | None = None

    def add_button(
        self, text: str, act: Callable[[], object], *, primary: bool = False, aside: bool = False
    ) -> QPushButton:
        """A button for the foot; Enter presses the primary one."""
        button = QPushButton(text)
        button.clicked.connect(lambda: act())
        button.setAutoDefault(False)
        (self.aside if aside else self.foot).append(button)
        if primary:
            self.primary = button
        return button

    def arrive(self) -> None:
        """The sheet is shown: the keyboard goes to what is asked first."""
        if self.first is not None:
            self.first.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """The sheet is left, forward, back or with the dialog: secrets go, and what runs for it stops."""


class WordsSheet(Sheet):
    """A sheet that is read and filled in; it scrolls where letters are large or the screen is small."""

    def __init__(self, heading: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = paragraph(heading, "pageHeading")
        font = QFont(QGuiApplication.font())
        font.setPointSizeF(font.pointSizeF() * _HEADING_SCALE)
        self.heading.setFont(font)
        self.words = paragraph(words)
        self.failure = paragraph("", "failure")
        self.failure.hide()
        self._content = named(QWidget(), "sheet")
        self.column = QVBoxLayout(self._content)
        self.column.setContentsMargins(_MARGIN, 32, _MARGIN, 24)
        self.column.setSpacing(12)
        self.column.addWidget(self.heading)
        self.column.addWidget(self.words)
        self.words.setVisible(bool(words))
        scroll = named(QScrollArea(), "sheet")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def minimumSizeHint(self) -> QSize:
        """As wide as the widest row of buttons, which cannot wrap; what is too high scrolls."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        return QSize(self._content.minimumSizeHint().width() + bar, super().minimumSizeHint().height())

    def fail(self, sentence: str) -> None:
        """Say what went wrong and what to do; an empty sentence takes it away."""
        self.failure.setText(sentence)
        self.failure.setVisible(bool(sentence))


class Choice(QPushButton):
    """A large button with a drawing, a title and what it means."""

    def __init__(self, drawing: str, title: str, words: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("choice")
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        picture = QLabel()
        picture.setPixmap(large(drawing, theme))
        grid = QGridLayout(self)
        grid.setContentsMargins(20, 16, 20, 16)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.addWidget(picture, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(named(QLabel(title), "heading"), 0, 1)
        grid.addWidget(paragraph(words), 1, 1)
        grid.setColumnStretch(1, 1)
        for label in self.findChildren(QLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return super().sizeHint() if layout is None else layout.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        return super().minimumSizeHint() if layout is None else layout.totalMinimumSize()


class Card(QFrame):
    """A framed part of a sheet with a column of its own, below a title if it has one."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 12, 16, 16)
        self.column.setSpacing(8)
        if title:
            self.column.addWidget(named(QLabel(title), "heading"))


def large(drawing: str, theme: Theme) -> QPixmap:
    """An icon at twice its size, from the pixmap that is made for dense screens."""
    pixmap = icon(drawing, theme.colours.accent).pixmap(QSize(SIDE, SIDE), 3.0)
    pixmap.setDevicePixelRatio(1.5)
    return pixmap


def side_by_side(*widgets: QWidget) -> QHBoxLayout:
    """Buttons of a card, at its left."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def paragraph(words: str, name: str = "hint") -> QLabel:
    """Plain words that wrap."""
    label = named(QLabel(words), name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def show_tone(label: QLabel, tone: str) -> None:
    """Colour a remark as fine, unusual, wrong or (empty) neutral; Qt looks at a property again only when told to."""
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)


def explained(button: QAbstractButton, words: str) -> QVBoxLayout:
    """A radio button or check box with its explanation below, indented as its words are."""
    button.setAccessibleDescription(words)
    below = QHBoxLayout()
    below.addSpacing(22)
    below.addWidget(paragraph(words), 1)
    column = QVBoxLayout()
    column.setSpacing(4)
    column.addWidget(button)
    column.addLayout(below)
    return column


def numbered(lines: Sequence[str]) -> QGridLayout:
    """What is to be done, one after the other."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(1, 1)
    for row, line in enumerate(lines):
        number = named(QLabel(str(row + 1)), "stepNumber")
        number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(number, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(paragraph(line, "body"), row, 1)
    return grid
