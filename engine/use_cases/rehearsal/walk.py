"""How does the clock walk? From one due moment or planned act to the next, until nothing is left or a day is reached."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from engine.errors import Refused
from engine.ports.services import OpenUow
from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.dossiers import WorkItem, WorkItemId, WorkState
from engine.rules.survey_rounds import Door
from engine.use_cases import messages, tasks, timers
from engine.use_cases.rehearsal import residents
from engine.use_cases.rehearsal.people import Folk, Posting

#: Tells how far the walk is: (moment, acts done).
Progress = Callable[[datetime, int], None]
FIRST = WorkItemId(0)
#: Due rows carried out in one transaction.
BATCH = 100


class Keeper(Protocol):
    """Says which work is left for somebody else."""

    def keeps(self, uow: UnitOfWork, item: WorkItem, now: datetime) -> bool:
        """Whether the item is left alone for another day."""
        ...


@dataclass(order=True, slots=True)
class _Planned:
    at: datetime
    order: tuple[str, str, int]
    act: Callable[[datetime], None] = field(compare=False)


@dataclass(slots=True, kw_only=True)
class Walk:
    """One walk over the installation behind `open_uow`, whose clock `set_clock` moves."""

    open_uow: OpenUow
    people: Folk
    set_clock: Callable[[datetime], None]
    work_off: Callable[[], object]  #: does the jobs that were promised
    moment: datetime  #: where the walk stands; nothing happens before it
    progress: Progress | None = None
    keeper: Keeper | None = None
    acts: int = 0
    _seen: WorkItemId = FIRST
    _asked: int = 0  #: the latest survey that was looked at
    _plans: list[_Planned] = field(default_factory=list)

    def schedule(self, at: datetime, act: Callable[[datetime], None]) -> None:
        """Let `act` happen at that moment, before people's acts of the same moment."""
        heapq.heappush(self._plans, _Planned(max(at, self.moment), ("", "", len(self._plans)), act))

    def until(self, end: datetime) -> None:
        """Live on until nothing falls due at or before `end` (aware)."""
        self._look()
        while (moment := self._next()) is not None and moment <= end:
            self.moment = max(moment, self.moment)
            self.set_clock(self.moment)
            self._live(self.moment)
            self.work_off()
            self._look()
            if self.progress is not None:
                self.progress(self.moment, self.acts)

    def _next(self) -> datetime | None:
        with self.open_uow() as uow:
            due = uow.timers.next_due()
        planned = self._plans[0].at if self._plans else None
        moments = [moment for moment in (due, planned) if moment is not None]
        return min(moments) if moments else None

    def _live(self, moment: datetime) -> None:
        # What falls due comes first: a task that opens at midnight may be done in the morning.
        while self._fire(moment):
            pass
        while self._plans and self._plans[0].at <= moment:
            heapq.heappop(self._plans).act(moment)

    def _fire(self, moment: datetime) -> bool:
        with self.open_uow() as uow:
            return timers.fire_due_timers(uow, now=moment, limit=BATCH)

    def _plan(self, at: datetime, code: str, item: WorkItem) -> None:
        order = (code, item.node, int(item.id))
        act = _Doing(self, item.id, code)
        heapq.heappush(self._plans, _Planned(max(at, self.moment), order, act))

    def _look(self) -> None:
        with self.open_uow() as uow:
            for item in uow.work.open_after(self._seen):
                self._seen = item.id
                at = self.people.plan(uow, item)
                code = uow.units.get(item.subject_unit_id).code
                if at is not None:
                    self._plan(at, code, item)
                for posting in self.people.postings(uow, item):
                    self._post(posting, code)
            for held in uow.surveys.after(self._asked):
                self._asked = held.id
                self._ask(held.id, residents.first_answers(held, self.moment))

    def _ask(self, round_id: int, at: datetime) -> None:
        heapq.heappush(self._plans, _Planned(max(at, self.moment), ("", "", round_id), _Asking(self, round_id)))

    def ask(self, round_id: int, moment: datetime) -> None:
        """Let the people who are asked answer, as long as anybody may."""
        with self.open_uow() as uow:
            held = uow.surveys.get(round_id)
            if held.door(local_day(moment)) is not Door.OPEN:
                return
            self.people.respond(uow, held, now=moment)
        later = residents.next_answers(held, moment)
        if later is not None:
            self._ask(round_id, later)

    def _post(self, posting: Posting, code: str) -> None:
        order = (code, posting.node, int(posting.item.id))
        heapq.heappush(self._plans, _Planned(max(posting.at, self.moment), order, _Posting(self, posting, code)))

    def post(self, posting: Posting, code: str, moment: datetime) -> None:
        """Let a unit start something from its dossier, on the first day on which it is offered."""
        with self.open_uow() as uow:
            dossier = uow.dossiers.get(posting.item.dossier_id)
            actor = self.people.actor_of(uow, posting.item, moment)
            offered = messages.offers(uow, dossier, actor=actor) if actor is not None else []
            offer = next((offer for offer in offered if offer.node == posting.node), None)
            if actor is not None and offer is not None:
                answers = self.people.posted_answers(uow, posting, offer.form or "")
                messages.send(uow, dossier.id, offer.node, answers, actor=actor, now=moment)
                self.acts += 1
            elif posting.tries > 1:
                self._post(replace(posting, at=moment + timedelta(days=1), tries=posting.tries - 1), code)

    def do(self, item_id: WorkItemId, code: str, moment: datetime) -> None:
        """Let the person whose work it is do an item, if it is still open and not kept back."""
        with self.open_uow() as uow:
            item = uow.work.get(item_id)
            actor = self.people.actor_of(uow, item, moment)
            if item.state is not WorkState.OPEN or actor is None:
                return
            if self.keeper is not None and self.keeper.keeps(uow, item, moment):
                self._plan(moment + timedelta(days=1), code, item)
                return
            answers = self.people.answers(uow, item, now=moment)
            try:
                with uow.savepoint():
                    tasks.complete_task(uow, item.id, answers, row_version=item.row_version, actor=actor, now=moment)
            except Refused as refusal:
                later = self.people.after_refusal(item, refusal, moment)
                if later is None:
                    raise
                self._plan(later, code, item)
                return
        self.acts += 1


@dataclass(frozen=True, slots=True)
class _Doing:
    walk: Walk
    item_id: WorkItemId
    code: str

    def __call__(self, moment: datetime) -> None:
        self.walk.do(self.item_id, self.code, moment)


@dataclass(frozen=True, slots=True)
class _Asking:
    walk: Walk
    round_id: int

    def __call__(self, moment: datetime) -> None:
        self.walk.ask(self.round_id, moment)


@dataclass(frozen=True, slots=True)
class _Posting:
    walk: Walk
    posting: Posting
    code: str

    def __call__(self, moment: datetime) -> None:
        self.walk.post(self.posting, self.code, moment)
