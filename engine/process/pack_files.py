"""Which files make a pack? Found on disk, checked by name and size, hashed."""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import engine
from engine.errors import BadPack, Finding

MAX_FILE: Final = 2_000_000
MAX_PACK: Final = 10_000_000
MAX_FILES: Final = 300
SHARED: Final = "_shared"

MODEL: Final = "model.toml"
_NAME: Final = r"[a-z0-9][a-z0-9_-]*"
_DIAGRAM: Final = re.compile(rf"(?:{SHARED}/)?{_NAME}\.(?:bpmn|dmn)")
CRITERIA: Final = re.compile(r"criteria/([0-9]{4})\.toml")
FORM: Final = re.compile(rf"(?:{SHARED}/)?forms/({_NAME})\.json")
DOCUMENT: Final = re.compile(rf"documents/({_NAME})\.toml")
_OF_SHARED: Final = re.compile(rf"{SHARED}/(?:{_NAME}\.(?:bpmn|dmn|toml)|forms/{_NAME}\.json)")
TARGETS_FILE: Final = "targets.toml"
TARGETS: Final = re.compile(r"(targets)\.toml")
PROGRAMME: Final = "programme.toml"
SURVEY: Final = re.compile(rf"surveys/({_NAME})\.toml")
RANKING: Final = re.compile(r"(ranking)\.toml")
_TABLES: Final = re.compile(r"(?:model|rehearsal|programme)\.toml")
_KNOWN: Final = (_TABLES, RANKING, TARGETS, _DIAGRAM, CRITERIA, FORM, DOCUMENT, SURVEY, _OF_SHARED)
_NOTES: Final = (".md", ".txt")


def shipped() -> list[Path]:
    """The folders of the shipped models, in the order of their names."""
    return sorted(p for p in packs_folder().iterdir() if p.is_dir() and p.name[0] not in "_." and (p / MODEL).is_file())


def read_folder(path: Path) -> dict[str, bytes]:
    """Read a pack's files: path relative to the folder, with `/` → content; raise `BadPack` for what does not belong.

    Notes (`*.md`, `*.txt`) and hidden files are passed over; links are refused.
    """
    if not path.is_dir():
        raise BadPack([_about(path.name, "Không có thư mục này.")])
    found, findings, size = dict[str, bytes](), list[Finding](), 0
    for file in _files(path):
        name = file.relative_to(path).as_posix()
        if file.suffix.lower() in _NOTES:
            continue
        if file.is_symlink() or not belongs(name):
            findings.append(_about(name, "Tệp hoặc liên kết không thuộc gói mô hình (xem bpmn/README.md)."))
            continue
        size += file.stat().st_size
        if file.stat().st_size > MAX_FILE or size > MAX_PACK or len(found) >= MAX_FILES:
            raise BadPack([*findings, _about(name, "Gói quá lớn: mỗi tệp tối đa 2 MB, cả gói 10 MB và 300 tệp.")])
        found[name] = file.read_bytes()
    if findings:
        raise BadPack(findings)
    return found


def read_shared(path: Path | None = None) -> dict[str, bytes]:
    """Read a `_shared` folder's diagrams, their forms and tables, under `_shared/…`; without a path the shipped one."""
    folder = packs_folder() / SHARED if path is None else path
    files = list(_files(folder)) if folder.is_dir() else []
    fit = [p for p in files if p.is_file() and not p.is_symlink() and p.stat().st_size <= MAX_FILE]
    named = ((f"{SHARED}/{p.relative_to(folder).as_posix()}", p) for p in fit)
    return {name: p.read_bytes() for name, p in named if _OF_SHARED.fullmatch(name)}


def is_diagram(name: str) -> bool:
    """Whether a pack's file is a diagram or decision table, which the process engine compiles."""
    return _DIAGRAM.fullmatch(name) is not None


def version_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the files in the order of their names; names and contents cannot run into each other."""
    total = sha256()
    for name in sorted(files):
        total.update(f"{name}\0{sha256(files[name]).hexdigest()}\n".encode())
    return total.hexdigest()


def is_shared_table(name: str) -> bool:
    """Whether the file is a shared table, which judges a model without being part of it."""
    return name.startswith(f"{SHARED}/") and name.endswith(".toml")


def belongs(name: str) -> bool:
    """Whether a pack may hold a file of this path."""
    return any(pattern.fullmatch(name) for pattern in _KNOWN)


def _files(path: Path) -> Iterator[Path]:
    for child in sorted(path.iterdir()):
        if child.name.startswith("."):
            continue
        if child.is_dir() and not child.is_symlink():
            yield from _files(child)
        else:
            yield child


def _about(file: str, reason: str) -> Finding:
    return Finding(file=file, line=0, element="", reason=reason)


def packs_folder() -> Path:
    """The folder of the shipped models, also in an installed wheel."""
    return Path(str(engine.__file__)).resolve().parents[1] / "bpmn"
