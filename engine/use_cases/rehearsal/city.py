"""Who lives in a rehearsed city? Units and people made from a pack's script, the same for the same seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.ports.store import NEW, UnitOfWork
from engine.rules.cycle_models import Json
from engine.rules.decisions import LegalBasis
from engine.rules.units import Account, AccountId, Position, Unit, UnitId
from engine.use_cases.rehearsal.filler import Filler
from engine.use_cases.rehearsal.script import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """What was founded: the leading unit, and the units that register, in the order of their codes."""

    root: Unit
    superiors: tuple[Unit, ...]
    units: tuple[Unit, ...]


def found(uow: UnitOfWork, script: Script, count: int, *, on: date, now: datetime) -> City:
    """Found a city in which `count` units register, with their superiors and everybody's positions.

    Units exist from `on`. The legal bases of the script are entered too, marked MẪU.
    """
    plan = script.section("city")
    root = uow.units.add(_unit(script.section("city", "root"), None, on))
    superiors, units = [], []
    for block in _blocks(plan, count):
        superior = uow.units.add(_unit(block.superior, root, on))
        superiors.append(superior)
        units += [uow.units.add(_unit(branch, superior, on)) for branch in block.branches]
    people = _People(uow=uow, script=script, on=on, now=now)
    for unit in (root, *superiors, *units):
        people.fill(unit)
    for basis in _bases(script):
        uow.decisions.put_basis(basis)
    return City(root=root, superiors=tuple(superiors), units=tuple(units))


@dataclass(frozen=True, slots=True)
class _Block:
    superior: Mapping[str, Json]
    branches: tuple[Mapping[str, Json], ...]


def _blocks(plan: Mapping[str, Json], count: int) -> Iterator[_Block]:
    """Superiors with their units, taken round by round from the script until `count` units are there."""
    kinds = _tables(plan.get("superior"))
    size = int(str(plan.get("units_per_superior", 12)))
    rounds = 0
    left = count
    while left > 0:
        for kind in kinds:
            names = _texts(kind.get("names"))
            if left > 0 and rounds < len(names) * (1 + count):
                number = rounds % len(names)
                again = f" {rounds // len(names) + 1}" if rounds >= len(names) else ""
                name = names[number] + again
                yield _block(kind, name, f"{kind['code']}{rounds + 1:03}", min(size, left))
                left -= min(size, left)
        rounds += 1


def _block(kind: Mapping[str, Json], name: str, code: str, size: int) -> _Block:
    pattern = _tables(kind.get("unit"))
    branches = []
    for index in range(size):
        spec = pattern[index % len(pattern)]
        names = _texts(spec.get("names"))
        turn = index // len(pattern)
        short = str(kind.get("short", "{name}")).replace("{name}", name)
        branch_name = names[turn % len(names)].replace("{number}", str(turn + 1)).replace("{superior}", short)
        branches.append({**spec, "name": branch_name, "code": f"{code}-{index + 1:02}"})
    return _Block({**kind, "name": name, "code": code}, tuple(branches))


def _unit(spec: Mapping[str, Json], parent: Unit | None, on: date) -> Unit:
    cohort = spec.get("cohort")
    return Unit(
        id=UnitId(NEW),
        code=str(spec["code"]),
        name=str(spec["name"]),
        kind=str(spec["kind"]),
        cohort=str(cohort) if cohort else None,
        parent_id=parent.id if parent else None,
        from_day=on,
        until_day=None,
        successor_id=None,
        symbol=str(spec.get("symbol", parent.symbol if parent else "")),
        place=str(spec.get("place", parent.place if parent else "")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _People:
    uow: UnitOfWork
    script: Script
    on: date
    now: datetime

    def fill(self, unit: Unit) -> None:
        """Put a person into each position that the script gives a unit of this kind."""
        roles = self.script.texts("city", "positions", unit.kind)
        for role in roles:
            filler = Filler(script=self.script, chance=self.script.chance(unit.code, role))
            account = self.uow.accounts.add(self._account(f"{unit.code}-{role}".lower(), filler.person()))
            self.uow.accounts.add_position(
                Position(id=NEW, account_id=account.id, unit_id=unit.id, role=role, from_day=self.on, until_day=None)
            )

    def _account(self, username: str, name: str) -> Account:
        # No mail address: virtual people are never written to.
        return Account(
            id=AccountId(NEW),
            username=username,
            full_name=name,
            email=None,
            password_hash=None,
            must_change_password=False,
            disabled_at=None,
            created_at=self.now,
        )


def _bases(script: Script) -> list[LegalBasis]:
    return [
        LegalBasis(
            id=NEW,
            key=str(basis["key"]),
            name=str(basis["name"]),
            number=str(basis["number"]),
            dated=date.fromisoformat(str(basis["dated"])),
            issuer=str(basis["issuer"]),
            sample=True,
        )
        for basis in _tables(script.section("city").get("basis"))
    ]


def _tables(value: object) -> list[Mapping[str, Json]]:
    rows = value if isinstance(value, Sequence) and not isinstance(value, str) else []
    return [row for row in rows if isinstance(row, Mapping)]


def _texts(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, Sequence) and not isinstance(value, str) else []
