"""The streamer at /ws: its connections, and one of them for each person (PROTOCOL 5)."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from aiohttp import web

from monitor.sandbox import commands
from monitor.sandbox.commands import Subscriptions
from monitor.sandbox.connection import Connection
from monitor.sandbox.desk import Desk
from monitor.sandbox.faults import AT_LOGIN, Fault, Faults
from monitor.sandbox.feed import Feed
from monitor.sandbox.tokens import Claim, Signer
from monitor.sandbox.truth import Truth

log = logging.getLogger(__name__)

_REMEMBERED = 200
FeedFactory = Callable[[Subscriptions, str], Feed]


class Timing(NamedTuple):
    """The streamer's times, in seconds."""

    first_heartbeat: float = 0.02
    heartbeat: float = 10.0
    idle: float = 30.0


class Streamer(Desk):
    """Every streamer connection of the sandbox."""

    def __init__(
        self,
        signer: Signer,
        faults: Faults,
        saw: Callable[[Claim], None],
        make_feed: FeedFactory,
        timing: Timing,
        truth: Truth,
        clock: Callable[[], int],
    ) -> None:
        self.signer = signer
        self.saw = saw
        self.faults = faults
        self.make_feed = make_feed
        self.timing = timing
        self.truth = truth
        self.now_ms = clock
        self.items: Counter[str] = Counter()
        self.frames: Counter[str] = Counter()
        self.logins = 0
        self._owners: dict[str, Connection] = {}
        self._connections: set[Connection] = set()
        self._past: deque[Connection] = deque(maxlen=_REMEMBERED)
        self._numbered = 0

    @property
    def connections(self) -> int:
        return len(self._connections)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/ws", self.connect)]

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One websocket, from the handshake to its end."""
        # Uncompressed, so that a recorded frame goes out exactly as fast as the client reads. Pings are answered by
        # the connection, which knows when a frame is half written.
        socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 20, autoping=False)
        await socket.prepare(request)
        self._numbered += 1
        connection = Connection(self, self._numbered, request, socket)
        self._connections.add(connection)
        self._past.append(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)
            if self._owners.get(connection.user) is connection:
                del self._owners[connection.user]
        return socket

    def claim(self, user: str, connection: Connection) -> bool:
        """Makes ``connection`` the person's only one; False where the older one stays."""
        older = self._owners.get(user)
        if older is connection:
            return True
        if older is not None and self.faults.refuses_second_login:
            return False
        self._owners[user] = connection
        if older is not None:
            log.info("a second login severs the first streamer connection")
            older.sever(commands.CLOSED, "Connection closed: another connection was opened for this user.")
        return True

    def afflict(self, fault: Fault) -> int:
        """Lets every connection suffer ``fault``, and says how many; what befalls a LOGIN waits for the next one."""
        if fault.stream in AT_LOGIN:
            self.faults.add(fault)
            return 0
        for connection in list(self._connections):
            connection.suffer(fault)
        return len(self._connections)

    def relieve(self) -> None:
        """Ends the faults that are in force on open connections."""
        for connection in self._connections:
            connection.relieve()

    def streams(self) -> list[dict[str, Any]]:
        """The last connections, open and closed, with what each was sent."""
        return [connection.account() for connection in self._past]

    async def close(self) -> None:
        """Ends every connection, when the sandbox stops."""
        await asyncio.gather(*(connection.close(1001) for connection in self._connections))
        self.truth.close()
