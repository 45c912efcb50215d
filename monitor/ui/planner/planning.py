"""The planner as the window has it: opened from where somebody plans, and what was added recorded meanwhile."""

from collections.abc import Sequence

from PySide6.QtWidgets import QApplication, QWidget

from monitor.market.chain_schedule import ChainSchedule
from monitor.ui.planner.sheet import Planner
from monitor.ui.planner.standing import StandingRecording
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.watchlist.panel import WatchlistPanel


class Planning:
    """Made as the ``window`` opens and stopped as it closes; ``watchlist`` takes what the planner adds to a list."""

    def __init__(self, ports: ViewPorts, theme: Theme, watchlist: WatchlistPanel, window: QWidget) -> None:
        self._ports, self._theme = ports, theme
        self._watchlist = watchlist
        self._window = window
        self._standing = StandingRecording(ports.preferences, ports.watching)
        watchlist.entry.plan_wanted.connect(self.open)

    def open(self, symbols: Sequence[str] = ()) -> Planner:
        """Open it, ``symbols`` proposed."""
        return self._open(symbols, None)

    def open_on(self, schedule: ChainSchedule) -> Planner:
        """Open it on snapshots of a chain."""
        return self._open([schedule.symbol], schedule)

    def stop(self) -> None:
        """Record nothing more but what panels show."""
        self._standing.stop()

    def _open(self, symbols: Sequence[str], schedule: ChainSchedule | None) -> Planner:
        above = QApplication.activeModalWidget() or self._window  # a sheet that is open would block it
        lists = self._watchlist.lists
        planner = Planner(self._ports, self._theme, lists, self._standing, symbols, schedule, above)
        planner.listed.connect(self._watchlist.put)
        planner.open()
        return planner
