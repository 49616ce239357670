"""What does a form start from? The draft, last year's answers, and rows that the system knows already."""

from collections.abc import Callable, Mapping
from datetime import datetime

from engine.ports.store import UnitOfWork
from engine.rules.dossiers import Dossier, DossierState, Submission, WorkItem
from engine.rules.scores import effective
from engine.use_cases import runs
from engine.use_cases.acts import table
from engine.use_cases.operations import gathered
from engine.use_cases.reached import unit_figures
from engine.use_cases.runs import Run
from engine.use_cases.scoring import criteria_of, held_rows, rows_of, weight_rows

Row = dict[str, object]

#: Acts that may be returned: their form starts from what was handed in before.
AGAIN = frozenset({"register", "request", "report", "synthesise"})


#: Acts whose rows show what the units have counted.
COUNTING = frozenset({"monitor", "synthesise"})


def start_answers(uow: UnitOfWork, item: WorkItem, *, now: datetime) -> dict[str, object]:
    """What the form of an open task shows first: what was handed in before, the saved draft, and what is known."""
    run = runs.look(uow, item.instance_id, now=now)
    known = _known(uow, run, item, now)
    before = _before(uow, run, item)
    return _merged(known, {**(before.answers if before else {}), **item.draft})


def _before(uow: UnitOfWork, run: Run, item: WorkItem) -> Submission | None:
    if item.act in AGAIN:
        return uow.dossiers.latest_submission(run.dossier.id, item.act)
    if item.act != "fill":
        return None
    # A draft that came back from who signs is written on, not begun anew.
    again = [s for s in uow.dossiers.submissions(run.dossier.id, "fill") if s.node == item.node]
    return max(again, key=lambda s: (s.at, s.id)) if again else None


def completed(
    uow: UnitOfWork, run: Run, item: WorkItem, answers: Mapping[str, object], *, now: datetime
) -> dict[str, object]:
    """The answers of a task with the columns that the system knows by itself, for the record."""
    known = _known(uow, run, item, now)
    return _merged(known, answers) if known else dict(answers)


def _known(uow: UnitOfWork, run: Run, item: WorkItem, now: datetime) -> dict[str, object]:
    """What the act's maker knows; rows of units with what these have counted."""
    maker = _MAKERS.get(item.act)
    known = maker(uow, run, now) if maker else {}
    if item.act not in COUNTING:
        return known
    counted = unit_figures(uow, run, item)
    units = {uow.units.get(unit_id).code: cells for unit_id, cells in counted.items()}
    rows = known.get("rows")
    merged = [{**row, **units.get(str(row["code"]), {})} for row in rows] if isinstance(rows, list) else []
    return {**known, "rows": merged}


def last_answers(uow: UnitOfWork, dossier: Dossier, act: str) -> Mapping[str, object]:
    """What the same unit answered to the same act in its latest earlier dossier; empty when never."""
    for earlier in sorted(uow.dossiers.of_unit(dossier.unit_id), key=lambda d: d.opened_at, reverse=True):
        if earlier.id != dossier.id and earlier.process == dossier.process:
            submission = uow.dossiers.latest_submission(earlier.id, act)
            if submission is not None:
                return submission.answers
    return {}


def _merged(known: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    merged = {**known, **given}
    for name, rows in known.items():
        if isinstance(rows, list) and isinstance(given.get(name), list):
            merged[name] = _rows_merged(rows, table(given, name))
    return merged


def _rows_merged(rows: list[Row], given: list[Mapping[str, object]]) -> list[Row]:
    """Rows that are known by a key keep their known columns; other lists are as people left them."""
    key = next((k for k in ("line", "code", "key") if rows and k in rows[0]), None)
    if key is None:
        return [dict(row) for row in given]
    by_key = {str(row.get(key)): row for row in given}
    return [{**by_key.get(str(row[key]), {}), **row} for row in rows]


def _report(uow: UnitOfWork, run: Run, now: datetime) -> dict[str, object]:
    return {
        "rows": [
            _unit_row(uow, d)
            | {
                "cohort": d.cohort,
                "state": d.state.value,
                "days_late": d.days_late,
                "members": d.member_count,
            }
            for d in gathered(uow, run)
        ]
    }


def _monitor(uow: UnitOfWork, run: Run, now: datetime) -> dict[str, object]:
    out = (DossierState.WITHDRAWN, DossierState.DISSOLVED, DossierState.REFUSED, DossierState.NOT_PARTICIPATING)
    return {"rows": [_unit_row(uow, d) for d in gathered(uow, run) if d.state not in out]}


def _synthesise(uow: UnitOfWork, run: Run, now: datetime) -> dict[str, object]:
    return {
        "rows": [
            _unit_row(uow, d)
            | {"cohort": d.cohort, "state": d.state.value, "score": d.score, "members": d.member_count}
            for d in gathered(uow, run)
        ]
    }


def _request(uow: UnitOfWork, run: Run, now: datetime) -> dict[str, object]:
    members = [
        {"full_name": m.full_name, "birth_year": m.birth_year, "self_result": m.self_result or "proposed"}
        for m in uow.dossiers.members(run.dossier.id)
    ]
    return {"members": members, "scores": rows_of(uow, run, now=now)}


def _assess(uow: UnitOfWork, run: Run, now: datetime) -> dict[str, object]:
    asked = uow.dossiers.latest_submission(run.dossier.id, "request")
    own = {str(row.get("key")): row for row in table(asked.answers, "scores")} if asked else {}
    scores = [
        row
        | {
            "self_points": own.get(str(row["key"]), {}).get("points"),
            "self_reason": own.get(str(row["key"]), {}).get("reason"),
        }
        for row in rows_of(uow, run, now=now)
    ]
    members = [
        {
            "full_name": m.full_name,
            "birth_year": m.birth_year,
            "self_result": m.self_result,
            "result": m.result or ("recognised" if m.self_result == "proposed" else "not_met"),
        }
        for m in uow.dossiers.members(run.dossier.id)
    ]
    return {"scores": scores, "members": members}


def _meet(uow: UnitOfWork, run: Run, now: datetime) -> dict[str, object]:
    criteria = criteria_of(uow, run.model, run.cycle)
    labels = {band.key: band.label for band in criteria.bands} if criteria else {}
    return {
        "rows": [
            _unit_row(uow, d) | {"score": d.score, "band": labels.get(d.band or "", ""), "members": d.member_count}
            for d in gathered(uow, run)
            if d.state is DossierState.ASSESSED
        ]
    }


def _decide(uow: UnitOfWork, run: Run, now: datetime) -> dict[str, object]:
    shown = (DossierState.MET, DossierState.NOT_MET, DossierState.DEFERRED)
    return {
        "rows": [
            _unit_row(uow, d) | {"score": d.score, "result": d.state.value}
            for d in gathered(uow, run)
            if d.state in shown
        ]
    }


def _unit_row(uow: UnitOfWork, dossier: Dossier) -> Row:
    unit = uow.units.get(dossier.unit_id)
    return {"code": unit.code, "unit": unit.name}


def _answer_appeal(uow: UnitOfWork, run: Run, now: datetime) -> dict[str, object]:
    """The points that stand, where an appeal may change them."""
    own = effective(uow.scores.of_dossier(run.dossier.id))
    if own is None or run.dossier.state not in (DossierState.ASSESSED, DossierState.CLOSED):
        return {}
    shown = ("key", "group", "text", "max_points")
    return {"scores": [{name: line[name] for name in shown} | {"points_now": line["points"]} for line in own.lines]}


def _settle(uow: UnitOfWork, run: Run, now: datetime) -> dict[str, object]:
    return {"rows": [row for _, row in held_rows(uow, run, now=now)]}


def _weigh(uow: UnitOfWork, run: Run, now: datetime) -> dict[str, object]:
    return {"weights": weight_rows(uow, run)}


_MAKERS: Mapping[str, Callable[[UnitOfWork, Run, datetime], dict[str, object]]] = {
    "report": _report,
    "monitor": _monitor,
    "synthesise": _synthesise,
    "request": _request,
    "assess": _assess,
    "meet": _meet,
    "decide": _decide,
    "answer_appeal": _answer_appeal,
    "settle": _settle,
    "weigh": _weigh,
}
