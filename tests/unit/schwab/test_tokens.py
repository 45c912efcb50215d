"""The vault keeps tokens encrypted, whole or not at all, and never throws away what it cannot open."""

import hashlib
import os
import stat
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import BadData, Unusable
from monitor.schwab import passphrase
from monitor.schwab.keystore import KeyStore
from monitor.schwab.secret import Secret
from monitor.schwab.tokens import Kept, Vault, forget_run

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


def test_the_file_is_the_owners_alone_from_its_first_moment_and_holds_no_clear_text(make_vault, tmp_path, monkeypatch):
    seen, synced, fsync = [], [], os.fsync

    def look(handle):
        seen.extend((path.name, stat.S_IMODE(path.stat().st_mode)) for path in tmp_path.iterdir())
        seen.append(b"canary" in everything_in(tmp_path))
        synced.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", look)
    before = os.umask(0)
    try:
        vault = make_vault()
        vault.open()
        vault.save(KEPT)
    finally:
        os.umask(before)
    draft, *_ = seen[0]
    assert draft.startswith(".tokens.bin.")
    assert seen == [(draft, 0o600), False, ("tokens.bin", 0o600), False]
    assert synced == [False, True]
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


def test_signing_out_leaves_nothing_in_the_folder_and_what_is_saved_next_has_a_new_key(make_vault, tmp_path, backend):
    vault = make_vault()
    vault.open()
    vault.save(KEPT)
    names = set(backend.texts)
    for stray in ("tokens.bin.bad", ".tokens.bin.0123.part", "monitor.db"):
        (tmp_path / stray).write_bytes(b"x")
    vault.forget()
    assert [path.name for path in tmp_path.iterdir()] == ["monitor.db"]
    vault.save(KEPT)
    assert make_vault().open() == KEPT
    assert names.isdisjoint(backend.texts)


def test_signing_out_forgets_the_passphrase_too(tmp_path):
    vault = Vault(tmp_path, scrypt_log_n=4)
    vault.open("correct horse")
    vault.save(KEPT)
    vault.forget()
    assert vault.kept_by == "session"
    vault.save(KEPT)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_erased_is_told_and_its_key_is_gone_all_the_same(make_vault, tmp_path, backend):
    vault = make_vault()
    vault.open()
    vault.save(KEPT)
    (tmp_path / "tokens.bin.bad").mkdir()
    with pytest.raises(Unusable, match="could not be erased"):
        vault.forget()
    assert backend.texts == {}


def test_starting_over_keeps_the_closed_file_until_sign_out(tmp_path):
    first = Vault(tmp_path, scrypt_log_n=4)
    first.open("forgotten it")
    first.save(KEPT)
    vault = Vault(tmp_path, scrypt_log_n=4)
    vault.open()
    vault.start_over()
    vault.unlock("another one", KEPT)
    assert {path.name for path in tmp_path.iterdir()} == {"tokens.bin", "tokens.bin.bad"}
    vault.forget()
    assert list(tmp_path.iterdir()) == []


def test_a_new_passphrase_that_is_short_or_empty_is_not_taken(tmp_path, monkeypatch, caplog):
    vault = Vault(tmp_path, scrypt_log_n=4)
    vault.open()
    with pytest.raises(BadData, match="Enter a passphrase"):
        vault.unlock("", KEPT)
    with pytest.raises(BadData, match="at least 8 characters"):
        vault.unlock("seven77", KEPT)
    monkeypatch.setattr(passphrase, "_taken", Secret("seven77"))
    again = Vault(tmp_path, scrypt_log_n=4)
    again.open()
    again.save(KEPT)
    assert again.kept_by == "session"
    assert "fewer than 8 characters" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_passphrase_costs_what_the_right_one_does_and_erases_nothing(tmp_path, monkeypatch):
    first = Vault(tmp_path, scrypt_log_n=4)
    first.open("correct horse")
    first.save(KEPT)
    content, derive, costs = (tmp_path / "tokens.bin").read_bytes(), hashlib.scrypt, []
    monkeypatch.setattr(hashlib, "scrypt", lambda text, **cost: costs.append(cost["n"]) or derive(text, **cost))
    vault = Vault(tmp_path)
    vault.open("wrong horse")
    for guess in ("battery", "staple", "correct horse "):
        with pytest.raises(BadData, match="does not open"):
            vault.unlock(guess, Kept())
    assert costs == [16] * 4
    assert everything_in(tmp_path) == content
    assert vault.unlock("correct horse", Kept()) == KEPT


def test_a_vault_that_is_opened_again_says_how_it_is_now(tmp_path):
    first = Vault(tmp_path, scrypt_log_n=4)
    first.open("correct horse")
    first.save(KEPT)
    vault = Vault(tmp_path, scrypt_log_n=4)
    vault.open("wrong horse")
    assert vault.open("correct horse") == KEPT
    assert (vault.locked, vault.notice, vault.kept_by) == (False, "", "passphrase")
    vault.open("wrong horse")
    assert (vault.locked, vault.kept_by) == (True, "session")


def test_the_passphrase_is_asked_once_a_start(tmp_path):
    first = Vault(tmp_path, scrypt_log_n=4)
    first.open("correct horse")
    first.save(KEPT)
    vault = Vault(tmp_path, scrypt_log_n=4)
    vault.open()
    vault.unlock("correct horse", Kept())
    vault.save(Kept("changed"))
    assert Vault(tmp_path).open() == Kept("changed")  # as when another program had the profile meanwhile
    vault.forget()
    vault.unlock("battery staple", KEPT)
    assert Vault(tmp_path).open() == KEPT


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(content=st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"MMTK\x01\x00\x00" + tail))
def test_whatever_lies_in_its_place_is_kept_as_it_is_and_one_sentence_tells(make_vault, tmp_path, content):
    (tmp_path / "tokens.bin").write_bytes(content)
    vault = make_vault()
    assert vault.open() == Kept()
    assert vault.notice.startswith("The stored sign-in ")
    assert vault.notice.endswith("Please sign in again.")
    assert (tmp_path / "tokens.bin.bad").read_bytes() == content
    assert vault.kept_by == "keyring"


def test_a_damaged_file_that_cannot_be_set_aside_is_not_overwritten(make_vault, tmp_path):
    (tmp_path / "tokens.bin").write_bytes(b"garbage")
    (tmp_path / "tokens.bin.bad").mkdir()
    vault = make_vault()
    assert vault.open() == Kept()
    assert vault.notice == "The stored sign-in could not be set aside."
    vault.save(KEPT)
    assert (vault.kept_by, (tmp_path / "tokens.bin").read_bytes()) == ("session", b"garbage")


def test_a_place_that_cannot_be_read_stays_closed(make_vault, tmp_path):
    (tmp_path / "tokens.bin").mkdir()
    vault = make_vault()
    assert vault.open() == Kept()
    assert vault.notice == "The stored sign-in cannot be read, so it stays closed."
    vault.save(KEPT)
    assert [path.name for path in tmp_path.iterdir()] == ["tokens.bin"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders.")
def test_a_pipe_in_its_place_is_not_waited_for(make_vault, tmp_path):
    os.mkfifo(tmp_path / "tokens.bin")
    vault = make_vault()
    vault.open()
    assert "stays closed" in vault.notice


def test_the_passphrase_of_the_environment_is_taken_out_of_it(monkeypatch, tmp_path):
    monkeypatch.setattr(passphrase, "_taken", Secret(""))
    monkeypatch.setenv("MARKET_MONITOR_PASSPHRASE", "correct horse")
    passphrase.take_from_environment()
    assert "MARKET_MONITOR_PASSPHRASE" not in os.environ
    assert passphrase.known_for(tmp_path) == Secret("correct horse")
    child = "import os; print(os.environ.get('MARKET_MONITOR_PASSPHRASE'))"
    assert subprocess.check_output([sys.executable, "-c", child], text=True) == "None\n"


def test_what_is_kept_in_memory_comes_back_within_the_run_only(tmp_path):
    vault = Vault(tmp_path)
    vault.open()
    vault.save(KEPT)
    again = Vault(tmp_path)
    assert again.open() == KEPT
    assert again.kept_by == "session"
    assert list(tmp_path.iterdir()) == []
    forget_run(tmp_path / "tokens.bin")
    assert Vault(tmp_path).open() == Kept()


def test_signing_out_forgets_what_is_kept_in_memory(tmp_path):
    vault = Vault(tmp_path)
    vault.open()
    vault.save(KEPT)
    vault.forget()
    assert Vault(tmp_path).open() == Kept()


def test_a_passphrase_chosen_later_leaves_nothing_in_memory_to_come_back(tmp_path):
    vault = Vault(tmp_path, scrypt_log_n=4)
    vault.open()
    vault.save(KEPT)
    vault.unlock("correct horse", KEPT)
    (tmp_path / "tokens.bin").unlink()
    assert Vault(tmp_path).open() == Kept()
