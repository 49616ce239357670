"""How does an office come to a template of its own? Written over the pack's, tried out, in force from a day, kept for ever."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.errors import FieldError, Invalid, NotFound, NotPermitted, WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel, DeadlineGroup, Json
from engine.rules.deadlines import local_day
from engine.rules.office_templates import (
    LISTS,
    TEXTS,
    Content,
    OfficeTemplate,
    in_force,
    merged,
    own_parts,
    tables,
)
from engine.rules.papers import Capacity, clean_text
from engine.rules.permissions import ADMINISTRATOR, CLERK, DEPUTY, SECRETARY
from engine.rules.remedies import RemedyKind
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases import places, remedies
from engine.use_cases.drafting import (
    AWARD_WORDS,
    CITED,
    ROWS,
    WORDS,
    Template,
    columns_in,
    document_title,
    list_name,
)
from engine.use_cases.printing import MOMENT
from engine.use_cases.remedies import CORRECTION, REMEDIES
from engine.use_cases.wording import columns_of, properties

#: Who writes for an office.
WRITERS = (SECRETARY, DEPUTY, CLERK)
#: Limits of one template: lines of a list, characters of one text, of a note.
MOST_LINES, LONGEST_NOTE = 40, 500
#: Widths of a column, relative to the others.
WIDTHS = range(1, 101)
ALIGNED = ("left", "centre", "right")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a template may name: places to fill and lists to go through, each with what people call it (may be empty)."""

    places: Mapping[str, str]
    lists: Mapping[str, Mapping[str, str]]  #: list → column → title


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where documents have their shared template: a model's latest version, or what is done about any document."""

    key: str
    name: str
    model: CycleModel | None = None

    @property
    def groups(self) -> Sequence[DeadlineGroup]:
        """The groups that say how a year is called."""
        return self.model.groups if self.model else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """One document of a model, or of what is done about a document, as one office writes it."""

    unit: Unit
    path: tuple[Unit, ...]
    source: Source
    pack: Template  #: as everybody writes it who has nothing of their own
    named: Named
    versions: tuple[OfficeTemplate, ...]  #: the newest first

    def current(self, on: date) -> OfficeTemplate | None:
        """The version that a draft of that day takes."""
        return in_force(self.versions, on)


def may_write(actor: Actor, path: Sequence[Unit]) -> bool:
    """Whether the actor writes the office's templates: its secretary, deputy or clerk, an administrator there or above."""
    return actor.holds(path[0].id, *WRITERS) or any(actor.holds(unit.id, ADMINISTRATOR) for unit in path)


def offices(uow: UnitOfWork, actor: Actor, wanted: UnitId | None = None) -> list[Unit]:
    """The units whose templates the actor writes; `wanted` (when allowed) stands first."""
    found = {unit: uow.units.get(unit) for unit, role in actor.positions if role in (*WRITERS, ADMINISTRATOR)}
    if wanted is not None and wanted not in found and may_write(actor, uow.units.path(wanted)):
        found[wanted] = uow.units.get(wanted)
    return sorted(found.values(), key=lambda unit: (unit.id != wanted, unit.code))


def documents(uow: UnitOfWork, unit: Unit) -> Iterator[tuple[Source, Template]]:
    """Every document of a deployed model that a unit of this kind issues, in the order of models and documents; then, if
    there is any, what it issues about one that is out and wrong."""
    issues = False
    for key in uow.models.keys():  # noqa: SIM118  # a register
        model = uow.models.latest(key)
        for name, raw in (model.documents if model else {}).items():
            form = Template(key=name, raw=raw)
            if model is not None and unit.kind in model.kinds(form.text("unit_kind")):
                issues = True
                yield Source(key=key, name=model.name, model=model), form
    if issues:
        source = Source(key=REMEDIES, name="Xử lý văn bản đã ban hành")
        yield from ((source, remedies.template(uow, kind)) for kind in RemedyKind)


def office(uow: UnitOfWork, unit_id: UnitId, model_key: str, document: str, *, actor: Actor) -> Office:
    """The document as the office writes it; `NotFound`, `NotPermitted` for who does not write for it."""
    path = uow.units.path(unit_id)
    if not may_write(actor, path):
        raise NotPermitted("not_template_writer", unit=path[0].name)
    source, form = next(
        ((s, f) for s, f in documents(uow, path[0]) if (s.key, f.key) == (model_key, document)), (None, None)
    )
    if source is None or form is None:
        raise NotFound("document", document)
    return Office(
        unit=path[0],
        path=path,
        source=source,
        pack=form,
        named=named(uow, source, form),
        versions=tuple(uow.office_templates.of_document(unit_id, model_key, document)),
    )


def named(uow: UnitOfWork, source: Source, form: Template) -> Named:
    """What a template of this document may name."""
    if source.model is None:
        corrected = CORRECTION if form.key == RemedyKind.CORRECT else {}
        return Named(places=dict.fromkeys(remedies.WORDS, "") | corrected, lists={})
    model = source.model
    schemas = [properties(model.forms.get(key, {})) for key in _forms_of(uow, model, form)]
    fields = {name: spec for schema in schemas for name, spec in schema.items()}
    task = _task_form(uow, model, form.key) is not None
    places = dict.fromkeys(sorted(WORDS | (frozenset(MOMENT) if task else frozenset())), "")
    if form.text("kind") in ("certificate", "commendation"):
        places |= dict.fromkeys((*AWARD_WORDS, *CITED), "")
    asked = {name: str(spec.get("title", name)) for name, spec in fields.items() if not columns_of(spec)}
    lists = {list_name(raw): _columns(raw, fields) for raw in form.annexes()}
    return Named(places=places | dict.fromkeys(form.counts(), "") | asked, lists=lists)


def publish(
    uow: UnitOfWork, office_: Office, wished: Content, from_day: date, note: str, *, actor: Actor, now: datetime
) -> OfficeTemplate:
    """Keep what the office wishes as its next version, in force from a day on; empty: the pack's template again.

    Refused: a first day that is over, what cannot be filled, wrong columns (`Invalid`, by field); nothing changed
    (`WrongState`).
    """
    if not may_write(actor, office_.path):
        raise NotPermitted("not_template_writer", unit=office_.unit.name)
    content = own_parts(office_.pack.raw, wished)
    errors = faults(uow, office_, wished)
    if from_day < local_day(now):
        errors["from_day"] = FieldError("day_passed", {})
    if len(note) > LONGEST_NOTE:
        errors["note"] = FieldError("form.too_long", {"title": "Ghi chú", "limit": LONGEST_NOTE, "length": len(note)})
    if errors:
        raise Invalid(errors)
    before = in_force(office_.versions, from_day)
    if (before.content if before else {}) == content:
        raise WrongState("template_unchanged")
    made = uow.office_templates.add(
        OfficeTemplate(
            id=NEW,
            unit_id=office_.unit.id,
            model=office_.source.key,
            document=office_.pack.key,
            number=1 + max((v.number for v in office_.versions), default=0),
            content=content,
            from_day=from_day,
            note=clean_text(note),
            created_at=now,
            by_id=actor.account_id,
            by_name=actor.full_name,
            used_at=None,
            withdrawn_at=None,
        )
    )
    event = "template_changed" if content else "template_returned"
    parts = changed_parts(before.content if before else {}, content)
    uow.audit.write(_line(office_, made, event, actor=actor, now=now, parts=parts))
    return made


def withdraw(uow: UnitOfWork, office_: Office, number: int, *, actor: Actor, now: datetime) -> None:
    """Take a version back that no document was made by; `WrongState` when one was, or it is gone already."""
    found = next((v for v in office_.versions if v.number == number), None)
    if found is None:
        raise NotFound("OfficeTemplate", number)
    if not uow.office_templates.withdraw(found.id, now):
        raise WrongState("template_used")
    uow.audit.write(_line(office_, found, "template_withdrawn", actor=actor, now=now))


def changed_parts(before: Content, after: Content) -> list[str]:
    """Names of the parts that two versions say otherwise, as audit lines keep them."""
    flat = [_flat(content) for content in (before, after)]
    return [name for name in dict.fromkeys([*flat[0], *flat[1]]) if flat[0].get(name) != flat[1].get(name)]


def faults(uow: UnitOfWork, office_: Office, wished: Content) -> dict[str, FieldError]:
    """What cannot be kept, by field (`document.articles.0`, `annex.1.columns.2.width`, `signature.0.capacity`)."""
    found: dict[str, FieldError] = {}
    for name, text, known in _texts(office_, wished):
        reason = uow.words.phrase_fault(text, known, office_.named.lists)
        if not reason and ".first_grounds." in name and office_.pack.is_phrase(text):
            # Where bases begin is counted when their numbers are filled in later.
            found[name] = FieldError("template_plain", {})
        if reason:
            found[name] = FieldError("template_text", {"reason": reason})
    for name, lines in _lists(wished):
        if len(lines) > MOST_LINES:
            found[f"document.{name}"] = FieldError("template_lines", {"limit": MOST_LINES})
    for n, annex in enumerate(tables(wished.get("annex"))):
        pack = office_.pack.annexes()[n : n + 1]
        found |= _column_faults(f"annex.{n}", annex, office_.named.lists[list_name(pack[0])] if pack else {})
    for n, signature in enumerate(tables(wished.get("signature"))):
        if signature.get("capacity") not in {c.value for c in Capacity}:
            found[f"signature.{n}.capacity"] = FieldError("choice", {"title": "Quyền hạn ký"})
    known_bases = {basis.key for basis in uow.decisions.bases()} | set(office_.pack.lines("bases"))
    given = dict(_lists(wished)).get("bases", ())
    for n, key in enumerate(given):
        if key not in known_bases:
            found[f"document.bases.{n}"] = FieldError("choice", {"title": "Căn cứ"})
    return found


def misfits(uow: UnitOfWork, office_: Office, version: OfficeTemplate) -> list[FieldError]:
    """What of a version the deployed model no longer knows: places, lists, columns, bases, whole annexes."""
    wished = merged(office_.pack.raw, version.content)
    found = faults(uow, office_, wished)
    lost = [_lost(wished, name, fault) for name, fault in found.items()]
    kept, own = len(office_.pack.annexes()), len(tables(version.content.get("annex")))
    return [*lost, *([FieldError("template_lost_annex", {"count": kept})] if own > kept else [])]


def _lost(wished: Content, field: str, fault: FieldError) -> FieldError:
    """The fault of a field as whoever does not see the form reads it: with the name of what is gone."""
    part = field.split(".")
    if part[0] == "annex" and part[-1] == "key":
        column = tables(tables(wished.get("annex"))[int(part[1])].get("columns"))[int(part[3])]
        return FieldError("template_lost_column", {"column": str(column.get("label") or column.get("key"))})
    if part[:2] == ["document", "bases"]:
        return FieldError("template_lost_basis", {"basis": dict(_lists(wished))["bases"][int(part[2])]})
    return fault


def lost_documents(uow: UnitOfWork, unit: Unit, on: date) -> list[tuple[str, str]]:
    """Model and document of the versions from `on` onwards whose document no deployed model has for the unit."""
    there = {(model.key, form.key) for model, form in documents(uow, unit)}
    return [of for of, versions in own_versions(uow, unit).items() if of not in there and counting(versions, on)]


def own_versions(uow: UnitOfWork, unit: Unit) -> dict[tuple[str, str], list[OfficeTemplate]]:
    """The unit's versions by model and document."""
    known: dict[tuple[str, str], list[OfficeTemplate]] = {}
    for version in uow.office_templates.of_unit(unit.id):
        known.setdefault((version.model, version.document), []).append(version)
    return known


def counting(versions: Sequence[OfficeTemplate], on: date) -> list[OfficeTemplate]:
    """Those that hold wording of their own and are, or will be, in force from `on` onwards; in the order of days."""
    now = in_force(versions, on)
    later = [v for v in versions if v.withdrawn_at is None and v.from_day > on]
    return sorted((v for v in (*([now] if now else []), *later) if v.content), key=lambda v: (v.from_day, v.number))


def _column_faults(where: str, annex: Mapping[str, Json], known: Mapping[str, str]) -> dict[str, FieldError]:
    columns = tables(annex.get("columns"))
    if "columns" in annex and not columns:
        return {f"{where}.columns": FieldError("template_no_columns", {})}
    found: dict[str, FieldError] = {}
    for n, column in enumerate(columns):
        place = f"{where}.columns.{n}"
        if str(column.get("key")) not in known:
            found[f"{place}.key"] = FieldError("choice", {"title": "Cột"})
        if not str(column.get("label", "")).strip():
            found[f"{place}.label"] = FieldError("form.required", {"title": "Tên cột"})
        if column.get("width") not in WIDTHS:
            found[f"{place}.width"] = FieldError("template_width", {"least": WIDTHS[0], "most": WIDTHS[-1]})
        if column.get("align") not in ALIGNED:
            found[f"{place}.align"] = FieldError("choice", {"title": "Căn lề"})
    return found


def _texts(office_: Office, wished: Content) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Field, text and the places that it may name, of every text that is filled."""
    known = frozenset(office_.named.places)
    document = wished.get("document", {})
    given = document if isinstance(document, Mapping) else {}
    award = frozenset(AWARD_WORDS) - WORDS
    for name in TEXTS:
        if name in given:
            allowed = frozenset({"symbol"}) if name == "symbol" else known - award
            yield f"document.{name}", str(given[name]), allowed
    for name, lines in _lists(wished):
        for n, line in enumerate(lines):
            if name != "bases":
                yield f"document.{name}.{n}", line, known if name == "lines" else known - award
    for table in ("signature", "annex"):
        for n, row in enumerate(tables(wished.get(table))):
            for name in ("in_stead_of", "position", "title", "subject"):
                if name in row:
                    yield f"{table}.{n}.{name}", str(row[name]), known - award


def _lists(wished: Content) -> Iterator[tuple[str, list[str]]]:
    document = wished.get("document", {})
    given = document if isinstance(document, Mapping) else {}
    for name in LISTS:
        lines = given.get(name)
        if isinstance(lines, Sequence) and not isinstance(lines, str):
            yield name, [str(line) for line in lines]


def _columns(raw: Mapping[str, Json], fields: Mapping[str, Mapping[str, Json]]) -> dict[str, str]:
    rows = str(raw.get("rows", "branches"))
    if places.is_ranking(rows):
        return dict.fromkeys(places.COLUMNS, "")
    if rows in ROWS:
        return dict.fromkeys(ROWS[rows], "")
    given = {name: str(spec.get("title", name)) for name, spec in columns_of(fields.get(rows, {})).items()}
    # What the pack's own columns name stays known, even where the form no longer asks it.
    return {"number": "", **given, **{key: "" for key in columns_in(raw) if key not in given and key != "number"}}


def _forms_of(uow: UnitOfWork, model: CycleModel, form: Template) -> tuple[str, ...]:
    """The forms whose answers the document repeats."""
    own = _task_form(uow, model, form.key)
    return (own,) if own else form.answers()


def _task_form(uow: UnitOfWork, model: CycleModel, document: str) -> str | None:
    """The form of the task that leaves this document behind; None: it is no paper of a task."""
    for process in uow.models.definition(model.sha256).processes.values():
        for node in process.nodes.values():
            if node.properties.get("document") == document and node.form_key:
                return node.form_key
    return None


def _flat(content: Content) -> dict[str, Json]:
    document = content.get("document", {})
    found: dict[str, Json] = dict(document) if isinstance(document, Mapping) else {}
    for name in ("signature", "annex", "overrides"):
        if content.get(name):
            found[name] = content[name]
    return found


def _line(
    office_: Office, version: OfficeTemplate, event: str, *, actor: Actor, now: datetime, **facts: object
) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"template:{office_.source.key}/{office_.pack.key}",
        unit_id=office_.unit.id,
        facts={
            "unit": office_.unit.name,
            "title": document_title(office_.pack.raw),
            "model": office_.source.name,
            "number": version.number,
            "from_day": version.from_day,
            "note": version.note,
            **facts,
        },
    )
