"""Schwab's streamer frames as typed structs: the field numbers of each service, and nothing else.

The field numbers are those that real captures show (the Streamer Guide has CHART_EQUITY in another, wrong order).
Unknown fields are ignored, missing ones stay None, and both number styles (``214`` and ``214.0``) are kept as sent.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct, field

from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.book import Book, Level, Maker
from monitor.market.quote import Number, Quote

#: Quote's names for LEVELONE_EQUITIES fields 1 to 51, in the order of their numbers (0 is the symbol again).
EQUITY_FIELDS = (
    *("bid", "ask", "last", "bid_size", "ask_size", "ask_exchange", "bid_exchange", "volume", "last_size"),
    *("high", "low", "close", "exchange", "marginable", "description", "last_exchange", "open", "net_change"),
    *("high_52_week", "low_52_week", "pe_ratio", "dividend_amount", "dividend_yield", "nav", "exchange_name"),
    *("dividend_date", "quote_is_regular", "trade_is_regular", "regular_last", "regular_last_size"),
    *("regular_net_change", "security_status", "mark", "quote_time", "trade_time", "regular_trade_time"),
    *("bid_time", "ask_time", "ask_mic", "bid_mic", "last_mic", "net_percent_change", "regular_percent_change"),
    *("mark_change", "mark_percent_change", "hard_to_borrow_quantity", "hard_to_borrow_rate", "hard_to_borrow"),
    *("shortable", "post_market_change", "post_market_percent_change"),
)
_WIRE_NAMES = {name: str(number) for number, name in enumerate(EQUITY_FIELDS, start=1)} | {
    "symbol": "key",
    "asset_type": "assetMainType",
    "asset_subtype": "assetSubType",
}

if TYPE_CHECKING:
    LevelOneEquity = Quote
else:
    #: One item of LEVELONE_EQUITIES: Quote itself under its wire names, so that decoding needs no second step.
    #: The first item of a key holds every field asked for, later ones what changed.
    LevelOneEquity = msgspec.defstruct(
        "LevelOneEquity",
        [
            (f.name, f.type, field(name=_WIRE_NAMES.get(f.name, f.name), default=f.default))
            for f in msgspec.structs.fields(Quote)
        ],
        bases=(Quote,),
        module=__name__,
        gc=False,
        omit_defaults=True,
        kw_only=True,
    )


class BookMaker(Maker, frozen=True, gc=False):
    """A venue or market maker at a level."""

    id: str = field(name="0")
    size: Number = field(name="1")
    time: int = field(name="2", default=0)


class BookLevel(Level, frozen=True, gc=False):
    """A price level of a book."""

    price: Number = field(name="0")
    size: Number = field(name="1")
    count: int = field(name="2", default=0)
    makers: tuple[BookMaker, ...] = field(name="3", default=())


class BookItem(Book, frozen=True, gc=False):
    """One item of NYSE_BOOK or NASDAQ_BOOK: a whole snapshot."""

    symbol: str = field(name="key")
    time: int = field(name="1", default=0)
    bids: tuple[BookLevel, ...] = field(name="2", default=())
    asks: tuple[BookLevel, ...] = field(name="3", default=())


_CHART_NAMES = {"sequence": "1", "open": "2", "high": "3", "low": "4", "close": "5", "volume": "6", "start": "7"}


class ChartEquity(Struct, rename=_CHART_NAMES | {"day": "8"}, frozen=True, gc=False):
    """One item of CHART_EQUITY: a finished minute. ``sequence`` counts minutes since 07:00 New York."""

    key: str
    open: Number
    high: Number
    low: Number
    close: Number
    volume: Number
    start: int
    sequence: int = 0
    day: int = 0
    seq: int = 0

    def bar(self) -> Bar:
        return Bar(
            self.key, Interval.M1, self.start, self.open, self.high, self.low, self.close, self.volume, BarSource.STREAM
        )


class EquityData(Struct, tag_field="service", tag="LEVELONE_EQUITIES"):
    """LEVELONE_EQUITIES items of one frame; ``timestamp`` is when the streamer sent it, ms UTC."""

    content: tuple[LevelOneEquity, ...]
    timestamp: int = 0


class NyseBookData(Struct, tag_field="service", tag="NYSE_BOOK"):
    """NYSE_BOOK items of one frame."""

    content: tuple[BookItem, ...]
    timestamp: int = 0


class NasdaqBookData(Struct, tag_field="service", tag="NASDAQ_BOOK"):
    """NASDAQ_BOOK items of one frame."""

    content: tuple[BookItem, ...]
    timestamp: int = 0


class ChartData(Struct, tag_field="service", tag="CHART_EQUITY"):
    """CHART_EQUITY items of one frame."""

    content: tuple[ChartEquity, ...]
    timestamp: int = 0


Data = EquityData | NyseBookData | NasdaqBookData | ChartData


class Outcome(Struct):
    """What the streamer answers to a command, or says of itself: a code and its text."""

    code: int
    msg: str = ""


class Response(Struct, rename={"correl_id": "SchwabClientCorrelId"}):
    """The answer to one command; ``requestid`` comes back as a string whatever was sent."""

    service: str
    command: str
    requestid: str | int
    content: Outcome
    timestamp: int = 0
    correl_id: str = ""


class Notify(Struct):
    """A heartbeat (ms UTC, as a string), or the streamer's word about the connection (code 30)."""

    heartbeat: str | int | None = None
    service: str = ""
    content: Outcome | None = None
    timestamp: int = 0


class Frame(Struct):
    """One websocket message: answers, notices, data, or any mixture of them."""

    response: tuple[Response, ...] = ()
    notify: tuple[Notify, ...] = ()
    data: tuple[Data, ...] = ()


class _LooseData(Struct):
    service: str
    content: tuple[msgspec.Raw, ...] = ()
    timestamp: int = 0


class _LooseFrame(Struct):
    response: tuple[msgspec.Raw, ...] = ()
    notify: tuple[msgspec.Raw, ...] = ()
    data: tuple[msgspec.Raw, ...] = ()


class Rejected(Struct, frozen=True):
    """A part of a frame that could not be read: ``kind`` is undecodable, wrong-type or unknown-service."""

    kind: str
    raw: bytes
    reason: str


_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
_frame = msgspec.json.Decoder(Frame)
_loose_frame = msgspec.json.Decoder(_LooseFrame)
_loose_data = msgspec.json.Decoder(_LooseData)
_response = msgspec.json.Decoder(Response)
_notify = msgspec.json.Decoder(Notify)
_ITEMS: dict[str, tuple[type[Data], msgspec.json.Decoder[Struct]]] = {
    "LEVELONE_EQUITIES": (EquityData, msgspec.json.Decoder(LevelOneEquity)),
    "NYSE_BOOK": (NyseBookData, msgspec.json.Decoder(BookItem)),
    "NASDAQ_BOOK": (NasdaqBookData, msgspec.json.Decoder(BookItem)),
    "CHART_EQUITY": (ChartData, msgspec.json.Decoder(ChartEquity)),
}

S = TypeVar("S", bound=Struct)


def decode_frame(raw: str | bytes) -> tuple[Frame, tuple[Rejected, ...]]:
    """The frame, and what of it had to be left out. Never raises: one bad item does not spoil its siblings."""
    try:
        return _frame.decode(raw), ()
    except _UNREADABLE:
        return _salvage(raw.encode(errors="replace") if isinstance(raw, str) else raw)


def _salvage(raw: bytes) -> tuple[Frame, tuple[Rejected, ...]]:
    loose, rejected = _loosen(raw)
    frame = Frame(
        response=tuple(_each(loose.response, _response, rejected)),
        notify=tuple(_each(loose.notify, _notify, rejected)),
        data=tuple(_salvage_data(loose.data, rejected)),
    )
    return frame, tuple(rejected)


def _loosen(raw: bytes) -> tuple[_LooseFrame, list[Rejected]]:
    try:
        return _loose_frame.decode(raw), []
    except _UNREADABLE as error:
        reason = str(error)
    try:
        if b"NaN" in raw or b"Infinity" in raw:
            # Not JSON, yet some servers print it; null says the same, that there is no value.
            mended = msgspec.json.encode(json.loads(raw, parse_constant=lambda _name: None))
            return _loose_frame.decode(mended), [Rejected("wrong-type", raw, "NaN or Infinity is not JSON")]
    except (*_UNREADABLE, ValueError):
        pass
    return _LooseFrame(), [Rejected("undecodable", raw, reason)]


def _salvage_data(parts: tuple[msgspec.Raw, ...], rejected: list[Rejected]) -> Iterator[Data]:
    for data in _each(parts, _loose_data, rejected):
        if data.service not in _ITEMS:
            raw = b"".join(bytes(item) for item in data.content)
            rejected.append(Rejected("unknown-service", raw, data.service))
            continue
        kind, decoder = _ITEMS[data.service]
        yield kind(content=tuple(_each(data.content, decoder, rejected)), timestamp=data.timestamp)  # type: ignore[arg-type]


def _each(parts: tuple[msgspec.Raw, ...], decoder: "msgspec.json.Decoder[S]", rejected: list[Rejected]) -> Iterator[S]:
    for part in parts:
        try:
            yield decoder.decode(part)
        except _UNREADABLE as error:
            rejected.append(Rejected("wrong-type", bytes(part), str(error)))
