"""Quotes on request for what the stream does not bring: at a start, while it is not live, and of what it leaves out."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from monitor.clock import now_ms, since_boot
from monitor.errors import MonitorError
from monitor.live.board import Board
from monitor.market.calendar import Trading, from_ms, sessions
from monitor.market.instrument import Kind, kind_of
from monitor.market.quote import Quote
from monitor.ports import Priority, Quotes, SignIn, StreamPhase, asking

_log = logging.getLogger(__name__)
LOOK_SECONDS: Final = 2.0
#: The stream is given so long to bring what is wanted, and to come back after it was lost.
GRACE_SECONDS: Final = 5.0
#: Each symbol is asked for again after so long; where its market is closed there is little news.
AGAIN_SECONDS: Final = 60.0
AGAIN_CLOSED_SECONDS: Final = 900.0
AGAIN_UNKNOWN_SECONDS: Final = 3600.0
BATCH: Final = 100
_CONNECTED = frozenset({StreamPhase.LIVE, StreamPhase.QUIET})
_EXCHANGE_HOURS = frozenset({Kind.SHARE, Kind.INDEX, Kind.OPTION})


class QuotesOnRequest:
    """Looks every two seconds at what is wanted of the stream, and puts on the board what a request tells instead."""

    def __init__(
        self,
        quotes: Quotes,
        board: Board,
        sign_in: SignIn,
        wanted: Callable[[], frozenset[str]],
        phase: Callable[[], StreamPhase],
        *,
        batch: int = BATCH,
        trading: Trading = sessions,
        now_ms: Callable[[], int] = now_ms,
        clock: Callable[[], float] = since_boot,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``wanted`` are the symbols whose quotes the stream should bring, and ``phase`` is where it is in its life.

        ``clock`` counts seconds, those of the machine's sleep among them.
        """
        self._quotes = quotes
        self._board = board
        self._sign_in = sign_in
        self._wanted = wanted
        self._phase = phase
        self._batch = batch
        self._trading = trading
        self._now_ms = now_ms
        self._clock = clock
        self._sleep = sleep
        self._connected = False
        self._since = -math.inf  # at a start nothing is waited for
        self._again: dict[str, float] = {}  # when each symbol may be asked for again

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            due = self._due()
            if due:
                await self._ask(due[: self._batch])
            if len(due) <= self._batch:
                await self._sleep(LOOK_SECONDS)

    def _due(self) -> list[str]:
        """What is to be asked for now."""
        now, connected = self._clock(), self._phase() in _CONNECTED
        if connected is not self._connected:
            self._connected, self._since = connected, now
        if not self._sign_in.signed_in or now - self._since < GRACE_SECONDS:
            return []
        symbols = self._wanted()
        self._again = {symbol: at for symbol, at in self._again.items() if symbol in symbols}
        return [
            symbol
            for symbol in sorted(symbols)
            if now >= self._again.get(symbol, 0.0) and not (connected and self._board.quote(symbol))
        ]

    async def _ask(self, symbols: Sequence[str]) -> None:
        """One batch; what fails has its next turn like all others."""
        self._set_again(symbols, AGAIN_SECONDS if self._is_open() else AGAIN_CLOSED_SECONDS)
        self._board.expect_requested(symbols)
        count = f"{len(symbols)} symbols" if len(symbols) > 1 else symbols[0]
        try:
            with asking(Priority.BACKGROUND, f"quotes of {count} beside the stream", AGAIN_SECONDS, attempts=1):
                answer = await self._quotes.quotes(symbols, self._batch)
        except MonitorError as error:
            _log.info("quotes on request: %s %s", error.sentence, error.detail)
            self._set_again(symbols, AGAIN_SECONDS)
            return
        unknown = set(answer.invalid).intersection(symbols)
        found: dict[str, Quote | None] = {symbol: snapshot.quote for symbol, snapshot in answer.quotes.items()}
        self._board.take_requested(found | dict.fromkeys(unknown), self._now_ms())
        for symbol in unknown:
            self._again[symbol] = self._clock() + AGAIN_UNKNOWN_SECONDS

    def _set_again(self, symbols: Sequence[str], seconds: float) -> None:
        for symbol in symbols:
            closes = kind_of(symbol) in _EXCHANGE_HOURS
            self._again[symbol] = self._clock() + (seconds if closes else AGAIN_SECONDS)

    def _is_open(self) -> bool:
        now = self._now_ms()
        return any(session.start <= now < session.end for session in self._trading(from_ms(now).date()))
