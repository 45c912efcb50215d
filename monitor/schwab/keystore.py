"""The operating system's password store: only stores that are known to keep secrets, and never for longer than 3 s.

A store that did not answer, or whose person said no, is left alone until the next start.
"""

import logging
import threading
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Protocol, TypeVar

_log = logging.getLogger(__name__)
_LIMIT_SECONDS = 3.0
_T = TypeVar("_T")

#: keyring would take any back end that an installed package registers, plain-text files too; these are asked only.
_BACKENDS = (
    ("keyring.backends.macOS", "Keyring"),
    ("keyring.backends.Windows", "WinVaultKeyring"),
    ("keyring.backends.SecretService", "Keyring"),
    ("keyring.backends.libsecret", "Keyring"),
    ("keyring.backends.kwallet", "DBusKeyring"),
)


class Backend(Protocol):
    """What is used of a keyring back end."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class KeyStoreUnavailable(Exception):
    """There is no password store, it is locked, or it does not answer."""


def system_backend() -> Backend | None:
    """The first allowed back end that works here, or None."""
    for module, name in _BACKENDS:
        try:
            kind = getattr(import_module(module), name)
            if kind.priority > 0:
                backend: Backend = kind()
                if name == "WinVaultKeyring":
                    kind.persist.__set__(backend, "local machine")  # the default roams to the domain
                return backend
        except Exception as error:  # noqa: BLE001  a back end that does not fit this system fails in its own way
            _log.debug("%s is not usable here: %s", module, error)
    return None


@cache
def system_store(service: str) -> "KeyStore":
    """The store of this run, however often a profile is opened in it."""
    return KeyStore(service)


class KeyStore:
    """Texts by name, in the operating system's password store. Every call raises KeyStoreUnavailable.

    Once the store was silent, or refused to give something, no call asks it again in this run: a person who was asked
    for a password and did not give it is not asked a second time.
    """

    def __init__(
        self,
        service: str,
        find_backend: Callable[[], Backend | None] = system_backend,
        limit_seconds: float = _LIMIT_SECONDS,
    ) -> None:
        self._service = service
        self._find_backend = find_backend
        self._limit_seconds = limit_seconds
        self._backend: Backend | None = None
        self._given_up = ""

    def get(self, name: str) -> str | None:
        try:
            return self._ask(lambda backend: backend.get_password(self._service, name))
        except KeyStoreUnavailable as error:
            self._given_up = str(error)
            raise

    def set(self, name: str, text: str) -> None:
        self._ask(lambda backend: backend.set_password(self._service, name, text))

    def delete(self, name: str) -> None:
        self._ask(lambda backend: backend.delete_password(self._service, name))

    def _ask(self, question: Callable[[Backend], _T]) -> _T:
        """Ask in a thread that may be left behind: a locked store can wait for a person for ever."""
        if self._given_up:
            raise KeyStoreUnavailable(self._given_up)
        answers: list[_T] = []
        failures: list[str] = []

        def work() -> None:
            try:
                self._backend = self._backend or self._find_backend()
                if self._backend is None:
                    failures.append("there is none")
                else:
                    answers.append(question(self._backend))
            except Exception as error:  # noqa: BLE001  back ends raise whatever their system gives them
                failures.append(type(error).__name__)

        thread = threading.Thread(target=work, daemon=True, name="password store")
        thread.start()
        thread.join(self._limit_seconds)
        if answers:
            return answers[0]
        if not failures:
            self._given_up = "it did not answer in time"
        raise KeyStoreUnavailable(failures[-1] if failures else self._given_up)
