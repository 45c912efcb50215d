"""The faults that are in force on one connection, and what they may do to it."""

import asyncio
from typing import Protocol

import msgspec

from monitor.sandbox.faults import Fault, StreamFault


class Patient(Protocol):
    """A connection as the faults see it."""

    faults: "InForce"

    def cut(self) -> None:
        """Ends it without a close frame."""

    def hold_reading(self, held: bool) -> None:
        """Leaves what the client sends in the network, pings and close frames too; or reads on."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Sends the close frame."""

    async def end(self, code: int, text: str) -> None:
        """Says a code in a notice, then closes."""

    async def inject(self, payload: bytes, note: str, binary: bool = False) -> None:
        """Sends a frame that is nobody's data."""


class InForce:
    """The faults that a connection suffers now. Each is a copy, so that counts are the connection's own."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ends: list[asyncio.TimerHandle] = []

    def __bool__(self) -> bool:
        return bool(self._faults)

    def of(self, *kinds: StreamFault) -> list[Fault]:
        """Those of some kinds, in the order in which they began."""
        return [fault for fault in self._faults if fault.stream in kinds]

    def has(self, kind: StreamFault) -> bool:
        return any(fault.stream == kind for fault in self._faults)

    def begin(self, fault: Fault) -> None:
        """Puts a fault in force for as long as it says."""
        suffered = msgspec.structs.replace(fault)
        self._faults.append(suffered)
        if fault.seconds is not None:
            self._ends.append(asyncio.get_running_loop().call_later(fault.seconds, self.end, suffered))

    def struck(self, fault: Fault) -> None:
        """One frame or command met ``fault``; it ends with the last that it was to strike."""
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                self.end(fault)

    def end(self, fault: Fault) -> None:
        self._faults = [other for other in self._faults if other is not fault]

    def clear(self) -> None:
        """Ends all of them."""
        self._faults.clear()
        for timer in self._ends:
            timer.cancel()
