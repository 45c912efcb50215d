"""The format of the token file: a header that says how its key is made, and AES-GCM over the rest, bound to the header.

The header is a magic word, the version, the kind of key, scrypt's cost, the key's id, and a nonce. A random key lies in
the password store under its id; a key of a passphrase is derived by scrypt with the id as salt.
"""

import base64
import hashlib
import secrets
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from monitor.errors import BadData
from monitor.schwab.secret import Secret

MOST_BYTES: Final = 1_048_576
#: What scrypt costs: 2^17 blocks of 1 KiB, so 128 MiB and a good third of a second for every guess.
SCRYPT_LOG_N: Final = 17
_MOST_LOG_N = 18
_HEADER = struct.Struct(">4sBBB16s12s")
_NONCE_BYTES = 12
_MAGIC, _VERSION = b"MMTK", 1


class KeyKind(IntEnum):
    """Where the key comes from."""

    KEYRING = 0
    PASSPHRASE = 1


@dataclass(frozen=True, slots=True)
class Key:
    """A key, with all that a header says about it; ``text`` is base64."""

    kind: KeyKind
    log_n: int
    id: bytes
    text: Secret

    @property
    def name(self) -> str:
        """Under which the password store keeps it."""
        return self.id.hex()

    def cipher(self) -> AESGCM:
        return AESGCM(base64.b64decode(self.text.reveal()))


def random_key() -> Key:
    """A new key for the password store."""
    return Key(KeyKind.KEYRING, 0, secrets.token_bytes(16), _base64(secrets.token_bytes(32)))


def passphrase_key(passphrase: Secret, log_n: int, salt: bytes = b"") -> Key:
    """The key that a passphrase makes; slow on purpose. Without a salt it is a new one."""
    salt = salt or secrets.token_bytes(16)
    most = (1 << log_n) * 1024 + 2**21
    text = passphrase.reveal().encode("utf-8", "surrogatepass")
    key = hashlib.scrypt(text, salt=salt, n=1 << log_n, r=8, p=1, dklen=32, maxmem=most)
    return Key(KeyKind.PASSPHRASE, log_n, salt, _base64(key))


def wanted_key(content: bytes) -> Key:
    """Which key a sealed file asks for, its text still unknown. Raises BadData for any other file or version."""
    if not _HEADER.size < len(content) <= MOST_BYTES:
        raise BadData("The stored sign-in was damaged and has been set aside. Please sign in again.")
    magic, version, kind, log_n, key_id, _ = _HEADER.unpack_from(content)
    known = (kind == KeyKind.KEYRING and log_n == 0) or (kind == KeyKind.PASSPHRASE and 1 <= log_n <= _MOST_LOG_N)
    if magic != _MAGIC or version != _VERSION or not known:
        raise BadData("The stored sign-in is not one this version can read; it was set aside. Please sign in again.")
    return Key(KeyKind(kind), log_n, key_id, Secret(""))


def seal(key: Key, plain: bytes) -> bytes:
    """The whole file, under a nonce of its own."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    header = _HEADER.pack(_MAGIC, _VERSION, key.kind, key.log_n, key.id, nonce)
    return header + key.cipher().encrypt(nonce, plain, header)


def unseal(key: Key, content: bytes) -> bytes | None:
    """What was sealed; None when the key is another one, or a single bit of the file was changed."""
    header, sealed = content[: _HEADER.size], content[_HEADER.size :]
    try:
        return key.cipher().decrypt(header[-_NONCE_BYTES:], sealed, header)
    except (InvalidTag, ValueError):
        return None


def _base64(key: bytes) -> Secret:
    return Secret(base64.b64encode(key).decode())
