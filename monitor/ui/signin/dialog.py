"""The guide from the first run to the weekly renewal: the steps that are not settled yet, then the page."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from monitor.ui.panel import named
from monitor.ui.signin.browser import TASK, SignInBrowser
from monitor.ui.signin.developer_key import KeySheet
from monitor.ui.signin.embedded import EmbeddedSheet
from monitor.ui.signin.hosts import AllowedHosts
from monitor.ui.signin.keeping import KeepSheet, UnlockSheet
from monitor.ui.signin.other_ways import OtherWaysSheet
from monitor.ui.signin.outside import open_outside
from monitor.ui.signin.sheet import Sheet
from monitor.ui.signin.step_bar import StepBar
from monitor.ui.signin.steps import Step, nothing_is_known, steps_left
from monitor.ui.signin.terms import TermsSheet
from monitor.ui.signin.welcome import WelcomeSheet
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

_WIDTH, _HEIGHT = 640, 720
_FRAME = 40


class SignInDialog(QDialog):
    """Opened with ``start()``; ``sign_in_finished`` says whether an attempt worked, ``page_loaded`` how far it is.

    ``sandbox_wanted`` is a person's wish for the sandbox in place of an account. ``open_page`` opens an address in the
    system's browser and says whether there is one.
    """

    sign_in_finished = Signal(bool)
    page_loaded = Signal(str)
    sandbox_wanted = Signal()

    def __init__(
        self,
        ports: ViewPorts,
        theme: Theme,
        hosts: Sequence[str],
        parent: QWidget | None = None,
        open_page: Callable[[str], bool] = open_outside,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sign in — SANDBOX" if ports.profile.sandbox else "Sign in")
        self.resize(_WIDTH, fitting_height(self.screen().availableGeometry().height()))
        self._ports = ports
        self._steps: list[Step] = []
        self._here: Sheet | None = None
        self._before: list[Sheet] = []  # where Back leads
        self.bar = StepBar(theme)
        self.stack = QStackedWidget()
        self.welcome = WelcomeSheet(theme, open_page)
        self.unlock = UnlockSheet(ports.sign_in, ports.tasks)
        self.terms = TermsSheet(ports)
        self.key = KeySheet(ports.sign_in, theme)
        self.keep = KeepSheet(ports.sign_in, ports.tasks)
        self.browser = SignInBrowser(ports, theme, AllowedHosts(hosts))
        self.page = EmbeddedSheet(ports, self.browser)
        self.other = OtherWaysSheet(ports, open_page)
        self._sheets: dict[Step, Sheet] = {
            Step.UNLOCK: self.unlock,
            Step.TERMS: self.terms,
            Step.KEY: self.key,
            Step.KEEPING: self.keep,
            Step.SIGN_IN: self.page,
        }
        self.back = QPushButton("&Back")
        self.cancel = QPushButton("Cancel")
        self._lay_out()
        self._connect()

    def start(self, change_key: bool = False) -> None:
        """Open the dialog at the first step that is not settled, or at the developer key to change it."""
        self.open()
        self._plan()
        if change_key:
            self._change_key()
        elif nothing_is_known(self._ports.sign_in, self._ports.profile.sandbox):
            self._show(self.welcome)
        else:
            self._go_on()

    def press_enter(self) -> None:
        """Press Enter on the page, for tours without a person."""
        self.browser.press_enter()

    def done(self, result: int) -> None:
        if self._here is not None:
            self._here.leave()
        self._ports.tasks.cancel(TASK)
        super().done(result)

    # ------------------------------------------------------------------ the way

    def _plan(self) -> None:
        self._steps = steps_left(self._ports.sign_in, self._ports.preferences, self._ports.profile.sandbox)

    def _go_on(self) -> None:
        """Show the step after the present one; one that is open already is not a step back."""
        present = self._step
        following = self._steps[self._steps.index(present) + 1 :] if present in self._steps else self._steps
        if self._here is not None and following[0] is not Step.SIGN_IN:
            self._before.append(self._here)
        elif following[0] is Step.SIGN_IN:
            self._before.clear()  # from here on the key is changed, not gone back to
        self._show(self._sheets[following[0]])

    def _go_back(self) -> None:
        self._show(self._before.pop())

    @property
    def _step(self) -> Step | None:
        return next((step for step, sheet in self._sheets.items() if sheet is self._here), None)

    def _change_key(self) -> None:
        self._before = [self.page]
        self._show(self.key)

    def _take_key(self) -> None:
        if self._before == [self.page]:
            self._go_back()
        else:
            self._go_on()

    def _show_other_ways(self) -> None:
        self._before = [self.page]
        self._show(self.other)

    def _take_unlocking(self) -> None:
        if self._ports.sign_in.signed_in:
            self._take_end(True)
        else:
            self.unlock.leave()
            self._here = None  # it is open now, or set aside: nothing leads back to it
            self._plan()
            self._go_on()

    def _take_end(self, ok: bool) -> None:
        self.sign_in_finished.emit(ok)
        if ok:
            self.accept()

    def _take_sandbox(self) -> None:
        self.reject()
        self.sandbox_wanted.emit()

    # ------------------------------------------------------------------ what is shown

    def _show(self, sheet: Sheet) -> None:
        if self._here is not None:
            self._here.leave()
            self._ports.tasks.cancel(TASK)
        self._here = sheet
        self.stack.setCurrentWidget(sheet)
        self.bar.show_steps(self._steps, self._step)
        self.back.hide()
        for button in (button for other in self._all_sheets() for button in (*other.aside, *other.foot)):
            button.hide()  # all, before others come: together they would widen the dialog
        self.back.setVisible(bool(self._before))
        for button in (*sheet.aside, *sheet.foot):
            button.show()
        self._set_default(sheet)
        sheet.arrive()

    def _set_default(self, sheet: Sheet) -> None:
        """Enter presses the button that has the keyboard, else the primary one; on Schwab's page it belongs to that."""
        for button in self.findChildren(QPushButton):
            button.setDefault(False)
        for button in (self.back, self.cancel, *sheet.aside, *sheet.foot):
            button.setAutoDefault(sheet is not self.page)
        if sheet.primary is not None:
            sheet.primary.setDefault(True)

    def _all_sheets(self) -> list[Sheet]:
        return [self.welcome, *self._sheets.values(), self.other]

    def _connect(self) -> None:
        self.back.clicked.connect(self._go_back)
        self.cancel.clicked.connect(self.reject)
        for sheet in (self.welcome, self.terms, self.keep):
            sheet.settled.connect(self._go_on)
        self.welcome.sandbox_wanted.connect(self._take_sandbox)
        self.unlock.settled.connect(self._take_unlocking)
        self.key.settled.connect(self._take_key)
        self.page.other_way_wanted.connect(self._show_other_ways)
        self.page.key_wanted.connect(self._change_key)
        self.other.finished.connect(self._take_end)
        self.browser.finished.connect(self._take_end)
        self.browser.page_loaded.connect(self.page_loaded)

    def _lay_out(self) -> None:
        foot = named(QWidget(), "dialogFoot")
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(8)
        row.addWidget(self.back)
        for sheet in self._all_sheets():
            self.stack.addWidget(sheet)
            for button in sheet.aside:
                row.addWidget(button)
                button.hide()
        row.addStretch(1)
        row.addWidget(self.cancel)
        for sheet in self._all_sheets():
            for button in sheet.foot:
                row.addWidget(button)
                button.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.stack, 1)
        column.addWidget(foot)


def fitting_height(available: int) -> int:
    """Schwab's page likes to be high, but the dialog and its frame must fit the screen."""
    return min(_HEIGHT, available - _FRAME)
