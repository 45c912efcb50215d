"""An environment for each peer, made of its pinned and hashed requirements; nothing of it enters the program's own."""

import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements"


class NotMade(Exception):
    """The environment could not be made; the sentence says why."""


def environment(peer: str, cache: Path) -> Path:
    """The Python of the peer's environment in ``cache``, which is made first where it is not there as required.

    Raises NotMade.
    """
    folder, required = cache / peer, REQUIREMENTS / f"{peer}.txt"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    package = REQUIREMENTS / peer  # what is wanted of npm, if anything
    wanted = "".join(file.read_text() for file in [required, *sorted(package.glob("*.json"))])
    stamp = folder / ".made-of"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    uv = _command("uv", Path(sys.executable).parent)
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder])
    _run([uv, "pip", "install", "--quiet", "--require-hashes", "--python", python, "--requirement", required])
    if package.is_dir():
        for file in package.glob("*.json"):
            shutil.copy(file, folder)
        _run([_command("npm"), "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder])
    stamp.write_text(wanted)
    return python


def _command(name: str, folder: Path | None = None) -> str:
    found = (shutil.which(name, path=str(folder)) if folder else None) or shutil.which(name)
    if found is None:
        raise NotMade(f"{name} is not on this machine")
    return found


def _run(command: list[str | Path]) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMade(f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip()[-300:]}")
