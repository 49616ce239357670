"""How does the clock walk? From one due moment or planned act to the next, until nothing is left or a day is reached."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from engine.errors import Refused
from engine.ports.services import OpenUow
from engine.rules.dossiers import WorkItemId, WorkState
from engine.use_cases import tasks, timers
from engine.use_cases.rehearsal.people import People

#: Tells how far the walk is: (moment, acts done).
Progress = Callable[[datetime, int], None]
#: Due rows carried out in one transaction.
BATCH = 100


@dataclass(order=True, slots=True)
class _Planned:
    at: datetime
    order: tuple[str, str, int]
    item_id: WorkItemId = field(compare=False)


@dataclass(slots=True, kw_only=True)
class Walk:
    """One walk over the installation behind `open_uow`, whose clock `set_clock` moves."""

    open_uow: OpenUow
    people: People
    set_clock: Callable[[datetime], None]
    progress: Progress | None = None
    acts: int = 0
    _seen: WorkItemId = WorkItemId(0)
    _plans: list[_Planned] = field(default_factory=list)

    def until(self, end: datetime) -> datetime | None:
        """Live on until nothing falls due at or before `end` (aware); the next moment after it, None: nothing more."""
        self._look()
        while (moment := self._next()) is not None and moment <= end:
            self.set_clock(moment)
            self._live(moment)
            self._look()
            if self.progress is not None:
                self.progress(moment, self.acts)
        return moment

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
            self._act(heapq.heappop(self._plans), moment)

    def _fire(self, moment: datetime) -> bool:
        with self.open_uow() as uow:
            return timers.fire_due_timers(uow, now=moment, limit=BATCH)

    def _act(self, planned: _Planned, moment: datetime) -> None:
        with self.open_uow() as uow:
            item = uow.work.get(planned.item_id)
            actor = self.people.actor_of(uow, item, moment)
            if item.state is not WorkState.OPEN or actor is None:
                return
            answers = self.people.answers(uow, item, now=moment)
            try:
                with uow.savepoint():
                    tasks.complete_task(uow, item.id, answers, row_version=item.row_version, actor=actor, now=moment)
            except Refused as refusal:
                later = self.people.after_refusal(item, refusal, moment)
                if later is None:
                    raise
                heapq.heappush(self._plans, _Planned(later, planned.order, item.id))
                return
        self.acts += 1

    def _look(self) -> None:
        with self.open_uow() as uow:
            for item in uow.work.open_after(self._seen):
                self._seen = item.id
                at = self.people.plan(uow, item)
                if at is not None:
                    unit = uow.units.get(item.subject_unit_id)
                    heapq.heappush(self._plans, _Planned(at, (unit.code, item.node, int(item.id)), item.id))
