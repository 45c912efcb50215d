"""A first run of the whole program: the sandbox, then a developer key of one's own, typed with the usual mistakes."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

PICTURES = [
    *("welcome", "what-is-needed", "page", "page", "window"),
    *("terms", "terms-chosen", "key", "key-stopped", "key-unusual", "keeping", "keeping-typed"),
    *("wall", "key-change", "other-ways", "page", "page", "window"),
]


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder of one first run, and what the person has read on the way."""
    folder = tmp_path_factory.mktemp("first-run")
    command = [sys.executable, "-m", "tests.support.first_run", str(folder)]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder, done.stdout.splitlines()


def test_both_worlds_are_signed_in_to_and_stream(first_run: tuple[Path, list[str]]) -> None:
    _, read = first_run
    assert [line for line in read if line.startswith("Market Monitor")] == [
        "Market Monitor — SANDBOX signed in",
        "Market Monitor — SANDBOX streams",
        "Market Monitor signed in",
        "Market Monitor streams",
    ]


def test_the_mistakes_are_named_where_they_are_made(first_run: tuple[Path, list[str]]) -> None:
    _, read = first_run
    assert [line for line in read if not line.startswith("Market Monitor")] == [
        "“https” is written in lower case, as it is registered with Schwab. Continue is off.",
        "It ends without a slash; with one it is another address to Schwab. Continue is on.",
        "Schwab's page says “Access Denied”.",
        "Right if it is registered exactly so, with the slash at its end. Continue is on.",
    ]


def test_every_page_has_its_picture(first_run: tuple[Path, list[str]]) -> None:
    folder, _ = first_run
    pictures = sorted(folder.glob("*.png"))
    assert [path.stem[3:] for path in pictures] == PICTURES
    for path in pictures:
        image = QImage(str(path))
        assert len({image.pixelColor(x, y).rgb() for x in range(0, image.width(), 4) for y in range(0, 600, 4)}) > 5
        assert "window" in path.name or (image.width(), image.height()) <= (640, 720), path.name


def test_what_was_settled_is_on_disk_and_the_terms_are_in_the_audit(first_run: tuple[Path, list[str]]) -> None:
    folder, _ = first_run
    assert (folder / "live" / "tokens.bin").exists()
    database = sqlite3.connect(f"file:{folder / 'live' / 'monitor.db'}?mode=ro", uri=True)
    audited = [kind for (kind,) in database.execute("SELECT kind FROM audit ORDER BY id")]
    (quotes,) = database.execute("SELECT count(*) FROM quote").fetchone()
    database.close()
    assert audited[0] == "terms"
    assert "sign-in" in audited
    assert quotes > 0


def test_nothing_went_wrong_on_the_first_run(first_run: tuple[Path, list[str]]) -> None:
    folder, _ = first_run
    logs = [path.read_text() for path in folder.glob("*/logs/*.log")]
    assert [line for log in logs for line in log.splitlines() if " ERROR " in line] == []
