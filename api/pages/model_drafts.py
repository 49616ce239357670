"""What did a designer change so far? Carried from page to page in the forms themselves; nothing is kept before it is deployed."""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from fastapi import Request
from starlette.responses import HTMLResponse

from api.actor import Posted, Visitor
from api.assembly import House
from api.forms.parsing import FILE, check_forms
from api.pages.cycles import DrawnProcess, pictures
from api.pages.models import MODELS
from api.pages.shell import page, scope_of, today_of
from api.texts.words import number
from engine.errors import BadPack, FieldError, Finding, Invalid, NotFound
from engine.ports.queries import PackRow
from engine.ports.store import UnitOfWork
from engine.rules.calendar import WorkingCalendar
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleState
from engine.rules.deadlines import DeadlineRule, next_occurrences
from engine.rules.merging import merged
from engine.rules.permissions import check_may_design
from engine.rules.text import short_date
from engine.use_cases import owning
from engine.use_cases.versions import SHORT

#: Title of the page that leads to the others.
HUB = "Sửa mô hình"
#: Pages of a model on which it is changed: address below `/quy-trinh/<key>/sua` → title.
EDITORS: Mapping[str, str] = {
    "han": "Sửa hạn",
    "tieu-chi": "Sửa tiêu chí",
    "bieu-mau": "Sửa biểu mẫu",
    "tep": "Thay tệp",
}
#: Years around today in which the next occurrences of a deadline are looked for, and how many are shown.
_YEARS, _COMING = 5, 3
MODEL = "model.toml"
_SEPARATOR, _GONE = " ", "-"
#: Files in which two changes can both stand; a diagram is one drawing.
_BY_LINE = (".toml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The files of a version, some of them changed."""

    base: CycleModel  #: the version that the changes are made to
    latest: PackRow  #: the model's newest version, which may be another one by now
    changed: Mapping[str, bytes | None]  #: file → content; None: taken away

    @property
    def stale(self) -> bool:
        """Whether somebody deployed another version meanwhile."""
        return self.latest.version != self.base.sha256

    @property
    def files(self) -> dict[str, bytes]:
        """All files, as they would be deployed."""
        kept = {name: content for name, content in self.base.files.items() if name not in self.changed}
        return kept | {name: content for name, content in self.changed.items() if content is not None}

    @property
    def carried(self) -> list[str]:
        """The changed files as values of hidden fields."""
        return [
            f"{name}{_SEPARATOR}{_GONE if content is None else b64encode(content).decode()}"
            for name, content in sorted(self.changed.items())
        ]

    def content(self, file: str) -> bytes:
        """One file as it would be deployed; `NotFound` when there is none."""
        found = self.files.get(file)
        if found is None:
            raise NotFound("tệp", file)
        return found

    def put(self, file: str, content: bytes | None) -> "Draft":
        """The draft with this file changed, or taken away; as in the base it counts as unchanged."""
        changed = {name: kept for name, kept in self.changed.items() if name != file}
        if content != self.base.files.get(file):
            changed[file] = content
        return replace(self, changed=changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of a draft: the model it makes, or why it makes none."""

    model: CycleModel | None
    findings: Sequence[Finding]


def begun(uow: UnitOfWork, me: Visitor, key: str) -> Draft:
    """A draft of the latest version without changes; for designers only."""
    return _draft(uow, me, key, "", {})


def sent(uow: UnitOfWork, me: Visitor, key: str, form: Posted) -> Draft:
    """The draft that a form carries; for designers only."""
    return _draft(uow, me, key, form.text("goc"), dict(_carried(value) for value in form.all("tep")))


def rebased(draft: Draft, newest: Draft) -> tuple[Draft, list[str]]:
    """The changes of a draft made to the newest version, and the files in which they meet what others changed since: there
    the draft's own content stands."""
    met = []
    for file, mine in draft.changed.items():
        before, theirs = draft.base.files.get(file), newest.base.files.get(file)
        both = None if theirs in (before, mine) else _together(file, before, mine, theirs)
        if both is None and theirs not in (before, mine):
            met.append(file)
        newest = newest.put(file, mine if both is None else both)
    return newest, met


def judged(house: House, draft: Draft) -> Judged:
    """Whether the draft may be deployed."""
    return judged_files(house, draft.base.key, draft.files)


def judged_files(house: House, key: str, files: Mapping[str, bytes]) -> Judged:
    """Whether the files of a version, shared ones included, may be deployed."""
    # The language of forms is known here, not in the engine: a page must never meet a form that it cannot show.
    wrong = check_forms(files)
    try:
        model, notes = house.pack_desk.ready(key, files)
    except BadPack as refusal:
        known = {(finding.file, finding.reason) for finding in wrong}
        return Judged(model=None, findings=[*wrong, *(f for f in refusal.findings if (f.file, f.reason) not in known)])
    return Judged(model=None, findings=wrong) if wrong else Judged(model=model, findings=notes)


def place(draft: Draft, part: str = "") -> str:
    """The address of a page on which the model is changed."""
    return f"{MODELS}/{draft.base.key}/sua" + (f"/{part}" if part else "")


def crumbs(draft: Draft, title: str) -> list[tuple[str, str | None]]:
    """The way to a page on which the model is changed."""
    way = [("Quy trình", MODELS), (draft.base.name, f"{MODELS}/{draft.base.key}")]
    return [*way, (title, None)] if title == HUB else [*way, (HUB, place(draft)), (title, None)]


def edit_page(
    request: Request,
    template: str,
    me: Visitor,
    uow: UnitOfWork,
    draft: Draft,
    title: str,
    *,
    status: int = 200,
    **values: object,
) -> HTMLResponse:
    """One page on which a model is changed, with what all of them share."""
    return page(
        request,
        f"sua_mo_hinh/{template}.html",
        me,
        uow,
        status=status,
        page_title=title,
        breadcrumbs=crumbs(draft, title),
        draft=draft,
        here=place(draft),
        editors=EDITORS,
        **values,  # type: ignore[arg-type]  # the template's own
    )


def review(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    draft: Draft,
    *,
    problem: str = "",
    met: Sequence[str] = (),
    status: int = 200,
) -> HTMLResponse:
    """Show what a draft changes and what is wrong with it; deploying is the next step.

    `met`: the files in which it takes back what somebody else deployed meanwhile.
    """
    draft, found, back = distinct(uow, house, draft)
    model = found.model
    changes = house.differences(draft.base, model) if model else []
    return edit_page(
        request,
        "review",
        me,
        uow,
        draft,
        "Xem thay đổi",
        status=status if model else 422,
        has_errors=model is None,
        found=found,
        problem=problem,
        met=met,
        back=back,
        changes=changes,
        executed=sum(bool(change["executes"]) for change in changes),
        moved=moved(uow, draft.base, model, today_of(house.clock())) if model else [],
        unsourced=unsourced(draft.base, model) if model else [],
        missed=missed(draft, model) if model else [],
        processes=drawn(house, draft, model) if model else [],
        running=running(uow, draft, me),
        short=draft.base.sha256[:SHORT],
    )


def distinct(uow: UnitOfWork, house: House, draft: Draft) -> tuple[Draft, Judged, str]:
    """The draft as a version of its own, judged; where it is an earlier version again, a note in its file sets it apart.

    A version is known by its files: without the note, what somebody takes back could never be the newest one again. The
    third answer names the earlier version.
    """
    known, back = {row.version for row in uow.queries.packs()} - {draft.base.sha256}, ""
    found = judged(house, draft)
    while found.model is not None and found.model.sha256 in known:
        back = back or found.model.sha256[:SHORT]
        note = f"# Trở lại nội dung của phiên bản {back}, ngày {short_date(today_of(house.clock()))}.\n"
        content = draft.content(MODEL)
        draft = draft.put(MODEL, content + (b"" if content.endswith(b"\n") else b"\n") + note.encode())
        found = judged(house, draft)
    return draft, found, back


def running(uow: UnitOfWork, draft: Draft, me: Visitor) -> list[tuple[str, str]]:
    """The open cycles of the model: what they are called, and, for who reads about cycles, where their dates are moved."""
    found: list[Cycle] = [c for c in uow.cycles.all() if c.model == draft.base.key and c.state is CycleState.OPEN]
    readable = bool(scope_of(me.actor))
    return [(f"Chu kỳ {cycle.year}", f"/chu-ky/{cycle.id}" if readable else "") for cycle in found]


def moved(uow: UnitOfWork, old: CycleModel, new: CycleModel, today: date) -> list[tuple[str, str, str]]:
    """The deadlines whose next days change: what is due, the days until now, the days from now on."""
    calendar = calendar_around(uow, today)
    rows = []
    for before, after in _pairs(old, new):
        pair = coming(before, calendar, today), coming(after, calendar, today)
        if pair[0] != pair[1]:
            rows.append((after.label.replace("{number}", "").strip(), *pair))
    return rows


def _pairs(old: CycleModel, new: CycleModel) -> Iterator[tuple[DeadlineRule, DeadlineRule]]:
    """What became of each deadline: those of one name for the same units, in their order."""
    found: dict[tuple[object, ...], list[DeadlineRule]] = {}
    for rule in new.deadlines:
        found.setdefault((rule.name, rule.cohorts, rule.unit_kinds), []).append(rule)
    for rule in old.deadlines:
        if left := found.get((rule.name, rule.cohorts, rule.unit_kinds)):
            yield rule, left.pop(0)


def unsourced(old: CycleModel, new: CycleModel) -> list[str]:
    """The deadlines whose days change while their source says what it said before."""
    found = []
    for before, after in _pairs(old, new):
        same = replace(after, label=before.label, wording=before.wording, source=before.source)
        if before.source == after.source and same != before:
            found.append(after.label)
    return found


def missed(draft: Draft, new: CycleModel) -> list[str]:
    """What was taken away from forms and is still named in other files, where it may be needed."""
    found = []
    for key, old in draft.base.forms.items():
        fields, options = _names(old)
        kept_fields, kept_options = _names(new.forms.get(key, {}))
        # A field is named as a word, a choice as a text between quotes.
        named = {name: rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in fields - kept_fields}
        named |= {name: rf"(?:[\"'“]|&quot;){re.escape(name)}(?:[\"'”]|&quot;)" for name in options - kept_options}
        for name, pattern in sorted(named.items()):
            word = re.compile(pattern.encode())
            files = [file for file, text in new.files.items() if not FILE.fullmatch(file) and word.search(text)]
            if files:
                found.append(f"“{name}” của biểu mẫu {key}: {', '.join(files)}")
    return found


def _names(form: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """The names of a form's fields, and what its choices are kept as."""
    known = {name: raw for name, raw in form.get("properties", {}).items() if isinstance(raw, Mapping)}
    lists = [raw.get("oneOf") or raw.get("items", {}).get("oneOf") or [] for raw in known.values()]
    return set(known), {str(option["const"]) for options in lists for option in options if "const" in option}


def drawn(house: House, draft: Draft, model: CycleModel) -> list[DrawnProcess]:
    """The processes as they would be drawn, when a diagram was changed."""
    return drawn_anew(house, model) if any(name.endswith(".bpmn") for name in draft.changed) else []


def drawn_anew(house: House, model: CycleModel) -> list[DrawnProcess]:
    """The processes of a model that need not be deployed."""
    diagrams = {name: content for name, content in model.files.items() if name.endswith((".bpmn", ".dmn"))}
    return pictures(house, model, house.runtime.compile(diagrams))


def calendar_around(uow: UnitOfWork, today: date) -> WorkingCalendar:
    """The days off around today."""
    rows = uow.calendar.days(date(today.year - _YEARS, 1, 1), date(today.year + 2 * _YEARS, 12, 31))
    return WorkingCalendar({row.day: row for row in rows})


def coming(rule: DeadlineRule, calendar: WorkingCalendar, today: date) -> str:
    """The last valid days of a deadline that come next; how long it lasts where it has no day of its own."""
    days = [d.last_day for _, d in next_occurrences(rule, calendar, after=today, count=_COMING) if d.last_day]
    if days:
        return ", ".join(map(short_date, days))
    if rule.n is None:
        return ""
    return f"{number(rule.n)} {'ngày làm việc' if rule.unit == 'working_day' else 'ngày'}"


def _draft(uow: UnitOfWork, me: Visitor, key: str, base: str, changed: Mapping[str, bytes | None]) -> Draft:
    check_may_design(me.actor)
    rows = [row for row in uow.queries.packs() if row.key == key]
    row = next((row for row in rows if row.version == base or not base), None)
    if row is None:
        raise NotFound("model", key)
    owning.check_may_design(uow, me.actor, owning.owner_of(uow, key))
    draft = Draft(base=uow.models.get(row.version), latest=rows[0], changed={})
    for name, content in changed.items():
        draft = draft.put(name, content)
    return draft


def _together(file: str, before: bytes | None, mine: bytes | None, theirs: bytes | None) -> bytes | None:
    """Both changes of a text file that people read line by line; None where they meet, or it is another file."""
    if before is None or mine is None or theirs is None or not file.endswith(_BY_LINE):
        return None
    try:
        found = merged(before.decode(), mine.decode(), theirs.decode())
    except UnicodeDecodeError:
        return None
    return None if found is None else found.encode()


def _carried(value: str) -> tuple[str, bytes | None]:
    name, _, text = value.partition(_SEPARATOR)
    try:
        return name, None if text == _GONE else b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise Invalid({"tep": FieldError("invalid", {})}) from None
