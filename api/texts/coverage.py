"""Which error codes does the product raise, and which of them have no sentence? For tests and for writers of texts."""

import ast
from collections.abc import Iterator
from pathlib import Path

from api.texts import sentences

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("engine", "documents", "api")
#: Calls whose first argument is a code.
_RAISERS = frozenset({"Refused", "NotPermitted", "OutOfSeason", "WrongState", "StaleVersion", "FieldError"})


def raised_codes() -> dict[str, str]:
    """Every code written out in a refusal or a field error, with one place (file:line) where it stands."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for code, line in _codes(ast.parse(path.read_text("utf-8"))):
                found.setdefault(code, f"{path.relative_to(ROOT).as_posix()}:{line}")
    return found


def missing_codes() -> dict[str, str]:
    """Codes without a sentence, each with a place where it is raised."""
    return {code: place for code, place in raised_codes().items() if code not in sentences()}


def _codes(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in _RAISERS and node.args:
            yield from ((code, node.lineno) for code in _literals(node.args[0]))


def _literals(node: ast.expr) -> Iterator[str]:
    """A text, or the texts of a conditional expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
