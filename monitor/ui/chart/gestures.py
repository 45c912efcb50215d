"""What hands do on a chart: drag, wheel, double click and keys, turned into moves of the view."""

import math
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent, QShortcut, QWheelEvent

from monitor.ui.chart.indicators.legend import Hit
from monitor.ui.chart.panes import GRIP_PX, drag_edge
from monitor.ui.chart.viewport import Viewport

if TYPE_CHECKING:
    from monitor.ui.chart.view import ChartView

_ZOOM_STEP = 1.25
#: How far Ctrl with an arrow goes, as a share of the bars in view.
_FAR = 0.8


class Area(Enum):
    """The parts of a chart that a mouse can take hold of."""

    PLOT = "plot"
    PRICES = "prices"
    TIMES = "times"
    EDGE = "edge"  # of a pane


class Gestures(QObject):
    """Listens to a ChartView's mouse and keys for as long as it lives."""

    def __init__(self, view: "ChartView") -> None:
        super().__init__(view)
        self._view = view
        self._held: Area | None = None
        self._from = QPointF()
        self._edge: int | None = None
        view.installEventFilter(self)
        for keys, act in self._keys().items():
            shortcut = QShortcut(QKeySequence(keys), view, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    def _keys(self) -> dict[str, Callable[[], None]]:
        return {
            "Left": lambda: self._pan(-1),
            "Right": lambda: self._pan(1),
            "Ctrl+Left": lambda: self._pan(-self._viewport.span * _FAR),
            "Ctrl+Right": lambda: self._pan(self._viewport.span * _FAR),
            "Ctrl+Up": lambda: self._zoom(_ZOOM_STEP),
            "Ctrl+Down": lambda: self._zoom(1 / _ZOOM_STEP),
            "Shift+Left": lambda: self._view.move_cursor(-1),
            "Shift+Right": lambda: self._view.move_cursor(1),
            "Home": self._go_oldest,
            "End": self._view.go_latest,
            "Alt+R": self._reset,
        }

    @property
    def _viewport(self) -> Viewport:
        return self._view.scene.viewport

    # ---------------------------------------------------------------------------------------- moves of the view

    def _pan(self, bars: float) -> None:
        self._viewport.pan(bars)
        self._view.refresh()

    def _zoom(self, factor: float, x: float | None = None) -> None:
        """Zoom about ``x``; without one, about the latest bar when it is in view, else about the right edge."""
        if x is not None:
            self._viewport.zoom(factor, x)
        elif self._viewport.shows_latest:
            self._viewport.zoom_at_latest(factor)
        else:
            self._viewport.zoom(factor, self._viewport.width)
        self._view.refresh()

    def _go_oldest(self) -> None:
        self._viewport.go_oldest()
        self._view.refresh()

    def _reset(self) -> None:
        self._viewport.reset()
        self._fit_prices()

    def _fit_prices(self) -> None:
        self._view.fit_prices()

    # ---------------------------------------------------------------------------------------- the mouse

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent):
            self._wheel(event)
            return True
        if event.type() == QEvent.Type.Leave:
            self._view.point_at(None)
        elif isinstance(event, QMouseEvent):
            self._mouse(event)
        return False

    def _mouse(self, event: QMouseEvent) -> None:
        kind, left = event.type(), event.button() == Qt.MouseButton.LeftButton
        if kind == QEvent.Type.MouseMove:
            if self._held is not None and not event.buttons() & Qt.MouseButton.LeftButton:
                self._let_go()  # elsewhere: the chart was hidden under the hand
            self._move(event.position())
        elif kind == QEvent.Type.MouseButtonPress and left and (hit := self._action_at(event.position())):
            self._view.indicator_clicked.emit(hit.shown, hit.action)
        elif kind == QEvent.Type.MouseButtonPress and left:
            self._held, self._from = self._area(event.position()), event.position()
            self._edge = self._edge_at(event.position())
            self._view.hold(True)
        elif kind == QEvent.Type.MouseButtonRelease and left:
            self._let_go()
        elif kind == QEvent.Type.MouseButtonDblClick and left:
            row = next((hit for hit in self._view.hits if hit.place.contains(event.position().toPoint())), None)
            if row is not None and not row.action:
                self._view.indicator_clicked.emit(row.shown, "settings")
            elif row is None:
                self._double_click(self._area(event.position()))

    def _let_go(self) -> None:
        self._held = None
        self._view.hold(False)

    def _area(self, place: QPointF) -> Area:
        scene = self._view.scene
        if place.x() > scene.plot.right():
            return Area.PRICES
        if self._edge_at(place) is not None:
            return Area.EDGE
        return Area.TIMES if place.y() > scene.body.bottom() else Area.PLOT

    def _action_at(self, place: QPointF) -> Hit | None:
        """The sign of an indicator's row under the mouse."""
        return next((hit for hit in self._view.hits if hit.action and hit.place.contains(place.toPoint())), None)

    def _edge_at(self, place: QPointF) -> int | None:
        """The pane whose upper edge is under the mouse."""
        tops = [pane.rect.top() for pane in self._view.scene.panes]
        return next((n for n, top in enumerate(tops) if abs(place.y() - top) <= GRIP_PX), None)

    def _move(self, place: QPointF) -> None:
        moved, self._from = place - self._from, place
        scene = self._view.scene
        if self._held is Area.PLOT:
            scene.scale.shift(moved.y())
            self._pan(-moved.x() / scene.viewport.bar_px)
        elif self._held is Area.PRICES:
            scene.scale.stretch(math.exp(moved.y() / 160))
            self._view.refresh()
        elif self._held is Area.EDGE and self._edge is not None:
            drag_edge(scene.panes, self._edge, moved.y(), scene.body.height())
            self._view.refresh()
        elif self._held is Area.TIMES:
            self._zoom(math.exp(moved.x() / 160))
        shapes = {
            Area.PLOT: Qt.CursorShape.CrossCursor,
            Area.PRICES: Qt.CursorShape.SizeVerCursor,
            Area.EDGE: Qt.CursorShape.SplitVCursor,
            Area.TIMES: Qt.CursorShape.SizeHorCursor,
        }
        self._view.setCursor(shapes[self._held or self._area(place)])
        self._view.point_at(place.toPoint())

    def _double_click(self, area: Area) -> None:
        if area is Area.PRICES:
            self._fit_prices()
        elif area is Area.TIMES:
            self._viewport.reset()
            self._view.refresh()

    def _wheel(self, event: QWheelEvent) -> None:
        """Up and down zooms (with Ctrl always about the mouse), sideways pans."""
        turned = event.angleDelta()
        if abs(turned.x()) > abs(turned.y()):
            self._pan(-turned.x() / 2 / self._viewport.bar_px)
            return
        factor = _ZOOM_STEP ** (turned.y() / 120)
        focused = event.modifiers() & Qt.KeyboardModifier.ControlModifier or not self._viewport.shows_latest
        self._zoom(factor, event.position().x() if focused else None)
