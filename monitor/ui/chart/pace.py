"""How often a chart shows what comes: with every frame where somebody looks at it, else ten times a second."""

from PySide6.QtCore import QObject, QTimer, Signal

#: So long a chart that nobody looks at waits before it shows what came meanwhile.
SLOW_MS = 100


class Pace(QObject):
    """``due`` says that it is time to show what came since; whatever came last is always shown.

    Eager it passes everything on at once. While the chart is held nothing is passed on, and what came then follows at
    its release.
    """

    due = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._eager, self._held, self._waits = True, False, False
        self._timer = QTimer(self, interval=SLOW_MS, singleShot=True)
        self._timer.timeout.connect(self._serve)

    def ask(self) -> None:
        """Something came."""
        self._waits = True
        self._serve()

    def be_eager(self, eager: bool) -> None:
        self._eager = eager
        if eager:
            self._timer.stop()
            self._serve()

    def hold(self, held: bool) -> None:
        """Pause while the chart is under somebody's hand."""
        self._held = held
        self._serve()

    @property
    def held(self) -> bool:
        return self._held

    def rest(self) -> None:
        """Forget what came: the chart is out of sight, and reads everything anew when it is back."""
        self._timer.stop()
        self._waits = False

    def _serve(self) -> None:
        if self._waits and not self._held and not self._timer.isActive():
            self._waits = False
            if not self._eager:
                self._timer.start()
            self.due.emit()
