"""Fixtures for every test: the shared captures, and Qt without a screen."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Chromium refuses to run as root with its own sandbox, and tests often run as root in a container.
os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")

# The same examples on every machine, however busy: `make soak` looks for new ones.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "database": None}
settings.register_profile("test", derandomize=True, **_PATIENT)
settings.register_profile("soak", max_examples=5_000, **_PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))

pytest_plugins = ["tests.support.sandbox"]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real captures beside the checkout; tests on it are left out of a clone without one."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("left out: the real captures (../shared) are not beside this checkout")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once what is left out, not a line for each test."""
    reasons = Counter(str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []))
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{count} tests {reason.removeprefix('Skipped: ')}")
