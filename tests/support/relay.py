"""A TCP relay between a program and its server, on which a test plays a bad line: slow, late, cut into bytes, dead."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_READ = 65536


class Relay:
    """Passes bytes on both ways; a test sets, at any time, how.

    ``latency`` and ``jitter`` are seconds each way, ``bandwidth`` bytes a second towards the program (None: as fast as
    it goes), ``slice`` the most bytes that are passed on at once. While ``is_dead`` whatever comes is swallowed, as
    when a peer vanishes, and new connections get no answer.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host, self.server_port = host, port
        self.port = 0
        self.latency = self.jitter = 0.0
        self.bandwidth: float | None = None
        self.slice = _READ
        self.is_dead = False
        self.connections = 0
        self.passed = 0  # bytes towards the program
        self.delays: list[float] = []  # seconds that bytes towards the program were on their way
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reset(self) -> None:
        """Cut every connection, in both directions, without a word."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until one side is done."""
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        far_writer = None
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.server_port)
            self._writers.add(far_writer)
            there = asyncio.create_task(self._pass_on(reader, far_writer, towards_program=False))
            back = asyncio.create_task(self._pass_on(far_reader, writer, towards_program=True))
            try:
                await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in (there, back):
                    way.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
        except OSError:
            pass
        finally:
            for end in (writer, far_writer):
                if end is not None:
                    self._writers.discard(end)
                    end.transport.abort()
            self._tasks.discard(task)

    async def close(self) -> None:
        """Cut what is open, and wait until nobody serves any more."""
        while self._tasks:
            self.reset()
            await asyncio.wait(set(self._tasks), timeout=0.1)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, towards_program: bool
    ) -> None:
        """One direction: what is read waits for its time in a queue, so that latency costs no bandwidth."""
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(self._deliver(on_the_way, writer, towards_program=towards_program))
        try:
            while data := await reader.read(_READ):
                await on_the_way.put((asyncio.get_running_loop().time(), data))
            await on_the_way.put((0.0, b""))
            await delivering
        except OSError:
            pass
        finally:
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)

    async def _deliver(
        self, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter, *, towards_program: bool
    ) -> None:
        now = asyncio.get_running_loop().time
        with suppress(OSError):
            while True:
                came, data = await queue.get()
                if not data:
                    return
                delay = self.latency + random.uniform(-self.jitter, self.jitter)
                if (wait := came + delay - now()) > 0:
                    await asyncio.sleep(wait)
                for start in range(0, len(data), self.slice):
                    if self.is_dead:
                        continue
                    part = data[start : start + self.slice]
                    writer.write(part)
                    await writer.drain()
                    if not towards_program:
                        continue
                    self.passed += len(part)
                    if self.slice < _READ:
                        await asyncio.sleep(0)  # a packet of its own
                    if self.bandwidth is not None:
                        await asyncio.sleep(len(part) / self.bandwidth)
                if towards_program:
                    self.delays.append(now() - came)


@asynccontextmanager
async def relaying(port: int, host: str = "127.0.0.1") -> AsyncIterator[Relay]:
    """A relay on a free port to a server at ``port``."""
    relay = Relay(host, port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        await relay.close()
