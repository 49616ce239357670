"""How do points of many units come in by a list? Into the drafts of the tasks in which they are given; each is still handed in by itself.

A score is never taken back once it was handed in; a draft is. So a list fills in drafts, and undoing it restores them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.errors import FieldError, NotPermitted, Refused, WrongState
from engine.ports.store import UnitOfWork
from engine.rules.cycles import Cycle, CycleId
from engine.rules.dossiers import WorkItem, WorkItemId, WorkState
from engine.rules.unit_lists import ListChange
from engine.rules.units import Actor
from engine.use_cases import list_changes, tasks
from engine.use_cases.acts import Answers
from engine.use_cases.list_changes import About, Step
from engine.use_cases.standing_in import check_may_act, work_of

KIND = "scores"
#: Acts in whose forms points are given: by the unit itself, who appraises, the council, who answers an appeal.
ACTS = frozenset({"request", "assess", "settle", "answer_appeal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The draft of one task as a list leaves it, with the cells that it changed: (what, before, after)."""

    item: WorkItem
    answers: Answers
    cells: Sequence[tuple[str, str, str]]


def about(cycle: Cycle) -> About:
    """Whose values a list of the cycle fills in."""
    facts = {"model": cycle.model, "period_year": cycle.year}
    return About(key=f"{KIND}:{cycle.id}", target=f"cycle:{cycle.id}", cycle_id=cycle.id, facts=facts)


def gives_points(uow: UnitOfWork, cycle_id: CycleId, *, actor: Actor) -> bool:
    """Whether a task of the cycle waits in which the actor gives points."""
    return any(mine.row.cycle_id == cycle_id and mine.row.act in ACTS for mine in work_of(uow, actor))


def scoring_work(uow: UnitOfWork, cycle_id: CycleId, *, actor: Actor, now: datetime) -> list[WorkItem]:
    """The open tasks of the cycle in which the actor gives points, in the order of units' codes."""
    rows = [mine.row for mine in work_of(uow, actor) if mine.row.cycle_id == cycle_id and mine.row.act in ACTS]
    found = [uow.work.get(row.id) for row in sorted(rows, key=lambda r: (r.subject_code, r.id))]
    return [item for item in found if _may(uow, actor, item, now)]


def carry_out(
    uow: UnitOfWork, cycle: Cycle, filled: Sequence[Filled], *, actor: Actor, now: datetime
) -> ListChange | None:
    """Keep the drafts, all or none; None when there is nothing to keep.

    Refused: a task that is not the actor's (`NotPermitted`), done (`WrongState`), drafted anew since (`StaleVersion`).
    """
    if not filled:
        return None
    steps = [_kept(uow, own, actor=actor, now=now) for own in filled]
    return list_changes.keep(uow, KIND, about(cycle), steps, actor=actor, now=now)


def undo_fault(uow: UnitOfWork, change: ListChange, *, actor: Actor, now: datetime) -> FieldError | None:
    """Why a list cannot be undone any more; None: it can."""
    if change.undone_at is not None:
        return FieldError("list_undone", {"name": change.undone_by})
    for step in change.steps:
        item = _item(uow, step)
        name = uow.units.get(item.subject_unit_id).name
        if item.state is not WorkState.OPEN:
            return FieldError("list_score_sent", {"unit": name})
        if item.row_version != step["version"]:
            return FieldError("list_score_changed", {"unit": name})
        if not _may(uow, actor, item, now):
            return FieldError("not_your_list", {})
    return None


def undo(uow: UnitOfWork, cycle: Cycle, change: ListChange, *, actor: Actor, now: datetime) -> ListChange:
    """Let the drafts stand again as they were before the list. Refused (`WrongState`) with what stands in the way."""
    if fault := undo_fault(uow, change, actor=actor, now=now):
        if fault.code == "not_your_list":
            raise NotPermitted(fault.code)
        raise WrongState(fault.code, **dict(fault.facts))
    for step in change.steps:
        item, before = _item(uow, step), step["before"]
        draft = dict(before) if isinstance(before, Mapping) else {}
        tasks.save_draft(uow, item.id, draft, row_version=item.row_version, actor=actor, now=now)
    return list_changes.undone(uow, change, about(cycle), actor=actor, now=now)


def _may(uow: UnitOfWork, actor: Actor, item: WorkItem, now: datetime) -> bool:
    try:
        check_may_act(uow, actor, item, now=now)
    except Refused:
        return False
    return True


def _kept(uow: UnitOfWork, own: Filled, *, actor: Actor, now: datetime) -> Step:
    item = own.item
    saved = tasks.save_draft(uow, item.id, own.answers, row_version=item.row_version, actor=actor, now=now)
    return {
        "what": "score",
        "item": item.id,
        "version": saved.row_version,
        "before": dict(item.draft),
        "name": f"{uow.units.get(item.subject_unit_id).name}: {item.name}",
        "cells": [list(cell) for cell in own.cells],
    }


def _item(uow: UnitOfWork, step: Step) -> WorkItem:
    return uow.work.get(WorkItemId(int(str(step["item"]))))
