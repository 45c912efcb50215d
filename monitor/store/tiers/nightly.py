"""When rows move by themselves: soon after the start, and every night while New York sleeps.

Files that the database has lost sight of are looked for at the start, before anybody asks for their rows, and when the
database was found damaged and saved.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import time, timedelta
from typing import Any

from monitor.clock import now_ms
from monitor.errors import MonitorError
from monitor.market.calendar import at_new_york, from_ms
from monitor.ports import Moved, StorageRules, Tiers

_log = logging.getLogger(__name__)
#: The last session is over and its evening repaired, the next has not begun.
_AT = time(2, 30)
_START_SECONDS = 60.0
#: The wall clock decides, looked at so often: a machine that slept through the hour moves rows when it wakes.
_LOOK_SECONDS = 60.0


class NightlyMove:
    """Moves by the rules of the moment.

    ``tell(sentence)`` hears what could not be done, each sentence once, and ``inform(sentence)`` what came back.
    """

    def __init__(
        self,
        tiers: Tiers,
        rules: Callable[[], StorageRules],
        tell: Callable[[str], None],
        inform: Callable[[str], None] = _log.info,
        now_ms: Callable[[], int] = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._tiers = tiers
        self._rules = rules
        self._tell = tell
        self._inform = inform
        self._now_ms = now_ms
        self._sleep = sleep
        self._told: set[str] = set()

    async def run(self) -> None:
        """For ever. What fails is told, and tried again the next night."""
        await self._adopt()
        await self._sleep(_START_SECONDS)
        while True:
            move = self._tiers.move(self._rules(), _log.debug, lambda: False, gently=True)
            await self._do(move, "Old rows could not be moved.")
            due = _next(self._now_ms())
            while self._now_ms() < due:
                await self._sleep(_LOOK_SECONDS)
                if self._tiers.in_doubt():
                    await self._adopt()

    async def _adopt(self) -> None:
        await self._do(self._tiers.adopt(self._rules()), "Files of old rows could not be looked through.")

    async def _do(self, work: Coroutine[Any, Any, Moved], failed: str) -> None:
        try:
            came = await work
        except MonitorError as error:
            _log.warning("%s %s %s", failed, error.sentence, error.detail)
            self._say(f"{failed} {error.sentence}")
            return
        if came.returned:
            self._inform(came.returned)
        if came.days or came.cold or came.deleted:
            _log.info("%d days (%d rows) moved, %d files on, %d deleted", came.days, came.rows, came.cold, came.deleted)
        for sentence in came.troubles:
            self._say(sentence)

    def _say(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._tell(sentence)


def _next(ms: int) -> int:
    """The first such hour after ``ms``, ms UTC."""
    day = from_ms(ms).date()
    return next(at for at in (at_new_york(day + timedelta(days=n), _AT) for n in range(3)) if at > ms)
