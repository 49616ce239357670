"""Is this file, or this folder, something we would deploy? Findings as people read them."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from engine.errors import Finding
from engine.process.deploy import Checked, examine
from engine.process.safe_xml import MAX_BYTES

SUFFIXES: Final = (".bpmn", ".dmn")
_MISSING: Final = re.compile(r"Không có (?:quy trình được gọi|bảng quyết định) “([^”]+)”")


def validate_file(path: Path | str) -> list[Finding]:
    """All findings of one BPMN or DMN file; called processes and decisions are looked for in its folder."""
    path = Path(path)
    main, _ = read_model(path)
    _, findings = _with_neighbours(path, main)
    return [finding for finding in findings if finding.file in (path.name, "")]


def validate_folder(path: Path | str) -> list[Finding]:
    """All findings of a folder's BPMN and DMN files, deployed together with those of `../_shared`."""
    files, shared = read_model(Path(path))
    _, findings = examine({**shared, **files})
    return [finding for finding in findings if finding.file in files or not finding.file]


def as_line(finding: Finding) -> str:
    """A finding as `file:line: element: reason`."""
    return f"{finding.file}:{finding.line}: {finding.element}: {finding.reason}"


def read_model(path: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files of a model (a file, or a folder's BPMN and DMN files) and those shared beside the folder; raise OSError."""
    if path.is_dir():
        return _read_all(path), _read_all(path.parent / "_shared")
    return {path.name: _read(path)}, {}


def deployable(path: Path) -> tuple[dict[str, bytes], list[Finding]]:
    """The files to deploy for a model path, with what it calls, and all their findings; raise OSError."""
    files, shared = read_model(path)
    if path.is_dir():
        together = {**shared, **files}
        return together, examine(together)[1]
    return _with_neighbours(path, files)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        # One byte more than allowed is enough to refuse the file.
        return file.read(MAX_BYTES + 1)


def _read_all(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        return {}
    return {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES and path.is_file()}


def _with_neighbours(path: Path, files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[Finding]]:
    """Add the neighbours that define what is missing, as long as that helps."""
    together = dict(files)
    checked, findings = examine(together)
    while missing := set(_missing(findings)):
        found = _defining(path, missing, together)
        if not found:
            break
        together.update(found)
        checked, findings = examine(together)
    del checked
    return together, findings


def _missing(findings: Iterable[Finding]) -> Iterable[str]:
    for finding in findings:
        if found := _MISSING.search(finding.reason):
            yield found[1]


def _defining(path: Path, names: set[str], known: Mapping[str, bytes]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for neighbour in sorted(path.parent.iterdir()):
        if neighbour.suffix not in SUFFIXES or neighbour.name in known or not neighbour.is_file():
            continue
        content = _read(neighbour)
        alone, _ = examine({neighbour.name: content})
        if names & _defined(alone):
            found[neighbour.name] = content
            names = names - _defined(alone)
    return found


def _defined(checked: Checked) -> set[str]:
    return set(checked.decisions) | {process.id for diagram in checked.diagrams for process in diagram.processes}
