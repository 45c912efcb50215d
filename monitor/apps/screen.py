"""One world on the screen: its services with a window around them, and in the sandbox's the sandbox's process too."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from monitor.apps import garbage
from monitor.apps import world as worlds
from monitor.apps.holding import Held
from monitor.apps.opening_window import WindowWatch
from monitor.apps.options import GuiOptions
from monitor.apps.ownership import Ownership, What
from monitor.apps.sandbox_process import SandboxAddress, SandboxProcess
from monitor.apps.settings import Settings
from monitor.apps.wiring import Services, running_services
from monitor.apps.world import World
from monitor.errors import Unusable
from monitor.interrupt import Interrupt
from monitor.live.bus import Bus
from monitor.live.daily_recipes import DailyRecipes
from monitor.live.events import Level, Notice, SignInChanged
from monitor.ports import LIMIT_KEY, STORAGE_KEY, Owner, Profile, chosen_limit, chosen_rules
from monitor.store import OpeningStopped
from monitor.ui.chart.drawings.kept import KeptDrawings
from monitor.ui.chart.drawings.modes import DrawingModes
from monitor.ui.chart.undo_history import UndoHistory
from monitor.ui.opening import OpeningWindow
from monitor.ui.owner.curtain import Curtain
from monitor.ui.owner.front import bring_to_front
from monitor.ui.signin.dialog import SignInDialog
from monitor.ui.stream_hours import chosen_hours
from monitor.ui.tasks import Tasks
from monitor.ui.theme import Theme
from monitor.ui.tour import Tour, press_enter_on_every_page
from monitor.ui.view_ports import ViewPorts
from monitor.ui.window import MainWindow

_log = logging.getLogger(__name__)
_PICTURE_AFTER_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Next:
    """What comes after a window: the program that took over, or the other world (the sandbox's or not), or nothing."""

    taken_by: Owner | None = None
    sandbox: bool | None = None


class Screen:
    """The sandbox's world or the real one, over a ``folder`` that ``ownership`` holds."""

    def __init__(
        self,
        options: GuiOptions,
        sandbox: bool,
        folder: Path,
        ownership: Ownership,
        interrupt: Interrupt,
        curtain: Curtain,
        back: str = "",
    ) -> None:
        """``back`` names the world to which a person is led who does not wait for this one, if there is one."""
        self._options = options
        self._sandbox = sandbox
        self._folder = folder
        self._ownership = ownership
        self._interrupt = interrupt
        self._curtain = curtain
        self._back = back
        self._window: MainWindow | None = None

    async def run(self, held: Held, warning: str = "") -> Next:
        """Show the window until it is closed, and tell what comes then.

        ``warning`` is a sentence that the window shows first. Raises MonitorError when it cannot open, OpeningStopped
        when the person does not wait for that.
        """
        watch = WindowWatch(self._make_opening_window, self._curtain.hide, self._interrupt)
        asked = asyncio.create_task(self._asked(watch))
        asked.add_done_callback(lambda _: watch.stop())
        try:
            return await self._show(held, warning, watch, asked)
        except OpeningStopped:
            if asked.done():
                return asked.result()
            raise
        finally:
            watch.close()
            asked.cancel()
            await asyncio.wait({asked})

    async def _show(self, held: Held, warning: str, watch: WindowWatch, asked: "asyncio.Task[Next]") -> Next:
        async with AsyncExitStack() as stack:
            process, details = await self._start_sandbox(stack)
            world = worlds.sandbox_world(details.base_url) if details else worlds.live_world()
            settings = Settings(self._folder)
            services = await stack.enter_async_context(
                running_services(
                    world.address,
                    self._folder,
                    lambda: chosen_hours(settings),
                    limit=chosen_limit(settings.get(LIMIT_KEY)),
                    storage=lambda: chosen_rules(settings.get(STORAGE_KEY)),
                    keeps_history=True,
                    shows=not self._options.unattended,
                    watch=watch,
                )
            )
            watch.ready()
            if details:
                _keep_key(services, details)
            recipes = services.recipes_of(settings, sandbox=self._sandbox)
            ports = _view_ports(services, settings, recipes, Profile(self._sandbox, self._folder))
            stack.push_async_callback(ports.tasks.close)
            if process:
                ports.tasks.start("sandbox", _tell_its_end(process, ports.bus))
            window = self._window = self._open(ports, world)
            for sentence in filter(None, (settings.warning, warning)):
                ports.bus.publish(Notice(Level.WARNING, sentence))
            services.greet()
            if held.before is not None:
                services.tell_take_over(f"Took over from {held.before.name}.")
            services.spine.keep("daily recipes", recipes.run)
            self._curtain.hide()
            watch.close()
            try:
                following = await self._until_over(window, ports, asked)
            finally:  # from now on there is nothing to show to who asks: such a wish stays, and is not taken for heard
                asked.cancel()
                await asyncio.wait({asked})
            if following.sandbox is not None:
                self._curtain.fall("Opening the sandbox…" if following.sandbox else "Opening the live market…")
            if following.taken_by is not None:
                services.tell_take_over(f"Handed over to {following.taken_by.name}.")
                self._curtain.fall("Handing over…")
            self._window = None
            window.close()
            window.deleteLater()
        return following

    def _make_opening_window(self) -> OpeningWindow:
        theme = Theme()
        theme.restore(Settings(self._folder))
        return OpeningWindow(theme, self._sandbox, self._back)

    async def _start_sandbox(self, stack: AsyncExitStack) -> tuple[SandboxProcess, SandboxAddress] | tuple[None, None]:
        if not self._sandbox:
            return None, None
        process = SandboxProcess(self._options.replay, self._folder / "logs" / "sandbox.log")
        stack.push_async_callback(asyncio.to_thread, process.stop)
        return process, await asyncio.to_thread(process.address)

    def _open(self, ports: ViewPorts, world: World) -> MainWindow:
        keep_layout = not (self._options.screenshot or self._options.tour)
        window = MainWindow(ports, Theme(), world.hosts, keep_layout=keep_layout)
        if not self._options.unattended:
            window.fit_screen()
        window.show()
        garbage.spare()
        return window

    async def _until_over(self, window: MainWindow, ports: ViewPorts, asked: "asyncio.Task[Next]") -> Next:
        """Wait until a person closes the window or wants the other world, or another program has ``asked`` for it.

        The end of a tour, the clock and Ctrl+C end it too. Raises Unusable when a tour or a picture fails.
        """
        over: asyncio.Future[Next] = asyncio.get_running_loop().create_future()

        def settle(following: Next) -> None:
            if not over.done():
                over.set_result(following)

        window.closed.connect(lambda: settle(Next()))
        window.world_wanted.connect(lambda sandbox: settle(Next(sandbox=sandbox)))
        tasks = [asyncio.create_task(self._interrupted())]
        if self._options.unattended:
            tasks.append(asyncio.create_task(self._use(window, ports)))
        else:
            _offer_sign_in(window, ports)
        with _uncaught_to(ports):
            try:
                await asyncio.wait([over, asked, *tasks], return_when=asyncio.FIRST_COMPLETED)
                return next(each.result() for each in (over, asked, *tasks) if each.done())
            finally:
                over.cancel()
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    async def _asked(self, watch: WindowWatch) -> Next:
        """Show the window to whoever asks for that, until a program asks for the profile."""
        while (wish := await self._ownership.asked()).what is What.SHOW:
            if self._window is not None:
                bring_to_front(self._window)
            else:
                watch.bring_to_front()
        return Next(taken_by=wish.asker)

    async def _interrupted(self) -> Next:
        await self._interrupt.wait()
        return Next()

    async def _use(self, window: MainWindow, ports: ViewPorts) -> Next:
        """What happens in a window that nobody sits in front of: the tour, or a while of watching and a picture."""
        options = self._options
        if options.tour:
            await Tour(window, ports, options.tour, print).run()
            return Next()
        dialog = _offer_sign_in(window, ports)
        if dialog and ports.profile.sandbox:
            press_enter_on_every_page(dialog)
        await asyncio.sleep(options.quit_after or _PICTURE_AFTER_SECONDS)
        if options.screenshot is not None and not window.grab().save(str(options.screenshot)):
            raise Unusable(f"The screenshot {options.screenshot} could not be written.")
        return Next()


def _offer_sign_in(window: MainWindow, ports: ViewPorts) -> SignInDialog | None:
    """Open the sign-in where there is none."""
    return None if ports.sign_in.signed_in else window.open_sign_in()


def _keep_key(services: Services, sandbox: SandboxAddress) -> None:
    """Nobody types the sandbox's developer key: it is known from the start, and again after a sign-out."""

    def configure() -> None:
        services.sign_in.configure(sandbox.client_id, sandbox.client_secret, sandbox.callback_url)

    configure()
    services.bus.listen(SignInChanged, lambda _: None if services.sign_in.configured else configure())


async def _tell_its_end(process: SandboxProcess, bus: Bus) -> None:
    """A sandbox that ends before the window does takes the market with it: the person should know why."""
    await process.ended()
    sentence = "The sandbox has ended by itself; start the program again. Its log is sandbox.log in the logs folder."
    bus.publish(Notice(Level.ERROR, sentence))


def _view_ports(services: Services, settings: Settings, recipes: DailyRecipes, profile: Profile) -> ViewPorts:
    store, tasks, undo_history = services.store, Tasks(services.bus), UndoHistory()
    return ViewPorts(
        bus=services.bus,
        alerting=services.alerting,
        board=services.board,
        care=store.care,
        archive=store.archive,
        coverage=store.coverage,
        chain_schedules=store.chain_schedules,
        chains=services.chains,
        deletion=store.deletion,
        drawing_modes=DrawingModes(settings),
        drawings=KeptDrawings(store.drawings, undo_history, tasks, services.bus),
        exporter=store.exporter,
        frames=services.frames,
        health=services.health,
        history=services.history,
        importer=store.importer,
        instruments=services.history,
        loader=services.repair,
        meters=services.meters,
        movers=services.history,
        preferences=settings,
        profile=profile,
        queries=store.queries,
        quotes=services.history,
        recipes=recipes,
        recorder=store.recorder,
        repair=services.repair,
        requests=services.requests,
        sign_in=services.sign_in,
        tasks=tasks,
        tiers=store.tiers,
        undo_history=undo_history,
        usage=store.usage,
        watching=services.subscriptions,
        watchlists=store.watchlists,
    )


@contextlib.contextmanager
def _uncaught_to(ports: ViewPorts) -> Iterator[None]:
    """What a slot or timer lets out is logged and told; the window goes on."""

    def take(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _log.error("uncaught in a slot", exc_info=(kind, error, trace))
        ports.bus.publish(Notice(Level.ERROR, "Something went wrong in the window; the log has the details."))

    before, sys.excepthook = sys.excepthook, take
    try:
        yield
    finally:
        sys.excepthook = before
