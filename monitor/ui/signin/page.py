"""The hardened web page of the sign-in. Importing this module loads QtWebEngine, so it is imported late.

Nothing is kept on disk, only listed hosts are reached, and the page may open no window, download nothing, ask for
no permission and accept no bad certificate. The redirect to the callback is taken before any connection is made.
"""

from PySide6.QtCore import QEvent, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWebEngineCore import (
    QWebEngineCertificateError,
    QWebEngineDownloadRequest,
    QWebEngineFullScreenRequest,
    QWebEnginePage,
    QWebEnginePermission,
    QWebEngineProfile,
    QWebEngineSettings,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from monitor.ui.signin.hosts import AllowedHosts, is_callback

_OFF = (
    QWebEngineSettings.WebAttribute.JavascriptCanOpenWindows,
    QWebEngineSettings.WebAttribute.JavascriptCanAccessClipboard,
    QWebEngineSettings.WebAttribute.LocalContentCanAccessFileUrls,
    QWebEngineSettings.WebAttribute.LocalContentCanAccessRemoteUrls,
    QWebEngineSettings.WebAttribute.ScreenCaptureEnabled,
    QWebEngineSettings.WebAttribute.PluginsEnabled,
    QWebEngineSettings.WebAttribute.PdfViewerEnabled,
    QWebEngineSettings.WebAttribute.HyperlinkAuditingEnabled,
    QWebEngineSettings.WebAttribute.DnsPrefetchEnabled,
)


class SignInPage(QWebEnginePage):
    """Goes to listed hosts only, and hands over the redirect instead of following it."""

    redirected = Signal(str)
    refused = Signal(str)

    def __init__(self, profile: QWebEngineProfile, allowed: AllowedHosts, callback_url: str, parent: QObject) -> None:
        super().__init__(profile, parent)
        self._allowed = allowed
        self._callback_url = callback_url
        for attribute in _OFF:
            self.settings().setAttribute(attribute, False)
        self.certificateError.connect(self._refuse_certificate)
        self.permissionRequested.connect(_deny)
        self.fullScreenRequested.connect(_stay_small)

    def acceptNavigationRequest(
        self, url: QUrl | str, _type: QWebEnginePage.NavigationType, _is_main_frame: bool
    ) -> bool:
        target = QUrl(url)
        if is_callback(target, self._callback_url):
            self.redirected.emit(bytes(target.toEncoded().data()).decode())
            return False
        if self._allowed.allows(target):
            return True
        self.refused.emit(f"The page wanted to go to {target.host() or target.scheme()}, which sign-in never needs.")
        return False

    def createWindow(self, _type: QWebEnginePage.WebWindowType) -> QWebEnginePage | None:  # type: ignore[override]
        return None

    def javaScriptConsoleMessage(self, *_: object) -> None:
        """What the page tells its makers is neither shown nor logged."""

    def _refuse_certificate(self, error: QWebEngineCertificateError) -> None:
        error.rejectCertificate()
        self.refused.emit("The server's certificate is not trusted, so the page was not opened.")


class _OnlyAllowed(QWebEngineUrlRequestInterceptor):
    """Stops every request of the page, pictures and scripts too, that leaves the list."""

    def __init__(self, allowed: AllowedHosts, parent: QObject) -> None:
        super().__init__(parent)
        self._allowed = allowed

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        if not self._allowed.allows(info.requestUrl()):
            info.block(True)


class SignInView(QWebEngineView):
    """A page on an off-the-record profile of its own, both gone with the view."""

    def __init__(self, allowed: AllowedHosts, callback_url: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._profile = QWebEngineProfile(self)
        self._profile.setUrlRequestInterceptor(_OnlyAllowed(allowed, self._profile))
        self._profile.downloadRequested.connect(_cancel_download)
        self.sign_in_page = SignInPage(self._profile, allowed, callback_url, self)
        self.setPage(self.sign_in_page)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setAcceptDrops(False)

    def press_enter(self) -> None:
        """Press Enter on the page, as a person would."""
        target = self.focusProxy() or self
        target.setFocus()
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            text = "\r" if kind is QEvent.Type.KeyPress else ""
            event = QKeyEvent(kind, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, text)
            QGuiApplication.sendEvent(target, event)

    def let_go(self) -> None:
        """End the page before its profile, the order Chromium insists on."""
        self.stop()
        self.sign_in_page.deleteLater()


def _deny(permission: QWebEnginePermission) -> None:
    permission.deny()


def _stay_small(request: QWebEngineFullScreenRequest) -> None:
    request.reject()


def _cancel_download(download: QWebEngineDownloadRequest) -> None:
    download.cancel()
