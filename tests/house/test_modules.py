"""Every module opens with the question it answers, and every test folder is a package."""

import ast
import re

from tests.house.repository import PRODUCT, ROOT, files, sources


def test_every_module_has_a_docstring() -> None:
    silent = [
        name
        for name, text in sources(*PRODUCT, "bench").items()
        if text.strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_every_test_folder_is_a_package() -> None:
    folders = {path.parent for path in files() if path.name.startswith("test_") and path.suffix == ".py"}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_every_product_folder_is_a_package() -> None:
    folders = {(ROOT / name).parent for name in sources(*PRODUCT)}
    # Alembic runs its versions as files.
    bare = [
        folder for folder in sorted(folders) if not (folder / "__init__.py").is_file() and folder.name != "versions"
    ]
    assert bare == []


def test_no_test_is_skipped() -> None:
    # A tool that is missing fails by name (tests/support/tools.py); a test that cannot run anywhere is not a test.
    skip = re.compile(r"\b(?:importorskip|pytest\.skip|mark\.skip(?:if)?|unittest\.skip)\b")
    skipping = [name for name, text in sources("tests").items() if skip.search(text)]
    assert [name for name in skipping if name != "tests/house/test_modules.py"] == []
