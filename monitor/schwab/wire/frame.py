"""One websocket message: decoded whole where it is right, else piece by piece, so that only the bad ones are lost."""

import json
import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec
from msgspec import Struct

from monitor.schwab.wire.data import SERVICES, Data


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
    """A part of a frame that could not be read: ``kind`` is undecodable, wrong-type or unknown-service.

    ``raw`` says nothing but its length where it may tell of the person's account.
    """

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
    service: (data, msgspec.json.Decoder(item)) for service, (data, item) in SERVICES.items()
}
_LONGEST_NAME = 60  # of a service that nobody knows
_PRIVATE = re.compile(rb"ACCT_ACTIVITY|ACCOUNT_ACTIVITY|AccountNumber|SchwabOrderID")
# Schwab writes "\u0000" for “no exchange”. An even number of backslashes before it belongs to the text itself.
_ESCAPED_CONTROL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u00(?:[01][0-9a-fA-F]|7[fF]|[89][0-9a-fA-F])")

S = TypeVar("S", bound=Struct)


def decode_frame(raw: str | bytes) -> tuple[Frame, tuple[Rejected, ...]]:
    """The frame without control characters, and what of it had to be left out.

    Never raises: one bad item does not spoil its siblings.
    """
    if isinstance(raw, str):
        raw = raw.encode(errors="replace")
    if b"\\" in raw and b"\\u00" in raw:  # one byte is looked for thirty times as fast as four
        raw = _ESCAPED_CONTROL.sub(rb"\1", raw)
    try:
        return _frame.decode(raw), ()
    except _UNREADABLE:
        frame, rejected = _salvage(raw)
    if rejected and _PRIVATE.search(raw):  # which part it was cannot always be told
        rejected = tuple(_silenced(part) for part in rejected)
    return frame, rejected


def _silenced(part: Rejected) -> Rejected:
    reason = part.reason if part.kind == "wrong-type" else ""  # msgspec names types and places, never values
    return Rejected(part.kind, b"%d bytes" % len(part.raw), reason)


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
            rejected.append(Rejected("unknown-service", raw, data.service[:_LONGEST_NAME]))
            continue
        kind, decoder = _ITEMS[data.service]
        yield kind(content=tuple(_each(data.content, decoder, rejected, data.service)), timestamp=data.timestamp)  # type: ignore[arg-type]


def _each(
    parts: tuple[msgspec.Raw, ...], decoder: "msgspec.json.Decoder[S]", rejected: list[Rejected], service: str = ""
) -> Iterator[S]:
    for part in parts:
        try:
            yield decoder.decode(part)
        except _UNREADABLE as error:
            reason = f"{service}: {error}" if service else str(error)
            rejected.append(Rejected("wrong-type", bytes(part), reason))
            yield from _without_nan(bytes(part), decoder)


def _without_nan(part: bytes, decoder: "msgspec.json.Decoder[S]") -> Iterator[S]:
    """The item after all, where only words stood in the place of numbers."""
    mended = part.replace(b'"NaN"', b"null")
    if mended != part:
        try:
            yield decoder.decode(mended)
        except _UNREADABLE:
            return
