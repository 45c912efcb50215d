"""The bar along the window's foot: one timer reads the meters, and only what changed is painted."""

import logging
from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from monitor.errors import MonitorError
from monitor.live.events import HistoryProgress, StreamChanged
from monitor.market.calendar import Phase, from_ms
from monitor.ports import MarketHours, StreamPhase
from monitor.ui import format as fmt
from monitor.ui.panel import named
from monitor.ui.status.market import market_state
from monitor.ui.status.phrases import (
    Phrase,
    Tone,
    disk_phrase,
    history_phrase,
    queue_phrase,
    refused_phrase,
    requests_phrase,
    sign_in_phrase,
    storage_phrase,
    stream_phrase,
)
from monitor.ui.status.segment import Segment
from monitor.ui.theme import Theme, data_font
from monitor.ui.view_ports import ViewPorts

_log = logging.getLogger(__name__)
TICK_MS = 500
#: How long to leave Schwab alone after the market's hours could not be fetched.
HOURS_RETRY_MS = 120_000
_PHASE_TONES = {Phase.REGULAR: Tone.GREEN, Phase.PRE: Tone.AMBER, Phase.POST: Tone.AMBER, Phase.CLOSED: Tone.PLAIN}


class StatusFields(QWidget):
    """Market, stream, what is refused, requests, queue, disk, sign-in, running downloads and clock, left to right."""

    sign_in_wanted = Signal()
    health_wanted = Signal()
    requests_wanted = Signal()

    def __init__(self, ports: ViewPorts, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self._stream = StreamChanged(StreamPhase.OFF, "")
        self._downloads: dict[str, HistoryProgress] = {}
        self._hours: MarketHours | None = None
        self._next_fetch_ms = 0
        self.market = Segment("Market", theme, dotted=True)
        self.stream = Segment("Stream", theme, dotted=True)
        self.refused = Segment("Not streamed", theme)
        self.requests = Segment("Requests", theme)
        self.queue = Segment("Store queue", theme)
        self.disk = Segment("Disk", theme)
        self.history = Segment("Downloads", theme)
        self.sign_in = Segment("Sign-in", theme)
        self.clock = named(QLabel(), "clock")
        self._lay_out()
        self.stream.clicked.connect(self._answer_stream)
        self.requests.clicked.connect(self.requests_wanted)
        self.queue.clicked.connect(self.health_wanted)
        self.refused.clicked.connect(self.health_wanted)
        self.sign_in.clicked.connect(self.sign_in_wanted)
        self.history.clicked.connect(self._cancel_downloads)
        self._stops = (
            ports.bus.listen(StreamChanged, self._hear_stream),
            ports.bus.listen(HistoryProgress, self._hear_history),
        )
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self.refresh()

    def close_panel(self) -> None:
        """Stop listening and reading."""
        self._timer.stop()
        for stop in self._stops:
            stop()

    def refresh(self) -> None:
        """Read every meter and show what changed."""
        ports, now = self._ports, self._ports.meters.now_ms()
        store = ports.meters.store()
        stream = self._stream
        age, lag = ports.meters.stream_age_ms(), ports.meters.stream_lag_ms()
        self._show_market(now)
        self.stream.show_phrase(stream_phrase(stream.phase, stream.sentence, stream.retry_at_ms, age, lag, now))
        self.requests.show_phrase(requests_phrase(ports.meters.requests(), now))
        self.queue.show_phrase(storage_phrase(store) or queue_phrase(store))
        self._show_refused(ports.watching.refused)
        self.disk.show_phrase(disk_phrase(store))
        self.sign_in.show_phrase(sign_in_phrase(ports.sign_in, now))
        text = f"{fmt.clock(now)} ET"
        if text != self.clock.text():
            self.clock.setText(text)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        segments = (self.market, self.stream, self.refused, self.requests, self.queue, self.disk, self.sign_in)
        for segment in (*segments, self.history):
            row.addWidget(segment)
        row.addStretch(1)
        self.history.hide()
        self.refused.hide()
        self.clock.setFont(data_font())
        self.clock.setAccessibleName("Clock, New York")
        self.clock.setToolTip("New York time")
        self.clock.setTextFormat(Qt.TextFormat.PlainText)
        row.addWidget(self.clock)

    def _hear_stream(self, event: StreamChanged) -> None:
        self._stream = event
        self.refresh()

    def _answer_stream(self) -> None:
        if self._stream.phase is StreamPhase.TAKEN:
            self._ports.watching.take_back()
        elif self._stream.phase is StreamPhase.SIGN_IN:
            self.sign_in_wanted.emit()
        else:
            self.health_wanted.emit()

    def _hear_history(self, event: HistoryProgress) -> None:
        if event.finished:
            self._downloads.pop(event.symbol, None)
        else:
            self._downloads[event.symbol] = event
        self.history.setVisible(bool(self._downloads))
        if self._downloads:
            self.history.show_phrase(history_phrase(self._downloads))

    def _show_refused(self, refused: Mapping[str, str]) -> None:
        self.refused.setVisible(bool(refused))
        if refused:
            self.refused.show_phrase(refused_phrase(refused))

    def _cancel_downloads(self) -> None:
        for symbol in tuple(self._downloads):
            self._ports.loader.cancel(symbol)

    def _show_market(self, now: int) -> None:
        today = from_ms(now).date().isoformat()
        stale = self._hours is None or self._hours.day != today
        if stale and now >= self._next_fetch_ms and self._ports.sign_in.signed_in:
            self._next_fetch_ms = now + HOURS_RETRY_MS
            QTimer.singleShot(0, self, self._start_fetch)
        state = market_state(now, self._hours, self._ports.profile.sandbox)
        until = f", until {fmt.clock(state.until_ms)} ET" if state.until_ms else ""
        tip = f"{state.sentence}{until}"
        self.market.show_phrase(Phrase(state.sentence, _PHASE_TONES[state.phase], tip))

    def _start_fetch(self) -> None:
        self._ports.tasks.start("market hours", self._fetch_hours())

    async def _fetch_hours(self) -> None:
        try:
            self._hours = await self._ports.history.market_hours()
        except MonitorError as error:
            # The exchange's own rules serve until the next try, so nobody needs to hear of it.
            _log.info("market hours: %s %s", error.sentence, error.detail)
        self.refresh()
