"""The sheet on storage: what each table takes and where, the rules, what they would free, and moving now."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from monitor.errors import BadData, MonitorError
from monitor.ports import STORAGE_KEY, StorageRules, TierUse, chosen_rules, rules_text
from monitor.ui.panel import named, rename
from monitor.ui.storage import phrases
from monitor.ui.storage.place import PlaceForm
from monitor.ui.storage.tables import TableLines, give_air
from monitor.ui.view_ports import ViewPorts

_WIDTH = 980
_COUNT, _LOOK, _MOVE = "storage", "what storage would free", "move of old rows"
#: As many files that cannot be read are named to whoever points at the sentence.
_LINES = 20
_WORDS = (
    "What streams in is kept in the database while it is new. Every night the days that have grown old move to files"
    " beside it (Parquet), which take a fraction of the room; files that have grown old too can go to a folder or"
    " bucket of yours. The tape and exports read all of it as one. Bars stay in the database for good."
)


class StorageSheet(QDialog):
    """Opened with ``open()``. Closing it stops a move that it began; what has moved stays moved."""

    def __init__(self, ports: ViewPorts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Storage — SANDBOX" if ports.profile.sandbox else "Storage")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._ports = ports
        self._kept = chosen_rules(ports.preferences.get(STORAGE_KEY))
        self._moving = self._cancelled = self._closed = False
        self._freed: list[TierUse] = []
        self.tables, self.place = TableLines(), PlaceForm()
        self.warm_days, self.cold_days = _days("Days in the database"), _days("Days until files are old")
        self.sentence, self.missing = named(QLabel(), "hint"), named(QLabel(), "failure")
        self.progress = QProgressBar()
        self.save, self.move_now = QPushButton("&Save"), QPushButton("&Move now")
        self.cancel, self.close_button = QPushButton("S&top"), QPushButton("Close")
        self._show_rules(self._kept)
        self._lay_out()
        self._connect()
        self._show_moving(False)
        self.load()

    def load(self) -> None:
        """Count what there is, and look at what the rules would do."""
        self._ports.tasks.start(_COUNT, self._count())
        self._look()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def done(self, result: int) -> None:
        self._cancelled = self._closed = True
        for task in (_COUNT, _LOOK):
            self._ports.tasks.cancel(task)
        super().done(result)

    @property
    def rules(self) -> StorageRules:
        """The rules in the form; they may make no sense."""
        return StorageRules(self.warm_days.value(), self.cold_days.value(), self.place.place, self.tables.keep)

    # ------------------------------------------------------------------------------------------ what is on disk

    async def _count(self) -> None:
        try:
            self.tables.show_uses(await self._ports.tiers.uses())
        except MonitorError as error:
            self.tables.show_unknown(error.sentence)
            return
        try:
            self._show_missing(await self._ports.tiers.missing())
        except MonitorError as error:
            self._show_missing([error.sentence])

    def _show_missing(self, sentences: Sequence[str]) -> None:
        self.missing.setText(phrases.missing(sentences))
        self.missing.setToolTip("\n".join(sentences[:_LINES]))
        self.missing.setVisible(bool(sentences))

    def _look(self) -> None:
        """Say what the rules in the form would do, before they are kept."""
        self._offer()
        if not self._moving:
            self._ports.tasks.start(_LOOK, self._preview(self.rules))

    async def _preview(self, rules: StorageRules) -> None:
        try:
            if not self.place.complete:
                raise BadData("Say where old files go.")
            rules.check()
            self._freed = list(await self._ports.tiers.freed(rules))
            due = await self._ports.tiers.due(rules)
        except MonitorError as error:
            self._freed = []
            self.tables.show_freed([], known=False)
            self._offer(sound=False)
            self._say(error.sentence, "failure")
            return
        self.tables.show_freed(self._freed)
        self._offer()
        self._say(phrases.outlook(due, self._freed), "hint")

    # ------------------------------------------------------------------------------------------ what a person does

    def keep_rules(self) -> None:
        """Keep the rules; the next night goes by them."""
        rules = self.rules
        self._ports.preferences.set(STORAGE_KEY, rules_text(rules))
        if rules != self._kept:
            self._ports.recorder.record_audit("rules", f"Storage: {_told(rules)}")
        self._kept = rules
        self._offer()

    def ask_to_keep(self) -> QMessageBox | None:
        """Keep the rules, but where the next night would delete something by them ask first; gives the question."""
        return self._ask(self.keep_rules, "Save", "tonight")

    def ask_to_move(self) -> QMessageBox | None:
        """Begin, but where that deletes something ask first; gives the question."""
        return self._ask(self.begin, "Move and delete", "now")

    def _ask(self, go: Callable[[], None], name: str, when: str) -> QMessageBox | None:
        if not self._freed:
            go()
            return None
        box = QMessageBox(
            QMessageBox.Icon.Warning,
            "Delete old rows",
            f"By these rules {phrases.deleted(self._freed)} are deleted for good {when}. They cannot be fetched again.",
            QMessageBox.StandardButton.Cancel,
            self,
        )
        box.addButton(name, QMessageBox.ButtonRole.DestructiveRole).clicked.connect(go)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
        return box

    def begin(self) -> None:
        """Keep the rules and move by them now."""
        self.keep_rules()
        self._cancelled = False
        self._show_moving(True)
        self._ports.tasks.start(_MOVE, self._move(self._kept))

    async def _move(self, rules: StorageRules) -> None:
        try:
            moved = await self._ports.tiers.move(rules, self._hear, lambda: self._cancelled)
        except MonitorError as error:
            if self._closed:
                raise  # the message line tells it
            self._show_moving(False)
            self._say(error.sentence, "failure")
            return
        if self._closed:
            return
        self._freed = []
        self.tables.show_freed([])
        self._show_moving(False)
        self._say(phrases.came_to(moved, self._cancelled), "failure" if moved.troubles else "success")
        await self._count()

    def _hear(self, sentence: str) -> None:
        if not self._cancelled:
            self._say(sentence, "hint")

    def _stop(self) -> None:
        self._cancelled = True
        self.cancel.setEnabled(False)
        self._say("Stopping…", "hint")

    # ------------------------------------------------------------------------------------------ what is said

    def _offer(self, sound: bool = True) -> None:
        """What can be done with the rules in the form."""
        self.save.setEnabled(sound and not self._moving and self.rules != self._kept)
        self.move_now.setEnabled(sound and not self._moving)
        self.move_now.setText("&Move and delete now…" if self._freed else "&Move now")

    def _show_moving(self, moving: bool) -> None:
        self._moving = moving
        self.progress.setVisible(moving)
        self.cancel.setVisible(moving)
        self.cancel.setEnabled(moving)
        for widget in (self.tables, self.place, self.warm_days, self.cold_days):
            widget.setEnabled(not moving)
        self._offer()

    def _say(self, sentence: str, tone: str) -> None:
        rename(self.sentence, tone)
        self.sentence.setText(sentence)

    def _show_rules(self, rules: StorageRules) -> None:
        self.warm_days.setValue(rules.warm_days)
        self.cold_days.setValue(rules.cold_days)
        self.place.show_place(rules.cold)
        self.tables.show_keep(rules.keep)

    # ------------------------------------------------------------------------------------------ how it is built

    def _lay_out(self) -> None:
        words = named(QLabel(_WORDS), "hint")
        words.setWordWrap(True)
        ages = QGridLayout()
        ages.setHorizontalSpacing(12)
        ages.setVerticalSpacing(8)
        top = Qt.AlignmentFlag.AlignTop
        boxes = {"Rows stay in the database for": self.warm_days, "Files older than": self.cold_days}
        for row, (name, box) in enumerate(boxes.items()):
            label = QLabel(name)
            label.setMinimumHeight(self.place.kind.sizeHint().height())
            ages.addWidget(label, row, 0, top)
            ages.addWidget(box, row, 1, top)
        ages.addWidget(self.place, 1, 2)
        ages.setColumnStretch(2, 1)
        for sentence in (self.missing, self.sentence):
            sentence.setWordWrap(True)
            sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.missing.hide()
        self.sentence.setMinimumHeight(2 * self.sentence.fontMetrics().height())
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        room = self.progress.sizePolicy()
        room.setRetainSizeWhenHidden(True)  # or the lines above would move
        self.progress.setSizePolicy(room)
        buttons = QHBoxLayout()
        for button in (self.move_now, self.cancel):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.save, self.close_button):
            buttons.addWidget(button)
        self.save.setDefault(True)
        for button in (self.move_now, self.cancel, self.close_button, self.place.browse):
            button.setAutoDefault(False)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(named(QLabel("Storage"), "heading"))
        column.addWidget(words)
        column.addWidget(self.tables)
        column.addWidget(self.missing)
        column.addLayout(ages)
        column.addStretch(1)
        column.addWidget(self.sentence)
        column.addWidget(self.progress)
        column.addLayout(buttons)
        self.resize(_WIDTH, self.sizeHint().height())

    def _fit(self) -> None:
        """As high as what it shows; a person may make it larger."""
        self._column.activate()
        self.resize(self.width(), self._column.totalHeightForWidth(self.width()))

    def _connect(self) -> None:
        for box in (self.warm_days, self.cold_days):
            box.valueChanged.connect(lambda _: self._look())
        self.tables.changed.connect(self._look)
        self.place.changed.connect(self._look)
        self.place.kind.currentIndexChanged.connect(lambda _: self._fit())
        self.save.clicked.connect(self.ask_to_keep)
        self.move_now.clicked.connect(self.ask_to_move)
        self.cancel.clicked.connect(self._stop)
        self.close_button.clicked.connect(self.reject)


def _days(name: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, 36_500)
    box.setSuffix(" days")
    box.setAccessibleName(name)
    box.setMinimumWidth(110)
    give_air(box)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def _told(rules: StorageRules) -> str:
    """The rules in the audit, without what an address may hold besides its name."""
    where = rules.cold.partition("?")[0]
    moves = f"{rules.warm_days} days in the database"
    on = f", then after {rules.cold_days} days to {where}" if where else ""
    kept = "; ".join(
        f"{table} for {keep.days or 'all'} days, {phrases.size(keep.bytes) if keep.bytes else 'any size'}"
        for table, keep in sorted(rules.keep.items())
    )
    return f"{moves}{on}" + (f"; kept: {kept}." if kept else "; everything is kept.")
