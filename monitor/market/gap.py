"""A hole in what was streamed: from when to when, of what, and why."""

from enum import StrEnum

from msgspec import Struct


class Cause(StrEnum):
    """Why something did not come."""

    CONNECTION = "connection"  # it was lost, or could not be made
    SILENCE = "silence"  # nothing came although it should have
    SLEEP = "sleep"  # this machine slept
    SIGN_IN = "sign-in"  # there was none
    TAKEN = "taken"  # another program had the stream
    REFUSED = "refused"  # Schwab does not send it
    SPILL = "spill"  # it came, and could not be kept


class Gap(Struct, frozen=True):
    """``service`` is the streamer's, such as LEVELONE_EQUITIES; without a ``symbol`` all of its symbols are meant.

    ``to_ms`` is None as long as it lasts. Times are ms UTC; (service, symbol, from_ms) tells one gap from another.
    """

    service: str
    from_ms: int
    cause: Cause
    to_ms: int | None = None
    symbol: str = ""
    sentence: str = ""
