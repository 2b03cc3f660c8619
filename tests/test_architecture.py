"""The house stays easy to see: dependencies one way, pure parts pure, files and functions small."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("daka", "geo", "registry", "verify_api", "scheduler", "miniapp_mock")
FILE_LINES = 400
FUNCTION_LINES = 60
# Modules of rules: pure functions over plain values (no database, clock, disk or network).
IMPURE = {"sqlalchemy", "httpx", "requests", "psycopg", "obstore", "socket", "subprocess", "fastapi"}


def _files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (p for p in (ROOT / package).rglob("*.py") if "migrations/versions" not in str(p))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_dependencies_point_one_way() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/**/rules.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_rules_know_no_database_clock_disk_or_network(path: Path) -> None:
    imported = {name.split(".")[0] for name in _imports(ast.parse(path.read_text()))}
    assert not imported & IMPURE


def test_geo_stands_alone() -> None:
    for path in (ROOT / "geo").rglob("*.py"):
        imported = {name.split(".")[0] for name in _imports(ast.parse(path.read_text()))}
        assert not imported & {"registry", "verify_api", "scheduler", "sqlalchemy", "httpx"}, path


def test_no_file_and_no_function_outgrows_its_room() -> None:
    grown = []
    for path in _files():
        tree = ast.parse(path.read_text())
        if len(path.read_text().splitlines()) > FILE_LINES:
            grown.append(str(path.relative_to(ROOT)))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES:
                    grown.append(f"{path.relative_to(ROOT)}:{node.name} ({size})")
    assert grown == []


def test_only_the_transition_module_assigns_the_state_of_a_case() -> None:
    writers = []
    for path in _files():
        for node in ast.walk(ast.parse(path.read_text())):
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr == "state":
                    owner = ast.unparse(target.value)
                    if owner == "case":
                        writers.append(str(path.relative_to(ROOT)))
    assert writers == ["verify_api/cases/transition.py"]


def test_nothing_below_the_edge_commits() -> None:
    allowed = {"registry/migrations/env.py"}
    found = []
    for path in (ROOT / "verify_api").rglob("service.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "commit"
            ):
                found.append(str(path.relative_to(ROOT)))
    assert set(found) <= allowed
