"""The arrows of the house point one way, and the contracts that say so catch what they are for."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.repository import PRODUCT, ROOT

PRODUCT_DOT = tuple(f"{package}." for package in PRODUCT)
LINT = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]

SKELETON = (
    "engine.errors",
    "engine.rules.calendar",
    "engine.rules.deadlines",
    "engine.ports.process",
    "engine.use_cases.tasks",
    "engine.store.tables",
    "engine.process.spiff",
    "engine.process.packs",
    "engine.runner.jobs",
    "documents.pdf",
    "api.assembly",
    "api.cli",
    "api.app",
    "api.pages.dossiers",
    "api.routes.cycles",
)
# The skeleton imports each of them once where it may, so that every contract has something to protect.
ALLOWED = {
    "engine.process.spiff": "import SpiffWorkflow",
    "api.assembly": "import engine.store.tables, engine.process.spiff, engine.runner.jobs, documents.pdf",
}
VIOLATIONS = [
    ("documents.pdf", "import api.app", "packages"),
    ("engine.rules.calendar", "import documents.pdf", "packages"),
    ("engine.rules.calendar", "import engine.ports.process", "engine"),
    ("engine.use_cases.tasks", "import engine.store.tables", "engine"),
    ("engine.store.tables", "import engine.process.packs", "engine"),
    ("engine.use_cases.tasks", "import sqlalchemy", "pure-core"),
    ("engine.process.packs", "import SpiffWorkflow", "one-door-to-spiff"),
    ("api.pages.dossiers", "import engine.store.tables", "adapters"),
    ("api.app", "import documents.pdf", "adapters"),
    ("documents.pdf", "import engine.use_cases.tasks", "documents"),
    ("api.pages.dossiers", "import api.routes.cycles", "pages-and-routes"),
    ("engine.rules.calendar", "import engine.rules.deadlines", "no-circles"),
]


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LINT, *options], cwd=folder, capture_output=True, text=True, check=False)


def test_the_product_keeps_every_contract() -> None:
    done = lint(ROOT, "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


def named_in_contracts() -> list[str]:
    """Modules of ours that a contract names, and that import-linter therefore wants to see."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    lists = [value for contract in contracts for value in contract.values() if isinstance(value, list)]
    return sorted({name for names in lists for name in names if name.startswith(PRODUCT_DOT)})


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("skeleton")
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for module in [*SKELETON, *named_in_contracts()]:
        path = folder.joinpath(*module.split(".")).with_suffix(".py")
        if path.with_suffix("").is_dir():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        for parent in path.relative_to(folder).parents[:-1]:
            (folder / parent / "__init__.py").touch()
        path.write_text(ALLOWED.get(module, ""))
    (folder / "engine/rules/deadlines.py").write_text("import engine.rules.calendar")
    return folder


def test_a_sound_skeleton_passes(skeleton: Path) -> None:
    done = lint(skeleton, "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("module", "line", "contract"), VIOLATIONS)
def test_a_violation_breaks_its_contract(skeleton: Path, module: str, line: str, contract: str) -> None:
    path = skeleton.joinpath(*module.split(".")).with_suffix(".py")
    sound = path.read_text()
    path.write_text(f"{sound}\n{line}\n")
    try:
        done = lint(skeleton, "--no-cache", "--contract", contract)
    finally:
        path.write_text(sound)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Contracts: 0 kept, 1 broken." in done.stdout
