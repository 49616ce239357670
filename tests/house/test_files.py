"""Files hold what they may: no address of a registry, no path of a machine, Vietnamese in one form, hashes on every lock."""

import json
import re
import tomllib
import unicodedata

import pytest

from tests.house.repository import ROOT, texts

# Written apart, so that this file passes its own test.
REGISTRIES = [
    ".".join(parts) for parts in (("registry", "npmjs"), ("pythonhosted", "org"), ("pypi", "org"), ("yarnpkg", "com"))
]
MACHINE = re.compile(r"(?<![\w.$}<])/(?:work|root|home|farm|Users)/\w|\.\./" + r"shared\b|/\.lib" + r"rary\b")
LOCKS = ["requirements.txt", "requirements-dev.txt", "requirements-uv.txt", "requirements-node.txt"]
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==(?P<version>[^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


def test_no_file_names_a_registry_or_this_machine() -> None:
    found = [
        (name, number, line.strip()[:120])
        for name, text in texts().items()
        if not name.startswith("tests/house/")
        for number, line in enumerate(text.splitlines(), 1)
        if any(host in line for host in REGISTRIES) or MACHINE.search(line)
    ]
    assert found == []


def entries(lock: str) -> dict[str, str]:
    """Requirement name → its whole entry, hashes included."""
    blocks = (ROOT / lock).read_text("utf-8").replace("\\\n", " ").splitlines()
    found = {}
    for block in blocks:
        if block.strip() and not block.lstrip().startswith("#"):
            pin = PIN.match(block)
            assert pin, f"{lock}: not a pinned requirement: {block[:80]}"
            found[canonical(pin["name"])] = block
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_hashed_and_without_address(lock: str) -> None:
    assert [entry[:80] for entry in entries(lock).values() if not HASH.search(entry) or "://" in entry] == []


def test_the_development_lock_holds_the_same_versions() -> None:
    def versions(lock: str) -> dict[str, str]:
        return {name: found["version"] for name, entry in entries(lock).items() if (found := PIN.match(entry))}

    run, dev = versions("requirements.txt"), versions("requirements-dev.txt")
    assert {name: dev.get(name) for name in run} == run


def test_what_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    def names(requirements: list[str]) -> set[str]:
        return {canonical(re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]) for requirement in requirements}

    assert names(project["project"]["dependencies"]) - set(entries("requirements.txt")) == set()
    assert names(project["dependency-groups"]["dev"]) - set(entries("requirements-dev.txt")) == set()


def test_the_npm_lock_has_digests_and_no_address() -> None:
    lock = json.loads((ROOT / "api/frontend/package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name and not entry.get("link")}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry or "integrity" not in entry] == []


def test_text_is_in_composed_form() -> None:
    assert [name for name, text in texts().items() if not unicodedata.is_normalized("NFC", text)] == []


INLINE = re.compile(
    r"""<[^<>]*\s(?:style|on[a-z]+)\s*=\s*["'{]   # attributes that the policy refuses
    |<style\b                                    # sheets in the page
    |<script\b(?![^>]*\ssrc=)                    # scripts in the page
    |javascript:""",
    re.VERBOSE | re.IGNORECASE,
)


def test_pages_hold_no_inline_style_script_or_handler() -> None:
    pages = {
        name: text
        for name, text in texts().items()
        if name.startswith("api/") and name.endswith((".html", ".jinja", ".j2", ".py"))
    }
    found = [(name, match.group()[:80]) for name, text in pages.items() for match in INLINE.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "inline"),
    [
        ('<p style="color: red">', True),
        ("<svg><g onclick='go()'>", True),
        ("<style>p {}</style>", True),
        ("<script>go()</script>", True),
        ('<a href="javascript:go()">', True),
        ('<script type="module" src="/static/app.js"></script>', False),
        ('<p class="ck-style" data-on="ngày">', False),
    ],
)
def test_inline_code_is_recognised(text: str, inline: bool) -> None:
    assert bool(INLINE.search(text)) is inline
