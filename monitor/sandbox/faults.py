"""Faults on purpose: a JSON list that says which requests fail and what happens to the streamer.

Each entry is one of

* ``{"path": "/marketdata/v1/quotes", "after": 3, "status": 429, "times": 2}``: of the requests whose path begins with
  ``path``, let ``after`` pass, then answer the next ``times`` with 429, 500, 403 (the edge's HTML) or 502 (too big).
  ``retry_after`` (seconds, for 429) may be given.
* ``{"stream": "drop", "after_seconds": 2.5, "times": 1}``: that long after a login the connection is cut without a
  close frame (``drop``), closed with one (``close``), or goes on without a word, heartbeats included (``silent``);
  ``times`` logins suffer it, the later ones do not.
* ``{"second_login": "refuse"}``: a person's second login is refused with code 12 instead of severing the first.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
from aiohttp import web

from monitor.errors import Unusable
from monitor.sandbox import answers
from monitor.sandbox.answers import Refusal

StreamFault = Literal["drop", "silent", "close"]


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One entry of the file; the fields of the three forms together."""

    path: str | None = None
    after: int = 0
    status: Literal[403, 429, 500, 502] = 500
    times: int = 1
    retry_after: int = 1
    stream: StreamFault | None = None
    after_seconds: float = 0.0
    second_login: Literal["refuse", "sever"] | None = None


class Faults:
    """The faults still to come."""

    def __init__(self, faults: list[Fault] | None = None) -> None:
        self._rest = [f for f in faults or [] if f.path is not None]
        self._stream = [f for f in faults or [] if f.stream is not None]
        self.refuses_second_login = any(f.second_login == "refuse" for f in faults or [])

    @classmethod
    def load(cls, path: Path) -> "Faults":
        """The faults a file asks for. Raises Unusable."""
        try:
            return cls(msgspec.json.decode(path.read_bytes(), type=list[Fault]))
        except OSError as error:
            raise Unusable(f"The faults file {path} cannot be read.", str(error)) from error
        except msgspec.DecodeError as error:
            raise Unusable(f"The faults file {path} is not what it should be: {error}.") from error

    def answer(self, path: str) -> web.Response | None:
        """The failure this request meets, if any."""
        for fault in self._rest:
            if fault.times <= 0 or not path.startswith(str(fault.path)):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.times -= 1
            return _failure(fault, path)
        return None

    def of_login(self) -> Iterator[tuple[StreamFault, float]]:
        """What this login's connection will meet, and after how many seconds."""
        for fault in self._stream:
            if fault.stream and fault.times > 0:
                fault.times -= 1
                yield fault.stream, fault.after_seconds


def _failure(fault: Fault, path: str) -> web.Response:
    match fault.status:
        case 403:
            return answers.edge_refusal(path)
        case 429:
            return answers.too_many_requests(fault.retry_after)
        case 502:
            return answers.body_too_big()
        case _:
            return answers.refuse(Refusal(500))
