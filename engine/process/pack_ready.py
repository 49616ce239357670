"""May this model be deployed? Its files read, its diagrams compiled, and what they ask of each other compared."""

from collections.abc import Mapping
from pathlib import Path

from engine.errors import BadPack, Finding
from engine.process import packs
from engine.process.deploy import examine
from engine.process.pack_zip import read_zip
from engine.process.spiff import SpiffRuntime
from engine.rules.cycle_models import CycleModel


def ready(files: Mapping[str, bytes], key: str) -> tuple[CycleModel, list[Finding]]:
    """A model whose files (shared ones included) may be deployed, and its notes; raise `BadPack` with all findings."""
    findings = [*examine({name: content for name, content in files.items() if packs.is_diagram(name)})[1]]
    model: CycleModel | None = None
    try:
        model = packs.read_model(files, key)
    except BadPack as refused:
        findings += [finding for finding in refused.findings if finding not in findings]
    if model is not None and not _refusals(findings):
        diagrams = {name: content for name, content in model.files.items() if packs.is_diagram(name)}
        findings += packs.check_model(model, SpiffRuntime().compile(diagrams))
    if model is None or _refusals(findings):
        raise BadPack(_refusals(findings))
    return model, findings


def ready_folder(path: Path) -> tuple[CycleModel, list[Finding]]:
    """The model of a folder, judged with the `_shared` folder beside it, else with the shipped one."""
    folder = path.resolve()
    beside = folder.parent / "_shared"
    shared = packs.read_shared(beside if beside.is_dir() else None)
    return ready(packs.read_folder(folder) | shared, folder.name)


def ready_zip(content: bytes, name: str) -> tuple[CycleModel, list[Finding]]:
    """The model of an uploaded archive, judged with the shipped `_shared` tables."""
    key, files = read_zip(content, name)
    return ready(packs.read_shared() | files, key)


def _refusals(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.warning]
