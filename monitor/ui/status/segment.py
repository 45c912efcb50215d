"""One field of the status bar: a dot, a few words, and something to open when it is clicked."""

import string

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from monitor.ui.dot import DOT, dot
from monitor.ui.status.phrases import Phrase, Tone
from monitor.ui.theme import Theme, data_font

_NO_DIGITS = str.maketrans("", "", string.digits)
_COLOURS = {Tone.PLAIN: "dim", Tone.GREEN: "good", Tone.AMBER: "amber", Tone.RED: "bad"}


class Segment(QPushButton):
    """Shows a Phrase; while only digits change it never shrinks, so that its neighbours stay where they are."""

    def __init__(self, name: str, theme: Theme, dotted: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("segment")
        self.setFlat(True)
        self.setFont(data_font())
        self.setAccessibleName(name)
        self.setIconSize(QSize(DOT, DOT))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._name = name
        self._theme = theme
        self._dotted = dotted
        self._shown: Phrase | None = None
        theme.changed.connect(self._draw_dot)

    def show_phrase(self, phrase: Phrase) -> None:
        """Take over what changed, and leave the rest unpainted."""
        before, self._shown = self._shown, phrase
        if before == phrase:
            return
        if before is None or before.text != phrase.text:
            self.setText(phrase.text)
            self.setAccessibleName(f"{self._name}: {phrase.text}")
            self._make_room("" if before is None else before.text, phrase.text)
        if before is None or before.tip != phrase.tip:
            self.setToolTip(phrase.tip)
        if before is None or before.tone != phrase.tone:
            self._take_tone(phrase.tone)

    def _make_room(self, before: str, text: str) -> None:
        same_words = before.translate(_NO_DIGITS) == text.translate(_NO_DIGITS)
        least = self.minimumWidth() if same_words else 0
        self.setMinimumWidth(max(least, self.sizeHint().width()))

    def _take_tone(self, tone: Tone) -> None:
        self.setProperty("tone", tone.value)
        self.style().unpolish(self)
        self.style().polish(self)
        self._draw_dot()

    def _draw_dot(self) -> None:
        if self._dotted and self._shown is not None:
            self.setIcon(dot(getattr(self._theme.colours, _COLOURS[self._shown.tone])))
