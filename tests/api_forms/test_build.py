"""Does the build give what the pages ask for, within its budget, and nothing when nothing changed?"""

import gzip
import json
import re
import subprocess
import time
from pathlib import Path

from hatch_build import find_node

ROOT = Path(__file__).parents[2]
FRONTEND, DIST, FONTS = ROOT / "api/frontend", ROOT / "api/static/dist", ROOT / "documents/fonts"


def built() -> dict[str, str]:
    return json.loads((DIST / "manifest.json").read_text("utf-8"))


def test_the_lock_has_digests_and_no_addresses() -> None:
    packages = json.loads((FRONTEND / "package-lock.json").read_text("utf-8"))["packages"]
    third = {name: entry for name, entry in packages.items() if name}
    assert [name for name, entry in third.items() if "integrity" not in entry or "resolved" in entry] == []


def test_direct_packages_are_pinned_exactly() -> None:
    package = json.loads((FRONTEND / "package.json").read_text("utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_every_asset_that_templates_ask_for_is_built() -> None:
    pages = (ROOT / "api/templates").rglob("*.html")
    asked = {name for page in pages for name in re.findall(r"asset\('([^']+)'\)", page.read_text("utf-8"))}
    assert asked
    assert asked - set(built()) == set()
    assert [name for name in built().values() if not (DIST / name).is_file()] == []


def test_the_budget_is_kept() -> None:
    size = {name: len(gzip.compress((DIST / file).read_bytes())) / 1024 for name, file in built().items()}
    islands = sum(value for name, value in size.items() if name.endswith(".js"))
    assert size["main.css"] <= 18
    assert size["app.js"] <= 3
    assert islands <= 25


def test_the_style_sheet_fetches_nothing_and_uses_no_font_of_others() -> None:
    css = (DIST / built()["main.css"]).read_text("utf-8")
    assert re.findall(r"url\(|@import|@font-face|GDS", css) == []


def test_the_document_fonts_are_whole() -> None:
    from fontTools.ttLib import TTFont

    wanted = set("ẪỔẾỰđĐ₫≥≤\u2011ăâêôơưỳỵỷỹ")
    for name in ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf", "Tinos-BoldItalic.ttf"):
        with TTFont(FONTS / name) as font:
            assert (name, wanted - {chr(code) for code in font.getBestCmap()}, font["head"].unitsPerEm) == (
                name,
                set(),
                2048,
            )


def test_a_second_build_changes_nothing_and_takes_no_time() -> None:
    def build() -> tuple[float, int]:
        start = time.perf_counter()
        done = subprocess.run(
            [str(find_node()), "build.mjs", "--offline"], cwd=FRONTEND, capture_output=True, text=True, check=True
        )
        return time.perf_counter() - start, len(done.stdout)

    build()
    before = (DIST / "manifest.json").stat().st_mtime_ns
    seconds, said = build()
    assert (said, (DIST / "manifest.json").stat().st_mtime_ns) == (0, before)
    assert seconds < 5
