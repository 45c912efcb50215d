"""docs/security.md: each measure and each fault names the tests that hold it, and each of those exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ROWS = {row[1]: row[0] for row in re.finditer(r"^\| (S?\d+) \|.*\|$", PAGE, re.MULTILINE)}


def test_every_measure_and_fault_has_its_row_with_a_test_or_a_reason() -> None:
    assert list(ROWS) == [f"S{number}" for number in range(1, 25)] + [str(number) for number in range(44, 60)]
    for row in ROWS.values():
        held = row.rstrip("| ").rpartition("|")[2].strip()
        assert "::" in held or held.startswith("none:"), row


def test_every_named_test_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) == PAGE.count("::")
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in functions, f"{path}::{name}"


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
