"""What the mouse and keys do with drawings; what concerns none goes on to the chart's own gestures.

Ctrl pressed with the button clones the drawing under the mouse; while a point is set or moved it inverts the magnet.
"""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeySequence, QMouseEvent, QShortcut

from monitor.market.drawing import Anchor, Drawing, DrawingKind
from monitor.ui.chart.drawings import tools
from monitor.ui.chart.drawings.desk import DrawingDesk
from monitor.ui.chart.drawings.drawing_menu import DrawingMenu
from monitor.ui.chart.drawings.magnet import drawn_to
from monitor.ui.chart.drawings.measure import Measure
from monitor.ui.chart.drawings.places import Places
from monitor.ui.chart.drawings.shapes import moved_handle
from monitor.ui.chart.drawings.text_entry import TextEntry
from monitor.ui.chart.view import ChartView

_LEFT = Qt.MouseButton.LeftButton
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
#: A press that moves less is a click.
_CLICK_PX = 4


@dataclass(slots=True)
class _Grip:
    """The button is down on a drawing: where, on which of its handles, and the drawing as it was."""

    begin: QPointF
    drawing: Drawing
    handle: int | None = None
    clone: bool = False
    moving: bool = False


@dataclass(slots=True)
class _Press:
    """The button is down with a tool: where, and whether the press itself has set an anchor."""

    begin: QPointF
    set_one: bool


class DrawingHand(QObject):
    """Hears a chart's mouse and keys before its own Gestures do."""

    def __init__(self, view: ChartView, desk: DrawingDesk) -> None:
        super().__init__(view)
        self._view = view
        self._desk = desk
        self._layer = view.drawings
        self._grip: _Grip | None = None
        self._press: _Press | None = None
        self._set: list[Anchor] = []
        self._tool: tools.Tool | None = None
        self._mouse: QPointF | None = None
        self.entry = TextEntry(view)
        view.installEventFilter(self)
        for keys, act in self._keys().items():
            shortcut = QShortcut(QKeySequence(keys), view, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        desk.changed.connect(self._follow_desk)

    def _keys(self) -> dict[str, Callable[[], object]]:
        desk = self._desk
        own: dict[str, Callable[[], object]] = {
            "Esc": self.cancel,
            "Del": self._remove,
            "Ctrl+Z": self._undo,
            "Ctrl+Y": self._redo,
            "Ctrl+Shift+Z": self._redo,
            "Ctrl+C": self._copy,
            "Ctrl+V": lambda: desk.paste(self._mouse),
            "Ctrl+Alt+H": lambda: desk.hide_all(not desk.all_hidden),
        }
        return own | {tool.keys: self._taker(tool) for tool in tools.TOOLS if tool.keys}

    def _taker(self, tool: tools.Tool) -> Callable[[], None]:
        return lambda: self._desk.choose(tool)

    # ---------------------------------------------------------------------------------------- keys

    def cancel(self) -> None:
        """Take back what is under way, else put the tool, the ruler or the selection away."""
        if self._grip is not None:
            self._layer.live, self._grip = self._desk.selected, None
            self._view.hold(False)
            self._view.paint_anew()
        elif self._desk.tool is not None:
            self._desk.choose(None)
        elif self._layer.measure is not None:
            self._desk.show_measure(None)
        else:
            self._desk.select(None)

    def _undo(self) -> None:
        if self._set:
            self.cancel()
        elif not self._view.held:
            self._desk.undo()

    def _redo(self) -> None:
        if not self._set and not self._view.held:
            self._desk.redo()

    def _copy(self) -> None:
        if self._desk.selected is not None:
            self._desk.copy(self._desk.selected)

    def _remove(self) -> None:
        drawing = self._desk.selected
        if drawing is not None and self._grip is None and not drawing.locked:
            self._desk.remove(drawing)

    def _follow_desk(self) -> None:
        """Another tool: what was begun with the last one is dropped, like a drag of what is selected no more."""
        if self._desk.tool is not self._tool:
            self._tool = self._desk.tool
            self._drop()
            if self._mouse is not None and len(self._view.scene.bars):
                self._preview(self._mouse, Qt.KeyboardModifier.NoModifier)
        if self._grip is not None and self._desk.selected is None:
            self._grip = None
            self._view.hold(False)
        self._hint()

    def _drop(self) -> None:
        self._set = []
        self._layer.handled = True
        self._layer.live = self._desk.selected
        if self._layer.measure is not None and not self._layer.measure.done:
            self._layer.measure = None
        if self._press is not None:
            self._press = None
            self._view.hold(False)
        self._view.update()

    def _hint(self) -> None:
        tool, selected = self._desk.tool, self._desk.selected
        hint = ""
        if tool is not None:
            hint = f"{tool.title}: {tool.steps[len(self._set)]} · Esc cancels"
        elif selected is not None and selected.locked:
            hint = "Locked: right-click to unlock it"
        if hint != self._layer.hint:
            self._layer.hint = hint
            self._view.update()

    # ---------------------------------------------------------------------------------------- the mouse

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._mouse = None
        elif isinstance(event, QContextMenuEvent):
            return self._open_menu(event)
        elif isinstance(event, QMouseEvent):
            return self._hear(event)
        return False

    def _hear(self, event: QMouseEvent) -> bool:
        kind, place = event.type(), event.position()
        inside = self._view.scene.plot.contains(place.toPoint()) and len(self._view.scene.bars) > 0
        if kind == QEvent.Type.MouseMove:
            self._mouse = place if inside else None
            return self._move(place, event)
        if event.button() != _LEFT:
            return False
        if kind == QEvent.Type.MouseButtonDblClick and inside and self._edit_under(place):
            return True
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            return inside and self._take(place, event.modifiers())
        return kind == QEvent.Type.MouseButtonRelease and self._let_go(place, event.modifiers())

    def _take(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """The button goes down in the plot."""
        if self._layer.measure is not None and self._layer.measure.done:
            self._desk.show_measure(None)
        if self._desk.tool is None and modifiers & _SHIFT:
            self._desk.choose(tools.MEASURE)
        if self._desk.tool is None and any(
            hit.action and hit.place.contains(place.toPoint()) for hit in self._view.hits
        ):
            return False  # the signs of an indicator's row are above all
        if self._desk.tool is not None:
            left = self._desk.tool.clicks - len(self._set)
            self._press = _Press(place, left > 1)
            if left > 1:
                self._set_one(self._anchor(place, modifiers))
            self._preview(place, modifiers)
            self._view.hold(True)
            return True
        return self._grasp(place, modifiers)

    def _grasp(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Take hold of the handle or drawing under the mouse; where there is none, nothing is selected any more."""
        handle = self._layer.handle_under(place, self._view.font())
        drawing = self._desk.selected if handle is not None else self._layer.under(place, self._view.font())
        self._desk.select(drawing)
        if drawing is None or (drawing.locked and not modifiers & _CTRL):
            return False
        clone = bool(modifiers & _CTRL)
        self._grip = _Grip(place, drawing, None if clone else handle, clone)
        self._view.hold(True)
        return True

    def _move(self, place: QPointF, event: QMouseEvent) -> bool:
        """Follow the mouse; False where that is for the chart itself to do."""
        if not len(self._view.scene.bars):
            return False
        if self._grip is not None:
            self._drag(self._grip, place, event.modifiers())
        elif self._desk.tool is not None and (self._press is not None or not event.buttons() & _LEFT):
            self._preview(place, event.modifiers())
            self._view.setCursor(Qt.CursorShape.CrossCursor)
        elif event.buttons() & _LEFT or not self._hover(place):
            return False
        self._view.point_at(place.toPoint())
        return True

    def _hover(self, place: QPointF) -> bool:
        """Show what the mouse could take hold of."""
        if self._layer.handle_under(place, self._view.font()) is not None:
            self._view.setCursor(Qt.CursorShape.SizeAllCursor)
            return True
        if self._layer.under(place, self._view.font()) is not None:
            self._view.setCursor(Qt.CursorShape.PointingHandCursor)
            return True
        return False

    def _drag(self, grip: _Grip, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        away = place - grip.begin
        if not grip.moving and away.manhattanLength() < _CLICK_PX:
            return
        if not grip.moving and grip.clone:
            grip.drawing = self._desk.clone(grip.drawing)
            self._layer.live = grip.drawing
            self._view.paint_anew()  # what it was cloned from rests again
        grip.moving = True
        self._view.setCursor(Qt.CursorShape.ClosedHandCursor)
        if grip.handle is None:
            bars = round(away.x() / self._view.scene.viewport.bar_px)
            self._layer.live = self._desk.moved(grip.drawing, bars, away.y())
        else:
            to = self._anchor(place, modifiers)
            self._layer.live = replace(grip.drawing, anchors=moved_handle(grip.drawing, grip.handle, to))
        self._view.update()

    def _let_go(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """The button goes up."""
        grip, self._grip = self._grip, None
        press, self._press = self._press, None
        if grip is None and press is None:
            return False
        self._view.hold(False)
        if grip is not None and grip.moving and self._layer.live is not None:
            self._desk.put(None if grip.clone else grip.drawing, self._layer.live)
        elif press is not None and self._desk.tool is not None:
            moved = (place - press.begin).manhattanLength() >= _CLICK_PX
            if moved or not press.set_one:
                self._set_one(self._anchor(place, modifiers))
        return True

    # ---------------------------------------------------------------------------------------- drawing

    def _anchor(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> Anchor:
        """The place in time and price under the mouse, drawn to the bar's prices by the magnet."""
        scene = self._view.scene
        plot = scene.plot
        inside = QPointF(min(max(place.x(), plot.left()), plot.right()), min(max(place.y(), plot.top()), plot.bottom()))
        pulled = drawn_to(scene, inside) if self._desk.magnet is not bool(modifiers & _CTRL) else None
        return pulled or Places.of(scene).anchor(inside)

    def _set_one(self, anchor: Anchor) -> None:
        """One more anchor; with the last of them the drawing is there. A click on the same place again sets nothing."""
        tool = self._desk.tool
        if tool is None or (self._set and self._set[-1] == anchor):
            return
        self._set.append(anchor)
        if len(self._set) < tool.clicks:
            self._hint()
            return
        anchors, self._set = self._set, []
        if tool.kind is None:
            self._desk.choose(None)
            self._desk.show_measure(Measure(anchors[0], anchors[1], done=True))
        elif tool.kind is DrawingKind.TEXT:
            self._desk.choose(None)
            self._write(self._desk.new(DrawingKind.TEXT, anchors), None)
        else:
            drawing = self._desk.new(tool.kind, anchors)
            self._desk.choose(None)
            self._desk.put(None, drawing)

    def _preview(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Show what there would be with the next anchors where the mouse is."""
        tool = self._desk.tool
        if tool is None:
            return
        anchor = self._anchor(place, modifiers)
        anchors = [*self._set, *[anchor] * (tool.clicks - len(self._set))]
        if tool.kind is None:
            if self._set:
                self._desk.show_measure(Measure(anchors[0], anchors[1]))
        elif tool.kind is not DrawingKind.TEXT:
            self._layer.live = self._desk.new(tool.kind, anchors)
            self._layer.handled = bool(self._set)
            self._view.update()

    # ---------------------------------------------------------------------------------------- words and menu

    def _edit_under(self, place: QPointF) -> bool:
        """A double click on words opens them."""
        drawing = self._layer.under(place, self._view.font()) if self._desk.tool is None else None
        if drawing is None or drawing.kind is not DrawingKind.TEXT or drawing.locked:
            return False
        self.edit_text(drawing)
        return True

    def edit_text(self, drawing: Drawing) -> None:
        """Let the person change the words of a drawing."""
        self._write(drawing, drawing)

    def _write(self, drawing: Drawing, before: Drawing | None) -> None:
        desk, scene = self._desk, self._view.scene
        symbol = scene.symbol

        def take(text: str) -> None:
            if scene.symbol != symbol:
                return
            if text:
                desk.put(before, replace(drawing, text=text))
            elif before is not None:
                desk.remove(before)

        if len(scene.bars):
            at = Places.of(scene).point(drawing.anchors[0])
            self.entry.begin(at.toPoint(), drawing.text, take)

    def _open_menu(self, event: QContextMenuEvent) -> bool:
        """Of the drawing under the mouse, or of the selected one when a key asks; a tool is put away instead."""
        if self._desk.tool is not None:
            self._desk.choose(None)
            return True
        at, drawing = event.pos(), self._desk.selected
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        if not by_key:
            inside = self._view.scene.plot.contains(at)
            drawing = self._layer.under(QPointF(at), self._view.font()) if inside else None
        if drawing is None or not len(self._view.scene.bars):
            return False
        self._desk.select(drawing)
        menu = DrawingMenu(self._desk, drawing, self.edit_text, self._view)
        menu.popup(self._view.mapToGlobal(self._place_of(drawing) if by_key else at))
        return True

    def _place_of(self, drawing: Drawing) -> QPoint:
        """A point of a drawing that is in the plot."""
        place, plot = Places.of(self._view.scene).point(drawing.anchors[0]).toPoint(), self._view.scene.plot
        return QPoint(min(max(place.x(), plot.left()), plot.right()), min(max(place.y(), plot.top()), plot.bottom()))
