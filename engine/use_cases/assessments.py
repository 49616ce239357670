"""How is a unit judged? Its own proposal, the appraisal by criteria, the meeting, the appeal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from engine.errors import FieldError, Invalid, WrongState
from engine.ports.process import Value
from engine.ports.store import UnitOfWork
from engine.rules.dossiers import Dossier, DossierState, WorkItem, WorkState, moved
from engine.rules.scoring import Score, score
from engine.rules.units import Actor
from engine.use_cases.acts import Answers, Effect, number, outcome, reason, table, whole
from engine.use_cases.operations import gathered
from engine.use_cases.registrations import members_of
from engine.use_cases.runs import Run, line_about

RESULTS: Mapping[str, DossierState] = {
    "met": DossierState.MET,
    "not_met": DossierState.NOT_MET,
    "deferred": DossierState.DEFERRED,
}


def request(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Hand in the self-assessment and the proposal to be recognised."""
    own = _scored(run, answers) if "scores" in answers else None
    _take_members(uow, run, answers)
    run.dossier = uow.dossiers.save(moved(run.dossier, DossierState.PROPOSED))
    return Effect(event="submitted", facts={"self_score": _plain(own), "proposal": True})


def assess(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Appraise by criteria and points, or return the proposal for correction with a reason."""
    if outcome(answers, "assess", "return") == "return":
        why = reason(answers, required=True)
        run.dossier = uow.dossiers.save(moved(run.dossier, DossierState.ACCEPTED))
        return Effect(event="returned", facts={"reason": why}, variables={"outcome": "return"})
    appraised = _scored(run, answers)
    _take_members(uow, run, answers)
    run.dossier = uow.dossiers.save(
        replace(
            moved(run.dossier, DossierState.ASSESSED),
            score=appraised.points if appraised else None,
            band=appraised.band.key if appraised else None,
        )
    )
    facts = {"score": _plain(appraised), "band": appraised.band.label if appraised else ""}
    return Effect(event="assessed", facts=facts, variables={"outcome": "assess", **_judgement(appraised)})


def meet(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Keep the meeting's attendance, votes and result per unit; more may not vote than were present."""
    present = _attendance(answers)
    chosen = {str(row.get("code", "")): row for row in table(answers, "rows")}
    errors: dict[str, FieldError] = {}
    counts = dict.fromkeys(RESULTS, 0)
    for index, dossier in enumerate(d for d in gathered(uow, run) if d.state is DossierState.ASSESSED):
        row = chosen.get(uow.units.get(dossier.unit_id).code)
        result = str((row or {}).get("result") or "deferred")
        if error := _refused_row(run, dossier, row or {}, result, present):
            errors[f"rows.{index}.{error[0]}"] = error[1]
            continue
        judged = uow.dossiers.save(moved(dossier, RESULTS[result]))
        _tell_result(uow, run, judged, row or {}, result, actor=actor, now=now)
        counts[result] += 1
    if errors:
        raise Invalid(errors)
    _defer_the_rest(uow, run, actor=actor, now=now)
    return Effect(event="decided", facts={**counts, "present": present})


def decide(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Close the list of those to be recognised; refused while an appeal is unanswered."""
    for dossier in gathered(uow, run):
        if dossier.state not in (DossierState.NOT_MET, DossierState.DEFERRED):
            continue
        items = uow.work.of_dossier(dossier.id)
        if any(i.act == "answer_appeal" and i.state is WorkState.OPEN for i in items):
            raise WrongState("appeal_open", unit=uow.units.get(dossier.unit_id).name)
    met = sum(d.state is DossierState.MET for d in gathered(uow, run))
    return Effect(event="confirmed", facts={"met": met})


def answer_appeal(
    uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime
) -> Effect:
    """Answer an appeal in writing: uphold the result or adjust it."""
    chosen = outcome(answers, "uphold", "adjust")
    why = reason(answers, required=True)
    if chosen == "adjust":
        run.dossier = uow.dossiers.save(moved(run.dossier, DossierState.MET))
    facts = {"adjusted": chosen == "adjust", "reason": why}
    return Effect(event="answered", facts=facts, variables={"outcome": chosen})


def own_points(answers: Answers) -> tuple[dict[str, Decimal | None], dict[str, str]]:
    """Points and reasons of a score table, by criterion key."""
    rows = table(answers, "scores")
    points = {str(row.get("key", "")): number(row.get("points"), "scores") for row in rows}
    return points, {str(row.get("key", "")): str(row.get("reason") or "") for row in rows}


def _scored(run: Run, answers: Answers) -> Score | None:
    criteria = run.model.criteria_for(run.cycle.year)
    if criteria is None:
        return None
    points, reasons = own_points(answers)
    return score(criteria, run.dossier.cohort, points, reasons, unit_kind=run.unit.kind)


def _take_members(uow: UnitOfWork, run: Run, answers: Answers) -> None:
    members = members_of(run.dossier, answers)
    if members is not None:
        uow.dossiers.set_members(run.dossier.id, members)


def _attendance(answers: Answers) -> int:
    present, invited = whole(answers.get("present")), whole(answers.get("invited"))
    if present > invited > 0:
        raise Invalid({"present": FieldError("more_present_than_invited", {"invited": invited})})
    if invited and present * 2 <= invited:
        raise Invalid({"present": FieldError("no_quorum", {"invited": invited, "present": present})})
    return present


def _refused_row(
    run: Run, dossier: Dossier, row: Mapping[str, object], result: str, present: int
) -> tuple[str, FieldError] | None:
    if result not in RESULTS:
        return "result", FieldError("choice", {"allowed": tuple(RESULTS)})
    votes = whole(row.get("votes_for")) + whole(row.get("votes_against"))
    voted = any(row.get(name) not in (None, "") for name in ("votes_for", "votes_against"))
    if votes > present:
        return "votes_for", FieldError("more_votes_than_present", {"present": present, "votes": votes})
    if result == "met" and voted and whole(row.get("votes_for")) * 2 <= present:
        return "result", FieldError("no_majority", {"present": present})
    if result == "met" and not _recognisable(run, dossier):
        return "result", FieldError("band_not_recognised", {"band": dossier.band})
    return None


def _recognisable(run: Run, dossier: Dossier) -> bool:
    criteria = run.model.criteria_for(run.cycle.year)
    bands = criteria.bands if criteria else ()
    return next((band.recognised for band in bands if band.key == dossier.band), True)


def _tell_result(
    uow: UnitOfWork, run: Run, judged: Dossier, row: Mapping[str, object], result: str, *, actor: Actor, now: datetime
) -> None:
    """Write the meeting's result into the unit's own history: it reads there why, before it appeals."""
    votes = {name: whole(row.get(name)) for name in ("votes_for", "votes_against")}
    why = str(row.get("reason") or "").strip()
    uow.audit.write(line_about(run, judged, "result", actor=actor, now=now, result=result, **votes, reason=why))


def _defer_the_rest(uow: UnitOfWork, run: Run, *, actor: Actor, now: datetime) -> None:
    # Whoever has not proposed, or was not appraised in time, is not judged on the merits: deferred, with its mark.
    waiting: Sequence[DossierState] = (DossierState.PROPOSED,)
    for dossier in gathered(uow, run):
        if dossier.state in waiting:
            deferred = uow.dossiers.save(moved(dossier, DossierState.DEFERRED))
            uow.audit.write(line_about(run, deferred, "deferred", actor=actor, now=now))


def _judgement(result: Score | None) -> dict[str, Value]:
    """What decision tables may ask: points from 0 to 100, key of the band, whether a decisive criterion was failed."""
    if result is None:
        return {}
    return {"score": result.points, "band": result.band.key, "hard_fail": bool(result.failed)}


def _plain(result: Score | None) -> str | None:
    return None if result is None else str(result.points)
