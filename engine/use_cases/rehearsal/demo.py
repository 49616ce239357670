"""How does the demo city come to life? Lived from its last finished cycle up to now; visitors find work waiting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from engine.ports.services import OpenUow
from engine.ports.store import NEW, UnitOfWork
from engine.rules.cycle_models import CycleModel, Json
from engine.rules.deadlines import local_day
from engine.rules.dossiers import WorkItem
from engine.rules.programme import MilestoneState, Part, Standing
from engine.rules.units import Actor, Position, Unit, UnitId
from engine.use_cases import programme
from engine.use_cases.actors import actor_of
from engine.use_cases.programme import Entry, Planned, Said
from engine.use_cases.rehearsal import city, year
from engine.use_cases.rehearsal.city import City
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.rehearsal.walk import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """An account that a visitor signs in with."""

    username: str
    who: str  #: top of the whole city | root | superior | unit, of the city that a model brings along; body: the unit of the shared city with that code
    also: str  #: a second such place, where the same person has the same role; or empty
    unit: str  #: code, of a body
    cohort: str
    role: str
    label: str
    keeps: int  #: how many of its newest open items wait for the visitor
    behaves: str  #: manner of its unit in every cycle; empty: as chance says


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """`bpmn/_shared/demo.toml`."""

    seed: int
    packs: tuple[str, ...]
    units: int  #: of the city that a model brings along
    share: int  #: of the shared city
    accounts: tuple[DemoAccount, ...]
    keep_back: Mapping[str, int]  #: act → days
    mail_domain: str  #: of the visitors' addresses; nobody's in the world
    milestones: str  #: what a made-up proof of a finished milestone is called; {number} is filled in


def read_plan(raw: Mapping[str, Json]) -> DemoPlan:
    """Read the plan from its parsed file."""
    accounts = raw.get("account", ())
    packs = raw.get("packs", ())
    keep = raw.get("keep_back", {})
    rows = [row for row in accounts if isinstance(row, Mapping)] if isinstance(accounts, Sequence) else []
    return DemoPlan(
        seed=int(str(raw.get("seed", 1))),
        packs=tuple(str(key) for key in packs) if isinstance(packs, Sequence) else (),
        units=int(str(raw.get("units", 60))),
        share=int(str(raw.get("share", 12))),
        accounts=tuple(
            DemoAccount(
                username=str(row["username"]),
                who=str(row["who"]),
                also=str(row.get("also", "")),
                unit=str(row.get("unit", "")),
                cohort=str(row.get("cohort", "")),
                role=str(row["role"]),
                label=str(row["label"]),
                keeps=int(str(row.get("keeps", 1))),
                behaves=str(row.get("behaves", "")),
            )
            for row in rows
        ),
        mail_domain=str(raw.get("mail_domain", "example.org")),
        milestones=str(raw.get("milestones", "{number}")),
        keep_back={str(act): int(str(days)) for act, days in keep.items()} if isinstance(keep, Mapping) else {},
    )


def found(
    uow: UnitOfWork,
    models: Sequence[CycleModel],
    scripts: Mapping[str, Script],
    plan: DemoPlan,
    *,
    on: date,
    now: datetime,
) -> None:
    """Found the demo city and give the visitors' accounts their places in it."""
    made = found_all(uow, models, scripts, plan.units, plan.share, on=on, now=now)
    home = _home(made[0], plan) if made else None
    for account in plan.accounts:
        unit = _place(uow, made, home, account)
        if unit is None:
            continue
        held = next(a for p, a in uow.accounts.at_unit(unit.id) if p.role == account.role)
        visitor = uow.accounts.save(replace(held, username=account.username))
        also = _place(uow, made, home, replace(account, who=account.also)) if account.also else None
        if also is not None and also.id != unit.id:
            uow.accounts.add_position(
                Position(id=NEW, account_id=visitor.id, unit_id=also.id, role=account.role, from_day=on, until_day=None)
            )


def found_all(
    uow: UnitOfWork,
    models: Sequence[CycleModel],
    scripts: Mapping[str, Script],
    units: int,
    share: int | None,
    *,
    year: int | None = None,
    on: date,
    now: datetime,
) -> list[City]:
    """Found one city for several models: the shared one, with `share` units that take part in the cycles of `year`
    (None: in any; without `share` every unit there is), and under its
    root those that models bring along, with `units` each, which are returned."""
    own = [model for model in models if scripts[model.key].section("city", "root")]
    shared = [model for model in models if model not in own]
    root = None
    if shared:
        root = city.found_shared(uow, scripts[shared[0].key], shared, share, year=year, on=on, now=now).root
    for model in shared:
        city.put_bases(uow, scripts[model.key])
    return [city.found(uow, scripts[model.key], units, on=on, now=now, under=root) for model in own]


def first_year(now: datetime) -> int:
    """The first cycle that the city lives: last year's, which is finished whatever the day."""
    return local_day(now).year - 1


def plan_openings(walk: Walk, models: Sequence[CycleModel], scripts: Mapping[str, Script], *, until: datetime) -> None:
    """Let the city open every cycle of the models that falls due until then and does not stand yet."""
    with walk.open_uow() as uow:
        for model in models:
            begins = max(first_year(until), model.first_year or 0)
            for wanted in range(begins, local_day(until).year + 2):
                moment = year.opening_moment(uow, model, wanted)
                if moment <= until and uow.cycles.find(model.key, wanted) is None:
                    opening = year.opening(scripts[model.key])
                    plan_opening(walk, model.key, wanted, opening, moment)


def plan_opening(walk: Walk, model_key: str, wanted: int, opening: year.Opening, at: datetime) -> None:
    """Let the leading unit open the model's cycle of that year when the walk comes to `at`."""
    walk.schedule(at, _Opening(walk.open_uow, model_key, wanted, opening))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBack:
    """Which work stays for visitors: the newest open items of each visitor's account, for some days."""

    places: Sequence[tuple[frozenset[tuple[UnitId, str]], int]]  #: per account, its (unit, role) pairs, how many
    days: Mapping[str, int]  #: act → days after opening; 0 or less: until that many days before the last day

    def keeps(self, uow: UnitOfWork, item: WorkItem, now: datetime) -> bool:
        """Whether the item is to wait for a visitor at `now`."""
        if not self._in_time(item, local_day(now)) or self._holds_a_visitor_up(item):
            return False
        return any(_is_for(pairs, item) and self._newer(uow, item, pairs) < keeps for pairs, keeps in self.places)

    def _in_time(self, item: WorkItem, today: date) -> bool:
        days = self.days.get(item.act)
        if days is None:
            return False
        if days <= 0:
            return item.last_day is not None and today <= item.last_day + timedelta(days=days)
        return today <= local_day(item.opened_at) + timedelta(days=days)

    def _holds_a_visitor_up(self, item: WorkItem) -> bool:
        own = any(item.subject_unit_id == unit for pairs, _ in self.places for unit, _ in pairs)
        return own and item.unit_id != item.subject_unit_id

    def _newer(self, uow: UnitOfWork, item: WorkItem, pairs: frozenset[tuple[UnitId, str]]) -> int:
        units = {unit for unit, _ in pairs}
        others = (other for unit in units for other in uow.work.open_at(unit))
        return sum(other.id > item.id and other.act in self.days and _is_for(pairs, other) for other in others)


def _is_for(pairs: frozenset[tuple[UnitId, str]], item: WorkItem) -> bool:
    return any((item.unit_id, role) in pairs for role in item.roles)


def kept_back(uow: UnitOfWork, plan: DemoPlan) -> KeptBack:
    """What the plan keeps back, for the accounts as they stand."""
    accounts = [(uow.accounts.find_username(wanted.username), wanted.keeps) for wanted in plan.accounts]
    places = tuple(
        (frozenset((p.unit_id, p.role) for p in uow.accounts.positions(account.id)), keeps)
        for account, keeps in accounts
        if account is not None
    )
    return KeptBack(places=places, days=plan.keep_back)


def manners(uow: UnitOfWork, plan: DemoPlan) -> dict[str, str]:
    """Unit code → manner, for the units of visitors whom the plan lets behave one way."""
    accounts = [
        (uow.accounts.find_username(wanted.username), wanted.behaves) for wanted in plan.accounts if wanted.behaves
    ]
    return {
        uow.units.get(position.unit_id).code: behaves
        for account, behaves in accounts
        if account is not None
        for position in uow.accounts.positions(account.id)
    }


def tell_milestones(uow: UnitOfWork, plan: DemoPlan, now: datetime) -> None:
    """Let the bodies that lead programmes say how far they are: of three milestones that have begun, one is under way, one
    is done, and of one nobody has spoken."""
    today, marks = local_day(now), uow.programmes.marks()
    for planned in programme.planned_models(uow):
        actor = _programme_writer(uow, planned, now)
        begun = [e for e in programme.entries(planned, marks, now=now) if _may_be_told(e, today)]
        for n, entry in enumerate(begun if actor else []):
            if n % 3 < 2 and actor is not None and entry.mark is None:
                said = _UNDER_WAY if n % 3 == 0 else _done(entry, n, plan, today)
                programme.say(uow, planned, entry.milestone.key, said, actor=actor, now=now)


_UNDER_WAY = Said(state=MilestoneState.UNDER_WAY)


def _may_be_told(entry: Entry, today: date) -> bool:
    first = entry.milestone.period.first
    return entry.standing is not Standing.BEFORE and (first is None or first <= today)


def _done(entry: Entry, n: int, plan: DemoPlan, today: date) -> Said:
    first = entry.milestone.period.first or date.min
    number = plan.milestones.format(number=f"{n:02}")
    return Said(state=MilestoneState.DONE, number=number, dated=max(first, today - timedelta(days=30)))


def _programme_writer(uow: UnitOfWork, planned: Planned, now: datetime) -> Actor | None:
    """The first officer of the first body that leads the programme."""
    today = local_day(now)
    for unit in programme.units_of(uow, planned, today)[Part.LEAD]:
        people = sorted(uow.accounts.holders(unit.id, programme.WRITERS, today), key=lambda account: account.username)
        if people:
            return actor_of(uow, people[0], now=now)
    return None


@dataclass(frozen=True, slots=True)
class _Opening:
    open_uow: OpenUow
    model_key: str
    wanted: int
    opening: year.Opening

    def __call__(self, now: datetime) -> None:
        with self.open_uow() as uow:
            year.open_year(uow, self.model_key, self.wanted, self.opening, now=now)


def _home(made: City, plan: DemoPlan) -> Unit:
    wanted = {account.cohort for account in plan.accounts if account.who == "unit"}
    for superior in made.superiors:
        cohorts = {unit.cohort for unit in made.units if unit.parent_id == superior.id}
        if wanted <= cohorts:
            return superior
    return made.superiors[0]


def _place(uow: UnitOfWork, made: Sequence[City], home: Unit | None, account: DemoAccount) -> Unit | None:
    """Where the account's person sits; None: the city has no such place."""
    if account.who == "body":
        return uow.units.find_code(account.unit)
    if home is None:
        return None
    if account.who == "root":
        return made[0].root
    if account.who == "top":
        return uow.units.path(made[0].root.id)[-1]
    if account.who == "superior":
        return home
    below = [unit for unit in made[0].units if unit.parent_id == home.id]
    return next(unit for unit in below if unit.cohort == account.cohort)
