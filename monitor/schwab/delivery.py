"""From a frame's text to the listener: schwab-py's seam for JSON decoders, with nothing left for schwab-py to do."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Protocol

from monitor.market.book import BookService
from monitor.market.gap import Cause, Gap
from monitor.ports import StreamListener
from monitor.schwab.library import StreamJsonDecoder
from monitor.schwab.sequence import Sequence
from monitor.schwab.services import what
from monitor.schwab.wire import (
    ActivityData,
    BarData,
    BookData,
    ChartData,
    Data,
    Frame,
    FutureChartData,
    NasdaqBookData,
    Notify,
    NyseBookData,
    OptionsBookData,
    QuoteData,
    Response,
    ScreenerData,
    decode_frame,
)

_BOOKS: dict[type[Data], BookService] = {
    NyseBookData: BookService.NYSE,
    NasdaqBookData: BookService.NASDAQ,
    OptionsBookData: BookService.OPTIONS,
}
_Numbered = ChartData | FutureChartData | ActivityData


class Commands(Protocol):
    """Who waits for what the streamer says of commands and of the connection."""

    def take_response(self, response: Response) -> None: ...

    def take_notify(self, notify: Notify) -> None: ...


class Delivery(StreamJsonDecoder):  # type: ignore[misc]
    """Data goes to the listener, answers and notices to the commands; ``has_data`` says whether any data came.

    ``on_books`` hears beforehand which book service sends which symbols.
    """

    def __init__(
        self,
        listener: StreamListener,
        commands: Commands,
        on_books: Callable[[str, list[str]], None] = lambda _service, _symbols: None,
    ) -> None:
        self._listener = listener
        self._commands = commands
        self._on_books = on_books
        self.has_data = False
        self.sent_ms = 0  # the streamer's own time of the newest frame that tells it
        self.unreadable = 0  # frames of which nothing could be read
        self._heard: dict[type[Data], int] = {}
        self._sequences: dict[type[Data], Sequence] = defaultdict(Sequence)
        self._numbered_ms: dict[type[Data], int] = {}  # when the newest items with numbers were sent

    def take_heard(self) -> dict[str, int]:
        """The services that sent data since this was last asked, each with the time of its newest frame."""
        heard, self._heard = self._heard, {}
        return {str(kind.__struct_config__.tag): sent_ms for kind, sent_ms in heard.items()}

    def decode_json_string(self, raw: str | bytes) -> dict[str, Any]:
        """Deliver a frame; the empty answer tells schwab-py that there is nothing in it."""
        frame, rejected = decode_frame(raw)
        for data in frame.data:
            self._heard[data.__class__] = self.sent_ms = data.timestamp
            self.has_data = True
            if isinstance(data, BookData):
                self._on_books(_BOOKS[type(data)].value, [book.symbol for book in data.content])
            _hand_on(data, self._listener)
            if isinstance(data, _Numbered):
                self._look_for_holes(data)
        if frame.response or frame.notify:
            self._take_rest(frame)
        for part in rejected:
            self.unreadable += part.kind == "undecodable"
            self._listener.hear_rejected(part.kind, part.raw, part.reason)
        return {}

    def _look_for_holes(self, data: _Numbered) -> None:
        """What a number shows to be missing is told as a hole, so that history is asked for it."""
        kind = type(data)
        sequence, service = self._sequences[kind], str(kind.__struct_config__.tag)
        since, self._numbered_ms[kind] = self._numbered_ms.get(kind, data.timestamp), data.timestamp
        for item in data.content:
            if missing := sequence.missing(item.key, item.seq):
                sentence = f"{missing} message{'s' * (missing > 1)} with {what(service)} did not come."
                symbol = item.key if sequence.each_key else ""
                until = max(since, data.timestamp)
                self._listener.hear_gap(Gap(service, since, Cause.SILENCE, until, symbol, sentence))

    def _take_rest(self, frame: Frame) -> None:
        for response in frame.response:
            self._commands.take_response(response)
        for notify in frame.notify:
            if notify.heartbeat is not None:
                stamp = str(notify.heartbeat)
                sent_ms = int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) < 16 else 0
                self.sent_ms = sent_ms or self.sent_ms
                self._listener.hear_heartbeat(sent_ms)
            self._commands.take_notify(notify)


def _hand_on(data: Data, listener: StreamListener) -> None:
    if isinstance(data, QuoteData):
        listener.hear_quotes(data.content, data.timestamp)
    elif isinstance(data, BookData):
        listener.hear_books(_BOOKS[type(data)], data.content, data.timestamp)
    elif isinstance(data, BarData):
        listener.hear_bars([item.bar() for item in data.content], data.timestamp)
    elif isinstance(data, ScreenerData):
        listener.hear_screeners([item.screener() for item in data.content], data.timestamp)
    elif isinstance(data, ActivityData):
        listener.hear_activity([item.activity() for item in data.content], data.timestamp)
    else:
        listener.hear_news([item.told() for item in data.content], data.timestamp)
