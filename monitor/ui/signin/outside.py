"""The system's own browser and clipboard, for what happens outside the window."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication


def open_outside(address: str) -> bool:
    """Open a page in the system's browser; whether there is one. Only https, or this machine's sandbox, is opened."""
    url = QUrl(address)
    on_this_machine = url.scheme() == "http" and url.host() == "127.0.0.1"
    return (url.scheme() == "https" or on_this_machine) and QDesktopServices.openUrl(url)


def copy(text: str) -> None:
    """Put ``text`` on the clipboard."""
    QGuiApplication.clipboard().setText(text)


def forget_copied(text: str) -> None:
    """Take ``text`` off the clipboard if it is still there."""
    clipboard = QGuiApplication.clipboard()
    if text and clipboard.text().strip() == text:
        clipboard.clear()
