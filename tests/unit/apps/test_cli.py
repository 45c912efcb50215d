"""How commands end: exit codes and the sentence on stderr."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from monitor.apps import cli, crash, logs
from monitor.apps.options import GuiOptions
from monitor.errors import Transient

Programs = Callable[[Callable[[Any], int]], None]


@pytest.fixture(autouse=True)
def logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a program sets up for its whole process is of the test only."""
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(crash, "set_up", lambda *_, **__: "")
    root = logging.getLogger()
    handlers = list(root.handlers)
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    logging.captureWarnings(False)


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Puts a function in the place of the window's program."""

    def replace(run: Callable[[Any], int]) -> None:
        module = ModuleType("monitor.apps.desktop")
        vars(module)["run"] = lambda options, _interrupt: run(options)
        monkeypatch.setitem(sys.modules, "monitor.apps.desktop", module)

    return replace


def raising(error: BaseException) -> Callable[[GuiOptions], int]:
    def run(_: GuiOptions) -> int:
        raise error

    return run


def test_a_program_gets_its_options_and_gives_the_exit_code(desktop: Programs, tmp_path: Path) -> None:
    taken: list[GuiOptions] = []
    desktop(lambda options: taken.append(options) or 0)
    assert cli.run(["gui", "--sandbox", "--offscreen", "--data-dir", str(tmp_path)]) == 0
    assert taken == [GuiOptions(sandbox=True, offscreen=True, data_dir=tmp_path)]


def test_a_failure_we_know_is_one_sentence_on_stderr_and_in_the_log(
    desktop: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desktop(raising(Transient("Schwab does not answer.", "connect timed out")))
    assert cli.run(["--offscreen", "--data-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "Schwab does not answer.\n"
    log = (tmp_path / "logs" / logs.FILE_NAME).read_text()
    assert "Schwab does not answer. connect timed out" in log


def test_a_failure_nobody_foresaw_leaves_its_traceback_in_the_log_only(
    desktop: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desktop(raising(ZeroDivisionError("oh")))
    assert cli.run(["--offscreen", "--data-dir", str(tmp_path)]) == 1
    path = tmp_path / "logs" / logs.FILE_NAME
    assert capsys.readouterr().err == f"Something went wrong that should not have; the log {path} has the details.\n"
    assert "ZeroDivisionError: oh" in path.read_text()


def test_an_interrupt_ends_with_a_word(desktop: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desktop(raising(KeyboardInterrupt()))
    assert cli.run(["--offscreen", "--data-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_folder_that_cannot_be_written_to_is_said_in_a_sentence(
    desktop: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    desktop(lambda _: 0)
    assert cli.run(["--offscreen", "--data-dir", str(tmp_path / "file" / "d")]) == 1
    assert capsys.readouterr().err == f"The data folder {tmp_path}/file/d cannot be written to.\n"


class TestWithoutDisplay:
    """On Linux, no display is named in the environment, and no platform was chosen."""

    @pytest.fixture(autouse=True)
    def no_display(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "linux")
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)

    def test_the_window_is_refused_with_the_way_out(
        self, desktop: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        desktop(lambda _: 0)
        assert cli.run(["gui", "--data-dir", str(tmp_path)]) == 1
        said = capsys.readouterr().err
        assert "no display" in said
        assert "QT_QPA_PLATFORM=offscreen" in said
        assert said.count("\n") == 1

    @pytest.mark.parametrize("option", [["--screenshot", "x.png"], ["--tour", "t"], ["--offscreen"]])
    def test_pictures_are_drawn_offscreen(self, desktop: Programs, tmp_path: Path, option: list[str]) -> None:
        seen: list[str | None] = []
        desktop(lambda _: seen.append(cli.os.environ.get("QT_QPA_PLATFORM")) or 0)
        assert cli.run(["gui", "--data-dir", str(tmp_path), *option]) == 0
        assert seen == ["offscreen"]

    def test_a_platform_somebody_chose_is_kept(
        self, desktop: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QT_QPA_PLATFORM", "minimal")
        desktop(lambda _: 0)
        assert cli.run(["gui", "--data-dir", str(tmp_path), "--screenshot", "x.png"]) == 0
        assert cli.os.environ["QT_QPA_PLATFORM"] == "minimal"


@pytest.mark.parametrize(("typed", "switch"), [(["--sandbox"], "1"), ([], None)])
def test_as_root_only_the_sandboxs_own_pages_go_without_the_browsers_protection(
    desktop: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str], switch: str | None
) -> None:
    monkeypatch.delenv("QTWEBENGINE_DISABLE_SANDBOX")
    monkeypatch.setattr("monitor.apps.machine.runs_as_root", lambda: True)
    desktop(lambda _: 0)
    assert cli.run([*typed, "--offscreen", "--data-dir", str(tmp_path)]) == 0
    assert cli.os.environ.get("QTWEBENGINE_DISABLE_SANDBOX") == switch


def test_the_pair_of_qt_and_python_that_crashes_is_refused(
    desktop: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("monitor.apps.cli.bad_qt_pair", lambda: "PySide6 6.12.0 crashes on Python 3.11.")
    desktop(lambda _: 0)
    assert cli.run(["--offscreen", "--data-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "PySide6 6.12.0 crashes on Python 3.11.\n"
