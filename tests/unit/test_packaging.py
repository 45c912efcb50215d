"""The pinned requirement files, and the check of the modules' lengths."""

import re
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "packaging" / "requirements"


def names(text: str) -> set[str]:
    """The packages named at the beginnings of lines, in the spelling of the index."""
    return {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^([A-Za-z0-9][\w.-]*)", text, re.MULTILINE)}


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
def test_every_line_is_an_exact_pin_or_a_hash(name: str) -> None:
    for line in (REQUIREMENTS / name).read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[^ ]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


def test_what_the_program_needs_is_pinned_and_pandas_is_not() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = names((REQUIREMENTS / "runtime.txt").read_text())
    dev = names((REQUIREMENTS / "dev.txt").read_text())
    assert names("\n".join(project["project"]["dependencies"])) <= runtime
    assert names("\n".join(project["dependency-groups"]["dev"])) <= dev
    assert not {"pandas", "exchange-calendars"} & runtime


def test_a_long_module_must_say_why(tmp_path: Path) -> None:
    spec = spec_from_file_location("check_lengths", ROOT / "packaging" / "check_lengths.py")
    assert spec is not None
    assert spec.loader is not None
    check = module_from_spec(spec)
    spec.loader.exec_module(check)
    lines = "x = 1\n" * 401
    (tmp_path / "long.py").write_text(lines)
    (tmp_path / "excused.py").write_text("# Long because it is one table.\n" + lines)
    (tmp_path / "short.py").write_text("x = 1\n" * 400)
    assert check.too_long(tmp_path) == [
        f"{tmp_path / 'long.py'} has 401 lines and gives no reason (“# Long because …”)."
    ]
