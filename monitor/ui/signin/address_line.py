"""Where the page is, to be read only: a lock, the host and the path."""

from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from monitor.ui.icons import icon
from monitor.ui.signin.hosts import is_login_host, place_of
from monitor.ui.theme import Theme


class AddressLine(QWidget):
    """Turns amber where no brokerage password belongs."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._url = QUrl()
        self.lock = QLabel()
        self.field = QLineEdit()
        self.field.setReadOnly(True)
        self.field.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.field.setAccessibleName("Address of the page")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.lock)
        row.addWidget(self.field, 1)
        theme.changed.connect(self._draw)

    def text(self) -> str:
        """The address as shown."""
        return self.field.text()

    def show_address(self, url: QUrl) -> None:
        """Show where the page is; nothing for an empty address."""
        self._url = url
        self.field.setText("" if url.isEmpty() else place_of(url))
        self.field.setCursorPosition(0)
        self.lock.setVisible(not url.isEmpty())
        self._draw()

    def _draw(self) -> None:
        c = self._theme.colours
        secure, trusted = self._url.scheme() == "https", is_login_host(self._url)
        self.lock.setPixmap(icon("lock" if secure else "unlock", c.good if trusted else c.amber).pixmap(16))
        words = "Encrypted" if secure else "Not encrypted: the sandbox on this machine"
        if secure and not trusted:
            words = "Encrypted, but no place for your brokerage login"
        self.lock.setToolTip(words)
        self.lock.setAccessibleName(words)
        self.field.setStyleSheet("" if trusted else f"color: {c.amber}")
