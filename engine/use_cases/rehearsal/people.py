"""When does a virtual person act, and what do they answer? Chance by seed, unit and task, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Protocol

from engine.errors import Refused
from engine.ports.process import call_of
from engine.ports.store import UnitOfWork
from engine.rules.calendar import WorkingCalendar
from engine.rules.cycle_models import Json
from engine.rules.deadlines import ICT, Deadline, local_day
from engine.rules.dossiers import WorkItem
from engine.rules.survey_rounds import SurveyRound
from engine.rules.units import Actor, Unit
from engine.use_cases import prefill
from engine.use_cases.actors import actor_of
from engine.use_cases.rehearsal import residents
from engine.use_cases.rehearsal.filler import Filler
from engine.use_cases.rehearsal.script import Script, pair
from engine.use_cases.scoring import criteria_of

#: What a branch does differently from doing everything in time, by act: manner → acts it shows in.
NEVER: Mapping[str, frozenset[str]] = {
    "silent": frozenset({"register", "request"}),
    "not_requested": frozenset({"request"}),
}
#: Office hours, in minutes after midnight, local time.
OPENS, CLOSES = 7 * 60 + 30, 16 * 60 + 59
#: How far the next working day may be.
_NEAR = timedelta(days=30)
#: Refusals after which a person simply tries again the next day.
PATIENCE = frozenset({"appeal_open"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A message that a unit will send: at that moment, or on one of the days after it, `tries` days in all."""

    node: str
    at: datetime
    tries: int
    item: WorkItem  #: whose people send it


class Folk(Protocol):
    """Virtual people: when they act, and what they answer."""

    def plan(self, uow: UnitOfWork, item: WorkItem) -> datetime | None:
        """When the item will be done; None: never by these people."""
        ...

    def actor_of(self, uow: UnitOfWork, item: WorkItem, now: datetime) -> Actor | None:
        """The person who does the item; None: nobody holds the position."""
        ...

    def answers(self, uow: UnitOfWork, item: WorkItem, *, now: datetime) -> dict[str, object]:
        """The answers to the item's form."""
        ...

    def postings(self, uow: UnitOfWork, item: WorkItem) -> list[Posting]:
        """What the unit will start by itself after this item has opened."""
        ...

    def posted_answers(self, uow: UnitOfWork, posting: Posting, form: str) -> dict[str, object]:
        """The answers to the form of what a unit starts by itself."""
        ...

    def after_refusal(self, item: WorkItem, refusal: Refused, now: datetime) -> datetime | None:
        """When to try again after a refusal; None: it is a fault of the rehearsal."""
        ...

    def respond(self, uow: UnitOfWork, held: SurveyRound, *, now: datetime) -> int:
        """Let those who are asked answer a survey; how many did."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The virtual people of several models: everybody behaves as the script of the cycle's model says."""

    people: Mapping[str, "People"]  #: model key → its people

    def plan(self, uow: UnitOfWork, item: WorkItem) -> datetime | None:
        """When the item will be done; None: never by these people."""
        return self._of(uow, item).plan(uow, item)

    def actor_of(self, uow: UnitOfWork, item: WorkItem, now: datetime) -> Actor | None:
        """The person who does the item; None: nobody holds the position."""
        return self._of(uow, item).actor_of(uow, item, now)

    def answers(self, uow: UnitOfWork, item: WorkItem, *, now: datetime) -> dict[str, object]:
        """The answers to the item's form."""
        return self._of(uow, item).answers(uow, item, now=now)

    def postings(self, uow: UnitOfWork, item: WorkItem) -> list[Posting]:
        """What the unit will start by itself after this item has opened."""
        return self._of(uow, item).postings(uow, item)

    def posted_answers(self, uow: UnitOfWork, posting: Posting, form: str) -> dict[str, object]:
        """The answers to the form of what a unit starts by itself."""
        return self._of(uow, posting.item).posted_answers(uow, posting, form)

    def after_refusal(self, item: WorkItem, refusal: Refused, now: datetime) -> datetime | None:
        """When to try again after a refusal; None: it is a fault of the rehearsal."""
        return now + timedelta(days=1) if refusal.code in PATIENCE else None

    def respond(self, uow: UnitOfWork, held: SurveyRound, *, now: datetime) -> int:
        """Let those who are asked answer a survey; how many did."""
        return self.people[uow.cycles.get(held.cycle_id).model].respond(uow, held, now=now)

    def _of(self, uow: UnitOfWork, item: WorkItem) -> "People":
        return self.people[uow.cycles.get(item.cycle_id).model]


@dataclass(slots=True, kw_only=True)
class People:
    """The virtual people of one model."""

    script: Script
    manners: Mapping[str, str] = field(default_factory=dict)  #: unit code → how it always behaves, whatever chance says

    def plan(self, uow: UnitOfWork, item: WorkItem) -> datetime | None:
        """When the item will be done; None: never by these people."""
        unit = uow.units.get(item.subject_unit_id)
        cycle = uow.cycles.get(item.cycle_id)
        manner = self._manner(uow, item, unit, cycle.year)
        if item.act in NEVER.get(manner, ()):
            return None
        chance = self._chance(uow, item, unit)
        if item.act == "progress" and not self._notes_progress(uow, item, chance):
            return None
        if item.act == "fill" and item.last_day is None:
            return item.opened_at
        deadline = self._deadline(uow, item, unit)
        planned = _moment(self._day(item, deadline, manner, chance), chance)
        planned = planned if planned >= item.opened_at else _next_in_office(item.opened_at, chance)
        return self._at_work(uow, item, planned)

    def actor_of(self, uow: UnitOfWork, item: WorkItem, now: datetime) -> Actor | None:
        """The person who does the item: the first by user name who may; None: nobody holds the position."""
        people = uow.accounts.holders(item.unit_id, item.roles, local_day(now))
        people = sorted(people, key=lambda account: account.username)
        return actor_of(uow, people[0], now=now) if people else None

    def answers(self, uow: UnitOfWork, item: WorkItem, *, now: datetime) -> dict[str, object]:
        """The answers to the item's form."""
        unit = uow.units.get(item.subject_unit_id)
        cycle = uow.cycles.get(item.cycle_id)
        model = uow.models.get(cycle.version)
        known = prefill.start_answers(uow, item, now=now)
        chance = self._chance(uow, item, unit)
        filler = Filler(script=self.script, chance=chance, today=local_day(now))
        wishes = self._wishes(uow, item, unit, cycle.year, known, chance)
        schema = model.forms.get(item.form or "", {})
        return filler.fill(item.form or "", schema, known, wishes)

    def postings(self, uow: UnitOfWork, item: WorkItem) -> list[Posting]:
        """What people will start by themselves after this item has opened: a withdrawal, an appeal."""
        unit = uow.units.get(item.subject_unit_id)
        year = uow.cycles.get(item.cycle_id).year
        manner = self.unit_manner(unit, year)
        found = []
        for row in self.script.tables("message"):
            if not _follows(row, item, manner):
                continue
            node = str(row["node"])
            chance = self.script.chance(unit.code, year, node, "message")
            if chance.random() < float(str(row.get("share", 1))):
                least, most = pair(row.get("days"), (1, 1))
                day = local_day(item.opened_at) + timedelta(days=chance.randint(least, most))
                tries = int(str(row.get("tries", 1)))
                found.append(Posting(node=node, at=_moment(day, chance), tries=tries, item=item))
        return found

    def posted_answers(self, uow: UnitOfWork, posting: Posting, form: str) -> dict[str, object]:
        """The answers to the form of what a unit starts by itself."""
        item = posting.item
        unit, cycle = uow.units.get(item.subject_unit_id), uow.cycles.get(item.cycle_id)
        chance = self.script.chance(unit.code, cycle.year, posting.node, "answers")
        filler = Filler(script=self.script, chance=chance, today=local_day(posting.at))
        return filler.fill(form, uow.models.get(cycle.version).forms.get(form, {}), {}, {})

    def after_refusal(self, item: WorkItem, refusal: Refused, now: datetime) -> datetime | None:
        """When to try again after a refusal; None: it is a fault of the rehearsal."""
        return now + timedelta(days=1) if refusal.code in PATIENCE else None

    def respond(self, uow: UnitOfWork, held: SurveyRound, *, now: datetime) -> int:
        """Let those who are asked answer a survey; how many did."""
        return residents.respond(uow, self.script, held, now=now)

    def _manner(self, uow: UnitOfWork, item: WorkItem, unit: Unit, year: int) -> str:
        """How this unit behaves in this cycle, or how its superior treats this one task."""
        if item.unit_id == item.subject_unit_id and _takes_part(uow, item):
            return self.unit_manner(unit, year)
        return self.script.drawn(
            self.script.section("superiors") or {"on_time": 1}, unit.code, year, call_of(item.node), "superior"
        )

    def unit_manner(self, unit: Unit, year: int) -> str:
        """How a unit behaves in a cycle."""
        if unit.code in self.manners:
            return self.manners[unit.code]
        shares = self.script.section("behaviour") or {"on_time": 1}
        return self.script.drawn(shares, unit.code, year, "behaviour")

    def _chance(self, uow: UnitOfWork, item: WorkItem, unit: Unit) -> Random:
        done = [s for s in uow.dossiers.submissions(item.dossier_id) if s.node == item.node]
        return self.script.chance(unit.code, uow.cycles.get(item.cycle_id).year, call_of(item.node), len(done))

    def _notes_progress(self, uow: UnitOfWork, item: WorkItem, chance: Random) -> bool:
        noted = len(uow.dossiers.submissions(item.dossier_id, "progress"))
        return noted == 0 and chance.random() < self.script.number("progress_share", default=0.5)

    def _deadline(self, uow: UnitOfWork, item: WorkItem, unit: Unit) -> Deadline | None:
        if item.deadline is None:
            return None
        dossier = uow.dossiers.get(item.dossier_id)
        return uow.cycles.deadlines(item.cycle_id, dossier.group).get(item.deadline)

    def _day(self, item: WorkItem, deadline: Deadline | None, manner: str, chance: Random) -> date:
        opened = local_day(item.opened_at)
        first = opened if deadline is None else max(opened, deadline.campaign_day or opened)
        if manner == "early":
            first = opened
        last = item.last_day
        if last is None:
            least, most = self.script.span("delays", item.act, default=(0, 2))
            return opened + timedelta(days=chance.randint(least, most))
        if manner == "late" and item.act in self.script.texts("late_acts"):
            least, most = self.script.span("late_days", default=(1, 6))
            return last + timedelta(days=chance.randint(least, most))
        if manner == "early" and deadline is not None and deadline.campaign_day is not None:
            last = max(first, deadline.campaign_day - timedelta(days=1))
        least, most = self.script.span("delays", item.act, default=(0, max(0, (last - first).days)))
        return min(last, first + timedelta(days=chance.randint(least, max(least, most))))

    def _at_work(self, uow: UnitOfWork, item: WorkItem, planned: datetime) -> datetime:
        """The same hour of a working day for the acts that the script names: the next, or the one before the last day."""
        if item.act not in self.script.texts("working_days"):
            return planned
        day = local_day(planned)
        calendar = WorkingCalendar({row.day: row for row in uow.calendar.days(day - _NEAR, day + _NEAR)})
        moved = calendar.next_working_day(day)
        if item.last_day is not None and moved > item.last_day >= day:
            earlier = calendar.previous_working_day(day)
            moved = earlier if earlier >= local_day(item.opened_at) else moved
        later = planned + (moved - day)
        return later if later >= item.opened_at else planned

    def _wishes(
        self, uow: UnitOfWork, item: WorkItem, unit: Unit, year: int, known: Mapping[str, object], chance: Random
    ) -> dict[str, object]:
        manner = self.unit_manner(unit, year) if _takes_part(uow, item) else "on_time"
        wished = {**self.script.section("wishes", item.node), **self.script.section("wishes", item.node, manner)}
        return {
            **self._usual(uow, item, manner, known, chance),
            **self._by_name(unit),
            **{k: v for k, v in wished.items() if not isinstance(v, Mapping)},
        }

    def _by_name(self, unit: Unit) -> dict[str, object]:
        """What every unit answers whose name begins so, where a form asks for it."""
        named = self.script.section("named")
        found = [answers for start, answers in named.items() if unit.name.startswith(start)]
        return {key: value for answers in found if isinstance(answers, Mapping) for key, value in answers.items()}

    def _usual(
        self, uow: UnitOfWork, item: WorkItem, manner: str, known: Mapping[str, object], chance: Random
    ) -> dict[str, object]:
        before = len(uow.dossiers.submissions(item.dossier_id, item.act))
        if item.act == "review":
            chosen = {"returned": "return" if before == 0 else "accept", "refused": "refuse"}.get(manner, "accept")
            return {"outcome": chosen, "reason": self._reason(chosen, chance) if chosen != "accept" else ""}
        if item.act in ("request", "assess"):
            return {"outcome": "assess", "scores": self._scores(known, manner, chance)}
        if item.act == "meet":
            return self._meeting(uow, item, known, chance)
        if item.act == "answer_appeal":
            return {"outcome": "uphold", "reason": self._reason("uphold", chance)}
        return {}

    def _reason(self, kind: str, chance: Random) -> str:
        return chance.choice(self.script.texts("reasons", kind) or ("Đề nghị xem lại nội dung.",))

    def _scores(self, known: Mapping[str, object], manner: str, chance: Random) -> list[dict[str, object]]:
        least, most = self.script.span("points", "fail" if manner == "fail" else "pass", default=(75, 100))
        rows = known.get("scores")
        scored = []
        for row in rows if isinstance(rows, list) else []:
            share = Decimal(chance.randint(least, most)) / 100
            points = (Decimal(str(row["max_points"])) * share).quantize(Decimal(1))
            text = chance.choice(self.script.texts("reasons", "score") or ("Có minh chứng.",))
            scored.append({**row, "points": points, "reason": text})
        return scored

    def _meeting(
        self, uow: UnitOfWork, item: WorkItem, known: Mapping[str, object], chance: Random
    ) -> dict[str, object]:
        invited = chance.randint(*self.script.span("meeting", "invited", default=(9, 15)))
        present = invited - chance.randint(0, 2)
        rows = known.get("rows")
        cycle = uow.cycles.get(item.cycle_id)
        criteria = criteria_of(uow, uow.models.get(cycle.version), cycle)
        good = {band.label for band in criteria.bands if band.recognised} if criteria else set()
        judged = rows if isinstance(rows, list) else []
        chosen = self._chosen([row for row in judged if not good or row.get("band") in good])
        voted = []
        for row in judged:
            met = row.get("code") in chosen
            votes = present - chance.randint(0, 1) if met else chance.randint(0, present // 3)
            vote = {"votes_for": votes, "votes_against": present - votes, "result": "met" if met else "not_met"}
            voted.append({**row, **vote} | ({} if met else {"reason": self._reason("not_met", chance)}))
        return {"invited": invited, "present": present, "rows": voted}

    def _chosen(self, good: Sequence[Mapping[str, object]]) -> set[object]:
        """Codes of those whom the meeting chooses: the best where the script sets how many at most."""
        most = int(self.script.number("meeting", "most", default=len(good)))
        best = sorted(good, key=lambda row: (-Decimal(str(row.get("score") or 0)), str(row.get("code"))))
        return {row.get("code") for row in best[:most]}


def _follows(row: Mapping[str, Json], item: WorkItem, manner: str) -> bool:
    """Whether a `[[message]]` of the script follows this item: a task by its id, or an own task of the unit by its act."""
    if row.get("manner", manner) != manner:
        return False
    return row["task"] == item.node if "task" in row else _own(item) and row.get("act") == item.act


def _own(item: WorkItem) -> bool:
    return item.unit_id == item.subject_unit_id


def _takes_part(uow: UnitOfWork, item: WorkItem) -> bool:
    return uow.dossiers.get(item.dossier_id).cohort is not None


def _next_in_office(after: datetime, chance: Random) -> datetime:
    soon = after + timedelta(minutes=chance.randint(5, 55))
    local = soon.astimezone(ICT)
    if OPENS <= local.hour * 60 + local.minute <= CLOSES:
        return soon
    day = local.date() if local.hour * 60 + local.minute < OPENS else local.date() + timedelta(days=1)
    return _moment(day, chance)


def _moment(day: date, chance: Random) -> datetime:
    minutes = chance.randint(OPENS, CLOSES)
    return datetime.combine(day, time(minutes // 60, minutes % 60), ICT).astimezone(UTC)
