"""The buttons in a chart's header: fewer and shorter ones where it is narrow."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QToolButton, QWidget

#: Narrower headers show icons instead of words, and at last leave out what keys and a larger chart have too.
_WORDS_PX, _ALL_PX, _LEAST_PX = 460, 320, 150


class FittingButtons(QObject):
    """``worded`` have both words and an icon, ``spare`` can be left out."""

    def __init__(self, header: QWidget, worded: Sequence[QToolButton], spare: Sequence[QAbstractButton]) -> None:
        super().__init__(header)
        self._worded, self._spare = worded, spare
        header.setMinimumWidth(_LEAST_PX)  # else what is to be left out would keep it from becoming narrow
        header.installEventFilter(self)
        self._fit(header.width())

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QResizeEvent):
            self._fit(event.size().width())
        return False

    def _fit(self, width: int) -> None:
        styles = Qt.ToolButtonStyle
        style = styles.ToolButtonTextOnly if width >= _WORDS_PX else styles.ToolButtonIconOnly
        for button in self._worded:
            button.setToolButtonStyle(style)
        for each in self._spare:
            each.setVisible(width >= _ALL_PX)
