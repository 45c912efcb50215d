"""The collector: records the stream without a screen, and says at the end what it got.

It owns the profile while it records. Where another program owns it, the collector takes over or stands by as it was
asked to, and hands over when another asks.
"""

import asyncio
import json
import logging
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from monitor.apps import world as worlds
from monitor.apps.figures import Figures
from monitor.apps.options import CollectOptions
from monitor.apps.ownership import Ownership, What, holds
from monitor.apps.percent import TerminalWatch
from monitor.apps.settings import Settings, data_dir, read_settings
from monitor.apps.wiring import DATABASE, Services, running_services
from monitor.apps.world import World
from monitor.errors import MonitorError, SignInNeeded, StoreUnavailable, Unusable
from monitor.interrupt import Interrupt
from monitor.live.events import Notice, SignInChanged, StreamChanged
from monitor.market.hours import Hours
from monitor.market.instrument import Kind, kind_of
from monitor.ports import (
    LIMIT_KEY,
    STORAGE_KEY,
    Owner,
    SignInState,
    StreamPhase,
    Wanted,
    chosen_limit,
    chosen_rules,
)
from monitor.schwab import token_file
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.store import OpeningStopped

_log = logging.getLogger(__name__)
_SYMBOLS_A_QUESTION = 200
_NO_SIGN_IN = "Sign in with the desktop program first; the collector then uses the same sign-in."


def run(options: CollectOptions, interrupt: Interrupt) -> int:
    """Record until the time is over or somebody interrupts, then print the summary as one line of JSON.

    Gives exit code 0. Raises MonitorError when the recording could not begin, or could not go on.
    """
    world = worlds.sandbox_world(options.sandbox_url) if options.sandbox_url else worlds.live_world()
    collection = _Collection(options, world, data_dir(world.sandbox, options.data_dir))
    cause = None
    try:
        asyncio.run(interrupt.cuts_short(collection.run()))
    except MonitorError as error:
        if not collection.begun:
            raise
        cause = error
    if lost := collection.figures.dropped:
        cause = StoreUnavailable(f"{lost} recorded rows could not be written and are lost.")
    print(json.dumps(collection.figures.summary()), flush=True)
    if cause is not None:
        raise cause
    return 0


class _Collection:
    """The stretches in which the profile is ours and is recorded into, and the waiting between them."""

    def __init__(self, options: CollectOptions, world: World, folder: Path) -> None:
        self._options = options
        self._world = world
        self._folder = folder
        self._ownership = Ownership(folder, "collector")
        self._ends: float | None = None  # by the loop's clock, from the first recording on
        self.begun = False
        self.figures = Figures()

    async def run(self) -> None:
        """Return when the time is over. Raises MonitorError when only a person can bring the recording on."""
        try:
            before = await self._get_hold()
            self._check_sign_in()
            while taken_by := await self._record_stretch(before):
                self._ownership.release()
                if not self._options.stand_by:
                    raise MonitorError(
                        f"Handed over to {taken_by.name}. With --stand-by the collector goes on after it."
                    )
                before = None
                if not await self._in_time(self._ownership.stand_by(_tell_waiting)):
                    return
                _log.warning("The data folder is free again: recording goes on.")
        finally:
            self._ownership.release()

    async def _get_hold(self) -> Owner | None:
        """Make the profile ours; gives the program it was taken over from. Raises Unusable when that is not wanted."""
        owner = self._ownership.take()
        if owner is not None and self._options.take_over:
            _log.warning("%s: taking over.", holds(owner))
            before, owner = owner, await self._ownership.take_over()
            if owner is None:
                return before
        if owner is None:
            return None
        if not self._options.stand_by:
            raise Unusable(f"{holds(owner)}. Take over with --take-over, or wait for its end with --stand-by.")
        await self._ownership.stand_by(_tell_waiting)
        _log.warning("The data folder is free: recording begins.")
        return None

    def _check_sign_in(self) -> None:
        """Raises SignInNeeded in an unused folder: an empty database left there would pass for a used one."""
        used = any((self._folder / name).exists() for name in (token_file.FILE_NAME, DATABASE))
        if not self._world.sandbox and not used:
            raise SignInNeeded(_NO_SIGN_IN)

    async def _record_stretch(self, before: Owner | None) -> Owner | None:
        """Record until the time is over, or another program asks for the profile: that one is given."""
        services: Services | None = None
        hours = Hours(self._options.hours)
        watch = TerminalWatch()
        asked = asyncio.create_task(self._asked_to_give_up())
        asked.add_done_callback(lambda _: watch.stop())
        try:
            async with running_services(
                self._world.address,
                self._folder,
                lambda: hours,
                limit=_limit(self._folder),
                storage=lambda: chosen_rules(_setting(self._folder, STORAGE_KEY)),
                watch=watch,
            ) as services:
                services.bus.listen(Notice, _log_notice)
                services.bus.listen(StreamChanged, _log_stream)
                services.greet()
                self._record_raw(services)
                self._keep_recipes(services)
                if before is not None:
                    services.tell_take_over(f"Took over from {before.name}.")
                return await self._until_asked(services, asked, self._sign_in_and_record(services))
        except OpeningStopped:
            return await asked
        finally:
            asked.cancel()
            await asyncio.wait({asked})
            if services is not None and self.begun:
                self.figures.add(services)

    def _record_raw(self, services: Services) -> None:
        """Write the frames too, where that was asked for. Raises Unusable."""
        path, subscribed = self._options.record_raw, self._options.subscribe
        if path is not None:
            with_activity = any(service == "ACCT_ACTIVITY" for service, _ in subscribed)
            services.frames.start(path, with_activity, append=self.begun)

    def _keep_recipes(self, services: Services) -> None:
        """Make the daily recipes, unless the settings cannot be read: the window sets those aside, and tells."""
        try:
            read_settings(self._folder / "settings.json")
        except Unusable as error:
            _log.warning("Daily exports are not made: %s", error.sentence)
            return
        recipes = services.recipes_of(Settings(self._folder), sandbox=self._world.sandbox)
        services.spine.keep("daily recipes", recipes.run)

    async def _until_asked(
        self, services: Services, asked: "asyncio.Task[Owner]", work: Coroutine[Any, Any, None]
    ) -> Owner | None:
        """Do the work until another program has ``asked`` for the profile; raises what the work raises."""
        working = asyncio.create_task(work)
        try:
            await asyncio.wait((working, asked), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
                return None
        finally:
            working.cancel()
            await asyncio.wait({working})
        taken_by = asked.result()
        services.tell_take_over(f"Handed over to {taken_by.name}.")
        return taken_by

    async def _asked_to_give_up(self) -> Owner:
        """Who asks; there is no window to show."""
        while True:
            wish = await self._ownership.asked()
            if wish.what is What.GIVE_UP:
                return wish.asker

    async def _sign_in_and_record(self, services: Services) -> None:
        await _sign_in(services, self._world)
        if not self.begun and self._options.seconds is not None:
            self._ends = asyncio.get_running_loop().time() + self._options.seconds
        self.begun = True
        started = time.monotonic()
        try:
            await self._in_time(_record(services, self._options))
        finally:
            self.figures.seconds += time.monotonic() - started

    async def _in_time(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do the work, but no longer than was asked for; False when the time is over."""
        try:
            async with asyncio.timeout_at(self._ends):
                await work
        except TimeoutError:
            return False
        return True


def _limit(folder: Path) -> int:
    return chosen_limit(_setting(folder, LIMIT_KEY))


def _setting(folder: Path, key: str) -> str:
    """What was chosen in the window, which tells of settings that cannot be read."""
    try:
        return read_settings(folder / "settings.json").get(key, "")
    except Unusable:
        return ""


def _tell_waiting(owner: Owner) -> None:
    _log.warning("%s: standing by until it has ended.", holds(owner))


async def _sign_in(services: Services, world: World) -> None:
    """A sandbox is signed in to here, the real Schwab by the desktop program before. Raises SignInNeeded."""
    if world.sandbox:
        details = await sandbox_details(world.address.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, world.address, details.username, details.password)
    elif services.sign_in.locked:
        raise SignInNeeded(
            "The stored sign-in is locked: set MARKET_MONITOR_PASSPHRASE to the passphrase that opens it."
        )
    elif not services.sign_in.signed_in:
        raise SignInNeeded(services.sign_in.notice or _NO_SIGN_IN)


async def _record(services: Services, options: CollectOptions) -> None:
    """Let the stream come until cancelled. Raises MonitorError when only a person could bring it back."""
    over, causes = asyncio.Event(), list[MonitorError]()

    def hear_stream(change: StreamChanged) -> None:
        if change.phase in {StreamPhase.OFF, StreamPhase.TAKEN, StreamPhase.SIGN_IN}:
            causes.append(MonitorError(change.sentence))
            over.set()

    def hear_sign_in(change: SignInChanged) -> None:
        # One that Schwab ended leaves the stream as it is: its own end is told by the stream.
        if change.state is SignInState.SIGNED_OUT:
            causes.append(SignInNeeded(change.sentence))
            over.set()

    symbols = frozenset(options.symbols)
    wanted = Wanted(symbols, frozenset(options.books), symbols, exactly=frozenset(options.subscribe))
    services.subscriptions.want("collect", wanted)
    services.bus.listen(StreamChanged, hear_stream)
    services.bus.listen(SignInChanged, hear_sign_in)
    listed = [s for s in symbols.union(options.books) if kind_of(s) in {Kind.SHARE, Kind.INDEX}]
    naming = asyncio.create_task(_name(services, sorted(listed)))  # what the others are comes with their quotes
    try:
        await over.wait()
    finally:
        naming.cancel()
        await asyncio.wait({naming})
    raise causes[0]


async def _name(services: Services, symbols: list[str]) -> None:
    """Record what the symbols stand for, and tell of those that Schwab does not know: no stream will come for them."""
    try:
        for first in range(0, len(symbols), _SYMBOLS_A_QUESTION):
            asked = symbols[first : first + _SYMBOLS_A_QUESTION]
            found = await services.history.find_instruments(",".join(asked))
            services.store.recorder.record_instruments(found)
            if unknown := sorted(set(asked) - {instrument.symbol for instrument in found}):
                _log.warning("Schwab does not know %s.", ", ".join(unknown))
    except MonitorError as error:
        _log.info("the symbols were not looked up: %s %s", error.sentence, error.detail)


def _log_notice(notice: Notice) -> None:
    _log.warning("%s", f"{notice.sentence} {notice.detail}".rstrip())


def _log_stream(change: StreamChanged) -> None:
    """A person hears on stderr when the stream is lost, and in the log all that becomes of it."""
    _log.log(logging.WARNING if change.phase is StreamPhase.WAITING else logging.INFO, "%s", change.sentence)
