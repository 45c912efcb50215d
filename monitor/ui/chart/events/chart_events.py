"""The events of one chart panel, joined: alerts, revisions and holes, what is told of them, and what can be done."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QContextMenuEvent

from monitor.analysis.chart_bars import Making
from monitor.analysis.coverage import Asked
from monitor.errors import MonitorError
from monitor.live.events import HistoryProgress, Level, Notice
from monitor.market.bar import Interval
from monitor.ui.chart.drawings.desk import DrawingDesk
from monitor.ui.chart.events.alert_desk import AlertDesk
from monitor.ui.chart.events.alert_hand import AlertHand
from monitor.ui.chart.events.alert_words import WAITS_FOR_DISK, firing_words, rule_words, state_words
from monitor.ui.chart.events.cards import Line
from monitor.ui.chart.events.chart_menu import AlertMenu, ChartMenu
from monitor.ui.chart.events.hole_state import Standing, standing
from monitor.ui.chart.events.provenance import BarProvenance
from monitor.ui.chart.events.provenance_words import MADE_FROM_MINUTES, NOT_ON_DISK, origin_words, revision_words
from monitor.ui.chart.gaps import Missing, hole_at
from monitor.ui.chart.view import ChartView
from monitor.ui.view_ports import ViewPorts

NO_SIGN_IN = "There is no sign-in: the repair begins once there is one."


class ChartEvents(QObject):
    """Made after the chart's drawings, so that it hears the mouse before them."""

    def __init__(self, view: ChartView, ports: ViewPorts, drawings: DrawingDesk) -> None:
        super().__init__(view)
        self._view = view
        self._ports = ports
        self._layer = view.events
        self._drawings = drawings
        self._symbol = ""
        self._ledger: list[Asked] | None = None
        self._reading_ledger = self._repairing = False
        self._telling: int | None = None
        self.desk = AlertDesk(view, ports)
        self.hand = AlertHand(view, self.desk, drawings)
        self.provenance = BarProvenance(ports, self._take_provenance, self)
        self._layer.card, self._layer.foot, self._layer.aloud = self._card, self._foot, self._aloud
        self._layer.look = self.provenance.want_view
        self._stop = ports.bus.listen(HistoryProgress, self._hear_progress)
        view.installEventFilter(self)

    def open(self, symbol: str) -> None:
        """Turn to the events of a symbol; ``read`` follows with its bars."""
        if symbol != self._symbol:
            self._symbol, self._repairing = symbol, False
        self._ledger = None
        self.desk.open(symbol)

    def read(self, symbol: str, interval: Interval, making: Making) -> None:
        """Bars have been read, and are shown as ``making`` says."""
        self._ledger = None
        as_kept = interval.kept and (interval is Interval.M1 or not making.from_minutes)
        self.provenance.open(symbol, interval, as_kept)
        self._layer.revised = self.provenance.revised

    def close(self) -> None:
        """Hear and read no more."""
        self._stop()
        self.desk.close()
        self.provenance.close()

    # ---------------------------------------------------------------------------------------- what is told

    def _take_provenance(self) -> None:
        if self._layer.revised is not self.provenance.revised:
            self._layer.revised = self.provenance.revised
            self._view.paint_anew()
        self._view.update()
        if self._telling is not None and self.provenance.knows(self._telling):
            sentences, self._telling = self._told_of(self._telling), None
            if sentences:
                self._say(". ".join(sentences))

    def _start_of(self, index: int) -> int:
        return int(self._view.scene.bars.start[index])

    def _foot(self, index: int) -> str:
        """Where the bar under the cursor comes from, once that has been read."""
        if not self.provenance.on_disk:
            return MADE_FROM_MINUTES if self._view.scene.interval.intraday and self._symbol else ""
        start = self._start_of(index)
        self.provenance.want(start)
        if not self.provenance.knows(start):
            return ""
        found = self.provenance.of(start)
        return origin_words(found, self._ports.meters.now_ms()) if found else NOT_ON_DISK

    def _card(self, place: QPoint, index: int) -> Sequence[Line]:
        """What there is to say of the place under the mouse: an alert, a firing, a hole, or a bar's revisions."""
        now, point = self._ports.meters.now_ms(), QPointF(place)
        firing = self._layer.alerts.firing_under(point)
        if firing is not None:
            return self._noted(Line(firing_words(firing, now), "amber"), firing.note)
        alert = self.hand.alert_at(point)
        if alert is not None:
            waits = [Line(WAITS_FOR_DISK, "amber")] if self._ports.alerting.waits_for_disk(alert) else []
            return [*self._noted(Line(rule_words(alert)), alert.note), Line(state_words(alert, now), "dim"), *waits]
        hole = hole_at(self._view.scene, place)
        if hole is not None:
            return [Line(hole.words, "amber"), Line(self.standing(hole).words)]
        start = self._start_of(index)
        if not self._layer.shows_revisions or start not in self._layer.revised:
            return ()
        self.provenance.want(start)
        found = self.provenance.of(start)
        return [Line(sentence) for sentence in revision_words(found, now)] if found else ()

    @staticmethod
    def _noted(line: Line, note: str) -> list[Line]:
        return [line, Line(note)] if note else [line]

    def _aloud(self, index: int) -> str:
        """What is known of a bar already; what has to be read first is told when it has been."""
        start = self._start_of(index)
        told = self._holes_before(index)
        if self.provenance.knows(start):
            told += self._told_of(start)
            self._telling = None
        elif self.provenance.on_disk:
            self._telling = start
            self.provenance.want(start)
        return ". ".join(told)

    def _told_of(self, start: int) -> list[str]:
        found, now = self.provenance.of(start), self._ports.meters.now_ms()
        return [*revision_words(found, now), origin_words(found, now)] if found else []

    def _holes_before(self, index: int) -> list[str]:
        scene = self._view.scene
        holes = [hole for hole in scene.missing if scene.bars.place(hole.from_ms) == index]
        return [f"{hole.words} {self.standing(hole).words}" for hole in holes]

    def _say(self, sentence: str) -> None:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._view, sentence))
        self._view.read_aloud.emit(sentence)

    # ---------------------------------------------------------------------------------------- holes

    def _hear_progress(self, event: HistoryProgress) -> None:
        if event.symbol == self._symbol:
            self._repairing, self._ledger = not event.finished, None
            self._view.update()

    def standing(self, hole: Missing) -> Standing:
        """How a hole stands, by what is known of the ledger; more is read when it is asked for first."""
        if self._ledger is None and not self._reading_ledger and self._symbol:
            self._reading_ledger = True
            self._ports.tasks.start(f"ledger {id(self)}", self._read_ledger(self._symbol))
        return standing(hole, self._ledger or (), self._ports.meters.now_ms(), self._repairing)

    async def _read_ledger(self, symbol: str) -> None:
        try:
            found = list((await self._ports.coverage.ledger([symbol], Interval.M1))[symbol])
        except MonitorError:
            found = []  # it is asked for again with the next bars, not with every move of the mouse
        finally:
            self._reading_ledger = False
        if symbol == self._symbol:
            self._ledger = found
            self._view.update()

    def repair(self, hole: Missing) -> None:
        """Have history fill a hole."""
        self._ports.repair.repair([self._symbol], Interval.M1, hole.from_ms, hole.to_ms)
        if not self._ports.sign_in.signed_in:
            self._ports.bus.publish(Notice(Level.WARNING, NO_SIGN_IN))

    # ---------------------------------------------------------------------------------------- the menu

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        return isinstance(event, QContextMenuEvent) and self._open_menu(event)

    def _open_menu(self, event: QContextMenuEvent) -> bool:
        """Of the alert under the mouse or the selected one, else of the place; where a drawing is, that one's."""
        scene, at = self._view.scene, event.pos()
        if self._drawings.tool is not None or not len(scene.bars):
            return False
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        if by_key and self._drawings.selected is not None:
            return False
        alert = self.desk.selected if by_key else self.hand.alert_at(QPointF(at))
        if alert is not None:
            self._drawings.select(None)
            self.desk.select(alert)
            menu: AlertMenu | ChartMenu = AlertMenu(self.desk, self.hand, alert, self._view)
            at = QPoint(scene.plot.center().x(), self._layer.alerts.y(alert)) if by_key else at
        else:
            place = self._view.mouse or scene.plot.center() if by_key else at
            price = self.hand.price_at(place) if scene.plot.contains(place) else None
            if price is None or (not by_key and self._view.drawings.under(QPointF(at), self._view.font()) is not None):
                return False
            menu, at = ChartMenu(self.hand, price, self._repair_entry(place), self._view), place
        menu.popup(self._view.mapToGlobal(at))
        return True

    def _repair_entry(self, place: QPoint) -> tuple[str, Callable[[], None] | None] | None:
        hole = hole_at(self._view.scene, place)
        if hole is None:
            return None
        state = self.standing(hole)
        title = f"&Repair {hole.span}" if state.repairable else f"Repair {hole.span}: {state.state.value}"
        return title, (lambda: self.repair(hole)) if state.repairable else None
