"""Fails when a module of the program is longer than 400 lines and does not say why in a line ``# Long because …``."""

import sys
from pathlib import Path

LONGEST = 400
REASON = "# Long because "


def too_long(root: Path) -> list[str]:
    """A sentence for each module that is too long without a reason."""
    found = []
    for path in sorted(root.rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > LONGEST and not any(line.startswith(REASON) for line in lines):
            found.append(f"{path} has {len(lines)} lines and gives no reason (“{REASON}…”).")
    return found


if __name__ == "__main__":
    sentences = too_long(Path(__file__).parents[1] / "monitor")
    sys.exit("\n".join(sentences) or 0)
