"""What is in hand on one chart: the tool and the selected drawing, and what can be done with them."""

from collections.abc import Sequence
from uuid import uuid4

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QGuiApplication

from monitor.live.events import DrawingsChanged
from monitor.market.drawing import Anchor, Drawing, DrawingKind, Style
from monitor.ui.chart.drawings.ink import first_style
from monitor.ui.chart.drawings.kept import Edit
from monitor.ui.chart.drawings.measure import Measure
from monitor.ui.chart.drawings.places import Places
from monitor.ui.chart.drawings.tools import Tool
from monitor.ui.chart.view import ChartView
from monitor.ui.view_ports import ViewPorts

_STYLE = "drawings.style."
#: No drawing is longer than this as text.
_LONGEST_COPY = 4_000
#: A copy stands so far from what it was copied from.
_ASIDE_PX = 20.0


class Copied(msgspec.Struct, frozen=True):
    """What the clipboard holds: a drawing, and the symbol it was copied from."""

    symbol: str
    drawing: Drawing


class DrawingDesk(QObject):
    """``changed`` tells of another tool or selection, and of what holds for the drawings of all charts."""

    changed = Signal()

    def __init__(self, view: ChartView, ports: ViewPorts) -> None:
        super().__init__(view)
        self._view = view
        self._layer = view.drawings
        self._kept = ports.drawings
        self._history = ports.undo_history
        self._preferences = ports.preferences
        self._modes = ports.drawing_modes
        self._symbol = ""
        self._selected = ""
        self.tool: Tool | None = None
        self._layer.all_hidden = self._modes.all_hidden
        self._modes.changed.connect(self._follow_modes)
        self._stop = ports.bus.listen(DrawingsChanged, self._hear)

    def open(self, symbol: str) -> None:
        """Turn to the drawings of a symbol."""
        if symbol != self._symbol:
            self._symbol = symbol
            self._layer.measure = None
            self.select(None)
            self.choose(None)
            self._kept.read(symbol)
        self._show()

    def close(self) -> None:
        """Hear no more of changes."""
        self._stop()
        self._modes.changed.disconnect(self._follow_modes)

    def _hear(self, event: DrawingsChanged) -> None:
        if event.symbol == self._symbol:
            self._show()

    def _show(self) -> None:
        """Paint the drawings as they are now."""
        self._layer.kept = self._kept.of(self._symbol)
        selected = self.selected
        if self._selected and (selected is None or selected.hidden):
            self.select(None)
        elif selected is not None:
            self._layer.live = selected
        self._view.paint_anew()

    # ---------------------------------------------------------------------------------------- tools

    def choose(self, tool: Tool | None) -> None:
        """Take up a tool, or put it away; hidden drawings come back for one that draws."""
        self.tool = tool
        if tool is not None:
            self.select(None)
            self._layer.measure = None
            if tool.kind is not None:
                self.hide_all(False)
        self.changed.emit()

    @property
    def magnet(self) -> bool:
        return self._modes.magnet

    def set_magnet(self, on: bool) -> None:
        """Draw points to the prices of bars, on every chart."""
        self._modes.set_magnet(on)

    @property
    def all_hidden(self) -> bool:
        return self._modes.all_hidden

    def hide_all(self, hidden: bool) -> None:
        """Show no drawing at all on any chart, or those again that are not hidden one by one."""
        self._modes.hide_all(hidden)

    def _follow_modes(self) -> None:
        hidden = self._modes.all_hidden
        if hidden is not self._layer.all_hidden:
            self._layer.all_hidden = hidden
            self.select(None)
            if hidden and self.tool is not None and self.tool.kind is not None:
                self.choose(None)
            self._view.paint_anew()
        self.changed.emit()

    # ---------------------------------------------------------------------------------------- what is selected

    @property
    def selected(self) -> Drawing | None:
        return next((each for each in self._kept.of(self._symbol) if each.id == self._selected), None)

    def select(self, drawing: Drawing | None) -> None:
        """Select a drawing, or none: a selected one has handles, and lives above the others."""
        chosen = drawing.id if drawing else ""
        if (chosen, drawing) != (self._selected, self._layer.live):
            self._selected, self._layer.live = chosen, drawing
            self._view.paint_anew()
            self.changed.emit()

    # ---------------------------------------------------------------------------------------- changes

    @property
    def drawings(self) -> Sequence[Drawing]:
        """All of the symbol, hidden ones among them."""
        return self._kept.of(self._symbol)

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo(self._symbol)

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo(self._symbol)

    def undo(self) -> None:
        """Take back what was done last on a chart of the symbol, be it to a drawing or an alert."""
        self._history.undo(self._symbol)

    def redo(self) -> None:
        self._history.redo(self._symbol)

    def new(self, kind: DrawingKind, anchors: Sequence[Anchor], text: str = "") -> Drawing:
        """A drawing that is not kept yet, before all others and in the style last chosen for its kind."""
        return Drawing(uuid4().hex, kind, tuple(anchors), self._style(kind), self._kept.top(self._symbol), text)

    def put(self, before: Drawing | None, after: Drawing) -> None:
        """Keep a new or changed drawing, and select it."""
        self._selected = after.id
        if before == after:
            self._show()
        self._kept.edit(self._symbol, Edit(before, after))
        self.changed.emit()

    def remove(self, drawing: Drawing) -> None:
        self._kept.edit(self._symbol, Edit(drawing, None))

    def remove_all(self) -> None:
        """Remove all of the symbol, in one step."""
        self._kept.edit(self._symbol, *(Edit(each, None) for each in self.drawings))

    def show_hidden(self) -> None:
        """Bring back those that were hidden one by one."""
        hidden = [each for each in self.drawings if each.hidden]
        self._kept.edit(self._symbol, *(Edit(each, replace(each, hidden=False)) for each in hidden))
        self.hide_all(False)

    def lock(self, drawing: Drawing, locked: bool) -> None:
        """A locked drawing cannot be moved, nor removed by a key."""
        self.put(drawing, replace(drawing, locked=locked))

    def hide(self, drawing: Drawing) -> None:
        self._kept.edit(self._symbol, Edit(drawing, replace(drawing, hidden=True)))

    def bring_to_front(self, drawing: Drawing) -> None:
        self.put(drawing, replace(drawing, place=self._kept.top(self._symbol)))

    def restyle(self, drawing: Drawing, style: Style) -> None:
        """Give a drawing another look, which the next one of its kind has too."""
        self._preferences.set(_STYLE + drawing.kind.value, msgspec.json.encode(style).decode())
        self.put(drawing, replace(drawing, style=style))

    def _style(self, kind: DrawingKind) -> Style:
        try:
            return msgspec.json.decode(self._preferences.get(_STYLE + kind.value), type=Style)
        except msgspec.DecodeError:  # nothing was chosen yet
            return first_style(kind)

    # ---------------------------------------------------------------------------------------- copies

    def clone(self, drawing: Drawing) -> Drawing:
        """Another drawing like it, not kept yet, before all others and free to move."""
        return replace(drawing, id=uuid4().hex, place=self._kept.top(self._symbol), locked=False, hidden=False)

    def duplicate(self, drawing: Drawing) -> None:
        """Put a copy beside a drawing."""
        self.put(None, self._aside(self.clone(drawing)))

    def copy(self, drawing: Drawing) -> None:
        """Put a drawing on the clipboard, as text that another person's chart takes too."""
        QGuiApplication.clipboard().setText(msgspec.json.encode(Copied(self._symbol, drawing)).decode())

    @property
    def copied(self) -> Copied | None:
        """The drawing on the clipboard."""
        text = QGuiApplication.clipboard().text()
        if not text.startswith("{") or len(text) > _LONGEST_COPY:
            return None
        try:
            found = msgspec.json.decode(text, type=Copied)
        except msgspec.DecodeError:
            return None
        return found if len(found.drawing.anchors) == found.drawing.kind.anchors else None

    def paste(self, at: QPointF | None = None) -> None:
        """Put the copied drawing with its first anchor at ``at``, or beside the one it was copied from.

        On another symbol its prices are brought into proportion.
        """
        copied, scene = self.copied, self._view.scene
        if copied is None or not len(scene.bars):
            return
        drawing = self.clone(copied.drawing)
        if copied.symbol != self._symbol:
            at = at or QPointF(scene.plot.center())
            drawing = _in_proportion(drawing, scene.scale.price(at.y()))
        self.hide_all(False)
        self.put(None, self._aside(drawing) if at is None else self._at(drawing, at))

    def _aside(self, drawing: Drawing) -> Drawing:
        bars = max(1, round(_ASIDE_PX / self._view.scene.viewport.bar_px))
        return self.moved(drawing, bars, _ASIDE_PX)

    def _at(self, drawing: Drawing, point: QPointF) -> Drawing:
        places = Places.of(self._view.scene)
        first = drawing.anchors[0]
        bars = places.bar_at(point.x()) - places.bar_at(places.x(first.time))
        return self.moved(drawing, bars, point.y() - places.y(first.price))

    def moved(self, drawing: Drawing, bars: int, pixels: float) -> Drawing:
        """The drawing so many bars on, and pixels further down."""
        if not len(self._view.scene.bars):
            return drawing
        places = Places.of(self._view.scene)
        return replace(drawing, anchors=tuple(places.shifted(each, bars, pixels) for each in drawing.anchors))

    # ---------------------------------------------------------------------------------------- the ruler

    def show_measure(self, measure: Measure | None) -> None:
        """Lay the ruler on the chart, or take it away."""
        self._layer.measure = measure
        self._view.update()


def _in_proportion(drawing: Drawing, price: float) -> Drawing:
    """The drawing with its first anchor at a price, the others as many percent away as they were."""
    first = drawing.anchors[0].price
    if not first:
        return drawing
    return replace(
        drawing, anchors=tuple(replace(each, price=round(each.price / first * price, 6)) for each in drawing.anchors)
    )
