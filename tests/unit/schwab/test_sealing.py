"""The format of the token file: known answers, and no bit of it can be changed unnoticed."""

import base64
import struct

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from monitor.errors import BadData
from monitor.schwab.sealing import SCRYPT_LOG_N, Key, KeyKind, passphrase_key, random_key, seal, unseal, wanted_key
from monitor.schwab.secret import Secret

SALT = bytes(range(16))
HEADER = 4 + 1 + 1 + 1 + 16 + 12


def test_the_key_of_a_passphrase_is_known() -> None:
    key = base64.b64decode(passphrase_key(Secret("correct horse"), 17, SALT).text.reveal())
    assert key.hex() == "4c6bc95145350a07e4000e6b475195a0b9c727c25a0517bbc2ac76edc10e426c"
    assert key == Scrypt(SALT, 32, 2**17, 8, 1).derive(b"correct horse")


def test_a_new_passphrase_costs_128_mib_a_guess() -> None:
    assert SCRYPT_LOG_N == 17


def test_a_file_of_another_program_with_the_same_format_opens() -> None:
    """Sealed here by hand, as the description of the format says."""
    key = AESGCM(Scrypt(SALT, 32, 2**4, 8, 1).derive("pässphrase".encode()))
    header = struct.pack(">4sBBB16s12s", b"MMTK", 1, 1, 4, SALT, b"nonce-of-12-")
    content = header + key.encrypt(b"nonce-of-12-", b"plain", header)
    wanted = wanted_key(content)
    assert (wanted.kind, wanted.log_n, wanted.id) == (KeyKind.PASSPHRASE, 4, SALT)
    assert unseal(passphrase_key(Secret("pässphrase"), wanted.log_n, wanted.id), content) == b"plain"


@pytest.mark.parametrize("key", [random_key(), passphrase_key(Secret("correct horse"), 4, SALT)])
def test_every_changed_bit_is_noticed_in_the_header_too(key: Key) -> None:
    content = seal(key, b"plain")
    opened = []
    for place in range(len(content) * 8):
        spoiled = bytearray(content)
        spoiled[place // 8] ^= 1 << place % 8
        if unseal(key, bytes(spoiled)) is not None:
            opened.append(place)
    assert opened == []
    assert unseal(key, content) == b"plain"


@pytest.mark.parametrize("version", [0, 2, 255])
def test_an_older_or_newer_version_is_said_to_be_one(version: int) -> None:
    content = bytearray(seal(random_key(), b"plain"))
    content[4] = version
    with pytest.raises(BadData, match="not one this version can read"):
        wanted_key(bytes(content))


def test_the_same_text_is_sealed_differently_each_time() -> None:
    key = random_key()
    assert len({seal(key, b"plain")[HEADER:] for _ in range(20)}) == 20
    assert len({seal(key, b"plain")[HEADER - 12 : HEADER] for _ in range(20)}) == 20
