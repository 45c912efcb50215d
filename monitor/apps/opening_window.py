"""The opening of a database in the window's program: a small window, where it lasts longer than a moment."""

from collections.abc import Callable

from monitor.interrupt import Interrupt
from monitor.ports import OpeningStep
from monitor.store import OpeningStopped
from monitor.ui.opening import OpeningWindow
from monitor.ui.owner.front import bring_to_front


class WindowWatch:
    """Makes the window when there is something to show; from then on the curtain's place is its own.

    Ctrl+C and the window's button stop the opening. ``make()`` gives the window, ``uncover()`` lifts the curtain.
    """

    patience = 0.5

    def __init__(self, make: Callable[[], OpeningWindow], uncover: Callable[[], object], interrupt: Interrupt) -> None:
        self._make = make
        self._uncover = uncover
        self._interrupt = interrupt
        self._window: OpeningWindow | None = None
        self._stopped = False

    @property
    def stopped(self) -> bool:
        return self._stopped or self._interrupt.wanted

    def stop(self) -> None:
        """The database is not to be opened any more."""
        self._stopped = True

    def show(self, step: OpeningStep, seconds: float) -> None:
        if self._window is not None:
            self._window.tell(step, seconds)
            return
        self._window = self._make()
        self._window.left.connect(self.stop)
        self._window.tell(step, seconds)
        self._window.show()
        self._uncover()

    def end(self) -> None:
        """The window stays until it is closed: the next one takes its place in a moment."""

    def ready(self) -> None:
        """All is open, and the main window comes. Raises OpeningStopped when it is not wanted any more."""
        if self.stopped:
            raise OpeningStopped
        if self._window is not None:
            self._window.ready()

    def bring_to_front(self) -> None:
        """Nothing happens while there is none: the main window is about to come."""
        if self._window is not None:
            bring_to_front(self._window)

    def close(self) -> None:
        window, self._window = self._window, None
        if window is not None:
            window.hide()
            window.deleteLater()
