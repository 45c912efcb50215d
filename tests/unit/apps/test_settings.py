"""Where a profile lives, and settings that survive everything."""

import json
import os
import stat
from pathlib import Path

import platformdirs
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from monitor.apps.settings import Settings, data_dir, default_data_dir
from monitor.errors import Unusable


def test_settings_are_there_again_after_a_restart(tmp_path: Path) -> None:
    first = Settings(tmp_path)
    first.set("theme", "light")
    first.set_bytes("window", b"\x00\xff geometry")
    second = Settings(tmp_path)
    assert second.get("theme") == "light"
    assert second.get_bytes("window") == b"\x00\xff geometry"


def test_what_was_never_set_has_its_default(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    assert (settings.get("theme"), settings.get("theme", "dark"), settings.get_bytes("window")) == ("", "dark", b"")
    assert not settings.path.exists()


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(key=st.text(st.characters(exclude_categories=["Cs"])), value=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_was(tmp_path: Path, key: str, value: str) -> None:
    Settings(tmp_path).set(key, value)
    assert Settings(tmp_path).get(key) == value


@pytest.mark.parametrize("content", ["{", "[1]", '{"theme": 3}', "\x00", "[" * 100_000, ""])
def test_an_unreadable_file_is_set_aside_and_the_defaults_apply(tmp_path: Path, content: str) -> None:
    (tmp_path / "settings.json").write_text(content)
    settings = Settings(tmp_path)
    assert settings.get("theme", "dark") == "dark"
    assert "set aside" in settings.warning
    assert (tmp_path / "settings.json.bad").read_text() == content
    settings.set("theme", "light")
    assert Settings(tmp_path).get("theme") == "light"


def test_bytes_that_somebody_spoiled_are_empty(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"window": "not base64!"}))
    assert Settings(tmp_path).get_bytes("window") == b""


def test_a_write_that_fails_leaves_the_old_file_whole_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path)
    settings.set("theme", "light")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    settings.set("theme", "dark")
    assert settings.get("theme") == "dark"
    assert Settings(tmp_path).get("theme") == "light"
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = data_dir(True, tmp_path / "a" / "b")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir()) == []


def test_our_own_folder_is_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path)
    (tmp_path / "live").mkdir(mode=0o755)
    assert stat.S_IMODE(data_dir(False).stat().st_mode) == 0o700


def test_a_chosen_folder_that_others_may_enter_stays_as_it_is_and_the_log_tells(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "chosen").mkdir()
    (tmp_path / "chosen").chmod(0o750)
    assert stat.S_IMODE(data_dir(False, tmp_path / "chosen").stat().st_mode) == 0o750
    assert f"may enter the data folder {tmp_path / 'chosen'}" in caplog.text


def test_a_folder_that_cannot_be_is_named_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unusable, match="cannot be written to") as refusal:
        data_dir(False, tmp_path / "file" / "data")
    assert str(tmp_path / "file" / "data") in refusal.value.sentence


def test_the_sandbox_and_the_real_market_have_folders_of_their_own() -> None:
    assert default_data_dir(sandbox=True) != default_data_dir(sandbox=False)
    assert default_data_dir(sandbox=True).name == "sandbox"
