"""How are running processes looked after from the server's terminal? Why they wait, rest, end, another step, incidents."""

import argparse
from collections.abc import Callable

from api.assembly import House
from api.commands.house import opened
from api.commands.people import OPERATOR
from api.commands.saying import say
from api.explaining import finding_line, numbered, wait_lines
from api.texts import label
from api.texts.words import instant
from engine.errors import NotFound
from engine.ports.store import UnitOfWork
from engine.rules.cycles import CycleState
from engine.rules.dossiers import Dossier, DossierId, Instance, InstanceId
from engine.use_cases import incidents as waiting_faults
from engine.use_cases import instances, waiting, watchdog


def why(options: argparse.Namespace) -> int:
    """Print what a dossier, or each dossier of a unit in open cycles, waits for and what happens then."""
    house = opened()
    with house.read_uow() as uow:
        found = _dossiers(uow, options.dossier)
        for dossier in found:
            model = uow.models.get(uow.cycles.get(dossier.cycle_id).version)
            unit = uow.units.get(dossier.unit_id)
            print(f"Hồ sơ {dossier.id}, {unit.name}, {model.name}: {label('dossier_state', dossier.state)}")
            waits = waiting.why(uow, dossier.id, actor=OPERATOR, now=house.clock())
            for wait in waits:
                for line in numbered(wait_lines(wait, uow.words)):
                    print(f"  {line}")
            if not waits:
                print("  Không còn quy trình nào đang chạy.")
    house.close()
    return 0


def show_help(_: argparse.Namespace) -> int:
    """Say that a word is missing."""
    say("Thiếu việc cần làm: list, suspend, resume, cancel hoặc move. Xem: chuky instance --help")
    return 2


def listed(options: argparse.Namespace) -> int:
    """Print the processes of a dossier or unit with the tokens at which they wait."""
    house = opened()
    with house.read_uow() as uow:
        for dossier in _dossiers(uow, options.dossier):
            waits = waiting.why(uow, dossier.id, actor=OPERATOR, now=house.clock())
            for found in uow.instances.of_dossier(dossier.id):
                state = label("instance_state", found.state)
                print(f"quy trình {found.id}  {found.process}  {state}  bản {found.version[:12]}")
                for wait in (w for w in waits if w.instance_id == found.id and w.token):
                    print(f"  nhánh {wait.token}: {wait.node} “{wait.name}”")
    house.close()
    return 0


def suspend(options: argparse.Namespace) -> int:
    """Let instances rest."""
    return _each(
        options,
        lambda uow, number, house: instances.suspend(uow, number, options.reason, actor=OPERATOR, now=house.clock()),
    )


def resume(options: argparse.Namespace) -> int:
    """Let instances go on."""
    return _each(
        options,
        lambda uow, number, house: instances.resume(uow, number, options.reason, actor=OPERATOR, now=house.clock()),
    )


def cancel(options: argparse.Namespace) -> int:
    """End instances before their time."""
    return _each(
        options,
        lambda uow, number, house: instances.cancel(uow, number, options.reason, actor=OPERATOR, now=house.clock()),
    )


def move(options: argparse.Namespace) -> int:
    """Put a waiting token to another step."""
    return _each(
        options,
        lambda uow, number, house: instances.move(
            uow, number, options.token, options.step, options.reason, actor=OPERATOR, now=house.clock()
        ),
    )


def incidents(options: argparse.Namespace) -> int:
    """Print what waits for a person, or try one or all of a kind again."""
    house = opened()
    if options.retry is not None or options.retry_all is not None:
        with house.open_uow() as uow:
            if options.retry is not None:
                done = [waiting_faults.retry(uow, options.retry, actor=OPERATOR, now=house.clock())]
            else:
                done = waiting_faults.retry_all(uow, options.retry_all, actor=OPERATOR, now=house.clock())
        say(f"Đã thử lại {len(done)} sự cố; tiến trình nền sẽ làm.")
    else:
        with house.read_uow() as uow:
            faults = uow.incidents.open()
            if not faults:
                print("Không có sự cố nào đang chờ.")
            for fault in faults:
                kind = f"{label('incident_kind', fault.kind)} ({fault.kind})"
                about = f"  hồ sơ {fault.dossier_id}" if fault.dossier_id else ""
                print(f"sự cố {fault.id}  {kind}  {instant(fault.opened_at)}{about}: {fault.reason}")
    house.close()
    return 0


def watch(_: argparse.Namespace) -> int:
    """Look for instances that nothing will move; each becomes an incident. 1 when there is one."""
    house = opened()
    found = watchdog.watch(house.open_uow, house.read_uow, now=house.clock())
    house.close()
    for finding in found:
        print(finding_line(finding))
    say(f"{len(found)} quy trình bị kẹt mới được ghi thành sự cố." if found else "Không có quy trình nào mới bị kẹt.")
    return 1 if found else 0


def _each(options: argparse.Namespace, act: Callable[[UnitOfWork, InstanceId, House], Instance]) -> int:
    """Do it to every instance that is named; all or none."""
    house = opened()
    with house.open_uow() as uow:
        done = [act(uow, InstanceId(number), house) for number in options.number]
    house.close()
    for instance in done:
        say(f"Quy trình {instance.id}: {label('instance_state', instance.state)}.")
    return 0


def _dossiers(uow: UnitOfWork, name: str) -> list[Dossier]:
    """A dossier by its number, else those of a unit (by its code) in open cycles."""
    unit = uow.units.find_code(name)
    if unit is not None:
        return [d for d in uow.dossiers.of_unit(unit.id) if uow.cycles.get(d.cycle_id).state is CycleState.OPEN]
    if not name.isdigit():
        raise NotFound("hồ sơ hoặc đơn vị", name)
    return [uow.dossiers.get(DossierId(int(name)))]
