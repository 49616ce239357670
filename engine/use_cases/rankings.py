"""How is a cycle's list drawn up, shown as a draft and published? From scores that stand, each version with its inputs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.errors import ProcessFault, WrongState
from engine.ports.process import OperationAsked
from engine.ports.store import NEW, UnitOfWork
from engine.rules import ranking_data
from engine.rules.criteria import CriteriaSet, digest
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle
from engine.rules.decisions import DecisionId
from engine.rules.dossiers import Dossier, DossierState
from engine.rules.ranking import Entrant
from engine.rules.ranking_spec import RankingSpec
from engine.rules.scores import KeptScore, Ranking, effective
from engine.rules.scoring import applicable, score
from engine.rules.units import Actor, Unit
from engine.use_cases import scoring
from engine.use_cases.operations import Operation, Posted, Result, gathered
from engine.use_cases.runs import Run, line

#: Units that are gone stand in no list.
GONE = frozenset({DossierState.DISSOLVED, DossierState.WITHDRAWN})


def freeze_criteria(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Freeze the criteria of the cycle as they stand: from now on nobody weighs them anew."""
    if scoring.freeze(uow, run, actor=actor, now=now):
        uow.audit.write(line(run, "frozen", actor=actor, now=now))
    return Result()


def draft_ranking(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Draw up the list from the scores that stand, and tell the units by the message that the task names (`tell`).

    Where nothing has changed since the latest version no new one is made. `ranking_id`, `ranked` and `unranked` become
    variables.
    """
    spec = _spec(run, asked)
    dossiers = [d for d in gathered(uow, run) if d.state not in GONE]
    content = drawn_up(uow, run.model, run.cycle, spec, dossiers)
    versions = uow.rankings.of_cycle(run.cycle.id)
    sha256 = ranking_data.fingerprint(content)
    ranking = versions[-1] if versions and versions[-1].sha256 == sha256 else None
    if ranking is None:
        ranking = uow.rankings.add(_ranking(run, len(versions) + 1, content, sha256, actor=actor, now=now))
    units = content["asked"]["units"]
    unranked = sum(unit["points"] is None for unit in units)
    facts = {"number": ranking.number, "units": len(units), "unranked": unranked}
    uow.audit.write(line(run, "ranked", actor=actor, now=now, **facts))
    counts = {"ranking_id": ranking.id, "ranked": len(units) - unranked, "unranked": unranked}
    return Result(variables=counts, messages=_told(asked, dossiers))


def publish_ranking(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Publish the latest list by the decision that was issued before; it never changes again.

    `ProcessFault` when no decision with a number stands before this task, or no list was drawn up.
    """
    number = asked.data.get("decision_id")
    versions = uow.rankings.of_cycle(run.cycle.id)
    if not isinstance(number, int) or not versions:
        raise ProcessFault(asked.node, "no list, or no decision, stands before this task")
    decision, ranking = uow.decisions.get(DecisionId(number)), versions[-1]
    if decision.dated is None:
        raise ProcessFault(asked.node, "the publishing decision has no number yet")
    if not uow.rankings.publish(ranking.id, decision.id, now) and ranking.decision_id != decision.id:
        raise WrongState("ranking_published", number=ranking.number)
    facts = {"number": ranking.number, "symbol": decision.symbol}
    uow.audit.write(line(run, "published", actor=actor, now=now, **facts))
    return Result(messages=_told(asked, [d for d in gathered(uow, run) if d.state not in GONE]))


def drawn_up(
    uow: UnitOfWork, model: CycleModel, cycle: Cycle, spec: RankingSpec, dossiers: Sequence[Dossier]
) -> dict[str, Any]:
    """A list with everything that it is made of: whoever has this can draw it up again."""
    kept = _effective(uow, cycle)
    pairs = [(uow.units.get(dossier.unit_id), kept.get(dossier.id)) for dossier in dossiers]
    criteria = scoring.criteria_of(uow, model, cycle)
    last = published_before(uow, cycle)
    before = ranking_data.places(last.content) if last is not None else {}
    asked = ranking_data.asked([_entrant(unit, own, spec) for unit, own in pairs], spec.blocks, spec.ties, before)
    about = {
        "model": model.key,
        "name": model.name,
        "title": spec.title,
        "year": cycle.year,
        "criteria": _criteria(uow, cycle, criteria),
        "scores": {unit.code: _score(own) for unit, own in pairs if own is not None},
    }
    return {"asked": asked, "about": about, "result": ranking_data.ranked(asked)}


def published_before(uow: UnitOfWork, cycle: Cycle) -> Ranking | None:
    """The list of the year before as it was published last; None: there is none."""
    last = uow.cycles.find(cycle.model, cycle.year - 1)
    return published(uow.rankings.of_cycle(last.id)) if last is not None else None


def published(versions: Sequence[Ranking]) -> Ranking | None:
    """The published list that stands, of the versions of a cycle."""
    return next((r for r in reversed(versions) if r.published_at is not None), None)


def reranked(uow: UnitOfWork, model: CycleModel, ranking: Ranking, criteria: CriteriaSet) -> dict[str, Any]:
    """A published list as it would be under other criteria: to compare, nothing is kept.

    Points of criteria that both sets know are taken over; a unit that lacks points for a new criterion has no place.
    """
    spec = model.ranking
    cycle = uow.cycles.get(ranking.cycle_id)
    dossiers = {uow.units.get(d.unit_id).code: d for d in uow.dossiers.of_cycle(cycle.id)}
    kept = {s.id: s for s in uow.scores.of_cycle(cycle.id)}
    units = []
    for unit in ranking.content["asked"]["units"]:
        own = ranking.content["about"]["scores"].get(unit["key"])
        points = _again(criteria, dossiers[unit["key"]], unit["unit_kind"], kept[own["id"]]) if own else None
        reason = unit["reason"] or (spec.held if spec is not None else "")
        units.append({**unit, "points": points, "reason": reason})
    asked = {**ranking.content["asked"], "units": units, "before": ranking_data.places(ranking.content)}
    return {"asked": asked, "result": ranking_data.ranked(asked)}


def _again(criteria: CriteriaSet, dossier: Dossier, kind: str, own: KeptScore) -> Decimal | None:
    old = {str(given["key"]): given for given in own.lines}
    points: dict[str, Decimal | None] = {}
    for c in criteria.criteria:
        given = old.get(c.key)
        if given is None or given["points"] is None:
            continue
        # The same share of the new maximum.
        points[c.key] = given["points"] * c.max_points / given["max_points"]
    lines = applicable(criteria, dossier.cohort, kind)
    if any(points.get(c.key) is None for c in lines) or not lines:
        return None
    return score(criteria, dossier.cohort, points, unit_kind=kind).points


def _spec(run: Run, asked: OperationAsked) -> RankingSpec:
    if run.model.ranking is None:
        raise ProcessFault(asked.node, "the model has no ranking.toml")
    return run.model.ranking


def _effective(uow: UnitOfWork, cycle: Cycle) -> dict[int, KeptScore]:
    by_dossier: dict[int, list[KeptScore]] = {}
    for own in uow.scores.of_cycle(cycle.id):
        by_dossier.setdefault(own.dossier_id, []).append(own)
    found = {key: effective(scores) for key, scores in by_dossier.items()}
    return {key: own for key, own in found.items() if own is not None}


def _entrant(unit: Unit, own: KeptScore | None, spec: RankingSpec) -> Entrant:
    points = own.points if own is not None else None
    reason = "" if points is not None else (spec.held if own is not None else spec.no_score)
    return Entrant(key=unit.code, name=unit.name, unit_kind=unit.kind, points=points, reason=reason)


def _criteria(uow: UnitOfWork, cycle: Cycle, criteria: CriteriaSet | None) -> dict[str, Any]:
    kept = uow.scores.criteria(cycle.id)
    if criteria is None:
        return {}
    return {
        "name": criteria.name,
        "sample": criteria.sample,
        "sha256": digest(criteria),
        "number": kept.number if kept is not None else 0,
    }


def _score(own: KeptScore) -> dict[str, Any]:
    lines = [{name: given[name] for name in ("key", "points", "max_points")} for given in own.lines]
    return {"id": own.id, "stage": own.stage.value, "number": own.number, "points": own.points, "lines": lines}


def _told(asked: OperationAsked, dossiers: Sequence[Dossier]) -> tuple[Posted, ...]:
    name = asked.parameters.get("tell")
    return tuple(Posted(to=dossier, name=name, payload={}) for dossier in dossiers) if name else ()


def _ranking(run: Run, number: int, content: Mapping[str, Any], sha256: str, *, actor: Actor, now: datetime) -> Ranking:
    return Ranking(
        id=NEW,
        cycle_id=run.cycle.id,
        dossier_id=run.dossier.id,
        number=number,
        content=content,
        sha256=sha256,
        drafted_at=now,
        by_id=actor.account_id,
        by_name=actor.full_name,
        published_at=None,
        decision_id=None,
    )


#: Name in the diagram → what is done.
OPERATIONS: Mapping[str, Operation] = {
    "freeze_criteria": freeze_criteria,
    "draft_ranking": draft_ranking,
    "publish_ranking": publish_ranking,
}
