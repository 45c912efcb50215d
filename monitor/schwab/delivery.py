"""From a frame's text to the listener: schwab-py's seam for JSON decoders, with nothing left for schwab-py to do."""

from typing import Any, Protocol

from monitor.market.book import BookService
from monitor.ports import StreamListener
from monitor.schwab.library import StreamJsonDecoder
from monitor.schwab.wire import ChartData, Data, EquityData, Frame, Notify, NyseBookData, Response, decode_frame


class Commands(Protocol):
    """Who waits for what the streamer says of commands and of the connection."""

    def take_response(self, response: Response) -> None: ...

    def take_notify(self, notify: Notify) -> None: ...


class Delivery(StreamJsonDecoder):  # type: ignore[misc]
    """Data goes to the listener, answers and notices to the commands; ``has_data`` says whether any data came."""

    def __init__(self, listener: StreamListener, commands: Commands) -> None:
        self._listener = listener
        self._commands = commands
        self.has_data = False

    def decode_json_string(self, raw: str | bytes) -> dict[str, Any]:
        """Deliver a frame; the empty answer tells schwab-py that there is nothing in it."""
        frame, rejected = decode_frame(raw)
        for data in frame.data:
            self.has_data = True
            _hand_on(data, self._listener)
        if frame.response or frame.notify:
            self._take_rest(frame)
        for part in rejected:
            self._listener.hear_rejected(part.kind, part.raw, part.reason)
        return {}

    def _take_rest(self, frame: Frame) -> None:
        for response in frame.response:
            self._commands.take_response(response)
        for notify in frame.notify:
            if notify.heartbeat is not None:
                stamp = str(notify.heartbeat)
                self._listener.hear_heartbeat(int(stamp) if stamp.isascii() and stamp.isdigit() else 0)
            self._commands.take_notify(notify)


def _hand_on(data: Data, listener: StreamListener) -> None:
    if isinstance(data, EquityData):
        listener.hear_quotes(data.content, data.timestamp)
    elif isinstance(data, ChartData):
        listener.hear_bars([item.bar() for item in data.content], data.timestamp)
    else:
        service = BookService.NYSE if isinstance(data, NyseBookData) else BookService.NASDAQ
        listener.hear_books(service, data.content, data.timestamp)
