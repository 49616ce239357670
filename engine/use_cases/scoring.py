"""By which criteria is a unit judged this year, and what is kept of it? The plan's weights, frozen when first used.

Every judgement stays as it was given: a later one stands beside it, with its digest of the criteria.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from engine.errors import FieldError, Invalid, WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.criteria import CriteriaSet, digest, plain_set, set_of
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle
from engine.rules.dossiers import Dossier, DossierId, DossierState, WorkItem, moved
from engine.rules.scores import CriteriaVersion, Given, Judged, KeptScore, Stage, effective, judged
from engine.rules.scoring import applicable
from engine.rules.units import Actor
from engine.use_cases import sourced
from engine.use_cases.acts import Answers, Effect, number, table, whole
from engine.use_cases.operations import gathered
from engine.use_cases.runs import Run, line_about
from engine.use_cases.wording import columns_of, properties

Row = dict[str, object]
#: Points and their reason, by criterion key.
Lines = dict[str, tuple[Decimal, str]]
#: What a task in the diagram says (`missing`) when a criterion may stay without points until the council settles it.
MAY_HOLD = "held"
#: Weights are told with two decimals, from this on.
LEAST, MOST = Decimal("0.01"), Decimal(10_000)


def criteria_of(uow: UnitOfWork, model: CycleModel, cycle: Cycle) -> CriteriaSet | None:
    """The criteria by which a cycle's units are judged: its own version, else the pack's; None: there are none."""
    kept = uow.scores.criteria(cycle.id)
    return set_of(kept.content) if kept is not None else model.criteria_for(cycle.year)


def given_in(answers: Answers) -> Given:
    """Points, reasons and evidence of a form's score table, by criterion key."""
    rows = {str(row.get("key", "")): row for row in table(answers, "scores")}
    return Given(
        points={key: number(row.get("points"), "scores") for key, row in rows.items()},
        reasons={key: str(row.get("reason") or "").strip() for key, row in rows.items()},
        proofs={key: str(row.get("proof") or "").strip() for key, row in rows.items()},
    )


def judge(
    uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, stage: Stage, *, actor: Actor, now: datetime
) -> Judged | None:
    """Weigh the points of a form and keep them; None: the model has no criteria.

    Refused (`Invalid`): points out of range, missing where the task may not leave them open, and a unit's own points
    without the evidence that a criterion asks for or an explanation.
    """
    given = given_in(answers)
    criteria = criteria_of(uow, run.model, run.cycle)
    if criteria is not None and stage is Stage.SELF and _asks_proof(run, item):
        _check_proofs(criteria, run, given)
    return keep(
        uow, run, run.dossier, given, stage, may_hold=item.properties.get("missing") == MAY_HOLD, actor=actor, now=now
    )


def keep(
    uow: UnitOfWork,
    run: Run,
    dossier: Dossier,
    given: Given,
    stage: Stage,
    *,
    may_hold: bool,
    actor: Actor,
    now: datetime,
) -> Judged | None:
    """Weigh what was given for a dossier of the run's cycle and keep it; the criteria are frozen with the first score."""
    criteria = criteria_of(uow, run.model, run.cycle)
    if criteria is None:
        return None
    unit = uow.units.get(dossier.unit_id)
    given = sourced.filled(uow, run, criteria, unit, given, now=now)
    found = judged(criteria, dossier.cohort, unit.kind, given, may_hold=may_hold)
    freeze(uow, run, actor=actor, now=now)
    before = [score for score in uow.scores.of_dossier(dossier.id) if score.stage is stage]
    uow.scores.add(
        KeptScore(
            id=NEW,
            cycle_id=dossier.cycle_id,
            dossier_id=dossier.id,
            stage=stage,
            number=len(before) + 1,
            points=found.points,
            band=found.band,
            recognised=found.recognised,
            content=found.content,
            criteria_sha256=digest(criteria),
            at=now,
            by_id=actor.account_id,
            by_name=actor.full_name,
        )
    )
    return found


def freeze(uow: UnitOfWork, run: Run, *, actor: Actor, now: datetime) -> bool:
    """Let the cycle be judged by the criteria in force and no others; False: it was so before, or there are none."""
    kept = uow.scores.criteria(run.cycle.id)
    if kept is not None and kept.frozen_at is not None:
        return False
    if kept is not None:
        uow.scores.freeze(kept.id, now)
        return True
    criteria = run.model.criteria_for(run.cycle.year)
    if criteria is None:
        return False
    # Two units may be judged at the same moment; both mean the same set.
    return uow.scores.add_criteria(_version(run, criteria, 1, "", actor=actor, now=now, frozen=now))


def weigh(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Set the weights of the year's criteria; a change is a new version of the cycle's own.

    Refused: weights out of range (`Invalid`), and any change once a unit was judged (`WrongState`).
    """
    criteria = criteria_of(uow, run.model, run.cycle)
    if criteria is None:
        raise Invalid({"weights": FieldError("no_criteria", {})})
    weights = _weights(criteria, answers)
    changed = replace(
        criteria,
        criteria=tuple(
            c if weights[c.key] == c.counts else replace(c, weight=weights[c.key]) for c in criteria.criteria
        ),
    )
    moves = sum(old != new for old, new in zip(criteria.criteria, changed.criteria, strict=True))
    if moves:
        kept = uow.scores.criteria(run.cycle.id)
        if kept is not None and kept.frozen_at is not None:
            raise WrongState("criteria_frozen", at=kept.frozen_at)
        note = str(answers.get("note") or "").strip()
        following = kept.number + 1 if kept is not None else 1
        uow.scores.add_criteria(_version(run, changed, following, note, actor=actor, now=now, frozen=None))
    return Effect(event="weighed", facts={"changed": moves, "criteria": len(criteria.criteria)})


def settle(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Let the council settle every criterion that was left open: points, or 0, each with its reason."""
    _check_quorum(answers)
    waiting = held_rows(uow, run, now=now)
    chosen = {str(row.get("line", "")): row for row in table(answers, "rows")}
    errors: dict[str, FieldError] = {}
    decided: dict[DossierId, Lines] = {}
    for index, (dossier, row) in enumerate(waiting):
        own = chosen.get(str(row["line"]), {})
        points, why = number(own.get("points"), f"rows.{index}.points"), str(own.get("reason") or "").strip()
        if not why:
            errors[f"rows.{index}.reason"] = FieldError("zero_without_reason", {"criterion": row["text"]})
        decided.setdefault(dossier.id, {})[str(row["key"])] = (points if points is not None else Decimal(0), why)
    if errors:
        raise Invalid(errors)
    for dossier in gathered(uow, run):
        lines = {**_arrived(uow, run, dossier, now=now), **decided.get(dossier.id, {})}
        if lines:
            _settled(uow, run, dossier, lines, actor=actor, now=now)
    zeroed = sum(points == 0 for lines in decided.values() for points, _ in lines.values())
    facts = {"lines": len(waiting), "zeroed": zeroed, "present": whole(answers.get("present"))}
    return Effect(event="settled", facts=facts)


def held_rows(uow: UnitOfWork, run: Run, *, now: datetime) -> list[tuple[Dossier, Row]]:
    """The criteria that wait for the council, unit by unit: those for which no result has arrived since."""
    found: list[tuple[Dossier, Row]] = []
    for dossier in gathered(uow, run):
        score = effective(uow.scores.of_dossier(dossier.id))
        if score is None or not score.held:
            continue
        unit, arrived = uow.units.get(dossier.unit_id), _arrived(uow, run, dossier, now=now)
        for own in score.lines:
            if own["key"] in score.held and own["key"] not in arrived:
                row = {"line": f"{unit.code}:{own['key']}", "code": unit.code, "unit": unit.name}
                found.append((dossier, {**row, **{name: own[name] for name in ("key", "text", "max_points")}}))
    return found


def _arrived(uow: UnitOfWork, run: Run, dossier: Dossier, *, now: datetime) -> Lines:
    """The results that stand now and were not taken up when the dossier was judged: points, and whose result it is."""
    score, criteria = effective(uow.scores.of_dossier(dossier.id)), criteria_of(uow, run.model, run.cycle)
    if score is None or criteria is None or all(c.source is None for c in criteria.criteria):
        return {}
    known = sourced.found(uow, run, criteria, uow.units.get(dossier.unit_id), now=now)
    named = {c.key: c for c in criteria.criteria}
    return {
        key: (points, sourced.origin(uow, run, named[key]))
        for key, points in known.items()
        if score.given.get(key) != points
    }


def take(uow: UnitOfWork, dossier: Dossier, found: Judged | None, state: DossierState | None = None) -> Dossier:
    """The dossier with the points that count for it now, in its next state."""
    after = dossier if state is None else moved(dossier, state)
    points, band = (found.points, found.band) if found is not None else (None, None)
    return uow.dossiers.save(replace(after, score=points, band=band))


def adjusted(uow: UnitOfWork, run: Run, answers: Answers, *, actor: Actor, now: datetime) -> Judged | None:
    """Keep the points that an appeal has changed; what the form leaves empty stays as it was."""
    before = effective(uow.scores.of_dossier(run.dossier.id))
    given = given_in(answers)
    if before is None or not given.points:
        raise Invalid({"scores": FieldError("no_criteria", {})})
    points = {key: old if given.points.get(key) is None else given.points[key] for key, old in before.given.items()}
    reasons = {str(own["key"]): given.reasons.get(str(own["key"])) or str(own["reason"]) for own in before.lines}
    whole_given = Given(
        points=points, reasons=reasons, proofs={str(own["key"]): str(own["proof"]) for own in before.lines}
    )
    return keep(uow, run, run.dossier, whole_given, Stage.COUNCIL, may_hold=False, actor=actor, now=now)


def rows_of(uow: UnitOfWork, run: Run, *, now: datetime) -> list[Row]:
    """The criteria of the run's unit as a form's rows, with the points that stand already."""
    criteria = criteria_of(uow, run.model, run.cycle)
    if criteria is None:
        return []
    known = sourced.found(uow, run, criteria, run.unit, now=now)
    return [
        {"key": c.key, "group": c.group, "text": c.text, "max_points": c.max_points, "evidence": c.evidence_required}
        | ({"points": known[c.key], "origin": sourced.origin(uow, run, c)} if c.key in known else {})
        for c in applicable(criteria, run.dossier.cohort, run.unit.kind)
    ]


def weight_rows(uow: UnitOfWork, run: Run) -> list[Row]:
    """The criteria of the cycle as rows of the form in which they are weighed."""
    criteria = criteria_of(uow, run.model, run.cycle)
    return [
        {"key": c.key, "group": c.group, "text": c.text, "max_points": c.max_points, "weight_now": c.counts}
        for c in (criteria.criteria if criteria is not None else ())
    ]


def _settled(
    uow: UnitOfWork,
    run: Run,
    dossier: Dossier,
    lines: Lines,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    before = effective(uow.scores.of_dossier(dossier.id))
    if before is None:
        return
    given = Given(
        points={**before.given, **{key: points for key, (points, _) in lines.items()}},
        reasons={**_texts(before.lines, "reason"), **{key: why for key, (_, why) in lines.items()}},
        proofs=_texts(before.lines, "proof"),
    )
    found = keep(uow, run, dossier, given, Stage.COUNCIL, may_hold=False, actor=actor, now=now)
    take(uow, dossier, found)
    score = str(found.points) if found is not None else None
    uow.audit.write(line_about(run, dossier, "settled", actor=actor, now=now, lines=len(lines), score=score))


def _texts(lines: Sequence[Mapping[str, object]], name: str) -> dict[str, str]:
    return {str(own["key"]): str(own[name]) for own in lines}


def _check_quorum(answers: Answers) -> None:
    present, invited = whole(answers.get("present")), whole(answers.get("invited"))
    if present > invited > 0:
        raise Invalid({"present": FieldError("more_present_than_invited", {"invited": invited})})
    if invited and present * 2 <= invited:
        raise Invalid({"present": FieldError("no_quorum", {"invited": invited, "present": present})})


def _weights(criteria: CriteriaSet, answers: Answers) -> dict[str, Decimal]:
    sent = {str(row.get("key", "")): row for row in table(answers, "weights")}
    found: dict[str, Decimal] = {}
    errors: dict[str, FieldError] = {}
    for index, c in enumerate(criteria.criteria):
        own = number(sent.get(c.key, {}).get("weight"), f"weights.{index}.weight")
        found[c.key] = c.counts if own is None else own
        if not LEAST <= found[c.key] <= MOST:
            errors[f"weights.{index}.weight"] = FieldError("weight_out_of_range", {"criterion": c.text})
    if errors:
        raise Invalid(errors)
    return found


def _asks_proof(run: Run, item: WorkItem) -> bool:
    fields = properties(run.model.forms.get(item.form or "", {}))
    return "proof" in columns_of(fields.get("scores", {}))


def _check_proofs(criteria: CriteriaSet, run: Run, given: Given) -> None:
    lines = applicable(criteria, run.dossier.cohort, run.unit.kind)
    errors = {
        f"scores.{row}.proof": FieldError("proof_or_explanation", {"criterion": c.text})
        for row, c in enumerate(lines)
        if c.evidence_required and c.source is None and given.points.get(c.key)
        if not given.proofs.get(c.key) and not given.reasons.get(c.key)
    }
    if errors:
        raise Invalid(errors)


def _version(
    run: Run, criteria: CriteriaSet, following: int, note: str, *, actor: Actor, now: datetime, frozen: datetime | None
) -> CriteriaVersion:
    return CriteriaVersion(
        id=NEW,
        cycle_id=run.cycle.id,
        number=following,
        content=plain_set(criteria),
        sha256=digest(criteria),
        note=note,
        created_at=now,
        by_id=actor.account_id,
        by_name=actor.full_name,
        frozen_at=frozen,
    )
