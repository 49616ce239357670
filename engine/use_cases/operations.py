"""What may a diagram's service task ask for? A closed list; each is done in the transaction, or promised as a job."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from engine.errors import ProcessFault
from engine.ports.process import Data, OperationAsked
from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.decisions import Decision, DecisionId, DecisionState
from engine.rules.dossiers import Dossier, DossierState, moved
from engine.rules.survey_rounds import RoundState
from engine.rules.surveys import Survey
from engine.rules.units import Actor
from engine.use_cases import decisions, survey_results, surveys
from engine.use_cases.fate import tell_awaited
from engine.use_cases.places import commended
from engine.use_cases.runs import Run, gathered_by, line, line_about
from engine.use_cases.titles import plan_ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message to another dossier, delivered once the step that posts it is stored."""

    to: Dossier
    name: str
    payload: Data


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an operation answers: variables for the instance, messages for others."""

    variables: Data = field(default_factory=dict)
    messages: tuple[Posted, ...] = ()


class Operation(Protocol):
    """Do what a service task asks; None: a job was promised, the task waits for it."""

    def __call__(
        self, uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime
    ) -> Result | None: ...


def gathered(uow: UnitOfWork, run: Run) -> list[Dossier]:
    """The dossiers that the run's process is about, in the order of unit code."""
    return gathered_by(uow, run.model, run.cycle, run.dossier)


def mark(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Move the dossier to the state that the task names, with the event that it names."""
    state = DossierState(asked.parameters["state"])
    if run.dossier.state is not state:
        run.dossier = uow.dossiers.save(replace(moved(run.dossier, state), closed_at=now))
    event = asked.parameters.get("event", state.value)
    # A result that no meeting gave is told by its state.
    facts = {"marked": state.value} if event == "result" else {}
    uow.audit.write(line(run, event, actor=actor, now=now, **facts))
    return Result()


def publish_results(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Tell each unit of the group its result."""
    results = {
        DossierState.MET: "met",
        DossierState.NOT_MET: "not_met",
        DossierState.DEFERRED: "deferred",
    }
    told = [dossier for dossier in gathered(uow, run) if dossier.state in results]
    return Result(messages=tuple(Posted(to=d, name="result", payload={"result": results[d.state]}) for d in told))


def count_met(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Count the units of the group that may be recognised, into `met`."""
    return Result(variables={"met": sum(d.state is DossierState.MET for d in gathered(uow, run))})


def count(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Count the gathered units whose dossier is in one of the named states, into the named variable."""
    states = asked.parameters["states"].split()
    return Result(variables={asked.parameters["into"]: sum(d.state.value in states for d in gathered(uow, run))})


def draft_decision(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Draft the document that the task names; `decision_id` and `listed` become variables."""
    subjects = _named_subjects(uow, run, asked, DossierState.MET) or [run.dossier]
    decision = decisions.draft(uow, run, asked.parameters["document"], subjects, now=now)
    return Result(variables={"decision_id": int(decision.id), "listed": len(subjects)})


def issue_decision(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> None:
    """Number and date the draft now, promise its rendering and signing; the task waits for the job."""
    decision = uow.decisions.get(_decision_id(asked))
    _promise(uow, run, asked, decisions.number(uow, run, decision, signer=actor, now=now), now=now)


def issue_certificates(
    uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime
) -> Result | None:
    """Draft and number the certificates of all recognised units in one file, promise the signing."""
    granted = _named_subjects(uow, run, asked, DossierState.RECOGNISED)
    if not granted:
        return Result()
    known = [d for d in uow.decisions.of_dossier(run.dossier.id) if d.document == asked.parameters["document"]]
    if not known:
        basis = uow.decisions.get(_decision_id(asked))
        decisions.check_free(uow, basis)
        drafted = decisions.draft_certificates(uow, run, asked.parameters["document"], granted, basis, now=now)
        known = [decisions.number(uow, run, drafted, signer=None, now=now)]
    _promise(uow, run, asked, known[0], now=now)
    return None


def grant_titles(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Confer the titles of the issued decision on units and members, and tell the units.

    Refused (`WrongState`) while the decision, or a title that would give way, is under recall: it is an incident till then.
    """
    decision = uow.decisions.get(_decision_id(asked))
    decisions.check_free(uow, decision)
    decisions.check_titles_free(uow, decision)
    # By the list that was signed: a title rests on the words of a decision, whatever was found out since.
    granted = [d for d in decisions.listed(uow, decision) if d.state is DossierState.MET]
    for dossier in granted:
        titles = decisions.titles_of(uow, run, dossier, decision)
        decisions.confer(uow, titles)
        plan_ends(uow, titles)
    saved = [uow.dossiers.save(replace(moved(d, DossierState.RECOGNISED), closed_at=now)) for d in granted]
    for dossier in saved:
        uow.audit.write(line_about(run, dossier, "recognised", actor=actor, now=now, symbol=decision.symbol))
    return Result(messages=tuple(Posted(to=d, name="recognised", payload={}) for d in saved))


def cancel_title(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """End the titles of the dossier by the issued decision; the cancelled decision stays archived."""
    decision = uow.decisions.get(_decision_id(asked))
    day = decision.dated
    if day is None:
        raise ProcessFault(asked.node, "the cancelling decision has no date")
    for title in uow.titles.of_dossier(run.dossier.id):
        if title.cancelled_on is None:
            uow.titles.save(replace(title, cancelled_on=day, cancelled_by_id=decision.id))
    return Result()


def close(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Close the dossier before its process has ended (an ended process closes a superior's dossier by itself)."""
    if run.dossier.state is DossierState.RUNNING:
        run.dossier = uow.dossiers.save(replace(moved(run.dossier, DossierState.CLOSED), closed_at=now))
        uow.audit.write(line(run, "closed", actor=actor, now=now))
    return Result()


def open_survey(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Hold the questionnaire that the task names: in the dossier's unit and those below it; from a body that has none below
    it, as from the leading unit, in all units of its kinds.

    One round is shared by all who ask: the first opens it, the others only join. A body that opens it for all holds it, and leads
    it beside the leading unit.
    """
    survey, today = _survey(run, asked), local_day(now)
    every = surveys.units_asked(uow, run.model, survey, day=today)
    inside = run.unit.id != run.cycle.unit_id
    own = surveys.units_asked(uow, run.model, survey, day=today, below=run.unit.id) if inside else []
    units = own or every
    holder = run.unit.id if len(units) == len(every) else None
    first, last = surveys.period_of(uow, run.cycle, run.model, survey)
    # A period that is over would refuse every answer: whoever starts late closes it by hand.
    surveys.hold(
        uow, run.cycle, survey, units, first_day=first or today, last_day=last if last is None or last >= today else None,
        holder=holder, actor=actor, now=now,
    )  # fmt: skip
    return Result()


def close_survey(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Take no more answers to the questionnaire that the task names; one that is not open stays as it is."""
    held = uow.surveys.find(run.cycle.id, _survey(run, asked).key)
    if held is not None and held.state is RoundState.OPEN:
        surveys.end(uow, surveys.load(uow, run.cycle.id, held.key), actor=actor, now=now)
    return Result()


def survey_result(uow: UnitOfWork, run: Run, asked: OperationAsked, *, actor: Actor, now: datetime) -> Result:
    """Bring an indicator (the property `indicator`, else the survey's first) into variables named after it.

    `<indicator>` is the unit's figure, or null; `<indicator>_enough` whether the minimum sample was reached; `<indicator>_sheets`
    how many sheets count. On a dossier of a unit that is not asked itself: of all units together.
    """
    survey = _survey(run, asked)
    own = run.unit.id if run.unit.kind in survey.unit_kinds else None
    found = survey_results.result_of(uow, run.cycle.id, survey.key, own, asked.parameters.get("indicator"))
    key = found.indicator.key
    return Result(variables={key: found.value, f"{key}_enough": found.gap is None, f"{key}_sheets": found.sheets})


def _survey(run: Run, asked: OperationAsked) -> Survey:
    key = asked.parameters["survey"]
    if key not in run.model.surveys:
        raise ProcessFault(asked.node, f"no survey {key!r} in this version of the model")
    return run.model.surveys[key]


def _named_subjects(uow: UnitOfWork, run: Run, asked: OperationAsked, state: DossierState) -> list[Dossier]:
    """The dossiers that a document is about: those in this state, or those that the list puts first (`subjects`)."""
    if asked.parameters.get("subjects") == "commended":
        return commended(uow, run, gathered(uow, run))
    return [d for d in gathered(uow, run) if d.state is state]


def _decision_id(asked: OperationAsked) -> DecisionId:
    number = asked.data.get("decision_id")
    if not isinstance(number, int):
        raise ProcessFault(asked.node, "no decision was drafted before this task")
    return DecisionId(number)


def _promise(uow: UnitOfWork, run: Run, asked: OperationAsked, decision: Decision, *, now: datetime) -> None:
    payload = {"decision_id": int(decision.id), "instance_id": int(run.instance.id), "token": asked.token}
    decisions.promise(uow, decision, payload)
    if decision.state is DecisionState.AWAITING:
        tell_awaited(uow, decision.unit_id, decision.subject, f"d{decision.id}", now=now)


#: Name in the diagram → what is done.
OPERATIONS: Mapping[str, Operation] = {
    "mark": mark,
    "publish_results": publish_results,
    "count_met": count_met,
    "count": count,
    "draft_decision": draft_decision,
    "issue_decision": issue_decision,
    "issue_certificates": issue_certificates,
    "grant_titles": grant_titles,
    "cancel_title": cancel_title,
    "close": close,
    "open_survey": open_survey,
    "close_survey": close_survey,
    "survey_result": survey_result,
}
