"""Who lives in a rehearsed city? Units and people made from a pack's script, the same for the same seed.

A script with a root of its own founds its own tree; every other lives in the shared city (`bpmn/_shared/city.toml`),
of which only the units are founded that take part, those above them, and all bodies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from itertools import zip_longest

from engine.errors import NotFound
from engine.ports.store import NEW, UnitOfWork
from engine.rules.cycle_models import CycleModel, Json
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


def found(
    uow: UnitOfWork,
    script: Script,
    count: int,
    *,
    on: date,
    now: datetime,
    model: CycleModel | None = None,
    year: int | None = None,
    under: Unit | None = None,
    owner: str = "",
) -> City:
    """Found a city in which `count` units take part, with their superiors and everybody's positions.

    Units exist from `on`. The legal bases of the script are entered too, marked MẪU. `model` says who takes part in the
    shared city in the cycle of `year` (None: in any); a root of the script's own is put `under` a unit that stands already.
    Of the model of one unit of the shared city (`owner`, its code) the units live below that one; one of every kind lives
    elsewhere, not concerned.
    """
    if model is not None and not script.section("city", "root"):
        made = found_shared(uow, script, [model], count, year=year, on=on, now=now, owner=owner)
        put_bases(uow, script)
        return made
    plan = script.section("city")
    root = uow.units.add(_unit(script.section("city", "root"), under, on))
    superiors, units = [], []
    for block in _blocks(plan, count):
        superior = uow.units.add(_unit(block.superior, root, on))
        superiors.append(superior)
        units += [uow.units.add(_unit(branch, superior, on)) for branch in block.branches]
    people = _People(uow=uow, script=script, on=on, now=now)
    for unit in (root, *superiors, *units):
        people.fill(unit)
    put_bases(uow, script)
    return City(root=root, superiors=tuple(superiors), units=tuple(units))


def found_shared(
    uow: UnitOfWork,
    script: Script,
    models: Sequence[CycleModel],
    count: int | None,
    *,
    year: int | None = None,
    on: date,
    now: datetime,
    owner: str = "",
) -> City:
    """Found the shared city: all its bodies, and `count` of the units that take part in the models in the cycles of
    `year` (None: in any), taken in turn from every kind, with those above them; with `count` None every unit there is.
    """
    plan = script.section("city")
    families = models[0].families
    places = _shared_places(plan, families)
    taking = [p for p in places.values() if any(_takes_part(m, p, year) for m in models) and "body" not in p]
    wanted = (
        {code for place in _living(models, places, taking, count, owner) for code in _upwards(places, place)}
        if count
        else set(places)
    )
    people = _People(uow=uow, script=script, on=on, now=now, families=families)
    units: dict[str, Unit] = {}
    for code, place in places.items():
        if "body" in place or code in wanted:
            units[code] = uow.units.add(_unit(place, units.get(str(place.get("above", ""))), on))
            people.fill(units[code])
    root, *others = units.values()
    part = {str(place["code"]) for place in taking}
    bodies = tuple(unit for unit in others if unit.code not in part)
    return City(root=root, superiors=bodies, units=tuple(unit for unit in others if unit.code in part))


def _living(
    models: Sequence[CycleModel],
    places: Mapping[str, "_Place"],
    taking: Sequence["_Place"],
    count: int | None,
    owner: str,
) -> "list[_Place]":
    if not owner:
        return _in_turn(models, taking, count)
    if owner not in places:
        raise NotFound("đơn vị", owner)
    inside = [place for place in taking if owner in _upwards(places, place)]
    elsewhere = {str(place["kind"]): place for place in reversed(taking) if place not in inside}
    return [places[owner], *_in_turn(models, inside, count), *elsewhere.values()]


def put_bases(uow: UnitOfWork, script: Script) -> None:
    """Enter the legal bases of the script, marked MẪU."""
    for basis in _bases(script):
        uow.decisions.put_basis(basis)


_Place = Mapping[str, Json]


def _shared_places(plan: Mapping[str, Json], families: Mapping[str, Sequence[str]]) -> dict[str, _Place]:
    """Every unit of the shared city by its code, superiors before those below them."""
    places: dict[str, _Place] = {str(body["code"]): {**body, "body": True} for body in _tables(plan.get("body"))}
    communes = plan.get("communes")
    rows = communes.get("rows") if isinstance(communes, Mapping) else None
    for row in rows if isinstance(rows, Sequence) and not isinstance(rows, str) else ():
        code, name, kind = _texts(row)
        about = (
            {"above": str(communes["above"]), "symbol": str(communes["symbol"])}
            if isinstance(communes, Mapping)
            else {}
        )
        places[code] = {"code": code, "name": name, "kind": kind, "place": _short(name), **about}
    for many in _tables(plan.get("many")):
        kinds = families.get(str(many["below"]), (str(many["below"]),))
        for above in [place for place in places.values() if place["kind"] in kinds or place["code"] == many["below"]]:
            places |= {str(place["code"]): place for place in _below(many, above)}
    for mark in _tables(plan.get("mark")):
        other = {key: mark[key] for key in ("kind", "cohort") if key in mark}
        for pattern in _texts(mark.get("units")):
            places |= {code: {**place, **other} for code, place in places.items() if fnmatchcase(code, pattern)}
    return places


def _takes_part(model: CycleModel, place: _Place, year: int | None) -> bool:
    cohort, kind = _about(place)
    return model.part_of(cohort, kind) is not None if year is None else model.takes_part(cohort, kind, year)


def _about(place: _Place) -> tuple[str | None, str]:
    return str(place.get("cohort", "")) or None, str(place["kind"])


def _below(many: Mapping[str, Json], above: _Place) -> Iterator[_Place]:
    names = _texts(many.get("names"))
    for index in range(int(str(many.get("each", 1)))):
        words = {
            "above": _short(str(above["name"])),
            "above_whole": str(above["name"]),
            "number": str(index // len(names) + 1),
        }
        name = names[index % len(names)]
        for word, text in words.items():
            name = name.replace(f"{{{word}}}", text)
        symbol, place = str(many.get("symbol", "")), str(above.get("place", ""))
        code = f"{above['code']}-{many['code']}{index + 1:02}"
        yield {
            "code": code,
            "name": name,
            "kind": many["kind"],
            "above": above["code"],
            "symbol": symbol,
            "place": place,
        }


def _short(name: str) -> str:
    """A commune's name without what it is."""
    kinds = ("Xã ", "Phường ", "Đặc khu ")
    return next((name.removeprefix(kind) for kind in kinds if name.startswith(kind)), name)


def _in_turn(models: Sequence[CycleModel], places: Sequence[_Place], count: int | None) -> list[_Place]:
    """So many of the places, one in turn of each kind as which they take part."""
    kinds: dict[object, list[_Place]] = {}
    for place in places:
        kinds.setdefault(tuple(model.part_of(*_about(place)) for model in models), []).append(place)
    turns = [place for turn in zip_longest(*kinds.values()) for place in turn if place is not None]
    return turns[:count]


def _upwards(places: Mapping[str, _Place], place: _Place) -> Iterator[str]:
    found: _Place | None = place
    while found is not None:
        yield str(found["code"])
        found = places.get(str(found.get("above", "")))


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
    families: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def fill(self, unit: Unit) -> None:
        """Put a person into each position that the script gives a unit of this kind, or of its family."""
        codes = (unit.kind, *(family for family, kinds in self.families.items() if unit.kind in kinds))
        roles = next((found for code in codes if (found := self.script.texts("city", "positions", code))), ())
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
