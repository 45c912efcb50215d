"""What a right click on a chart offers where no drawing is: an alert, what to do with one, the repair of a hole."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from monitor.live.alert_words import price_words
from monitor.market.alert import Alert
from monitor.ui.chart.drawings.tools import with_keys
from monitor.ui.chart.events.alert_desk import AlertDesk
from monitor.ui.chart.events.alert_hand import AlertHand


class AlertMenu(QMenu):
    """The menu of one alert."""

    def __init__(self, desk: AlertDesk, hand: AlertHand, alert: Alert, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setTitle(f"Alert at {price_words(alert.price)}")
        self.addAction(with_keys("&Edit alert…", "Enter"), lambda: hand.edit(alert))
        on = self.addAction("&On", lambda: desk.turn(alert, not alert.active))
        on.setCheckable(True)
        on.setChecked(alert.active)
        self.addSeparator()
        self.addAction(with_keys("&Remove alert", "Del"), lambda: desk.remove(alert))


class ChartMenu(QMenu):
    """The menu of a place on a chart: its price, and the repair of the hole there (a title, and what it does)."""

    def __init__(
        self, hand: AlertHand, price: float, repair: tuple[str, Callable[[], None] | None] | None, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.addAction(with_keys(f"&Alert at {price_words(price)}…", "Alt+A"), lambda: hand.open_new(price))
        if repair is not None:
            title, act = repair
            self.addSeparator()
            entry = self.addAction(title, act if act is not None else lambda: None)
            entry.setEnabled(act is not None)
