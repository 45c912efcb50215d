"""The desktop program: the services with a window around them, and in sandbox mode the sandbox's process too."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from types import TracebackType

from PySide6.QtCore import QCoreApplication, QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from monitor.apps.options import GuiOptions
from monitor.apps.sandbox_process import SandboxAddress, SandboxProcess
from monitor.apps.settings import Settings, data_dir
from monitor.apps.wiring import Services, running_services
from monitor.errors import Unusable
from monitor.interrupt import Interrupt
from monitor.live.bus import Bus
from monitor.live.events import Level, Notice
from monitor.ports import Profile
from monitor.schwab.address import Address
from monitor.ui.tasks import Tasks
from monitor.ui.theme import Theme
from monitor.ui.tour import Tour, press_enter_on_every_page
from monitor.ui.view_ports import ViewPorts
from monitor.ui.window import MainWindow

_log = logging.getLogger(__name__)

#: Where Schwab's own sign-in pages and what they load live; nothing else is reached by the embedded page.
SCHWAB_HOSTS = (".schwabapi.com", ".schwab.com", ".schwabcdn.com")
_PICTURE_AFTER_SECONDS = 12.0


def run(options: GuiOptions, interrupt: Interrupt) -> int:
    """Open the window and give the exit code once it is closed. Raises MonitorError when it cannot start."""
    qInstallMessageHandler(_log_qt)
    # QtWebEngine is imported only when somebody signs in, which this attribute allows.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    application = QApplication(["market-monitor"])
    application.setApplicationName("Market Monitor")
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)  # leaving goes through the services' own ending
    loop = QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        loop.run_until_complete(_main(options, interrupt))
    return 0


async def _main(options: GuiOptions, interrupt: Interrupt) -> None:
    folder = data_dir(options.sandboxed, options.chosen_folder)
    async with AsyncExitStack() as stack:
        sandbox: SandboxAddress | None = None
        if options.sandboxed:
            process = SandboxProcess(options.replay, folder / "logs" / "sandbox.log")
            stack.callback(process.stop)
            sandbox = await asyncio.to_thread(process.address)
        address = Address.of_sandbox(sandbox.base_url) if sandbox else Address()
        services = await stack.enter_async_context(running_services(address, folder))
        if sandbox:
            services.sign_in.configure(sandbox.client_id, sandbox.client_secret, sandbox.callback_url)
        settings = Settings(folder)
        ports = _view_ports(services, settings, Profile(options.sandboxed, folder))
        stack.push_async_callback(ports.tasks.close)
        if sandbox:
            ports.tasks.start("sandbox", _tell_its_end(process, ports.bus))
        await _show(options, ports, _hosts(address), settings.warning, interrupt)


async def _tell_its_end(process: SandboxProcess, bus: Bus) -> None:
    """A sandbox that ends before the window does takes the market with it: the person should know why."""
    await process.ended()
    sentence = "The sandbox has ended by itself; start the program again. Its log is sandbox.log in the logs folder."
    bus.publish(Notice(Level.ERROR, sentence))


def _hosts(address: Address) -> tuple[str, ...]:
    return (address.base_url.removeprefix("http://"),) if address.sandbox else SCHWAB_HOSTS


def _view_ports(services: Services, settings: Settings, profile: Profile) -> ViewPorts:
    store = services.store
    return ViewPorts(
        bus=services.bus,
        board=services.board,
        archive=store.archive,
        exporter=store.exporter,
        history=services.history,
        loader=services.backfill,
        meters=services.meters,
        preferences=settings,
        profile=profile,
        recorder=store.recorder,
        sign_in=services.sign_in,
        tasks=Tasks(services.bus),
        watching=services.subscriptions,
        watchlists=store.watchlists,
    )


async def _show(
    options: GuiOptions, ports: ViewPorts, hosts: tuple[str, ...], warning: str, interrupt: Interrupt
) -> None:
    """The window until it is closed: by a person, by the clock, at the end of the tour, or by Ctrl+C."""
    closed = asyncio.Event()
    window = MainWindow(ports, Theme(), hosts, keep_layout=not (options.screenshot or options.tour))
    window.closed.connect(closed.set)
    window.show()
    if warning:
        ports.bus.publish(Notice(Level.WARNING, warning))
    with _uncaught_to(ports):
        await interrupt.cuts_short(_use(options, window, ports, closed))
        if not closed.is_set():
            window.close()
    window.deleteLater()


async def _use(options: GuiOptions, window: MainWindow, ports: ViewPorts, closed: asyncio.Event) -> None:
    """What happens in the window: the tour, or whatever a person does until it is closed or its time is over."""
    if options.tour:
        await Tour(window, ports, options.tour, print).run()
        return
    seconds = options.quit_after or (_PICTURE_AFTER_SECONDS if options.screenshot else None)
    _offer_sign_in(window, ports, unattended=seconds is not None)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closed.wait()
    picture_due = options.screenshot is not None and not closed.is_set()
    if picture_due and not window.grab().save(str(options.screenshot)):
        raise Unusable(f"The screenshot {options.screenshot} could not be written.")


def _offer_sign_in(window: MainWindow, ports: ViewPorts, unattended: bool) -> None:
    """Open the sign-in where there is none; a run that ends by the clock goes through the sandbox's by itself."""
    if not ports.sign_in.signed_in:
        dialog = window.open_sign_in()
        if unattended and ports.profile.sandbox:
            press_enter_on_every_page(dialog)


def _log_qt(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    """What Qt has to say belongs in the log, not on the terminal."""
    serious = kind in {QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg}
    logging.getLogger("qt").log(logging.ERROR if serious else logging.INFO, "%s", message)


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
