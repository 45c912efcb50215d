"""The vault: one encrypted file with the developer key and the tokens, written whole or not at all.

Its key is random and lies in the operating system's password store, or is made from a passphrase. Without either,
nothing is written, and everything ends with the program.
"""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from monitor.errors import BadData, Unusable
from monitor.schwab import passphrase as passphrases
from monitor.schwab.keystore import KeyStore, KeyStoreUnavailable
from monitor.schwab.sealing import SCRYPT_LOG_N, Key, KeyKind, passphrase_key, random_key, seal, unseal, wanted_key
from monitor.schwab.secret import Secret, hidden
from monitor.schwab.token_file import TokenFile

_log = logging.getLogger(__name__)

#: A shorter passphrase is guessed too soon, and too short a text cannot be kept out of the logs.
SHORTEST_PASSPHRASE: Final = 8


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the vault keeps; times in ms UTC. Without tokens the person is signed out, but the key is still known."""

    client_id: str = ""
    client_secret: Secret = Secret("")
    callback_url: str = ""
    access_token: Secret = Secret("")
    refresh_token: Secret = Secret("")
    access_ends_ms: int = 0
    signed_in_ms: int = 0


#: What is kept nowhere but in memory, by the file it would be in: the profile may be closed and opened again in a run.
_of_this_run: dict[Path, Kept] = {}


class Vault:
    """The file in ``folder``; in memory only when there is no folder. Its methods are slow: call them in a thread.

    ``notice`` is a sentence about what was found wrong, ``locked`` says that a file is there which a passphrase may
    open, ``kept_by`` is keyring, passphrase or session.
    """

    def __init__(self, folder: Path | None, store: KeyStore | None = None, scrypt_log_n: int = SCRYPT_LOG_N) -> None:
        self._file = TokenFile(folder) if folder else None
        self._store = store
        self._log_n = scrypt_log_n
        self._key: Key | None = None
        self._passphrase = Secret("")
        self.kept_by = "session"
        self.locked = False
        self.notice = ""

    def open(self, passphrase: str = "") -> Kept:
        """What was kept, or nothing after a look at what there is to keep it with.

        Never raises for what it finds in the file. The password store is asked once, and not at all for a file that a
        passphrase opens: it may ask the person for a password of its own.
        """
        self._key, self.kept_by, self.locked, self.notice = None, "session", False, ""
        if self._file is None:
            return Kept()
        self._passphrase = Secret(passphrase) if passphrase else passphrases.known_for(self._file.path)
        try:
            self._file.sweep()
        except OSError as error:
            _log.warning("what was left half written beside %s cannot be removed: %s", self._file.path, error)
        content = self._read()
        if content is None:
            return Kept()
        try:
            if content:
                return self._open(content)
        except BadData as error:
            try:
                self.start_over()
            except Unusable as stays:
                self.notice = stays.sentence
                _log.warning("%s %s", stays.sentence, stays.detail)
                return Kept()
            self.notice = error.sentence
        self.kept_by = self._choose_keeper()
        return _of_this_run.get(self._file.path, Kept())

    def unlock(self, passphrase: str, current: Kept) -> Kept:
        """Keep with this passphrase from now on; gives what its file held, or ``current`` when there was none.

        Raises BadData when the file was made with another passphrase or a new one is too short, Unusable when the file
        cannot be written.
        """
        if not passphrase:
            raise BadData("Enter a passphrase.")
        content = self._read() if self.locked else b""
        if content:
            wanted = wanted_key(content)
            kept = self._unseal(passphrase_key(Secret(passphrase), wanted.log_n, wanted.id), content)
            if kept is None:
                raise BadData("This passphrase does not open the stored sign-in.")
            self._use(passphrase)
            return kept
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise BadData(f"Choose a passphrase of at least {SHORTEST_PASSPHRASE} characters.")
        if self._key is None:
            self.start_over()  # a file whose key is not to be had is not overwritten either
        self._use(passphrase)
        self._key, self.kept_by = None, "passphrase"
        self.save(current)
        return current

    def start_over(self) -> None:
        """Set a file that stays closed aside, so that a new one can be made. Raises Unusable."""
        try:
            if self._file is not None:
                self._file.set_aside()
        except OSError as error:
            raise Unusable("The stored sign-in could not be set aside.", str(error)) from error
        self.locked, self.notice = False, ""

    def save(self, kept: Kept) -> None:
        """Write everything; the old file stands until the new one is whole on disk.

        Raises Unusable; when it is the password store that takes no key, a passphrase may be chosen after that.
        """
        if self._file is None:
            return
        if self.kept_by == "session":
            _of_this_run[self._file.path] = kept
            return
        try:
            self._key = self._key or self._make_key()
            self._file.write(seal(self._key, msgspec.json.encode(kept, enc_hook=_reveal)))
        except (OSError, KeyStoreUnavailable) as error:
            if isinstance(error, KeyStoreUnavailable):
                self.kept_by = "session"
            detail = f"{type(error).__name__}: {error}"
            raise Unusable("The sign-in could not be kept on disk; it holds until the program ends.", detail) from error

    def forget(self) -> None:
        """Erase the file, what was set aside, and their keys, so that copies of them are useless.

        What is saved after that is under a new key. Raises Unusable when a file could not be erased.
        """
        old, self._key = self._key, None
        self.locked, self.notice = False, ""
        if self._file is None:
            return
        forget_run(self._file.path)
        self._passphrase = passphrases.known_for(self._file.path)
        self._erase_keys(self._file.wanted_keys() | ({old.name} if old and old.kind is KeyKind.KEYRING else set()))
        try:
            self._file.erase()
        except OSError as error:
            raise Unusable("The stored sign-in could not be erased.", str(error)) from error
        self.kept_by = self._choose_keeper()

    # ------------------------------------------------------------------ keys

    def _use(self, passphrase: str) -> None:
        self._passphrase, self.locked, self.notice = Secret(passphrase), False, ""
        if self._file is not None:
            _of_this_run.pop(self._file.path, None)
            passphrases.remember(self._file.path, self._passphrase)

    def _choose_keeper(self) -> str:
        """What a new file is to be kept with; a passphrase that was given is meant to be used."""
        if self._passphrase and len(self._passphrase.reveal()) < SHORTEST_PASSPHRASE:
            _log.warning("The given passphrase has fewer than %s characters and is not used.", SHORTEST_PASSPHRASE)
        elif self._passphrase:
            return "passphrase"
        try:
            self._password_store().get("probe")
        except KeyStoreUnavailable as error:
            _log.info("the system's password store is not used: %s", error)
            return "session"
        return "keyring"

    def _make_key(self) -> Key:
        if self.kept_by == "passphrase":
            return passphrase_key(self._passphrase, self._log_n)
        key = random_key()
        self._password_store().set(key.name, key.text.reveal())
        return key

    def _password_store(self) -> KeyStore:
        if self._store is None:
            raise KeyStoreUnavailable("there is none")
        return self._store

    def _erase_keys(self, names: set[str]) -> None:
        for name in names:
            try:
                self._password_store().delete(name)
            except KeyStoreUnavailable as error:
                _log.warning("an old key stays in the password store: %s", error)

    # ------------------------------------------------------------------ what lies there

    def _read(self) -> bytes | None:
        """The file; empty when there is none, None when it cannot be read."""
        try:
            return self._file.read() if self._file is not None else b""
        except OSError as error:
            self.notice = "The stored sign-in cannot be read, so it stays closed."
            _log.warning("the token file cannot be read: %s", error)
            return None

    def _open(self, content: bytes) -> Kept:
        """What the file holds; nothing when it stays closed. Raises BadData when nobody will ever open it."""
        key = wanted_key(content)
        if key.kind is KeyKind.PASSPHRASE:
            given = self._passphrase
            kept = self._unseal(passphrase_key(given, key.log_n, key.id), content) if given else None
            if kept is None:
                # A wrong passphrase and a damaged file look alike: the file stays.
                self.locked = True
                self.notice = "The stored sign-in is locked; its passphrase opens it."
            return kept or Kept()
        try:
            text = self._password_store().get(key.name)
        except KeyStoreUnavailable as error:
            _log.warning("the key of the stored sign-in cannot be had: %s", error)
            self.notice = "The system's password store does not give the key, so the stored sign-in stays closed."
            return Kept()
        if text is None:
            raise BadData("The stored sign-in has lost its key and was set aside. Please sign in again.")
        kept = self._unseal(replace(key, text=Secret(text)), content)
        if kept is None:
            raise BadData("The stored sign-in was damaged and has been set aside. Please sign in again.")
        return kept

    def _unseal(self, key: Key, content: bytes) -> Kept | None:
        """What the file holds, whose key is used from now on; None when it is not the right one."""
        plain = unseal(key, content)
        try:
            kept = None if plain is None else msgspec.json.decode(plain, type=Kept, dec_hook=hidden)
        except msgspec.DecodeError:
            return None
        if kept is not None:
            self._key, self.kept_by = key, key.kind.name.lower()
        return kept


def forget_run(path: Path) -> None:
    """Forget what was typed and kept for the file in this run, as the program's end does."""
    passphrases.forget(path)
    _of_this_run.pop(path, None)


def _reveal(value: Any) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError(type(value).__name__)
