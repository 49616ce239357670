"""May these files be deployed together? Every file read, everything judged, all findings at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.errors import BadDiagram, Finding
from engine.process.decisions import Decisions
from engine.process.dmn_frontend import is_dmn, read_decisions
from engine.process.frontend import read_diagram
from engine.process.lint import lint
from engine.process.model import Diagram
from engine.process.safe_xml import refuse
from engine.process.shared_calls import spread

MAX_FILES: Final = 200


@dataclass(frozen=True, slots=True)
class Checked:
    """Files that may be deployed, understood."""

    diagrams: list[Diagram]
    decisions: dict[str, Decisions] = field(default_factory=dict)  #: by id and by name of each decision
    warnings: list[Finding] = field(default_factory=list)
    shared: dict[str, Diagram] = field(default_factory=dict)  #: what calls share, as people see it once, by process id


def check(files: Mapping[str, bytes]) -> Checked:
    """Read and judge the files; raise `BadDiagram` with every refusal, notes come back as `warnings`."""
    checked, findings = examine(files)
    if refusals := [finding for finding in findings if not finding.warning]:
        raise BadDiagram(refusals)
    checked.warnings.extend(findings)
    return checked


def examine(files: Mapping[str, bytes]) -> tuple[Checked, list[Finding]]:
    """Read and judge the files; every finding, refusals and notes alike, by file and line."""
    if len(files) > MAX_FILES:
        return Checked([]), [Finding(file="", line=0, element="", reason=f"Có hơn {MAX_FILES} tệp.")]
    findings: list[Finding] = []
    checked = Checked([])
    for name in sorted(files):
        try:
            findings += _read(name, files[name], checked)
        except BadDiagram as refusal:
            findings += refusal.findings
    made = spread(checked.diagrams)
    checked = Checked(made.diagrams, checked.decisions, shared=made.shared)
    findings += [*made.findings, *lint(checked.diagrams, checked.decisions)]
    return checked, sorted(findings, key=lambda f: (f.file, f.line, f.element, f.reason))


def _read(name: str, content: bytes, checked: Checked) -> list[Finding]:
    """Read one file into `checked`; its notes. Raise `BadDiagram`."""
    if not (name.endswith(".dmn") or is_dmn(content)):
        diagram, notes = read_diagram(name, content)
        checked.diagrams.append(diagram)
        return notes
    decisions, notes = read_decisions(name, content)
    for decision in decisions.by_id.values():
        if decision.id in checked.decisions:
            raise refuse(name, 0, decision.id, "Mã quyết định đã dùng ở một tệp khác.")
        checked.decisions[decision.id] = decisions
        checked.decisions.setdefault(decision.name, decisions)
    return notes
