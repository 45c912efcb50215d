"""What the mouse and keys do with alerts; what concerns none goes on to drawings and to the chart's own gestures."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QShortcut

from monitor.market.alert import Alert
from monitor.ui.chart.drawings.desk import DrawingDesk
from monitor.ui.chart.events.alert_desk import AlertDesk
from monitor.ui.chart.events.alert_dialog import AlertDialog
from monitor.ui.chart.view import ChartView

_LEFT = Qt.MouseButton.LeftButton
#: A press that moves less is a click.
_CLICK_PX = 4
#: So many steps of the price with Shift.
_FAR_TICKS = 10
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(slots=True)
class _Grip:
    """The button is down on an alert: where, and the alert as it was."""

    begin: QPointF
    alert: Alert
    moving: bool = False


class AlertHand(QObject):
    """Hears a chart's mouse and keys before drawings do; what lies under a tool or a drawing in hand is theirs."""

    def __init__(self, view: ChartView, desk: AlertDesk, drawings: DrawingDesk) -> None:
        super().__init__(view)
        self._view = view
        self._desk = desk
        self._drawings = drawings
        self._layer = view.events.alerts
        self._grip: _Grip | None = None
        view.installEventFilter(self)
        keys: dict[str, Callable[[], object]] = {
            "Alt+A": self.add,
            "Alt+Up": lambda: self._select_next(up=True),
            "Alt+Down": lambda: self._select_next(up=False),
        }
        for each, act in keys.items():
            shortcut = QShortcut(QKeySequence(each), view, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        drawings.changed.connect(self._follow_drawings)
        desk.changed.connect(self._follow_desk)

    def _follow_drawings(self) -> None:
        """One thing is selected at a time."""
        if self._drawings.selected is not None or self._drawings.tool is not None:
            self._desk.select(None)

    def _follow_desk(self) -> None:
        """An alert that is gone, or of another symbol, is in no hand any more."""
        grip = self._grip
        if grip is not None and all(each.id != grip.alert.id for each in self._desk.alerts):
            self._drop()

    # ---------------------------------------------------------------------------------------- making and changing

    def price_at(self, place: QPoint | None) -> float | None:
        """The price at a place in the plot; without one, the last price."""
        scene = self._view.scene
        if not len(scene.bars):
            return None
        if place is None or not scene.plot.contains(place):
            return self._desk.last_price
        return self._desk.stepped(scene.scale.price(place.y()))

    def add(self) -> None:
        """An alert at the price of the cursor."""
        price = self.price_at(self._view.mouse)
        alert = self._desk.new(price) if price is not None else None
        if alert is not None:
            self._drawings.select(None)
            self._desk.put(alert)

    def open_new(self, price: float) -> AlertDialog | None:
        """Ask how an alert at a price is to be."""
        alert = self._desk.new(price)
        return self._open(alert, new=True) if alert is not None else None

    def edit(self, alert: Alert) -> AlertDialog:
        """Let the person change an alert."""
        return self._open(alert, new=False)

    def _open(self, alert: Alert, new: bool) -> AlertDialog:
        dialog = AlertDialog(alert, new, self._view)
        dialog.chosen.connect(self._desk.put)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _select_next(self, up: bool) -> None:
        self._drawings.select(None)
        self._desk.select_next(up)

    # ---------------------------------------------------------------------------------------- events

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Leave:
            self._hover(None)
        elif isinstance(event, QKeyEvent):
            if kind == QEvent.Type.ShortcutOverride and self._act(event) is not None:
                event.accept()  # a key of an alert in hand, not of the drawings
                return True
            return kind == QEvent.Type.KeyPress and self._press_key(event)
        elif isinstance(event, QContextMenuEvent):
            return False
        elif isinstance(event, QMouseEvent):
            return self._hear(event)
        return False

    def _press_key(self, event: QKeyEvent) -> bool:
        act = self._act(event)
        if act is None:
            return False
        act()
        return True

    def _act(self, event: QKeyEvent) -> Callable[[], object] | None:
        """What a key does with the alert in hand; None where it is not for alerts."""
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        alert = self._desk.selected
        if alert is None:
            return None
        if key == Qt.Key.Key_Escape and not modifiers:
            return self._drop if self._grip is not None else lambda: self._desk.select(None)
        if self._grip is not None:
            return None
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and (shift or not modifiers):
            ticks = (_FAR_TICKS if shift else 1) * (1 if key == Qt.Key.Key_Up else -1)
            return lambda: self._desk.step(alert, ticks)
        if modifiers:
            return None
        if key == Qt.Key.Key_Delete:
            return lambda: self._desk.remove(alert)
        return (lambda: self.edit(alert)) if key in _ENTER else None

    # ---------------------------------------------------------------------------------------- the mouse

    def _hear(self, event: QMouseEvent) -> bool:
        kind, place = event.type(), event.position()
        if kind == QEvent.Type.MouseMove:
            return self._move(place, event)
        if event.button() != _LEFT:
            return False
        if kind == QEvent.Type.MouseButtonPress:
            return self._take(place)
        if kind == QEvent.Type.MouseButtonDblClick:
            alert = self.alert_at(place)
            if alert is not None:
                self._drop()
                self.edit(alert)
            return alert is not None
        return kind == QEvent.Type.MouseButtonRelease and self._let_go()

    def alert_at(self, place: QPointF) -> Alert | None:
        """The alert that the mouse would take hold of: none under a tool, a drawing, or the sign of an indicator."""
        if self._drawings.tool is not None:
            return None
        drawings, font = self._view.drawings, self._view.font()
        if drawings.handle_under(place, font) is not None:
            return None
        if any(hit.action and hit.place.contains(place.toPoint()) for hit in self._view.hits):
            return None
        alert = self._layer.under(place)
        if alert is None or not self._view.scene.plot.contains(place.toPoint()):
            return alert
        on_bell = place.x() > self._view.scene.plot.right() - 16
        return alert if on_bell or drawings.under(place, font) is None else None

    def _take(self, place: QPointF) -> bool:
        """The button goes down; where there is no alert, none is selected any more."""
        alert = self.alert_at(place)
        self._desk.select(alert)
        if alert is None:
            return False
        self._drawings.select(None)
        self._desk.select(alert)
        self._grip = _Grip(place, alert)
        self._view.setFocus(Qt.FocusReason.MouseFocusReason)
        self._view.hold(True)
        return True

    def _move(self, place: QPointF, event: QMouseEvent) -> bool:
        if self._grip is not None:
            self._drag(self._grip, place)
            return True
        alert = None if event.buttons() & _LEFT else self.alert_at(place)
        self._hover(alert)
        if alert is None:
            return False
        self._view.setCursor(Qt.CursorShape.SizeVerCursor)
        self._view.point_at(place.toPoint())
        return True

    def _hover(self, alert: Alert | None) -> None:
        hovered = alert.id if alert else ""
        if hovered != self._layer.hovered:
            self._layer.hovered = hovered
            self._view.update()

    def _drag(self, grip: _Grip, place: QPointF) -> None:
        if not grip.moving and (place - grip.begin).manhattanLength() < _CLICK_PX:
            return
        grip.moving = True
        scene = self._view.scene
        y = min(max(self._layer.y(grip.alert) + place.y() - grip.begin.y(), 0), scene.plot.bottom())
        price = self._desk.stepped(scene.scale.price(y))
        self._layer.dragged = replace(grip.alert, price=price or grip.alert.price, active=True)
        self._view.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._view.point_at(None)

    def _let_go(self) -> bool:
        grip, dragged = self._grip, self._layer.dragged
        if grip is None:
            return False
        self._drop()
        if dragged is not None and dragged.price != grip.alert.price:
            self._desk.move(grip.alert, dragged.price)
        return True

    def _drop(self) -> None:
        """Let go of what is dragged, which stays where it was."""
        if self._grip is not None:
            self._grip, self._layer.dragged = None, None
            self._view.hold(False)
            self._view.unsetCursor()
