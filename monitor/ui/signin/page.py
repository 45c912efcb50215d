"""The hardened web page of the sign-in. Importing this module loads QtWebEngine, so it is imported late.

Nothing is kept on disk, only listed hosts are reached, and the page may open no window or box, download nothing, ask
for no permission and no file, and accept no bad certificate. The redirect to the callback is taken before any
connection is made. No script is put into the page, and what is typed is never read.
"""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtNetwork import QAuthenticator
from PySide6.QtWebEngineCore import (
    QWebEngineCertificateError,
    QWebEngineDesktopMediaRequest,
    QWebEngineDownloadRequest,
    QWebEngineFileSystemAccessRequest,
    QWebEngineFullScreenRequest,
    QWebEngineLoadingInfo,
    QWebEnginePage,
    QWebEnginePermission,
    QWebEngineProfile,
    QWebEngineRegisterProtocolHandlerRequest,
    QWebEngineSettings,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
    qWebEngineChromiumSecurityPatchVersion,
)
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from monitor.ui.signin.hosts import AllowedHosts, host_of, is_callback
from monitor.ui.signin.protection import contained, is_old

_Attribute = QWebEngineSettings.WebAttribute
_OFF = (
    _Attribute.JavascriptCanOpenWindows,
    _Attribute.JavascriptCanAccessClipboard,
    _Attribute.JavascriptCanPaste,
    _Attribute.AllowRunningInsecureContent,
    _Attribute.AllowGeolocationOnInsecureOrigins,
    _Attribute.AllowWindowActivationFromJavaScript,
    _Attribute.LocalContentCanAccessFileUrls,
    _Attribute.LocalContentCanAccessRemoteUrls,
    _Attribute.ScreenCaptureEnabled,
    _Attribute.PluginsEnabled,
    _Attribute.PdfViewerEnabled,
    _Attribute.FullScreenSupportEnabled,
    _Attribute.HyperlinkAuditingEnabled,
    _Attribute.DnsPrefetchEnabled,
    _Attribute.AutoLoadIconsForPage,
    _Attribute.NavigateOnDropEnabled,
    _Attribute.BackForwardCacheEnabled,
)
#: What a page asks before it is left is put by Qt, in these words; nobody is held back.
_MAY_LEAVE = "Are you sure you want to leave this page? Changes that you made may not be saved."
_UNAUTHORIZED = 401


class SignInPage(QWebEnginePage):
    """Goes to listed hosts only, and hands over the redirect instead of following it.

    ``arrived`` has the HTTP status of what is shown; ``failed`` says that nothing came, and ``untrusted`` that it was
    a certificate, whose dates may be the reason. ``refused`` is the kind of what was refused, and a sentence.
    """

    redirected = Signal(str)
    refused = Signal(str, str)
    led_away = Signal()
    arrived = Signal(int)
    failed = Signal()
    untrusted = Signal(bool)

    def __init__(self, profile: QWebEngineProfile, allowed: AllowedHosts, callback_url: str, parent: QObject) -> None:
        super().__init__(profile, parent)
        self._allowed = allowed
        self._callback_url = callback_url
        for attribute in _OFF:
            self.settings().setAttribute(attribute, False)
        self.settings().setAttribute(_Attribute.WebRTCPublicInterfacesOnly, True)
        self.loadingChanged.connect(self._take_loading)
        self.certificateError.connect(self._refuse_certificate)
        self.permissionRequested.connect(self._deny)
        self.desktopMediaRequested.connect(self._deny_screen)
        self.fileSystemAccessRequested.connect(self._deny_folder)
        self.authenticationRequired.connect(self._give_no_password)
        self.fullScreenRequested.connect(_stay_small)
        self.registerProtocolHandlerRequested.connect(_reject_handler)

    def acceptNavigationRequest(
        self, url: QUrl | str, _type: QWebEnginePage.NavigationType, is_main_frame: bool
    ) -> bool:
        target = QUrl(url)
        if is_callback(target, self._callback_url):
            self.redirected.emit(bytes(target.toEncoded().data()).decode())
            return False
        if self._allowed.allows(target) or (not is_main_frame and self._allowed.allows_inside(target)):
            return True
        where = host_of(target) or target.scheme()
        self.refused.emit("page", f"The page wanted to go to {where}, which sign-in never needs.")
        if is_main_frame:
            self.led_away.emit()
        return False

    def createWindow(self, _type: QWebEnginePage.WebWindowType) -> QWebEnginePage | None:  # type: ignore[override]
        self.refused.emit("window", "The page wanted to open another window; sign-in stays in this one.")
        return None

    def chooseFiles(
        self, _mode: QWebEnginePage.FileSelectionMode, _old: Sequence[str], _types: Sequence[str]
    ) -> list[str]:
        self.refused.emit("file", "The page asked for a file; none was given.")
        return []

    def javaScriptAlert(self, _origin: QUrl | str, _message: str) -> None:
        self._refuse_box()

    def javaScriptConfirm(self, _origin: QUrl | str, message: str) -> bool:
        if message == QCoreApplication.translate("QWebEnginePage", _MAY_LEAVE):
            return True
        self._refuse_box()
        return False

    def javaScriptPrompt(self, _origin: QUrl | str, _message: str, _default: str) -> tuple[bool, str]:
        self._refuse_box()
        return False, ""

    def javaScriptConsoleMessage(self, *_: object) -> None:
        """What the page tells its makers is neither shown nor logged."""

    def _take_loading(self, info: QWebEngineLoadingInfo) -> None:
        status = info.status()
        if status is QWebEngineLoadingInfo.LoadStatus.LoadStartedStatus:
            return
        match info.errorDomain():
            case QWebEngineLoadingInfo.ErrorDomain.HttpStatusCodeDomain:
                self.arrived.emit(info.errorCode())
            case QWebEngineLoadingInfo.ErrorDomain.CertificateErrorDomain:
                pass  # said already
            case _ if status is QWebEngineLoadingInfo.LoadStatus.LoadFailedStatus:
                self.failed.emit()

    def _refuse_certificate(self, error: QWebEngineCertificateError) -> None:
        error.rejectCertificate()
        self.refused.emit("certificate", f"The certificate of {host_of(error.url())} is not trusted; it was refused.")
        if error.isMainFrame():
            self.untrusted.emit(error.type() is QWebEngineCertificateError.Type.CertificateDateInvalid)

    def _give_no_password(self, url: QUrl, _authenticator: QAuthenticator) -> None:
        """A server's own box for name and password is not shown; Qt would answer it with empty ones again and again."""
        self.refused.emit("password", "The page asked for a password in a box of its own; none was given.")
        if url == self.requestedUrl():
            self.triggerAction(QWebEnginePage.WebAction.Stop)
            self.arrived.emit(_UNAUTHORIZED)

    def _deny(self, permission: QWebEnginePermission) -> None:
        permission.deny()
        self._refuse_permission()

    def _deny_screen(self, request: QWebEngineDesktopMediaRequest) -> None:
        request.cancel()
        self._refuse_permission()

    def _deny_folder(self, request: QWebEngineFileSystemAccessRequest) -> None:
        request.reject()
        self._refuse_permission()

    def _refuse_permission(self) -> None:
        self.refused.emit("permission", "The page asked for more than a page needs, such as your location; denied.")

    def _refuse_box(self) -> None:
        self.refused.emit("box", "The page wanted to show a box of its own; it was not shown.")


class _OnlyAllowed(QWebEngineUrlRequestInterceptor):
    """Stops every request of the page, pictures and scripts too, that leaves the list."""

    stopped = Signal(str)

    def __init__(self, allowed: AllowedHosts, parent: QObject) -> None:
        super().__init__(parent)
        self._allowed = allowed

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        if not self._allowed.allows_inside(info.requestUrl()):
            info.block(True)
            if info.resourceType() is not QWebEngineUrlRequestInfo.ResourceType.ResourceTypeMainFrame:
                self.stopped.emit(host_of(info.requestUrl()))


class SignInView(QWebEngineView):
    """A page on an off-the-record profile of its own, both gone with the view."""

    def __init__(self, allowed: AllowedHosts, callback_url: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        with contained():
            self._profile = QWebEngineProfile(self)
        # Held here, because Qt does not hold it: without this line it is gone at once, and everything let through.
        self._only_allowed = _OnlyAllowed(allowed, self._profile)
        self._only_allowed.stopped.connect(self._tell_stopped)
        self._profile.setUrlRequestInterceptor(self._only_allowed)
        self._profile.setSpellCheckEnabled(False)
        self._profile.setPushServiceEnabled(False)
        self._profile.downloadRequested.connect(self._cancel_download)
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
        self.deleteLater()

    def _tell_stopped(self, host: str) -> None:
        self.sign_in_page.refused.emit("content", f"Something on the page wanted to reach {host}; it was kept out.")

    def _cancel_download(self, download: QWebEngineDownloadRequest) -> None:
        download.cancel()
        self.sign_in_page.refused.emit("download", "The page wanted to store a file; nothing was stored.")


def browser_is_old(today: date) -> bool:
    """Whether the page's browser lacks the security fixes of the last 90 days."""
    version = qWebEngineChromiumSecurityPatchVersion()
    return is_old(str(version), today)


def _stay_small(request: QWebEngineFullScreenRequest) -> None:
    request.reject()


def _reject_handler(request: QWebEngineRegisterProtocolHandlerRequest) -> None:
    request.reject()
