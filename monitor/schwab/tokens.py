"""The vault: one encrypted file with the developer key and the tokens, written whole or not at all.

The file is a header (magic, version, how the key is made, scrypt's cost, the key's id, a nonce) and AES-GCM over a
JSON text, with the header as associated data. Its key is random and lives in the operating system's password store
under the key's id, or it is derived from a passphrase with the id as salt; without either, nothing is written.
"""

import base64
import hashlib
import logging
import os
import secrets
import struct
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from monitor.errors import BadData, Unusable
from monitor.schwab.keystore import KeyStore, KeyStoreUnavailable
from monitor.schwab.secret import Secret
from monitor.whole_file import sweep, write_private

_log = logging.getLogger(__name__)

FILE_NAME: Final = "tokens.bin"
PASSPHRASE_VARIABLE: Final = "MARKET_MONITOR_PASSPHRASE"  # noqa: S105  a name
_HEADER = struct.Struct(">4sBBB16s12s")
_MAGIC, _VERSION = b"MMTK", 1
_BY_KEYRING, _BY_PASSPHRASE = 0, 1
_MOST_BYTES = 65_536


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the vault keeps; times in ms UTC. Without tokens the person is signed out, but the key is still known."""

    client_id: str = ""
    client_secret: Secret = Secret("")
    callback_url: str = ""
    access_token: Secret = Secret("")
    refresh_token: Secret = Secret("")
    access_ends_ms: int = 0
    signed_in_ms: int = 0


class _Key(msgspec.Struct, frozen=True):
    """A key with all that the header says about it."""

    kind: int
    log_n: int
    id: bytes
    key: Secret  # base64

    def header(self, nonce: bytes) -> bytes:
        return _HEADER.pack(_MAGIC, _VERSION, self.kind, self.log_n, self.id, nonce)

    def cipher(self) -> AESGCM:
        return AESGCM(base64.b64decode(self.key.reveal()))


class Vault:
    """The file in ``folder``; in memory only when there is no folder. Its methods are slow: call them in a thread.

    ``notice`` is a sentence about what was found wrong, ``locked`` says that a file is there which a passphrase may
    open, ``kept_by`` is keyring, passphrase or session.
    """

    def __init__(self, folder: Path | None, store: KeyStore | None = None, scrypt_log_n: int = 17) -> None:
        self._path = folder / FILE_NAME if folder else None
        self._store = store
        self._log_n = scrypt_log_n
        self._key: _Key | None = None
        self._passphrase = Secret("")
        self.kept_by = "session"
        self.locked = False
        self.notice = ""

    def open(self, passphrase: str = "") -> Kept:
        """What was kept, after a look at what there is to keep it with. Never raises for what it finds in the file."""
        self._passphrase = Secret(passphrase or os.environ.get(PASSPHRASE_VARIABLE, ""))
        if self._path is None:
            return Kept()
        sweep(self._path)
        self.kept_by = self._choose_keeper()
        content = self._read()
        if content is None:
            return Kept()
        try:
            return self._open(content)
        except BadData as error:
            self.notice = error.sentence
            try:
                self._set_aside()
            except OSError as trouble:
                _log.warning("%s cannot be set aside: %s", self._path, trouble)
            return Kept()

    def unlock(self, passphrase: str, current: Kept) -> Kept:
        """Keep with this passphrase from now on; gives what its file held, or ``current`` when there was none.

        Raises BadData when the file was made with another passphrase, Unusable when it cannot be written.
        """
        if not passphrase:
            raise BadData("Enter a passphrase.")
        content = self._read()
        if content is not None and self.locked:
            key, nonce, sealed = self._key_of(content, Secret(passphrase))
            kept = _unseal(key, nonce, sealed)
            if kept is None:
                raise BadData("This passphrase does not open the stored sign-in.")
            self._key, current = key, kept
        self._passphrase, self.kept_by, self.locked, self.notice = Secret(passphrase), "passphrase", False, ""
        self.save(current)
        return current

    def start_over(self) -> None:
        """Set the locked file aside, so that a new one can be made. Raises Unusable."""
        try:
            self._set_aside()
        except OSError as error:
            raise Unusable("The stored sign-in could not be set aside.", str(error)) from error
        self.locked, self.notice = False, ""

    def save(self, kept: Kept) -> None:
        """Write everything; the old file stands until the new one is whole on disk. Raises Unusable."""
        if self._path is None or self.kept_by == "session":
            return
        try:
            key = self._key = self._key or self._make_key()
            nonce = secrets.token_bytes(12)
            header = key.header(nonce)
            plain = msgspec.json.encode(kept, enc_hook=_reveal)
            write_private(self._path, header + key.cipher().encrypt(nonce, plain, header))
        except (OSError, KeyStoreUnavailable) as error:
            detail = f"{type(error).__name__}: {error}"
            raise Unusable("The sign-in could not be kept on disk; it holds until the program ends.", detail) from error

    def forget(self, kept: Kept) -> None:
        """Erase the file and its key, so that copies of it are useless, and keep ``kept`` under a new key.

        Raises Unusable when the file could not be erased or written.
        """
        old, self._key = self._key, None
        try:
            if self._path is not None and not self.locked:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise Unusable("The stored sign-in could not be erased.", str(error)) from error
        if old is not None and old.kind == _BY_KEYRING and self._store is not None:
            try:
                self._store.delete(old.id.hex())
            except KeyStoreUnavailable as error:
                _log.warning("the old key stays in the password store: %s", error)
        if kept.client_id:
            self.save(kept)

    def _choose_keeper(self) -> str:
        if self._store is not None:
            try:
                self._store.get("probe")
            except KeyStoreUnavailable as error:
                _log.info("the system's password store is not used: %s", error)
            else:
                return "keyring"
        return "passphrase" if self._passphrase else "session"

    def _make_key(self) -> _Key:
        key_id = secrets.token_bytes(16)
        if self.kept_by == "passphrase":
            return _Key(_BY_PASSPHRASE, self._log_n, key_id, _derive(self._passphrase, key_id, self._log_n))
        key = Secret(base64.b64encode(secrets.token_bytes(32)).decode())
        if self._store is None:
            raise KeyStoreUnavailable("there is none")
        self._store.set(key_id.hex(), key.reveal())
        return _Key(_BY_KEYRING, 0, key_id, key)

    def _open(self, content: bytes) -> Kept:
        try:
            key, nonce, sealed = self._key_of(content, self._passphrase)
        except KeyStoreUnavailable as error:
            _log.warning("the key of the stored sign-in cannot be had: %s", error)
            self.kept_by = "session"
            self.notice = "The system's password store does not give the key, so the stored sign-in stays closed."
            return Kept()
        kept = _unseal(key, nonce, sealed) if key.key else None
        if kept is not None:
            self._key, self.kept_by = key, "passphrase" if key.kind == _BY_PASSPHRASE else "keyring"
        elif key.kind == _BY_PASSPHRASE:
            # A wrong passphrase and a damaged file look alike: the file stays.
            self.kept_by, self.locked = "session", True
            self.notice = "The stored sign-in is locked; its passphrase opens it."
        else:
            raise BadData("The stored sign-in was damaged and has been set aside. Please sign in again.")
        return kept or Kept()

    def _key_of(self, content: bytes, passphrase: Secret) -> tuple[_Key, bytes, bytes]:
        """The key that the header asks for (empty when it is not known), the nonce, and what is sealed."""
        if not _HEADER.size < len(content) <= _MOST_BYTES:
            raise BadData("The stored sign-in was damaged and has been set aside. Please sign in again.")
        magic, version, kind, log_n, key_id, nonce = _HEADER.unpack_from(content)
        known = kind == _BY_KEYRING or (kind == _BY_PASSPHRASE and 1 <= log_n <= 18)
        if magic != _MAGIC or version != _VERSION or not known:
            raise BadData(
                "The stored sign-in is not one this version can read; it was set aside. Please sign in again."
            )
        if kind == _BY_PASSPHRASE:
            text = _derive(passphrase, key_id, log_n) if passphrase else Secret("")
        elif self._store is None:
            raise KeyStoreUnavailable("there is none")
        else:
            text = Secret(self._store.get(key_id.hex()) or "")
        return _Key(kind, log_n, key_id, text), nonce, content[_HEADER.size :]

    def _read(self) -> bytes | None:
        try:
            return self._path.read_bytes() if self._path else None
        except FileNotFoundError:
            return None
        except OSError as error:
            self.kept_by = "session"
            self.notice = "The stored sign-in cannot be read, so it stays closed."
            _log.warning("%s cannot be read: %s", self._path, error)
            return None

    def _set_aside(self) -> None:
        if self._path is not None:
            self._path.replace(self._path.with_name(FILE_NAME + ".bad"))


def _derive(passphrase: Secret, salt: bytes, log_n: int) -> Secret:
    key = hashlib.scrypt(
        passphrase.reveal().encode(), salt=salt, n=1 << log_n, r=8, p=1, dklen=32, maxmem=(1 << log_n) * 1024 + 2**21
    )
    return Secret(base64.b64encode(key).decode())


def _unseal(key: _Key, nonce: bytes, sealed: bytes) -> Kept | None:
    try:
        plain = key.cipher().decrypt(nonce, sealed, key.header(nonce))
        return msgspec.json.decode(plain, type=Kept, dec_hook=_hide)
    except (InvalidTag, msgspec.DecodeError, ValueError):
        return None


def _reveal(value: Any) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError(type(value).__name__)


def _hide(kind: type, value: Any) -> Any:
    return Secret(value) if kind is Secret else value
