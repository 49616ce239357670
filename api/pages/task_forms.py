"""How is a pack's form shown on a page, and what comes back from it? Specs, starting answers, files, sheets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from api.actor import Posted, Visitor
from api.assembly import House
from api.forms import Answers, FormSpec, Widget, is_editing, parse_form, prefilled, read, rows_from_cells, validate
from api.forms.reading import own_rows
from api.forms.spec import TABLES
from api.pages.uploads import keep_file, sheet_cells
from engine.errors import FieldError, Invalid
from engine.ports.process import Value
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.dossiers import Dossier, DossierId, WorkItem, WorkState
from engine.use_cases import prefill

#: What a task without a form of its own asks.
NOTE: Mapping[str, object] = {
    "$id": "ghi-chu",
    "title": "Ghi chú",
    "type": "object",
    "properties": {
        "note": {"type": "string", "title": "Ghi chú", "maxLength": 5000, "x-ui": {"widget": "textarea", "rows": 5}}
    },
    "x-ui": {"submit": "Hoàn thành"},
}
#: A form with no more questions than this, and neither table nor file, is sent at once, without a second look.
SHORT = 3
_SPECS: dict[tuple[str, str], FormSpec] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a person sent: answers as far as they could be read, and what was refused."""

    answers: dict[str, Value]
    errors: Mapping[str, FieldError] = field(default_factory=dict)
    editing: bool = False  #: only rows were added or taken away
    taken: Mapping[str, tuple[int, int]] = field(default_factory=dict)  #: table → rows that came in as a list

    @property
    def good(self) -> bool:
        """Whether nothing was refused."""
        return not self.errors


def spec_of(model: CycleModel, key: str | None) -> FormSpec:
    """A form of a model's version, parsed once; one note field when there is none."""
    if key is None or key not in model.forms:
        return _note()
    known = (model.sha256, key)
    if known not in _SPECS:
        _SPECS[known] = parse_form(model.forms[key], file=f"forms/{key}.json")
    return _SPECS[known]


def spec_of_item(uow: UnitOfWork, item: WorkItem) -> FormSpec:
    """The form of a task."""
    return spec_of(uow.models.get(uow.cycles.get(item.cycle_id).version), item.form)


def starting(uow: UnitOfWork, spec: FormSpec, dossier: Dossier, known: Mapping[str, object]) -> dict[str, Value]:
    """What the form shows first: facts of the unit where the form asks for them, then what is known or drafted."""
    unit = uow.units.get(dossier.unit_id)
    cycle = uow.cycles.get(dossier.cycle_id)
    facts: dict[str, Value] = {
        "unit.name": unit.name,
        "unit.code": unit.code,
        "year": cycle.year,
        "cohort": uow.words.label("cohort", dossier.cohort or ""),
    }
    given: dict[str, Value] = {name: value for name, value in known.items() if not name.startswith("_")}  # type: ignore[misc]  # drafts hold what forms wrote
    return prefilled(spec, facts | given) | given


def start_of(uow: UnitOfWork, item: WorkItem, spec: FormSpec, *, now: datetime) -> dict[str, Value]:
    """What the form of a task shows: what is known below the draft."""
    known = prefill.start_answers(uow, item, now=now) if item.state is WorkState.OPEN else {}
    return _drafted(spec, starting(uow, spec, uow.dossiers.get(item.dossier_id), known), item.draft)


def _drafted(spec: FormSpec, shown: dict[str, Value], draft: Mapping[str, object]) -> dict[str, Value]:
    """A draft holds the whole form: what it leaves out was emptied on purpose. Rows of the server stay."""
    if not draft:
        return shown
    written = plain(draft)
    given = {f.name for f in spec.fields if f.fixed or f.read_only or f.widget is Widget.READ_ONLY}
    kept = {name: value for name, value in shown.items() if name in given}
    return kept | {name: value for name, value in written.items() if name not in kept}


def is_short(spec: FormSpec) -> bool:
    """Whether a form may be sent without a second look."""
    asked = [f for f in spec.fields if f.widget not in (Widget.HEADING, Widget.HELP)]
    heavy = any(f.widget in (Widget.TABLE, Widget.SCORE, Widget.FILE) for f in asked)
    return len(asked) <= SHORT and not heavy


def take(
    house: House,
    uow: UnitOfWork,
    spec: FormSpec,
    form: Posted,
    *,
    given: Answers,
    dossier_id: DossierId,
    me: Visitor,
    now: datetime,
) -> Filled:
    """Read what was sent: files go through the gate into the archive, sheets into their tables."""
    refused: dict[str, FieldError] = {}
    files: dict[str, Mapping[str, Value]] = {}
    for asked in spec.fields:
        for upload in form.files(f"f.{asked.name}")[:1] if asked.widget is Widget.FILE else ():
            try:
                files[asked.name] = keep_file(house, uow, asked, upload, dossier_id=dossier_id, me=me, now=now)
            except Invalid as refusal:
                refused |= refusal.fields
    data = form.data()
    answers = read(spec, data, files, given=given)
    sheets = _sheets(house, spec, form, answers, refused)
    editing, taken = is_editing(data) or sheets, _taken(spec, data, answers)
    wrong = validate(spec, answers)
    errors = {**(_of_lists(wrong, taken) if editing else wrong), **refused}
    return Filled(answers=answers, errors=errors, editing=editing, taken=taken)


def _taken(spec: FormSpec, data: Mapping[str, Sequence[str]], answers: Answers) -> dict[str, tuple[int, int]]:
    """First row and number of rows of each table that came in as a list."""
    found: dict[str, tuple[int, int]] = {}
    for asked in spec.fields:
        rows = answers.get(asked.name)
        if asked.widget in TABLES and not asked.fixed and isinstance(rows, list):
            own = own_rows(asked, data)
            filled = sum(bool(row) for row in rows)
            found |= {asked.name: (own, filled - own)} if filled > own else {}
    return found


def _of_lists(wrong: Mapping[str, FieldError], taken: Mapping[str, tuple[int, int]]) -> dict[str, FieldError]:
    """What is wrong in the cells of rows that came in as a list: said at once, so that the list can be mended."""
    found: dict[str, FieldError] = {}
    for name, error in wrong.items():
        table, _, rest = name.partition(".")
        row = rest.partition(".")[0]
        if row.isdecimal() and table in taken and int(row) >= taken[table][0]:
            found[name] = error
    return found


def plain(answers: Mapping[str, object]) -> dict[str, Value]:
    """Stored answers without the marks that a draft carries."""
    return {name: value for name, value in answers.items() if not name.startswith("_")}  # type: ignore[misc]  # stored by forms


def _sheets(
    house: House, spec: FormSpec, form: Posted, answers: dict[str, Value], refused: dict[str, FieldError]
) -> bool:
    """Add the rows of uploaded sheets; whether there was one."""
    found = False
    for asked in spec.fields:
        for upload in form.files(f"f.{asked.name}._file")[:1] if asked.widget is Widget.TABLE else ():
            found = True
            try:
                rows = rows_from_cells(asked, sheet_cells(house, asked, upload))
            except Invalid as refusal:
                refused |= refusal.fields
                continue
            before = answers.get(asked.name)
            kept: list[Value] = [row for row in before if row] if isinstance(before, list) else []
            answers[asked.name] = [*kept, *rows]
    return found


@cache
def _note() -> FormSpec:
    return parse_form(NOTE, file="ghi-chu.json")
