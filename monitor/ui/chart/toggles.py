"""The small buttons in the corner below the price axis: logarithmic, percent, inverted, and what the scale follows."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from monitor.ui.chart.looks import LooksMenu
from monitor.ui.chart.price_axis import Fit
from monitor.ui.chart.scene import TIME_AXIS_PX
from monitor.ui.chart.view import ChartView
from monitor.ui.panel import named

#: Letter, field of the looks, and what it does.
_SWITCHES = (
    ("L", "logarithmic", "Logarithmic prices", "Alt+L"),
    ("%", "percent", "Percent since the first bar in view", "Alt+P"),
    ("I", "inverted", "Inverted prices", "Alt+I"),
)
#: What the scale follows: the letter, and the words for it and for what a click does.
_FITS = {
    Fit.ALL: ("A", "Autoscale: what is in view fits", "keep the last price in the middle"),
    Fit.CENTRE: ("C", "Autoscale: the last price stays in the middle", "leave the scale as it is"),
    Fit.OFF: ("A", "Autoscale is off", "fit what is in view"),
}
#: A chart below this size has no room to spare for them.
_LEAST_WIDTH, _LEAST_HEIGHT = 340, 200


class ScaleToggles(QWidget):
    """Stands in its chart's corner, shows what the menu of looks has chosen, and chooses there itself."""

    def __init__(self, view: ChartView, menu: LooksMenu) -> None:
        super().__init__(view)
        self._view, self._menu = view, menu
        self.setCursor(Qt.CursorShape.ArrowCursor)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.switches: dict[str, QToolButton] = {}
        for letter, field, words, keys in _SWITCHES:
            button = self._add(row, letter)
            button.setCheckable(True)
            button.setToolTip(f"{words} ({keys})")
            button.setAccessibleName(words)
            button.clicked.connect(lambda checked, field=field: menu.choose(**{field: checked}))
            self.switches[field] = button
        self.fit = self._add(row, "A")
        self.fit.setCheckable(True)
        self.fit.clicked.connect(self._step)
        view.arranged.connect(self._show)
        self._show()

    def _add(self, row: QHBoxLayout, letter: str) -> QToolButton:
        button = named(QToolButton(), "scaleToggle")
        button.setText(letter)
        row.addWidget(button, 1)
        return button

    def _step(self) -> None:
        """From what is in view to the last price, to nothing, and round again."""
        fitting = self._view.scene.scale.fitting
        if fitting is Fit.ALL:
            self._menu.choose(centred=True)
        elif fitting is Fit.CENTRE:
            self._view.leave_prices()
            self._menu.choose(centred=False)
        else:
            self._view.fit_prices()
        self._show()

    def _show(self) -> None:
        scene = self._view.scene
        for field, button in self.switches.items():
            button.setChecked(getattr(self._menu.looks, field))
        letter, words, act = _FITS[scene.scale.fitting]
        self.fit.setText(letter)
        self.fit.setChecked(scene.scale.automatic)
        self.fit.setAccessibleName(words)
        self.fit.setToolTip(f"{words}. Click: {act} (double click on the prices: fit)")
        plot, canvas, bottom = scene.plot, scene.canvas, scene.body.bottom()
        self.setGeometry(QRect(plot.right() + 2, bottom + 2, canvas.width() - plot.width() - 1, TIME_AXIS_PX - 2))
        self.setVisible(canvas.width() >= _LEAST_WIDTH and canvas.height() >= _LEAST_HEIGHT)
        self._view.share_corner(not self.isHidden())
