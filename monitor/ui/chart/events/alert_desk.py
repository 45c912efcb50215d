"""What is in hand of one chart's alerts: which is selected, and what can be done with them."""

from uuid import uuid4

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

from monitor.analysis.alert_rules import tick_of, usual_rearm
from monitor.live.alerting import Alerting
from monitor.live.bus import Bus
from monitor.live.events import AlertFired, AlertsChanged
from monitor.market.alert import Alert, Firing
from monitor.ui.chart.events.alert_acts import AlertActs
from monitor.ui.chart.events.alert_words import rule_words
from monitor.ui.chart.view import ChartView
from monitor.ui.tasks import Tasks
from monitor.ui.view_ports import ViewPorts


class AlertDesk(QObject):
    """``changed`` tells of another selection, and of alerts that are there or not any more."""

    changed = Signal()

    def __init__(self, view: ChartView, ports: ViewPorts) -> None:
        super().__init__(view)
        self._view = view
        self._layer = view.events.alerts
        self._alerting: Alerting = ports.alerting
        self._acts = AlertActs(ports.alerting, ports.undo_history)
        self._tasks: Tasks = ports.tasks
        self._ports = ports
        self._symbol = ""
        bus: Bus = ports.bus
        self._stops = (
            bus.listen(AlertsChanged, self._hear),
            bus.listen(AlertFired, self._hear_fired),
        )

    def open(self, symbol: str) -> None:
        """Turn to the alerts of a symbol."""
        if symbol != self._symbol:
            self._symbol = symbol
            self._layer.dragged, self._layer.selected, self._layer.hovered = None, "", ""
            self._layer.firings = ()
            if symbol:
                self._tasks.start(f"alerts of {symbol} {id(self)}", self._read(symbol))
        self._show()

    def close(self) -> None:
        """Hear no more of changes."""
        for stop in self._stops:
            stop()

    async def _read(self, symbol: str) -> None:
        """What was told before; raises StoreUnavailable, which is told."""
        firings = await self._alerting.told(symbol)
        if symbol == self._symbol:
            self._layer.firings = firings
            self._view.update()

    def _hear(self, event: AlertsChanged) -> None:
        if event.symbol == self._symbol:
            self._show()

    def _hear_fired(self, event: AlertFired) -> None:
        firing: Firing = event.firing
        if firing.symbol == self._symbol and firing not in self._layer.firings:
            self._layer.firings = sorted([*self._layer.firings, firing], key=lambda each: each.at_ms)
            self._view.update()

    def _show(self) -> None:
        self._layer.kept = self._alerting.of(self._symbol)
        if self._layer.selected and self.selected is None:
            self._layer.selected = ""
        self._view.update()
        self.changed.emit()

    # ---------------------------------------------------------------------------------------- what is selected

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Those of the symbol, the oldest first."""
        return self._alerting.of(self._symbol)

    @property
    def selected(self) -> Alert | None:
        return next((each for each in self.alerts if each.id == self._layer.selected), None)

    def select(self, alert: Alert | None) -> None:
        """Select an alert, or none."""
        chosen = alert.id if alert else ""
        if chosen != self._layer.selected:
            self._layer.selected = chosen
            self._view.update()
            self.changed.emit()

    def select_next(self, up: bool) -> None:
        """Select the next one above or below the one that is selected, or the nearest to the last price."""
        ranked = sorted(self.alerts, key=lambda each: (each.price, each.id))
        here = self.selected
        if not ranked:
            return
        if here is None:
            chosen = min(ranked, key=lambda each: abs(each.price - (self.last_price or each.price)))
        else:
            place = ranked.index(here) + (1 if up else -1)
            chosen = ranked[min(max(place, 0), len(ranked) - 1)]
        self.select(chosen)
        self.say(rule_words(chosen))

    # ---------------------------------------------------------------------------------------- changes

    @property
    def last_price(self) -> float | None:
        """The last price on the chart."""
        bars = self._view.scene.bars
        return float(bars.rows(len(bars) - 1)[0]["close"]) if len(bars) else None

    def stepped(self, price: float) -> float:
        """The price that can be traded next to one."""
        tick = self._tick(price)
        return round(round(price / tick) * tick, 6)

    def _tick(self, price: float) -> float:
        told = getattr(self._ports.board.quote(self._symbol), "tick", None)
        return float(told) if told and told > 0 else tick_of(price)

    def new(self, price: float) -> Alert | None:
        """An alert at a price, not kept yet; none where there is no symbol or no price for it."""
        stepped = self.stepped(price)
        if not self._symbol or not stepped:
            return None
        return Alert(
            uuid4().hex,
            self._symbol,
            stepped,
            rearm=usual_rearm(stepped),
            created_ms=self._ports.meters.now_ms(),
            seen_price=self.last_price,
        )

    def put(self, alert: Alert) -> None:
        """Keep a new or changed alert, and select it."""
        self._layer.selected = alert.id
        if self._acts.put(alert):
            self.say(rule_words(alert))
        self._show()

    def move(self, alert: Alert, price: float) -> None:
        """Move the line; one that was off since it fired waits again."""
        self._change(alert, price=self.stepped(price), active=True)

    def step(self, alert: Alert, ticks: int) -> None:
        """Move the line by so many of the smallest steps of its price."""
        self.move(alert, alert.price + ticks * self._tick(alert.price))

    def turn(self, alert: Alert, on: bool) -> None:
        """Have an alert wait for the price, or not."""
        self._change(alert, active=on)

    def _change(self, alert: Alert, **changes: float | bool) -> None:
        """Change the alert as it is now: it may have fired since it was taken in hand, or be gone."""
        here = self._acts.here(alert)
        if here is not None:
            self.put(replace(here, **changes))

    def remove(self, alert: Alert) -> None:
        if self._acts.remove(alert):
            self.say(f"Removed: {rule_words(alert)}")

    def say(self, sentence: str) -> None:
        """Tell a reader of the screen."""
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._view, sentence))
        self._view.read_aloud.emit(sentence)
