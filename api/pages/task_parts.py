"""What must be read before a task is done, and what follows from it? Views for the pages of tasks and dossiers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from api.forms import SummarySection, summarise
from api.pages import task_forms
from api.pages.prints import Print, prints_of
from api.texts import label, sentence
from api.texts.words import as_day, day, instant, named_day_waits, number
from engine.ports.queries import WorkRow
from engine.ports.store import UnitOfWork
from engine.rules.decisions import Decision
from engine.rules.dossiers import Dossier, Submission, WorkItem, WorkItemId
from engine.rules.permissions import may_read
from engine.rules.units import Actor
from engine.use_cases.decisions import changed_since, drafts_of, frozen_title
from engine.use_cases.runs import readers_path
from engine.use_cases.sending_back import sent_back
from engine.use_cases.standing_in import work_of

#: Act → acts whose latest forms are read for it, the first one opened.
TO_READ = {
    "review": ("register",),
    "assess": ("request", "register"),
    "acknowledge": ("report", "synthesise"),
    "answer_appeal": ("message",),
    "verify": ("message",),
    "explain": ("verify", "message"),
    "cancel_decide": ("explain", "verify", "message"),
    "request": ("register",),
    "progress": ("progress",),
}


def year_names(uow: UnitOfWork, rows: Collection[WorkRow]) -> dict[WorkItemId, str]:
    """How the year of each task is called: a superior's tasks for its deadline groups are told apart by it."""
    models = {cycle_id: uow.models.get(uow.cycles.get(cycle_id).version) for cycle_id in {r.cycle_id for r in rows}}
    names = {row.id: models[row.cycle_id].year_name(row.group, row.year) for row in rows}
    return {item: name[:1].upper() + name[1:] for item, name in names.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSubmission:
    """One form that was handed in, ready to be read."""

    id: int
    title: str
    who: str
    at: datetime
    late: str
    open: bool
    sections: tuple[SummarySection, ...]
    prints: tuple[Print, ...]  #: the paper that was made of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Why something came back."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutDossier:
    """The facts of a dossier beside a task."""

    id: int
    state: str
    facts: tuple[tuple[str, str], ...]
    readable: bool  #: the reader may open it


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """Who has to do what next, until when."""

    name: str
    who: str
    last_day: date | None


def shown_submission(uow: UnitOfWork, submission: Submission, *, opened: bool = False) -> ShownSubmission:
    """A form that was handed in, with the questions of its own version."""
    dossier = uow.dossiers.get(submission.dossier_id)
    model = uow.models.get(uow.cycles.get(dossier.cycle_id).version)
    spec = task_forms.spec_of(model, submission.form)
    return ShownSubmission(
        id=submission.id,
        title=submission.title,
        who=submission.by_name,
        at=submission.at,
        late=_late(submission),
        open=opened,
        sections=summarise(spec, task_forms.plain(submission.answers)),
        prints=prints_of(submission),
    )


def _late(submission: Submission) -> str:
    if submission.on_named_day:
        return named_day_waits(as_day(submission.at)).capitalize()
    return f"Chậm {submission.days_late} ngày so với hạn {day(submission.last_day)}" if submission.days_late else ""


def things_to_read(uow: UnitOfWork, item: WorkItem) -> list[ShownSubmission]:
    """What was handed in before and matters for this task, the most important first."""
    wanted = TO_READ.get(item.act, ())
    latest = {s.act: s for s in uow.dossiers.submissions(item.dossier_id) if s.act in wanted}
    found = [latest[act] for act in wanted if act in latest]
    if item.act == "acknowledge":  # of report and synthesis only the one that was sent last is asked about
        found = sorted(found, key=lambda s: s.at)[-1:]
    judged = item.act not in ("request", "progress")
    return [shown_submission(uow, s, opened=judged and place == 0) for place, s in enumerate(found)]


def returned_notice(uow: UnitOfWork, item: WorkItem) -> Returned | None:
    """Why the task is here again: its draft was sent back unnumbered, or the last word about the dossier was a return."""
    draft = draft_to_sign(uow, item)
    note = sent_back(draft) if draft is not None else {}
    if note:
        return Returned(title=sent_back_title(note), text=note["reason"])
    submissions = uow.dossiers.submissions(item.dossier_id)
    if not submissions or submissions[-1].answers.get("outcome") != "return" or submissions[-1].act == item.act:
        return None
    last = submissions[-1]
    return Returned(
        title=f"{last.by_name} trả lại lúc {instant(last.at)}",
        text=str(last.answers.get("reason") or "Không ghi lý do."),
    )


def sent_back_title(note: Mapping[str, str]) -> str:
    """By whom and when a draft was sent back."""
    return f"{note['by']} trả lại, chưa cấp số, lúc {instant(datetime.fromisoformat(note['at']))}"


def draft_to_sign(uow: UnitOfWork, item: WorkItem) -> Decision | None:
    """The draft that waits for this signature."""
    drafts = drafts_of(uow, item.dossier_id)
    return drafts[-1] if item.act == "sign" and drafts else None


def draft_problem(uow: UnitOfWork, item: WorkItem) -> str:
    """Why the draft that waits for this signature cannot be signed as it stands; empty when it can."""
    draft = draft_to_sign(uow, item)
    return list_problem(uow, draft) if draft is not None else ""


def list_problem(uow: UnitOfWork, decision: Decision) -> str:
    """Who is no longer what they were when the draft's list was made, or whose title is frozen; empty when nothing is."""
    names = ", ".join(unit.name for unit in changed_since(uow, decision))
    if names:
        return sentence("list_changed", {"unit": names})
    frozen = frozen_title(uow, decision)
    return sentence("title_frozen", {"unit": frozen[0].name, "symbol": frozen[1].symbol}) if frozen else ""


def about_dossier(uow: UnitOfWork, actor: Actor, dossier: Dossier) -> AboutDossier:
    """What stands beside a task about its dossier."""
    path = uow.units.path(dossier.unit_id)
    facts = [("Đơn vị", path[0].name)]
    if len(path) > 1:
        facts.append(("Trực thuộc", path[1].name))
    if dossier.cohort:
        facts.append(("Khối", uow.words.label("cohort", dossier.cohort)))
    if dossier.receipt:
        facts.append(("Mã tiếp nhận", dossier.receipt))
    if dossier.submitted_at:
        late = f" (chậm {dossier.days_late} ngày)" if dossier.days_late else ""
        if dossier.on_named_day:
            late = f" ({named_day_waits(as_day(dossier.submitted_at))})"
        facts.append(("Đăng ký lúc", instant(dossier.submitted_at) + late))
    if dossier.member_count:
        facts.append(("Đoàn viên đăng ký", number(dossier.member_count)))
    if dossier.score is not None:
        facts.append(("Điểm thẩm định", f"{number(dossier.score)} {band_label(uow, dossier)}".strip()))
    return AboutDossier(
        id=dossier.id,
        state=dossier.state.value,
        facts=tuple(facts),
        readable=may_read(actor, readers_path(uow, dossier)),
    )


def band_label(uow: UnitOfWork, dossier: Dossier) -> str:
    """The dossier's band as the criteria set names it, in brackets; empty without one."""
    cycle = uow.cycles.get(dossier.cycle_id)
    criteria = uow.models.get(cycle.version).criteria_for(cycle.year)
    found = next((b.label for b in criteria.bands if b.key == dossier.band), "") if criteria and dossier.band else ""
    return f"({found})" if found else ""


def next_steps(uow: UnitOfWork, dossier: Dossier, *, now: datetime) -> list[NextStep]:
    """What the dossier waits for now."""
    return [next_step(uow, row) for row in uow.queries.open_work(dossier.id)]


def next_step(uow: UnitOfWork, row: WorkRow) -> NextStep:
    """One open task as "who does what until when"."""
    roles = ", ".join(uow.words.label("role", role) for role in row.roles)
    return NextStep(name=row.name, who=f"{row.unit} ({roles})", last_day=row.last_day)


def next_task(uow: UnitOfWork, actor: Actor, item: WorkItem) -> WorkRow | None:
    """The task to go on with: of the same kind if there is one, else the most urgent."""
    rows: Sequence[WorkRow] = [m.row for m in work_of(uow, actor) if m.row.id != WorkItemId(item.id)]
    return next((row for row in rows if row.act == item.act), rows[0] if rows else None)


def act_label(act: str) -> str:
    """What people call an act."""
    return label("act", act)
