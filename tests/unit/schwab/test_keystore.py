"""Each kind of password store on its own: the vault works with those that work, and never writes without one."""

import base64
import logging
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from keyring.errors import InitError, KeyringLocked, PasswordDeleteError, PasswordSetError

from monitor.errors import Unusable
from monitor.schwab import keystore
from monitor.schwab.keystore import KeyStore, KeyStoreUnavailable, system_backend, system_store
from monitor.schwab.secret import Secret
from monitor.schwab.tokens import Kept, Vault

KEPT = Kept("key", Secret("canary-secret"), "https://127.0.0.1/", Secret("canary-access"), Secret("canary-refresh"), 5)


class Memory:
    """A store that works, as the Secret Service does: deleting what is not there is an error."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.asked: list[str] = []

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append("get")
        return self.texts.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.asked.append("set")
        self.texts[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.asked.append("delete")
        if self.texts.pop((service, username), None) is None:
            raise PasswordDeleteError("No such password!")


class Windows(Memory):
    """Windows' vault takes 2,560 bytes a secret, so 1,280 characters of UTF-16."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le")) > 2560:
            raise OSError(1783, "CredWrite", "The stub received bad data")
        super().set_password(service, username, password)


class Locked(Memory):
    """A store whose person does not unlock it."""

    def get_password(self, service: str, username: str) -> str | None:
        super().get_password(service, username)
        raise KeyringLocked("Failed to unlock the collection!")

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password)
        raise KeyringLocked("Failed to unlock the collection!")


class ReadOnly(Memory):
    def set_password(self, service: str, username: str, password: str) -> None:
        self.asked.append("set")
        raise PasswordSetError("Can't store password on keychain")


class Silent(Memory):
    """A store that answers no question for a minute, unless the test is over."""

    def __init__(self) -> None:
        super().__init__()
        self.over = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append("get")
        self.over.wait(60)
        return None

    set_password = delete_password = get_password  # type: ignore[assignment]


VaultMaker = Callable[..., Vault]


@pytest.fixture
def make_vault(tmp_path: Path) -> VaultMaker:
    """A vault of a new run of the program, with the given store behind it."""
    return lambda backend, limit=3.0: Vault(tmp_path, KeyStore("test", lambda: backend, limit), scrypt_log_n=4)


def canaries_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]


@pytest.mark.parametrize("kind", [Memory, Windows])
def test_with_a_store_that_works_the_sign_in_comes_back(make_vault: VaultMaker, tmp_path: Path, kind: Any) -> None:
    backend = kind()
    vault = make_vault(backend)
    vault.open()
    vault.save(KEPT)
    assert vault.kept_by == "keyring"
    again = make_vault(backend)
    assert (again.open(), again.kept_by, again.notice) == (KEPT, "keyring", "")
    assert canaries_in(tmp_path) == []


def test_of_a_token_of_any_length_only_the_key_goes_into_the_store(make_vault: VaultMaker, tmp_path: Path) -> None:
    backend = Windows()
    long = Kept("key", Secret("s"), "c", Secret("canary" * 700), Secret("canary" * 700))
    vault = make_vault(backend)
    vault.open()
    vault.save(long)
    assert make_vault(backend).open() == long
    assert [len(base64.b64decode(text)) for text in backend.texts.values()] == [32]
    assert canaries_in(tmp_path) == []


def test_without_a_store_nothing_is_written_until_a_passphrase_is_chosen(
    make_vault: VaultMaker, tmp_path: Path
) -> None:
    vault = make_vault(None)
    vault.open()
    vault.save(KEPT)
    assert vault.kept_by == "session"
    assert list(tmp_path.iterdir()) == []
    vault.unlock("correct horse", KEPT)
    assert vault.kept_by == "passphrase"
    assert make_vault(None).open("correct horse") == KEPT
    assert canaries_in(tmp_path) == []


def test_a_person_who_refuses_to_unlock_is_asked_again_at_the_next_start_only(
    make_vault: VaultMaker, tmp_path: Path
) -> None:
    backend, locked = Memory(), Locked()
    before = make_vault(backend)
    before.open()
    before.save(KEPT)
    content = (tmp_path / "tokens.bin").read_bytes()
    vault = make_vault(locked)
    assert (vault.open(), vault.kept_by) == (Kept(), "session")
    assert "stays closed" in vault.notice
    vault.save(KEPT)
    vault.save(KEPT)
    assert locked.asked == ["get"]
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("tokens.bin", content)]
    assert make_vault(backend).open() == KEPT


def test_a_refusal_without_a_stored_sign_in_is_for_this_run_too(make_vault: VaultMaker, tmp_path: Path) -> None:
    locked = Locked()
    vault = make_vault(locked)
    vault.open()
    vault.save(KEPT)
    assert (vault.kept_by, locked.asked, list(tmp_path.iterdir())) == ("session", ["get"], [])


def test_a_silent_store_holds_the_start_up_once(make_vault: VaultMaker, tmp_path: Path) -> None:
    backend, silent = Memory(), Silent()
    before = make_vault(backend)
    before.open()
    before.save(KEPT)
    begun = time.monotonic()
    vault = make_vault(silent, 0.2)
    assert vault.open() == Kept()
    vault.save(KEPT)
    vault.forget()
    assert time.monotonic() - begun >= 0.2
    silent.over.set()
    assert (vault.kept_by, silent.asked) == ("session", ["get"])


def test_a_run_asks_one_and_the_same_store_however_often_a_profile_is_opened() -> None:
    assert system_store("test of a run") is system_store("test of a run") is not system_store("another profile")


def test_the_limit_of_a_call_is_three_seconds() -> None:
    assert KeyStore("test")._limit_seconds == 3.0


def test_a_program_ends_although_the_store_is_still_silent() -> None:
    program = """
        import threading
        from monitor.schwab.keystore import KeyStore, KeyStoreUnavailable
        class Silent:
            def get_password(self, *_): threading.Event().wait()
        try:
            KeyStore("test", Silent, 0.1).get("name")
        except KeyStoreUnavailable as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("it did not answer in time\n", 0)


def test_a_store_that_takes_no_key_leaves_the_choice_of_a_passphrase(make_vault: VaultMaker, tmp_path: Path) -> None:
    backend = ReadOnly()
    vault = make_vault(backend)
    vault.open()
    with pytest.raises(Unusable, match="holds until the program ends"):
        vault.save(KEPT)
    vault.save(KEPT)  # said once
    assert (vault.kept_by, backend.asked, list(tmp_path.iterdir())) == ("session", ["get", "set"], [])
    vault.unlock("correct horse", KEPT)
    assert make_vault(backend).open("correct horse") == KEPT


def test_a_store_that_lost_the_key_is_told_and_the_file_set_aside(make_vault: VaultMaker, tmp_path: Path) -> None:
    backend = Memory()
    vault = make_vault(backend)
    vault.open()
    vault.save(KEPT)
    content = (tmp_path / "tokens.bin").read_bytes()
    backend.texts.clear()
    again = make_vault(backend)
    assert (again.open(), again.kept_by) == (Kept(), "keyring")
    assert again.notice == "The stored sign-in has lost its key and was set aside. Please sign in again."
    assert (tmp_path / "tokens.bin.bad").read_bytes() == content
    again.save(KEPT)
    assert make_vault(backend).open() == KEPT


@pytest.mark.parametrize("text", ["", "not Base64!", "c2hvcnQ=", "ä"])
def test_a_key_that_somebody_spoiled_opens_nothing(make_vault: VaultMaker, text: str) -> None:
    backend = Memory()
    vault = make_vault(backend)
    vault.open()
    vault.save(KEPT)
    backend.texts = dict.fromkeys(backend.texts, text)
    again = make_vault(backend)
    assert again.open() == Kept()
    assert "sign in again" in again.notice


def test_a_store_that_appears_leaves_a_passphrase_file_alone_and_is_not_asked(
    make_vault: VaultMaker, tmp_path: Path
) -> None:
    first = make_vault(None)
    first.open("correct horse")
    first.save(KEPT)
    backend = Memory()
    vault = make_vault(backend)
    assert vault.open() == Kept()
    assert (vault.locked, backend.asked) == (True, [])
    assert vault.unlock("correct horse", Kept()) == KEPT
    vault.save(KEPT)
    assert (vault.kept_by, backend.asked) == ("passphrase", [])
    assert make_vault(None).open("correct horse") == KEPT


def test_a_store_that_is_gone_leaves_its_file_until_a_passphrase_takes_its_place(
    make_vault: VaultMaker, tmp_path: Path
) -> None:
    backend = Memory()
    first = make_vault(backend)
    first.open()
    first.save(KEPT)
    content = (tmp_path / "tokens.bin").read_bytes()
    vault = make_vault(None)
    assert (vault.open("correct horse"), vault.kept_by, vault.locked) == (Kept(), "session", False)
    vault.save(KEPT)
    assert (tmp_path / "tokens.bin").read_bytes() == content
    vault.unlock("correct horse", Kept("another"))
    assert (tmp_path / "tokens.bin.bad").read_bytes() == content
    assert make_vault(None).open("correct horse") == Kept("another")


def test_a_given_passphrase_is_used_although_there_is_a_store(make_vault: VaultMaker) -> None:
    backend = Memory()
    vault = make_vault(backend)
    vault.open("correct horse")
    vault.save(KEPT)
    assert (vault.kept_by, backend.asked) == ("passphrase", [])


def test_signing_out_erases_the_key_even_of_a_file_that_stayed_closed(make_vault: VaultMaker, tmp_path: Path) -> None:
    backend = Memory()
    first = make_vault(backend)
    first.open()
    first.save(KEPT)
    (tmp_path / "tokens.bin").replace(tmp_path / "tokens.bin.bad")
    second = make_vault(backend)
    second.open()
    second.save(KEPT)
    copies = [path.read_bytes() for path in tmp_path.iterdir()]
    assert len(backend.texts) == 2
    make_vault(backend).forget()
    assert (backend.texts, list(tmp_path.iterdir())) == ({}, [])
    for copy in copies:
        (tmp_path / "tokens.bin").write_bytes(copy)
        assert make_vault(backend).open() == Kept()


# ---------------------------------------------------------------------- which stores are asked


def test_a_store_that_raises_is_as_good_as_none() -> None:
    def broken() -> None:
        raise InitError("canary text of the system")

    with pytest.raises(KeyStoreUnavailable, match=r"^InitError$"):
        KeyStore("test", broken).get("name")
    with pytest.raises(KeyStoreUnavailable, match="none"):
        KeyStore("test", lambda: None).set("name", "text")


def test_only_listed_back_ends_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def installed(module: str) -> SimpleNamespace:
        asked.append(module)
        usable = type("Usable", (Memory,), {"priority": 99 if module.endswith("libsecret") else 0})
        return SimpleNamespace(Keyring=usable, WinVaultKeyring=usable, DBusKeyring=usable)

    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(keystore, "import_module", installed)
    assert isinstance(system_backend(), Memory)
    assert asked[-1] == "keyring.backends.libsecret"
    assert not {"chainer", "fail", "null"} & {module.rpartition(".")[2] for module in asked}


def test_no_working_back_end_is_no_back_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "_BACKENDS", (("keyring.backends.fail", "Keyring"), ("no.such.module", "Keyring")))
    assert system_backend() is None


FOREIGN = """
from pathlib import Path
from keyring.backend import KeyringBackend

Path(__file__).with_name("loaded").touch()

class PlainText(KeyringBackend):
    priority = 99
    def get_password(self, service, username):
        input("Password for the keyring: ")
    def set_password(self, service, username, password):
        Path(__file__).with_name("plain").write_text(password)
    def delete_password(self, service, username):
        pass
"""


def test_an_installed_plain_text_back_end_is_never_even_loaded(tmp_path: Path) -> None:
    (tmp_path / "foreign.py").write_text(FOREIGN)
    info = tmp_path / "foreign-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[keyring.backends]\nforeign = foreign\n")
    (tmp_path / "data").mkdir()
    program = """
        from pathlib import Path
        from monitor.schwab.keystore import KeyStore
        from monitor.schwab.tokens import Kept, Secret, Vault
        vault = Vault(Path("data"), KeyStore("test"))
        vault.open()
        vault.save(Kept("key", Secret("canary-secret")))
        print(vault.kept_by, Path("loaded").exists())
        import keyring
        print(type(keyring.get_keyring()).__name__)
    """
    environment = {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}", "HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stdout.split() == ["session", "False", "PlainText"], done.stderr  # the last is what keyring would take
    assert list((tmp_path / "data").iterdir()) == []
    assert not (tmp_path / "plain").exists()


def test_what_goes_wrong_in_a_store_is_logged_without_its_words(
    make_vault: VaultMaker, caplog: pytest.LogCaptureFixture
) -> None:
    class Talkative(Memory):
        def get_password(self, service: str, username: str) -> str | None:
            raise RuntimeError("canary text of the system")

    with caplog.at_level(logging.DEBUG):
        make_vault(Talkative()).open()
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text
