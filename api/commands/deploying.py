"""How does a model come into an installation, and running processes to its new version? From the server's terminal."""

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from api.assembly import House
from api.commands.house import opened
from api.commands.people import OPERATOR
from api.commands.saying import finding_line, say
from api.texts.words import instant
from engine.errors import BadPack, Finding, NotFound, WrongState
from engine.ports.store import UnitOfWork
from engine.ports.versions import MOVED, REFUSED, RETURNED, RUNNING, STAYED, UNDOING, Switch
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleId
from engine.rules.dossiers import InstanceId
from engine.use_cases import owning, versions

_PAGE = 200
_STATES: Mapping[str, str] = {
    MOVED: "đã chuyển",
    REFUSED: "ở lại bản cũ",
    RETURNED: "đã trả lại",
    STAYED: "không trả lại được",
}


def deploy(options: argparse.Namespace) -> int:
    """Check a folder or an archive and keep it as the newest version of its model."""
    model, findings = _read(options.path)
    for finding in findings:
        say(finding_line(finding))
    house = opened()
    with house.open_uow() as uow:
        owner = owning.named(uow, options.owner)
        new = versions.deploy(uow, model, owner=owner, actor=OPERATOR, now=house.clock())
        unit = owning.owner_of(uow, model.key)
    house.close()
    name = f"{model.key} {model.sha256[: versions.SHORT]}"
    whose = f" của {unit.name}" if unit else ""
    say(
        f"Đã triển khai {name} ({model.name}){whose}."
        if new
        else f"Bản {name} đã được triển khai từ trước, không có gì mới."
    )
    return 0


def packs(_: argparse.Namespace) -> int:
    """Print every deployed version, the newest first, and the cycles that run on it."""
    house = opened()
    with house.read_uow() as uow:
        rows = uow.queries.packs()
        pinned: dict[str, list[str]] = {}
        for cycle in uow.cycles.all():
            pinned.setdefault(cycle.version, []).append(str(cycle.year))
    house.close()
    for row in rows:
        years = f"  chu kỳ {', '.join(sorted(pinned[row.version]))}" if row.version in pinned else ""
        whose = f"  của {row.owner}" if row.owner else ""
        print(f"{row.version[: versions.SHORT]}  {row.key}  {instant(row.deployed_at)}  {row.name}{whose}{years}")
    return 0


def diff(options: argparse.Namespace) -> int:
    """Print what is different between two versions or folders; 1 when anything is."""
    from engine.process.pack_diff import as_line, compare

    old, new = _versions(options.old, options.new)
    changes = compare(old, new)
    if options.json:
        print(json.dumps([asdict(change) for change in changes], ensure_ascii=False, indent=2))
        return 1 if changes else 0
    for change in changes:
        print(as_line(change) + ("" if change.executes else "  (chỉ đổi lời)"))
    executed = sum(change.executes for change in changes)
    say(f"{len(changes)} khác biệt, {executed} làm đổi cách chạy." if changes else "Hai bản như nhau.")
    return 1 if changes else 0


def export(options: argparse.Namespace) -> int:
    """Write the files of a version into a new folder."""
    house = opened()
    with house.read_uow() as uow:
        model = uow.models.get(versions.find(uow, options.version).version)
    house.close()
    target: Path = options.folder
    if target.exists() and any(target.iterdir()):
        raise WrongState("folder_not_empty", folder=str(target))
    for name, content in model.files.items():
        # Names of a deployed pack come from a closed list of shapes: none leads out of the folder.
        path = target / name if not name.startswith("_shared/") else target.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(content)
    say(f"Đã xuất {len(model.files)} tệp của {model.key} vào {target}.")
    return 0


def show_help(_: argparse.Namespace) -> int:
    """Say that a word is missing."""
    say("Thiếu việc cần làm: try, start, report hoặc undo. Xem: chuky switch --help")
    return 2


def try_switch(options: argparse.Namespace) -> int:
    """Print how every running process would take to a version; nothing changes. 1 when one does not fit."""
    house = opened()
    misfits = total = 0
    with house.read_uow() as uow:
        cycle, version = _cycle(uow, options.cycle), versions.find(uow, options.version).version
        mapping = _mapping(options.map)
        after: InstanceId | None = InstanceId(0)
        while after is not None:
            page, after = versions.preview(
                uow, cycle.id, version, mapping, after=after, limit=_PAGE, actor=OPERATOR, now=house.clock()
            )
            total += len(page)
            misfits += sum(not fit.fits for fit in page)
            for fit in page:
                _print_fit(fit.instance_id, f"{fit.process}, {fit.unit}", "vừa" if fit.fits else "KHÔNG VỪA", fit.notes)
    house.close()
    say(f"{total} quy trình đang chạy, {misfits} không vừa bản mới (sẽ ở lại bản cũ). Chưa có gì thay đổi.")
    return 1 if misfits else 0


def start_switch(options: argparse.Namespace) -> int:
    """Bring the running processes of a cycle to a version, then print the report."""
    house = opened()
    with house.open_uow() as uow:
        cycle, version = _cycle(uow, options.cycle), versions.find(uow, options.version).version
        begun = versions.begin(
            uow, cycle.id, version, _mapping(options.map), options.reason, actor=OPERATOR, now=house.clock()
        )
    return _finish(house, begun)


def undo_switch(options: argparse.Namespace) -> int:
    """Bring the processes of a switch back, then print the report."""
    house = opened()
    with house.open_uow() as uow:
        begun = versions.undo(uow, options.number, options.reason, actor=OPERATOR, now=house.clock())
    return _finish(house, begun)


def report(options: argparse.Namespace) -> int:
    """Print what became of each process of a switch."""
    house = opened()
    _report(house, options.number)
    house.close()
    return 0


def _finish(house: House, switch: Switch) -> int:
    # The worker does the same; whoever comes first to a batch does it.
    while switch.state in (RUNNING, UNDOING):
        with house.open_uow() as uow:
            switch = versions.advance(uow, switch.id, now=house.clock())
    _report(house, switch.id)
    house.close()
    return 0


def _report(house: House, number: int) -> None:
    after = InstanceId(0)
    with house.read_uow() as uow:
        uow.switches.get(number)
        counts = uow.switches.count(number)
        while items := uow.switches.items(number, after, _PAGE):
            for item in items:
                _print_fit(item.instance_id, "", _STATES[item.state], item.notes)
            after = items[-1].instance_id
    found = ", ".join(f"{count} {_STATES[state]}" for state, count in sorted(counts.items()))
    say(f"Lần chuyển số {number}: {found or 'không có quy trình nào đang chạy'}.")


def _print_fit(instance_id: int, about: str, state: str, notes: Iterable[str]) -> None:
    print(f"quy trình {instance_id}{f' ({about})' if about else ''}: {state}")
    for note in notes:
        print(f"  – {note}")


def _read(path: Path) -> tuple[CycleModel, list[Finding]]:
    from api.forms import check_forms
    from engine.process.pack_files import MAX_PACK
    from engine.process.pack_ready import ready_folder, ready_zip

    if not path.exists():
        raise NotFound("tệp hoặc thư mục", path)
    if path.is_dir():
        model, notes = ready_folder(path)
    else:
        with path.open("rb") as file:
            model, notes = ready_zip(file.read(MAX_PACK + 1), path.name)
    if wrong := check_forms(model.files):
        raise BadPack(wrong)
    return model, notes


def _versions(*names: str) -> list[CycleModel]:
    """Models by version, or by folder or archive where such a path exists."""
    house: House | None = None
    found = []
    for name in names:
        if Path(name).exists():
            found.append(_read(Path(name))[0])
            continue
        house = house or opened()
        with house.read_uow() as uow:
            found.append(uow.models.get(versions.find(uow, name).version))
    if house is not None:
        house.close()
    return found


def _cycle(uow: UnitOfWork, name: str) -> Cycle:
    """A cycle by its number, or as MODEL/YEAR."""
    if name.isdigit():
        return uow.cycles.get(CycleId(int(name)))
    key, _, year = name.partition("/")
    cycle = uow.cycles.find(key, int(year)) if year.isdigit() else None
    if cycle is None:
        raise NotFound("chu kỳ", name)
    return cycle


def _mapping(pairs: list[str]) -> dict[str, str]:
    found = dict(pair.partition("=")[::2] for pair in pairs)
    if any(not old or not new for old, new in found.items()):
        raise WrongState("bad_mapping")
    return found
