"""The log file: private, small, without secrets; and the tap for the log panel."""

import logging
import stat
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.apps import logs
from monitor.errors import Unusable
from monitor.schwab.redact import keep_out_of_logs

ours = logging.getLogger("monitor.test")
theirs = logging.getLogger("somebody.else")


@pytest.fixture(autouse=True)
def logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    root, own = logging.getLogger(), logging.getLogger("monitor")
    handlers, levels = list(root.handlers), (root.level, own.level)
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    logging.captureWarnings(False)
    root.setLevel(levels[0])
    own.setLevel(levels[1])


def test_the_log_is_in_the_data_folder_and_private(tmp_path: Path) -> None:
    path = logs.set_up_file(tmp_path)
    ours.info("streaming began")
    assert path == tmp_path / "logs" / "market-monitor.log" == logs.log_file()
    assert path.read_text().endswith("INFO    monitor.test: streaming began\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_folder_takes_the_place_of_the_old(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, second = logs.set_up_file(tmp_path / "one"), logs.set_up_file(tmp_path / "two")
    ours.warning("here")
    assert (first.read_text(), "here" in second.read_text()) == ("", True)


def test_secrets_do_not_reach_the_file(tmp_path: Path) -> None:
    path = logs.set_up_file(tmp_path)
    keep_out_of_logs("s3cret-value")
    try:
        raise ValueError("s3cret-value in a traceback")
    except ValueError:
        ours.exception("the header was %s", "Bearer abcdefghijklmnop")
    text = path.read_text()
    assert "s3cret" not in text
    assert "abcdefgh" not in text
    assert "Traceback" in text


def test_what_python_would_print_is_in_the_log_without_secrets(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = logs.set_up_file(tmp_path)
    keep_out_of_logs("s3cret-value")

    class Odd:
        def __del__(self) -> None:
            raise ValueError("s3cret-value at the end")

    def fail() -> None:
        raise KeyError("s3cret-value in a thread")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("s3cret-value is old", stacklevel=1)
    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    Odd()
    text = path.read_text()
    assert "s3cret" not in text
    for words in ("UserWarning: •••• is old", "uncaught in worker", "KeyError: '•••• in a thread'", "ValueError: ••••"):
        assert words in text
    assert capfd.readouterr() == ("", "")


def test_window_and_collector_have_a_file_each(tmp_path: Path) -> None:
    assert logs.set_up_file(tmp_path, logs.COLLECTOR_FILE_NAME) == tmp_path / "logs" / "collector.log"


def test_a_log_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    path = logs.set_up_file(tmp_path)
    path.chmod(0o644)
    logs.set_up_file(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_debug_lines_of_other_libraries_stay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKET_MONITOR_LOG_LEVEL", "debug")
    path = logs.set_up_file(tmp_path)
    ours.debug("our debug line")
    theirs.debug("their debug line")
    theirs.info("their info line")
    text = path.read_text()
    assert ("our debug" in text, "their debug" in text, "their info" in text) == (True, False, True)


def test_a_level_that_is_none_is_named_with_those_that_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKET_MONITOR_LOG_LEVEL", "loud")
    with pytest.raises(Unusable, match=r"“LOUD”\. Use one of DEBUG, INFO, WARNING, ERROR"):
        logs.set_up_file(tmp_path)


def test_old_files_make_room_and_all_are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_FILE_BYTES", 5000)
    path = logs.set_up_file(tmp_path)
    for _ in range(70):
        ours.info("x" * 500)
    files = list(path.parent.iterdir())
    assert len(files) == 5
    assert max(file.stat().st_size for file in files) <= 5000
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")
    with pytest.raises(Unusable, match=r"market-monitor\.log cannot be written"):
        logs.set_up_file(tmp_path)
