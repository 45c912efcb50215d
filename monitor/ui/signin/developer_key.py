"""The developer key: app key, secret and callback address, each looked at while it is typed."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from monitor.errors import MonitorError
from monitor.ports import Remark, SignIn
from monitor.ui.icons import SIDE, icon
from monitor.ui.panel import named
from monitor.ui.signin.sheet import WordsSheet, paragraph, show_tone
from monitor.ui.theme import Theme

#: As Schwab issues them today; others are remarked on, not refused.
KEY_LENGTH, SECRET_LENGTH = 32, 16
CALLBACK = "https://127.0.0.1:8182/"
_WORDS = "Copy all three from your app on developer.schwab.com; they are kept on this machine only."
_WORDS_AGAIN = (
    "Copy all three from your app on developer.schwab.com. The stored secret is never shown: enter it again, even "
    "where only another field changes."
)
_HINTS = {
    "client_id": "The portal calls it “App Key”.",
    "client_secret": "The portal calls it “Secret”. Hold the eye to look at it.",
    "callback_url": "The registered one, character by character: scheme, host, port, capitals, the slash at the end.",
}
_READY = (
    "The app must be “Ready For Use” by now. On the pages that follow, sign in with your brokerage login, not with "
    "the developer portal's."
)
_FINE = {
    "client_id": "Looks right.",
    "client_secret": "Looks right.",
    "callback_url": "Right if it is registered exactly so, with the slash at its end.",
}


class KeyField(QWidget):
    """A line to type in, and below it a hint, or what is noticed about what stands there."""

    edited = Signal()

    def __init__(
        self, name: str, label: str, theme: Theme, length: int = 0, hidden: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._theme, self._length = name, theme, length
        self.line = QLineEdit()
        self.line.setAccessibleName(label.replace("&", ""))
        self.mark = QLabel()
        self.remark = paragraph(_HINTS[name], "remark")
        self.count = named(QLabel(), "remark")
        self.line.textEdited.connect(self._trim)
        title = named(QLabel(label), "fieldName")
        title.setBuddy(self.line)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        self.eye: QToolButton | None = _eye(self.line, theme) if hidden else None
        if self.eye is not None:
            row.addWidget(self.eye)
        below = QHBoxLayout()
        below.setSpacing(4)
        top = Qt.AlignmentFlag.AlignTop  # a remark may take several lines
        below.addWidget(self.mark, 0, top)
        below.addWidget(self.remark, 1, top)
        below.addWidget(self.count, 0, top)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(title)
        column.addLayout(row)
        column.addLayout(below)
        self.show_remarks([])

    @property
    def text(self) -> str:
        return self.line.text()

    @property
    def tone(self) -> str:
        """What the mark says: nothing, fine, unusual or wrong."""
        return str(self.remark.property("tone"))

    def show_remarks(self, remarks: Sequence[Remark]) -> None:
        """Say what is noticed; where something stops, that alone."""
        wrong = [remark.sentence for remark in remarks if remark.stops]
        if not self.text:
            self._say("", _HINTS[self._name])
        elif wrong:
            self._say("wrong", wrong[0])
        elif remarks:
            self._say("unusual", " ".join(remark.sentence for remark in remarks))
        else:
            self._say("fine", _FINE[self._name])
        usual = len(self.text) == self._length
        self.count.setText(f"{len(self.text)} of {self._length}" if self._length and self.text else "")
        show_tone(self.count, "" if usual else "unusual")

    def _say(self, tone: str, sentence: str) -> None:
        c = self._theme.colours
        drawing = {"fine": ("check", c.good), "unusual": ("warning", c.amber), "wrong": ("error", c.bad)}.get(tone)
        self.mark.setVisible(drawing is not None)
        if drawing is not None:
            self.mark.setPixmap(icon(*drawing).pixmap(SIDE - 2))
        self.remark.setText(sentence)
        self.line.setAccessibleDescription(sentence)
        show_tone(self.remark, tone)

    def _trim(self, typed: str) -> None:
        """What is pasted often brings blanks along, which no key and no address has."""
        if typed != typed.strip():
            self.line.setText(typed.strip())
        self.edited.emit()


class KeySheet(WordsSheet):
    """``settled`` once the sign-in has taken the key."""

    def __init__(self, sign_in: SignIn, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Your developer key", _WORDS, parent)
        self._sign_in = sign_in
        self.client_id = KeyField("client_id", "App &key", theme, KEY_LENGTH)
        self.secret = KeyField("client_secret", "App &secret", theme, SECRET_LENGTH, hidden=True)
        self.callback = KeyField("callback_url", "Callback &URL", theme)
        self._fields = (self.client_id, self.secret, self.callback)
        self.column.addSpacing(4)
        for field in self._fields:
            field.edited.connect(self._look)
            self.column.addWidget(field)
        self.column.addWidget(paragraph(_READY))
        self.column.addWidget(self.failure)
        self.column.addStretch(1)
        self.go = self.add_button("&Continue", self.submit, primary=True)

    def arrive(self) -> None:
        known = self._sign_in.configured
        self.heading.setText("Change the developer key" if known else "Your developer key")
        self.words.setText(_WORDS_AGAIN if known else _WORDS)
        if not self.client_id.text:
            self.client_id.line.setText(self._sign_in.client_id)
        if not self.callback.text:
            self.callback.line.setText(self._sign_in.callback_url or CALLBACK)
        self.fail("")
        self._look()
        self.first = (self.secret if self.client_id.text else self.client_id).line
        super().arrive()

    def leave(self) -> None:
        self.secret.line.clear()

    def submit(self) -> None:
        """Hand the key over; what is wrong with it is said here."""
        try:
            self._sign_in.configure(self.client_id.text, self.secret.text, self.callback.text)
        except MonitorError as error:
            self.fail(error.sentence)
            return
        self.settled.emit()

    def _look(self) -> None:
        noticed = self._sign_in.remarks(*(field.text for field in self._fields))
        for name, field in zip(_HINTS, self._fields, strict=True):
            field.show_remarks([remark for remark in noticed if remark.field == name])
        filled = all(field.text for field in self._fields)
        self.go.setEnabled(filled and not any(remark.stops for remark in noticed))


def _eye(line: QLineEdit, theme: Theme) -> QToolButton:
    """A button that shows a secret for as long as it is held."""
    line.setEchoMode(QLineEdit.EchoMode.Password)
    eye = named(QToolButton(), "quiet")
    eye.setIcon(icon("eye", theme.colours.dim))
    eye.setIconSize(QSize(SIDE, SIDE))
    eye.setToolTip("Hold to show the secret")
    eye.setAccessibleName("Show the secret while held")
    eye.pressed.connect(lambda: line.setEchoMode(QLineEdit.EchoMode.Normal))
    eye.released.connect(lambda: line.setEchoMode(QLineEdit.EchoMode.Password))
    return eye
