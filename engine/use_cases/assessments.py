"""How is a unit judged? Its own proposal, the appraisal by criteria, the meeting, the appeal."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.errors import FieldError, Invalid, WrongState
from engine.ports.process import Value
from engine.ports.store import UnitOfWork
from engine.rules.dossiers import Dossier, DossierState, WorkItem, WorkState, moved
from engine.rules.scores import Judged, Stage, effective
from engine.rules.units import Actor
from engine.use_cases.acts import Answers, Effect, outcome, reason, table, whole
from engine.use_cases.operations import gathered
from engine.use_cases.registrations import members_of
from engine.use_cases.runs import Run, line_about
from engine.use_cases.scoring import adjusted, criteria_of, judge, take

RESULTS: Mapping[str, DossierState] = {
    "met": DossierState.MET,
    "not_met": DossierState.NOT_MET,
    "deferred": DossierState.DEFERRED,
}
#: In these states an appeal changes points, and nothing else.
SCORED = frozenset({DossierState.ASSESSED, DossierState.CLOSED})
#: In these states an appeal may wait for its answer.
APPEALABLE = frozenset({DossierState.NOT_MET, DossierState.DEFERRED, DossierState.ASSESSED})


def request(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Hand in the self-assessment and the proposal to be recognised."""
    own = judge(uow, run, item, answers, Stage.SELF, actor=actor, now=now) if "scores" in answers else None
    _take_members(uow, run, answers)
    if run.dossier.state is not DossierState.RUNNING:
        run.dossier = uow.dossiers.save(moved(run.dossier, DossierState.PROPOSED))
    kind = "ranked" if run.model.ranking is not None else "proposal" if run.model.titles else "assessed"
    return Effect(event="submitted", facts={"self_score": _plain(own), kind: True})


def assess(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Appraise by criteria and points, or return the proposal for correction with a reason."""
    if outcome(answers, "assess", "return") == "return":
        why = reason(answers, required=True)
        run.dossier = uow.dossiers.save(moved(run.dossier, DossierState.ACCEPTED))
        return Effect(event="returned", facts={"reason": why}, variables={"outcome": "return"})
    appraised = judge(uow, run, item, answers, Stage.APPRAISED, actor=actor, now=now)
    _take_members(uow, run, answers)
    run.dossier = take(uow, run.dossier, appraised, _assessed(run))
    facts = {"score": _plain(appraised), "band": appraised.label if appraised else "", **_waiting(appraised)}
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
        if error := _refused_row(uow, run, dossier, row or {}, result, present):
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
        if dossier.state not in APPEALABLE:
            continue
        items = uow.work.of_dossier(dossier.id)
        if any(i.act == "answer_appeal" and i.state is WorkState.OPEN for i in items):
            raise WrongState("appeal_open", unit=uow.units.get(dossier.unit_id).name)
    listed = gathered(uow, run)
    if run.model.ranking is not None:
        return Effect(event="confirmed", facts={"ranked": sum(d.score is not None for d in listed)})
    return Effect(event="confirmed", facts={"met": sum(d.state is DossierState.MET for d in listed)})


def answer_appeal(
    uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime
) -> Effect:
    """Answer an appeal in writing: uphold the result or adjust it."""
    chosen = outcome(answers, "uphold", "adjust")
    why = reason(answers, required=True)
    if chosen == "adjust" and run.dossier.state in SCORED:
        run.dossier = take(uow, run.dossier, adjusted(uow, run, answers, actor=actor, now=now))
    elif chosen == "adjust":
        run.dossier = uow.dossiers.save(moved(run.dossier, DossierState.MET))
    facts = {"adjusted": chosen == "adjust", "reason": why}
    return Effect(event="answered", facts=facts, variables={"outcome": chosen})


def _assessed(run: Run) -> DossierState | None:
    """The state after an appraisal; a superior's own file just runs on."""
    return None if run.dossier.state is DossierState.RUNNING else DossierState.ASSESSED


def _waiting(found: Judged | None) -> dict[str, object]:
    held = found.content["held"] if found is not None else ()
    return {"held": len(held)} if held else {}


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
    uow: UnitOfWork, run: Run, dossier: Dossier, row: Mapping[str, object], result: str, present: int
) -> tuple[str, FieldError] | None:
    if result not in RESULTS:
        return "result", FieldError("choice", {"allowed": tuple(RESULTS)})
    votes = whole(row.get("votes_for")) + whole(row.get("votes_against"))
    voted = any(row.get(name) not in (None, "") for name in ("votes_for", "votes_against"))
    if votes > present:
        return "votes_for", FieldError("more_votes_than_present", {"present": present, "votes": votes})
    if result == "met" and voted and whole(row.get("votes_for")) * 2 <= present:
        return "result", FieldError("no_majority", {"present": present})
    if result == "met" and not _recognisable(uow, run, dossier):
        return "result", FieldError("band_not_recognised", {"band": dossier.band})
    return None


def _recognisable(uow: UnitOfWork, run: Run, dossier: Dossier) -> bool:
    criteria = criteria_of(uow, run.model, run.cycle)
    bands = criteria.bands if criteria else ()
    # A score that is held recognises nobody.
    return next((band.recognised for band in bands if band.key == dossier.band), not _is_held(uow, dossier))


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


def _is_held(uow: UnitOfWork, dossier: Dossier) -> bool:
    score = effective(uow.scores.of_dossier(dossier.id))
    return score is not None and bool(score.held)


def _judgement(result: Judged | None) -> dict[str, Value]:
    """What decision tables may ask: points from 0 to 100, key of the band, whether a decisive criterion was failed."""
    if result is None:
        return {}
    return {"score": result.points, "band": result.band or "", "hard_fail": bool(result.content["failed"])}


def _plain(result: Judged | None) -> str | None:
    return None if result is None or result.points is None else str(result.points)
