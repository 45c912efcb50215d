"""What is known to be good and bad about machines."""

import pytest

from monitor.apps.machine import bad_qt_pair, wal_reset_remark


@pytest.mark.parametrize(
    ("python", "qt", "refused"),
    [
        ((3, 11), "6.12.0", True),
        ((3, 11), "6.12.1", True),
        ((3, 11), "6.11.3", False),
        ((3, 12), "6.12.0", False),
        ((3, 11), "", False),
    ],
)
def test_only_the_pair_that_crashes_is_refused(python: tuple[int, int], qt: str, refused: bool) -> None:
    sentence = bad_qt_pair(python, qt)
    assert bool(sentence) == refused
    assert (f"PySide6 {qt} crashes on Python 3.11" in sentence) == refused


@pytest.mark.parametrize(("version", "remarked"), [((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)])
def test_sqlite_versions_that_can_lose_pages_are_remarked_on(version: tuple[int, int, int], remarked: bool) -> None:
    assert bool(wal_reset_remark(version)) == remarked
