"""Tells in good time that a sign-in ends: two days before, on its last morning, and when it is over."""

from collections.abc import Awaitable, Callable
from typing import Final

from monitor.analysis.renewal import Stage, begins, good_moment, moment_in_words, stage_at
from monitor.live.bus import Bus
from monitor.live.events import Level, Notice, Offer, SignInChanged
from monitor.ports import SignIn, SignInState
from monitor.span import roughly

#: How often the clock is read: it can jump, and the machine can sleep, so nothing relies on one long wait.
LOOK_SECONDS: Final = 60.0
#: A program that starts has something to show notices on by then.
_FIRST_LOOK_SECONDS = 2.0
_HOUR_MS = 3_600_000
_SEVEN_DAYS = "The seven days of the sign-in are over."
_BY_NOW = "The sign-in has ended."
_EARLIER = "Schwab has ended the sign-in before its seven days were over."
_THEN = "What is on disk stays usable; sign in again to go on."


class SignInClock:
    """Publishes one Notice a stage and sign-in, with the offer to renew it; a later stage leaves out those before."""

    def __init__(
        self, sign_in: SignIn, bus: Bus, now_ms: Callable[[], int], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._sign_in = sign_in
        self._bus = bus
        self._now_ms = now_ms
        self._sleep = sleep
        self._expires_ms: int | None = None
        self._told = Stage.FAR

    async def run(self) -> None:
        """Look at the clock for ever; an end that Schwab tells is told at once."""
        await self._sleep(_FIRST_LOOK_SECONDS)
        stop = self._bus.listen(SignInChanged, lambda _: self._look())
        try:
            while True:
                self._look()
                await self._sleep(LOOK_SECONDS)
        finally:
            stop()

    def _look(self) -> None:
        state, now = self._sign_in.state, self._now_ms()
        if state is SignInState.SIGNED_OUT:
            self._expires_ms, self._told = None, Stage.FAR
        elif state is SignInState.ENDED:
            self._tell(Stage.OVER, now)
        elif (expires := self._sign_in.expires_ms) is not None:
            self._count_down(expires, now)

    def _count_down(self, expires_ms: int, now: int) -> None:
        if expires_ms != self._expires_ms:
            self._expires_ms, self._told = expires_ms, Stage.FAR
        elif now < begins(self._told, expires_ms) - _HOUR_MS:
            self._told = stage_at(
                expires_ms, now
            )  # the clock went back: what was told too early is told when it is due
        stage = stage_at(expires_ms, now)
        if stage > self._told:
            self._tell(stage, now)

    def _tell(self, stage: Stage, now: int) -> None:
        if stage <= self._told:
            return
        self._told = stage
        if stage is Stage.OVER:
            sentence = f"{_why_over(self._expires_ms, now)} {_THEN}"
            self._bus.publish(Notice(Level.ERROR, sentence, offer=Offer.SIGN_IN))
        elif self._expires_ms is not None:
            self._bus.publish(Notice(Level.WARNING, _coming_end(self._expires_ms, now), offer=Offer.RENEW))


def _why_over(expires_ms: int | None, now_ms: int) -> str:
    if expires_ms is None:
        return _BY_NOW
    return _EARLIER if now_ms < expires_ms - _HOUR_MS else _SEVEN_DAYS


def _coming_end(expires_ms: int, now_ms: int) -> str:
    end, moment = moment_in_words(expires_ms, now_ms), good_moment(expires_ms, now_ms)
    if moment is None:
        advice = "Renew it now"
    elif moment == now_ms:
        advice = "Now is a good moment to renew it"
    else:
        advice = f"A good moment to renew it is {moment_in_words(moment, now_ms)}"
    return f"The sign-in ends {end} ET, in {roughly(expires_ms - now_ms)}. {advice}; the stream goes on meanwhile."
