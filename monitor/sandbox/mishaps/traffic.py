"""How frames reach a client: at once, late, out of order, in drops, or never."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from heapq import heappop, heappush
from typing import NamedTuple

from aiohttp import WSMsgType, web

from monitor.sandbox.mishaps.patient import InForce

_LATE, _SHUFFLED = 2.0, 3.0
_DROPS_A_SECOND = 50
_LAST_OF_MESSAGE = 0x80


class Frame(NamedTuple):
    """What goes to the socket, and who is told whether it got there."""

    payload: bytes
    kind: WSMsgType
    handed: Callable[[bool], None]
    is_data: bool = False


class Traffic:
    """The way of frames to one socket. Frames are written whole and one after the other, however slowly."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, faults: InForce) -> None:
        self._request = request
        self._socket = socket
        self._faults = faults
        self._lock = asyncio.Lock()
        self._held: list[tuple[float, int, Frame]] = []
        self._numbered = 0
        self._not_before = 0.0
        self._courier: asyncio.Task[None] | None = None

    async def send(self, frame: Frame) -> None:
        """Writes a frame, or holds it for as long as a fault says. Raises ConnectionError."""
        now = asyncio.get_running_loop().time()
        due = self._due(frame, now) if self._faults or self._held else now
        if due <= now:
            await self._write(frame)
            return
        self._numbered += 1
        heappush(self._held, (due, self._numbered, frame))
        if self._courier is None or self._courier.done():
            self._courier = asyncio.create_task(self._deliver())

    async def between_frames(self, write: Callable[[], Awaitable[object]]) -> None:
        """Lets ``write`` send what is no frame of ours (a pong, the close frame), never in the middle of one."""
        async with self._lock:
            await write()

    async def end(self) -> None:
        """Forgets what is still held."""
        self._held.clear()
        if self._courier is not None:
            self._courier.cancel()
            await asyncio.gather(self._courier, return_exceptions=True)

    def _due(self, frame: Frame, now: float) -> float:
        due = max(now, self._not_before)
        for fault in self._faults.of("late"):
            delay = _LATE if fault.delay is None else fault.delay
            due = self._not_before = max(due, now + delay + random.uniform(0.0, fault.jitter))
        if frame.is_data:
            for fault in self._faults.of("shuffle"):
                due += random.uniform(0.0, _SHUFFLED if fault.delay is None else fault.delay)
        return due

    async def _deliver(self) -> None:
        loop = asyncio.get_running_loop()
        while self._held:
            wait = self._held[0][0] - loop.time()
            if wait > 0:
                await asyncio.sleep(min(wait, 0.05))  # a frame that came later may be due before this one
                continue
            try:
                await self._write(heappop(self._held)[2])
            except ConnectionError:
                self._held.clear()

    async def _write(self, frame: Frame) -> None:
        async with self._lock:
            if self._faults and (self._faults.has("silent") or self._faults.has("half-open")):
                return
            trickle = self._faults.of("trickle") if self._faults else []
            try:
                if trickle:
                    await self._drip(frame, trickle[-1].bytes_per_second)
                else:
                    await self._socket.send_frame(frame.payload, frame.kind)
            except ConnectionError:
                frame.handed(False)
                raise
            except asyncio.CancelledError:  # what is not dripped is written first, then waited for
                frame.handed(not trickle)
                raise
            frame.handed(True)

    async def _drip(self, frame: Frame, bytes_per_second: float) -> None:
        """Some bytes at a time, as a slow line has them."""
        transport = self._request.transport
        message = _header(frame) + frame.payload
        step = max(1, int(bytes_per_second / _DROPS_A_SECOND))
        for start in range(0, len(message), step):
            await asyncio.sleep(
                1 / _DROPS_A_SECOND
            )  # before each drop: after the last one the frame has been handed over
            if transport is None or transport.is_closing():
                raise ConnectionResetError("the line went dead in the middle of a frame")
            transport.write(message[start : start + step])


def _header(frame: Frame) -> bytes:
    """The head of an unmasked websocket frame that is a whole message."""
    size = len(frame.payload)
    first = bytes([_LAST_OF_MESSAGE | frame.kind])
    if size < 126:
        return first + bytes([size])
    return first + (b"\x7e" + size.to_bytes(2, "big") if size < 1 << 16 else b"\x7f" + size.to_bytes(8, "big"))
