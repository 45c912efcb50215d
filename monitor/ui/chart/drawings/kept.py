"""The drawings of every symbol as all charts show them: changes are kept through the port, and can be undone."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from monitor.errors import MonitorError
from monitor.live.bus import Bus
from monitor.live.events import DrawingsChanged, Level, Notice
from monitor.market.drawing import Drawing
from monitor.ports import Drawings
from monitor.ui.chart.undo_history import Act, UndoHistory
from monitor.ui.tasks import Tasks


class Edit(NamedTuple):
    """One drawing before and after; None where there was none, or is none any more."""

    before: Drawing | None
    after: Drawing | None

    @property
    def id(self) -> str:
        drawing = self.after or self.before
        return drawing.id if drawing else ""


class KeptDrawings:
    """Tells ``DrawingsChanged``. What could not be kept stays on screen, and goes along with the next change."""

    def __init__(self, port: Drawings, history: UndoHistory, tasks: Tasks, bus: Bus) -> None:
        self._port = port
        self._history = history
        self._tasks = tasks
        self._bus = bus
        self._read: set[str] = set()
        self._drawings: defaultdict[str, dict[str, Drawing]] = defaultdict(dict)
        self._unkept: dict[str, set[str]] = {}
        self._keeping = False

    def read(self, symbol: str) -> None:
        """Read what is on disk of a symbol, unless that has been done."""
        if symbol and symbol not in self._read:
            self._read.add(symbol)
            self._tasks.start(f"drawings of {symbol}", self._fetch(symbol))

    async def _fetch(self, symbol: str) -> None:
        try:
            found = await self._port.of(symbol)
        except MonitorError as error:
            self._read.discard(symbol)
            self._say(f"The drawings of {symbol} could not be read. {error.sentence}", error)
            return
        here, unkept = self._drawings[symbol], self._unkept.get(symbol, set())
        for drawing in found:
            if drawing.id not in unkept:  # what was done meanwhile stands
                here.setdefault(drawing.id, drawing)
        self._bus.publish(DrawingsChanged(symbol))

    def of(self, symbol: str) -> tuple[Drawing, ...]:
        """Those of a symbol, as far as they are read, from back to front."""
        return tuple(sorted(self._drawings[symbol].values(), key=lambda each: (each.place, each.id)))

    def top(self, symbol: str) -> int:
        """The place before all others."""
        return max((each.place for each in self._drawings[symbol].values()), default=-1) + 1

    def edit(self, symbol: str, *edits: Edit) -> None:
        """Make one act that can be undone."""
        changes = [edit for edit in edits if edit.before != edit.after]
        if changes:
            self._history.add(symbol, self._make(symbol, changes))

    def _make(self, symbol: str, edits: Sequence[Edit]) -> Act:
        """Make the edits; gives what takes them back."""
        self._apply(symbol, edits)
        return partial(self._make, symbol, [Edit(edit.after, edit.before) for edit in reversed(edits)])

    def _apply(self, symbol: str, edits: Sequence[Edit]) -> None:
        here = self._drawings[symbol]
        for edit in edits:
            if edit.after is None:
                here.pop(edit.id, None)
            else:
                here[edit.id] = edit.after
        self._unkept.setdefault(symbol, set()).update(edit.id for edit in edits)
        self._bus.publish(DrawingsChanged(symbol))
        if not self._keeping:
            self._keeping = True
            self._tasks.start("drawings.keep", self._keep_all())

    async def _keep_all(self) -> None:
        try:
            while symbol := next((each for each, ids in self._unkept.items() if ids), ""):
                try:
                    await self._keep(symbol)
                except MonitorError as error:
                    self._say(f"What is drawn on {symbol} was not kept. {error.sentence}", error)
                    return
        finally:
            self._keeping = False

    async def _keep(self, symbol: str) -> None:
        """Have the port keep what changed, as it is now; it stays among the unkept where that fails."""
        ids, here = self._unkept.pop(symbol), self._drawings[symbol]
        try:
            put = [here[each] for each in sorted(ids) if each in here]
            await self._port.keep(symbol, put, [each for each in sorted(ids) if each not in here])
        except MonitorError:
            self._unkept.setdefault(symbol, set()).update(ids)
            raise

    def _say(self, sentence: str, error: MonitorError) -> None:
        self._bus.publish(Notice(Level.ERROR, sentence, error.detail))
