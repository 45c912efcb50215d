"""What the mouse does to the rows of compared symbols: clicks on their signs, and a sentence for who hovers there."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip

from monitor.ui.chart.compare.compared import Compared
from monitor.ui.chart.compare.legend import ACTIONS, Hit
from monitor.ui.chart.compare.painting import percent_words

if TYPE_CHECKING:
    from monitor.ui.chart.compare.on_chart import ChartComparison
    from monitor.ui.chart.view import ChartView


class CompareHand(QObject):
    """Listens to a view's mouse, and keeps from the chart what was meant for a row."""

    def __init__(self, view: "ChartView", comparison: "ChartComparison") -> None:
        super().__init__(view)
        self._view, self._comparison = view, comparison
        view.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            return self._explain(event)
        if not isinstance(event, QMouseEvent) or event.button() != Qt.MouseButton.LeftButton:
            return False
        hit = self._hit(event.position().toPoint())
        if event.type() == QEvent.Type.MouseButtonPress and hit is not None and hit.action:
            self._act(hit)
            return True
        if event.type() == QEvent.Type.MouseButtonDblClick and hit is not None:
            if not hit.action:
                self._comparison.open_dialog()
            return True
        return False

    def words(self, place: QPoint) -> str:
        """What there is to say about a place; empty outside of the rows."""
        hit = self._hit(place)
        if hit is None:
            return ""
        return ACTIONS[hit.action] if hit.action else self._about(hit.compared)

    def _about(self, compared: Compared) -> str:
        if compared.words:
            return compared.words
        chart = self._view.scene.bars
        return f"{compared.symbol} {percent_words(compared.percent(chart, None))} since the first bar in view"

    def _hit(self, place: QPoint) -> Hit | None:
        return next((hit for hit in self._view.compared_hits if hit.place.contains(place)), None)

    def _act(self, hit: Hit) -> None:
        acts = {
            "hide": self._comparison.toggle,
            "remove": self._comparison.remove,
            "retry": self._comparison.retry,
        }
        acts[hit.action](hit.compared)

    def _explain(self, event: QHelpEvent) -> bool:
        words = self.words(event.pos())
        if not words:
            QToolTip.hideText()
            return False
        QToolTip.showText(event.globalPos(), words, self._view)
        return True
