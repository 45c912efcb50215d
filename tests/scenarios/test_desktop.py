"""The desktop program as a stranger meets it, without a screen: the guided tour, and a picture of the window."""

import csv
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from monitor.ui.palettes import DARK


def gui(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", "gui", "--sandbox", *map(str, arguments)]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one guided tour."""
    folder = tmp_path_factory.mktemp("tour")
    done = gui("--tour", folder)
    assert done.returncode == 0
    assert "Signed in through the embedded browser." in done.stdout
    return folder


def test_the_tour_leaves_a_picture_of_every_stop(tour: Path) -> None:
    names = [path.name[3:] for path in sorted(tour.glob("*.png"))]
    assert names == [
        *("sign-in.png", "sign-in.png", "market.png", "market-3-seconds-later.png", "chart-5m.png", "chart-D.png"),
        *("light-1280x720.png", "export.png"),
    ]


def test_the_tours_chart_moves(tour: Path) -> None:
    before, after = (QImage(str(path)) for path in sorted(tour.glob("*market*.png")))
    assert before.size() == after.size()
    assert before != after


def test_the_tours_csv_equals_the_database(tour: Path) -> None:
    with next(tour.glob("*.csv")).open(newline="") as file:
        rows = [(row["open"], row["high"], row["low"], row["close"], row["volume"]) for row in csv.DictReader(file)]
    query = """SELECT open, high, low, close, volume FROM bar JOIN instrument ON instrument.id = instrument_id
               WHERE symbol = 'AAPL' AND interval_s = 60 ORDER BY start_ms"""
    database = sqlite3.connect(f"file:{tour / 'data' / 'monitor.db'}?mode=ro", uri=True)
    stored = [tuple(map(str, row)) for row in database.execute(query)]
    database.close()
    assert len(rows) > 10_000
    assert rows == stored


def test_nothing_went_wrong_on_the_tour(tour: Path) -> None:
    log = (tour / "data" / "logs" / "market-monitor.log").read_text()
    assert [line for line in log.splitlines() if " ERROR " in line] == []


#: Where the default layout puts each panel on a window of 1600 × 900: left, top, width, height.
PANELS = {
    "watchlist": (0, 92, 340, 560),
    "chart": (350, 92, 840, 560),
    "book": (1200, 92, 395, 330),
    "tape": (1200, 440, 395, 210),
}


def test_the_picture_shows_data_in_every_panel(tmp_path: Path) -> None:
    picture = tmp_path / "out.png"
    done = gui("--screenshot", picture, "--quit-after", "14", "--data-dir", tmp_path / "data")
    assert done.returncode == 0
    image = QImage(str(picture))
    for panel, region in PANELS.items():
        colours = _colours(image.copy(*region))
        # The first prints may all have been on one side, and all shares may stand above yesterday's close.
        needed = 1 if panel in {"tape", "watchlist"} else 2
        assert len(colours & {DARK.up, DARK.down}) >= needed, f"the {panel} shows no prices"


def test_a_picture_that_cannot_be_written_fails_with_a_sentence(tmp_path: Path) -> None:
    picture = tmp_path / "none" / "out.png"
    done = gui("--screenshot", picture, "--quit-after", "1", "--data-dir", tmp_path / "data")
    assert done.returncode == 1
    assert f"The screenshot {picture} could not be written." in done.stderr.splitlines()


def _colours(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
