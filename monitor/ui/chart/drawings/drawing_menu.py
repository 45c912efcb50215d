"""What a right click on a drawing offers."""

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QColorDialog, QMenu

from monitor.market.drawing import Dash, Drawing, DrawingKind, Style
from monitor.ui.chart.drawings.desk import DrawingDesk
from monitor.ui.chart.drawings.ink import INKS, PENS, SIZES, WIDTHS, ink
from monitor.ui.chart.drawings.tools import title_of, with_keys
from monitor.ui.chart.view import ChartView

_ICON_PX = 16


class DrawingMenu(QMenu):
    """The menu of one drawing."""

    def __init__(
        self, desk: DrawingDesk, drawing: Drawing, edit_text: Callable[[Drawing], None], view: ChartView
    ) -> None:
        super().__init__(view)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._desk = desk
        self._drawing = drawing
        self._view = view
        self.setTitle(title_of(drawing.kind))
        if drawing.kind is DrawingKind.TEXT:
            words = self.addAction("&Edit text…", lambda: edit_text(drawing))
            words.setEnabled(not drawing.locked)
        self._add_style()
        self.addSeparator()
        lock = self.addAction("&Locked", lambda: desk.lock(drawing, not drawing.locked))
        lock.setCheckable(True)
        lock.setChecked(drawing.locked)
        self.addAction("&Hide", lambda: desk.hide(drawing))
        self.addAction("Bring to &front", lambda: desk.bring_to_front(drawing))
        self.addSeparator()
        self.addAction(with_keys("&Copy", "Ctrl+C"), lambda: desk.copy(drawing))
        self.addAction("&Duplicate", lambda: desk.duplicate(drawing))
        self.addSeparator()
        self.addAction(with_keys("&Remove", "Del"), lambda: desk.remove(drawing))

    def _add_style(self) -> None:
        style = self._drawing.style
        colours = self.addMenu("C&olour")
        choices = [(name.capitalize(), replace(style, colour=name)) for name in INKS]
        self._choices(colours, choices)
        colours.addSeparator()
        colours.addAction("Other…", self._choose_colour)
        if self._drawing.kind is DrawingKind.TEXT:
            self._choices(
                self.addMenu("&Size"), [(name, replace(style, width=size)) for size, name in enumerate(SIZES, 1)]
            )
            return
        self._choices(self.addMenu("&Width"), [(f"{width} px", replace(style, width=width)) for width in WIDTHS])
        dashes = [(dash.value.capitalize(), replace(style, dash=dash)) for dash in Dash]
        self._choices(self.addMenu("D&ash"), dashes)

    def _choices(self, menu: QMenu, choices: list[tuple[str, Style]]) -> None:
        group = QActionGroup(menu)
        for text, style in choices:
            action = QAction(self._sample(style), text, menu)
            action.setCheckable(True)
            action.setChecked(style == self._drawing.style)
            action.triggered.connect(lambda _, style=style: self._desk.restyle(self._drawing, style))
            group.addAction(action)
            menu.addAction(action)

    def _sample(self, style: Style) -> QIcon:
        """A stroke of the pen."""
        picture = QPixmap(_ICON_PX, _ICON_PX)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        pen = QPen(ink(self._view.scene.colours, style.colour), style.width, PENS[style.dash])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(0, _ICON_PX // 2, _ICON_PX, _ICON_PX // 2)
        painter.end()
        return QIcon(picture)

    def _choose_colour(self) -> None:
        desk, drawing = self._desk, self._drawing
        dialog = QColorDialog(ink(self._view.scene.colours, drawing.style.colour), self._view)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Colour of the drawing")

        def take(colour: QColor) -> None:
            desk.restyle(drawing, replace(drawing.style, colour=colour.name()))

        dialog.colorSelected.connect(take)
        dialog.open()
