"""What the menus offer: every action with its words, key and icon, and the menus they stand in.

No menu has a mnemonic on a letter that draws on the chart (Alt+F, H, V, T) or does anything else there.
"""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from monitor.ports import SignIn, SignInState
from monitor.ui.chart.layout_menu import LayoutMenu
from monitor.ui.docks import PanelDock
from monitor.ui.icons import icon, wear
from monitor.ui.theme import Theme

#: What the account activity is, in the menu and as the notice when it is turned on.
ACTIVITY = "Orders and fills of your accounts are streamed and recorded until you turn it off or the program ends."


class Actions:
    """The window's actions; the window connects them to what they do."""

    def __init__(self, owner: QObject, theme: Theme, sandbox: bool) -> None:
        self._owner = owner
        self._theme = theme
        self._sandbox = sandbox
        self.menus: dict[str, QMenu] = {}
        self.export_chart = self._action("Export &chart bars…", "export", "Ctrl+E")
        self.export_watchlist = self._action("Export &watchlist…", "table")
        self.export_recorded = self._action("Export &recorded data…", "export", "Ctrl+Shift+E")
        self.recipes = QMenu("Export reci&pes")
        self.sign_in = self._action("", "sign-in")
        self.change_key = self._action("Change the &developer key…", "lock")
        self.sign_out = self._action("Sign &out…", "sign-out")
        self.other_world = self._action("Connect an &account…" if sandbox else "Try the sand&box…", "world")
        self.quit = self._action("&Quit", "quit", "Ctrl+Q")
        self.colours = self._action("", "")
        self.full_screen = self._action("&Full screen", "fullscreen", "F11")
        self.full_screen.setCheckable(True)
        self.alert_sound = self._action("So&und of alerts", "")
        self.alert_sound.setCheckable(True)
        self.alert_sound.setToolTip("A short sound whenever an alert fires")
        self.reset_layout = self._action("&Reset layout", "layout")
        self.layouts = LayoutMenu(theme)
        self.next_chart = self._action("&Next chart", "", "Ctrl+PgDown")
        self.previous_chart = self._action("Pre&vious chart", "", "Ctrl+PgUp")
        self.maximise = self._action("Ma&ximise the chart, or show all", "maximise")
        self.maximise.setShortcuts([QKeySequence("Alt+Enter"), QKeySequence("Alt+Return")])
        self.find_symbol = self._action("&Go to symbol…", "search", "Ctrl+K")
        self.add_symbol = self._action("&Add to watchlist", "add", "Alt+W")
        self.download = self._action("&Download history", "download")
        self.cancel_download = self._action("&Cancel the download", "stop")
        self.chains = self._action("&Option snapshots…", "table")
        self.planner = self._action("&Planner…", "table")
        self.planner.setToolTip("What recording more symbols or schedules would cost, before it begins")
        self.import_bars = self._action("&Import bars…", "download")
        self.storage = self._action("Stor&age…", "table")
        self.storage.setToolTip("What each table takes on disk, how long it is kept, and where old rows go")
        self.gap_map = self._action("&Gap map", "table", "F9")
        self.gap_map.setToolTip("What history is on disk, symbol by day, and what is missing")
        self.take_back = self._action("&Take the stream back", "reload")
        self.take_back.setEnabled(False)
        self.restart_stream = self._action("Restart the &stream", "reload")
        self.restart_stream.setToolTip("Make a new connection, and ask for everything anew")
        self.activity = self._action("Account acti&vity", "")
        self.activity.setCheckable(True)
        self.activity.setToolTip(ACTIVITY)
        self.raw_frames = self._action("", "")
        self.back_up = self._action("&Back up database…", "copy")
        self.back_up.setToolTip("Copy everything recorded into a file, while recording goes on")
        self.check_database = self._action("Chec&k database…", "check")
        self.check_database.setToolTip("Read every table and see whether the file is sound")
        self.keys = self._action("&Keys", "keyboard")
        self.keys.setShortcuts([QKeySequence("F1"), QKeySequence("?")])
        self.about = self._action("&About Market Monitor", "info")
        self._name_colours()
        theme.changed.connect(self._name_colours)
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.about.setMenuRole(QAction.MenuRole.AboutRole)

    def fill(self, bar: QMenuBar, docks: list[PanelDock]) -> None:
        """Put the actions into the menus of ``bar``."""
        exports = [self.export_chart, self.export_watchlist, self.export_recorded, self.recipes.menuAction()]
        panels = [dock.toggleViewAction() for dock in docks]
        groups: dict[str, list[list[QAction]]] = {
            "Fil&e": [exports, [self.sign_in, self.change_key, self.sign_out], [self.other_world], [self.quit]],
            "View": [
                panels,
                [self.layouts.menuAction(), self.next_chart, self.previous_chart, self.maximise],
                [self.colours, self.full_screen, self.alert_sound],
                [self.reset_layout],
            ],
            "S&ymbol": [[self.find_symbol, self.add_symbol]],
            "&Data": [
                [self.gap_map],
                [self.download, self.cancel_download, self.chains, self.planner],
                [self.restart_stream, self.take_back],
                [self.activity, self.raw_frames],
                [self.export_recorded, self.import_bars],
                [self.storage, self.back_up, self.check_database],
            ],
            "Help": [[self.keys, self.about]],
        }
        for title, sections in groups.items():
            menu = self.menus[title.replace("&", "")] = bar.addMenu(title)
            menu.setToolTipsVisible(True)
            for index, section in enumerate(sections):
                if index:
                    menu.addSeparator()
                menu.addActions(section)

    def name_symbol(self, symbol: str) -> None:
        """Say which symbol the actions are about; without one they are off."""
        self.add_symbol.setText(f"&Add {symbol} to the watchlist" if symbol else "&Add to watchlist")
        self.download.setText(f"&Download history of {symbol}" if symbol else "&Download history")
        for action in (self.add_symbol, self.download, self.cancel_download, self.export_chart):
            action.setEnabled(bool(symbol))

    def name_sign_in(self, sign_in: SignIn) -> None:
        """Say what there is to do about the sign-in in its present state."""
        known = sign_in.configured and not self._sandbox  # which brings its own key
        if sign_in.locked:
            words = "&Unlock the sign-in…"
        elif sign_in.signed_in:
            words = "Re&new the sign-in…"
        elif sign_in.state is SignInState.ENDED:
            words = "&Sign in again…"
        else:
            words = "&Sign in…" if known or self._sandbox else "Co&nnect account…"
        self.sign_in.setText(words)
        self.change_key.setVisible(known)
        self.sign_out.setEnabled(known or sign_in.locked or sign_in.state is not SignInState.SIGNED_OUT)

    def _name_colours(self) -> None:
        c, dark = self._theme.colours, self._theme.dark
        self.colours.setText("&Light colours" if dark else "&Dark colours")
        self.colours.setIcon(icon("sun" if dark else "moon", c.dim))

    def _action(self, text: str, drawing: str, key: str = "") -> QAction:
        action = QAction(text, self._owner)
        if drawing:
            wear(action, drawing, self._theme)
        if key:
            action.setShortcut(QKeySequence(key))
        return action
