"""What goes wrong on purpose: a JSON list, from the ``--faults`` file or sent to the control at run time.

``docs/sandbox.md`` describes every kind of entry. Each names one of ``path``, ``stream``, ``second_login``,
``refresh`` and ``wall``; the other fields say how it fails, after how many, and how often.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from monitor.errors import BadData, Unusable

#: What befalls a streamer connection; ``monitor.sandbox.mishaps`` has a module for each family.
_End = Literal["drop", "close", "stop", "silent", "half-open"]
_LoginFault = Literal["refuse-login", "slow-login"]
_AnswerFault = Literal["no-answer", "refuse", "success-codes", "limits", "mixed-answers", "stray-answer"]
_TrafficFault = Literal["mute-heartbeats", "late", "shuffle", "trickle"]
_ItemFault = Literal[
    "mute-service", "mute-symbol", "no-snapshot", "duplicate", "unknown-field", "wrong-types", "future"
]
_FrameFault = Literal["garbage", "huge", "unknown-service"]
StreamFault = Literal[_End, _LoginFault, _AnswerFault, _TrafficFault, _ItemFault, _FrameFault]
#: Those that befall the LOGIN itself, before the connection is anybody's.
AT_LOGIN = ("refuse-login", "slow-login")
#: Frames that no client can read, or should not.
Garbage = Literal["text", "truncated", "binary", "nan", "endless-number", "surrogate", "nested", "list", "empty"]
#: How a request fails: with a status of Schwab's, or in the way of a network that is not …
_NetworkFault = Literal["garbage", "html", "hang", "stall", "drip", "drop", "drop-after"]
#: … or by an answer that is the right one but for something.
_SpoiledAnswer = Literal["truncated", "cut-short", "wrong-candles", "new-york-days"]
RequestFault = Literal[_NetworkFault, _SpoiledAnswer]
#: The pages that people meet at the sign-in instead of the next one.
Wall = Literal["pending", "unable", "denied", "invalid-client", "error", "voice-id", "login-loop", "slow"]


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One entry of the list; the fields of all kinds together."""

    path: str | None = None
    #: Strikes only requests that have this in their query.
    query: str = ""
    status: Literal[403, 404, 429, 500, 502, 503, 504] = 500
    retry_after: int | str | None = 1
    answer: RequestFault | None = None
    stream: StreamFault | None = None
    after_seconds: float = 0.0
    #: How long a stream fault lasts; none is for as long as the connection does.
    seconds: float | None = None
    #: How many frames or commands it strikes; none is every one.
    count: int | None = None
    service: str = ""
    symbol: str = ""
    command: str = ""
    code: int | None = None
    text: str | None = None
    limits: dict[str, int] = {}
    delay: float | None = None
    jitter: float = 0.0
    ahead_seconds: float = 3600.0
    bytes_per_second: float = 20_000.0
    megabytes: float = 2.0
    form: Garbage = "text"
    second_login: Literal["refuse", "sever"] | None = None
    refresh: Literal["keep", "rotate"] | None = None
    wall: Wall | None = None
    after: int = 0
    times: int = 1

    def __post_init__(self) -> None:
        kinds = (self.path, self.stream, self.second_login, self.refresh, self.wall)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("an entry names one of path, stream, second_login, refresh and wall")


class Faults:
    """The faults still to come."""

    def __init__(self, faults: list[Fault] | None = None) -> None:
        self._faults = list(faults or [])
        #: How often each kind of request fault has struck: its answer, or its status.
        self.struck: Counter[str] = Counter()

    @classmethod
    def load(cls, path: Path) -> "Faults":
        """The faults a file asks for. Raises Unusable."""
        faults = cls()
        try:
            faults.add_json(path.read_bytes())
        except OSError as error:
            raise Unusable(f"The faults file {path} cannot be read.", str(error)) from error
        except BadData as error:
            raise Unusable(f"The faults file {path} is not what it should be: {error.detail}.") from error
        return faults

    def add(self, *faults: Fault) -> None:
        """Adds to what is still to come."""
        self._faults += faults

    def add_json(self, text: bytes) -> None:
        """Adds a JSON list of entries, all of them or none. Raises BadData."""
        try:
            self.add(*msgspec.json.decode(text, type=list[Fault]))
        except (msgspec.DecodeError, UnicodeError) as error:
            raise BadData(f"The faults are not what they should be: {error}.", str(error)) from error

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()

    @property
    def listed(self) -> tuple[Fault, ...]:
        """The entries, done or not."""
        return tuple(self._faults)

    @property
    def pending(self) -> int:
        """How many entries have something left to do."""
        return sum(fault.times > 0 for fault in self._faults)

    @property
    def refuses_second_login(self) -> bool:
        choices = [fault.second_login for fault in self._faults if fault.second_login]
        return choices[-1:] == ["refuse"]

    @property
    def rotates_refresh_tokens(self) -> bool:
        choices = [fault.refresh for fault in self._faults if fault.refresh]
        return choices[-1:] == ["rotate"]

    def of_request(self, path: str, query: str = "") -> Fault | None:
        """What this request meets, if anything."""
        met = _next(
            fault
            for fault in self._faults
            if fault.path is not None and path.startswith(fault.path) and fault.query in query
        )
        if met is not None:
            self.struck[met.answer or str(met.status)] += 1
        return met

    def of_page(self, walls: frozenset[Wall]) -> Wall | None:
        """Which of ``walls`` this visit to a sign-in page meets, if any."""
        fault = _next(fault for fault in self._faults if fault.wall in walls)
        return fault.wall if fault else None

    def of_login_command(self, kind: StreamFault) -> Fault | None:
        """What this LOGIN meets itself, if anything."""
        return _next(fault for fault in self._faults if fault.stream == kind)

    def of_login(self) -> Iterator[Fault]:
        """What this login's connection will meet, each after its own seconds."""
        for fault in self._faults:
            if fault.stream and fault.stream not in AT_LOGIN and fault.times > 0:
                fault.times -= 1
                yield fault


def _next(faults: Iterator[Fault]) -> Fault | None:
    """The first that is due, counted down; those before it that are not yet due come one nearer."""
    for fault in faults:
        if fault.times <= 0:
            continue
        if fault.after > 0:
            fault.after -= 1
            continue
        fault.times -= 1
        return fault
    return None
