"""The vault keeps tokens encrypted, whole or not at all, and never throws away what it cannot open."""

import os
import stat
import time
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import BadData, Unusable
from monitor.schwab import keystore, passphrase
from monitor.schwab.keystore import KeyStore, KeyStoreUnavailable, system_backend
from monitor.schwab.secret import Secret
from monitor.schwab.tokens import Kept, Vault

KEPT = Kept("key", Secret("app-secret"), "https://127.0.0.1/", Secret("canary-access"), Secret("canary-refresh"), 5, 7)


class MemoryBackend:
    """A password store like that of Windows: at most 1280 characters a secret."""

    def __init__(self):
        self.texts = {}

    def get_password(self, service, username):
        return self.texts.get((service, username))

    def set_password(self, service, username, password):
        assert len(password) <= 1280
        self.texts[service, username] = password

    def delete_password(self, service, username):
        del self.texts[service, username]


@pytest.fixture
def backend():
    return MemoryBackend()


@pytest.fixture
def make_vault(tmp_path, backend):
    """A new vault on the same folder and password store, as after a restart."""
    return lambda: Vault(tmp_path, KeyStore("test", lambda: backend), scrypt_log_n=4)


def everything_in(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_it_comes_back_with_the_key_of_the_password_store(make_vault):
    vault = make_vault()
    assert vault.open() == Kept()
    vault.save(KEPT)
    again = make_vault()
    assert again.open() == KEPT
    assert again.kept_by == "keyring"


def test_the_file_is_the_owners_alone_and_holds_no_clear_text(make_vault, tmp_path):
    before = os.umask(0)
    try:
        vault = make_vault()
        vault.open()
        vault.save(KEPT)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "tokens.bin").stat().st_mode) == 0o600
    assert b"canary" not in everything_in(tmp_path)
    assert b"app-secret" not in everything_in(tmp_path)


def test_without_a_password_store_a_passphrase_keeps_it(tmp_path, monkeypatch):
    vault = Vault(tmp_path, scrypt_log_n=4)
    vault.open("correct horse")
    vault.save(KEPT)
    monkeypatch.setattr(passphrase, "_taken", Secret("correct horse"))
    again = Vault(tmp_path, scrypt_log_n=4)
    assert again.open() == KEPT
    assert again.kept_by == "passphrase"


def test_without_either_nothing_is_written(tmp_path):
    vault = Vault(tmp_path)
    vault.open()
    vault.save(KEPT)
    assert vault.kept_by == "session"
    assert not list(tmp_path.iterdir())


def test_a_wrong_passphrase_locks_and_the_right_one_opens(tmp_path):
    first = Vault(tmp_path, scrypt_log_n=4)
    first.open("right horse")
    first.save(KEPT)
    vault = Vault(tmp_path)
    assert vault.open("wrong") == Kept()
    assert vault.locked
    assert "locked" in vault.notice
    with pytest.raises(BadData, match="does not open"):
        vault.unlock("wrong again", Kept())
    assert vault.unlock("right horse", Kept()) == KEPT
    assert not vault.locked


def test_a_passphrase_given_later_keeps_what_was_in_memory(tmp_path):
    vault = Vault(tmp_path, scrypt_log_n=4)
    vault.open()
    vault.unlock("later horse", KEPT)
    assert Vault(tmp_path).open("later horse") == KEPT


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_set_aside_with_a_sentence(make_vault, tmp_path, data):
    vault = make_vault()
    vault.open()
    vault.save(KEPT)
    path = tmp_path / "tokens.bin"
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1).filter(lambda n: n not in {5, 6}))  # these two say passphrase
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), place]))])
    spoiled = path.read_bytes()
    again = make_vault()
    assert again.open() == Kept()
    assert "sign in again" in again.notice
    assert (tmp_path / "tokens.bin.bad").read_bytes() == spoiled
    assert not path.exists()


def test_half_written_files_of_a_killed_program_are_swept(make_vault, tmp_path):
    (tmp_path / ".tokens.bin.0123.part").write_bytes(b"x")
    make_vault().open()
    assert not list(tmp_path.glob("*.part"))


def test_a_failed_write_leaves_the_old_file(make_vault, tmp_path, monkeypatch):
    vault = make_vault()
    vault.open()
    vault.save(KEPT)

    def disk_full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(Unusable, match="could not be kept"):
        vault.save(Kept("another"))
    assert make_vault().open() == KEPT
    assert [path.name for path in tmp_path.iterdir()] == ["tokens.bin"]


def test_signing_out_makes_copies_of_the_file_useless(make_vault, tmp_path, backend):
    vault = make_vault()
    vault.open()
    vault.save(KEPT)
    copy = (tmp_path / "tokens.bin").read_bytes()
    vault.forget()
    assert make_vault().open() == Kept()
    (tmp_path / "tokens.bin").write_bytes(copy)
    assert make_vault().open() == Kept()
    assert backend.texts == {}


def test_a_password_store_that_hangs_is_left_behind(tmp_path, make_vault):
    first = make_vault()
    first.open()
    first.save(KEPT)
    asked = []

    class Hanging(MemoryBackend):
        def get_password(self, service, username):
            asked.append(username)
            time.sleep(0.3)

    vault = Vault(tmp_path, KeyStore("test", Hanging, limit_seconds=0.01))
    assert vault.open() == Kept()
    assert asked
    assert vault.kept_by == "session"
    assert "stays closed" in vault.notice
    assert make_vault().open() == KEPT


def test_a_store_that_raises_is_as_good_as_none():
    def locked():
        raise RuntimeError("locked collection")

    with pytest.raises(KeyStoreUnavailable, match="RuntimeError"):
        KeyStore("test", locked).get("name")
    with pytest.raises(KeyStoreUnavailable, match="none"):
        KeyStore("test", lambda: None).set("name", "text")


def test_only_listed_back_ends_are_asked(monkeypatch):
    asked = []

    def installed(module):
        asked.append(module)
        usable = type("Usable", (MemoryBackend,), {"priority": 99 if module.endswith("libsecret") else 0})
        return SimpleNamespace(Keyring=usable, WinVaultKeyring=usable, DBusKeyring=usable)

    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(keystore, "import_module", installed)
    assert isinstance(system_backend(), MemoryBackend)
    assert asked[-1] == "keyring.backends.libsecret"
    assert not {"chainer", "fail", "null"} & {module.rpartition(".")[2] for module in asked}


def test_no_working_back_end_is_no_back_end(monkeypatch):
    monkeypatch.setattr(keystore, "_BACKENDS", (("keyring.backends.fail", "Keyring"), ("no.such.module", "Keyring")))
    assert system_backend() is None
