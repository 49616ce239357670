"""What does a pack's document say about these units? Template texts and the system's facts → a paper."""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.errors import BadTemplate, Finding
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel, Json
from engine.rules.cycles import CycleId
from engine.rules.deadlines import local_day
from engine.rules.decisions import Decision
from engine.rules.dossiers import Dossier, Member
from engine.rules.office_templates import OfficeTemplate, in_force, merged, overrides_of, tables
from engine.rules.papers import (
    Align,
    Annex,
    Article,
    Award,
    Capacity,
    Column,
    Kind,
    Paper,
    Paragraph,
    Signature,
    Table,
)
from engine.rules.text import date_in_words, number_text
from engine.rules.units import Unit, UnitId
from engine.use_cases import places
from engine.use_cases.runs import Run

Words = Mapping[str, str]
Lists = Mapping[str, Sequence[Words]]
PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
#: Fills a text that goes beyond plain places: conditions, loops over lists.
Phrase = Callable[[str, Words, Lists], str]
#: Marks of such a text.
_MARKS = ("{{", "{%", "{#")


#: What hangs in the air where the rest of a title is filled in.
_LOOSE = re.compile(r"[\s,;:]*(?:\s(?:đối với|của|cho|tại|năm))?[\s,;:]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A `documents/<key>.toml` of a pack, or what an office made of it; unknown placeholders raise `BadTemplate`."""

    key: str
    raw: Mapping[str, Json]
    version: int | None = None  #: id of the office's own version; None: as the pack writes it
    overrides: tuple[tuple[str, str], ...] = ()  #: the office's changes to the format profile
    phrase: Phrase | None = None
    lists: Lists = field(default_factory=dict)  #: what a text may go through, by its name

    def text(self, name: str, words: Words | None = None, default: str = "") -> str:
        """A text of the `[document]` table, placeholders filled."""
        value = self._section("document").get(name, default)
        return self.fill(str(value), words or {})

    def texts(self, name: str, words: Words | None = None) -> tuple[str, ...]:
        """A list of texts, placeholders filled; one whose conditions leave nothing of it is left out."""
        filled = ((line, self.fill(line, words or {})) for line in self.lines(name))
        return tuple(text for line, text in filled if text.strip() or not self.is_phrase(line))

    def is_left_by(self, answers: Mapping[str, object]) -> bool:
        """Whether a form that was handed in leaves this paper behind; one that sends something back may not."""
        unless = self.unless()
        return unless is None or answers.get(unless[0]) != unless[1]

    def unless(self) -> tuple[str, str] | None:
        """The field, and its answer with which the form leaves no paper behind."""
        said = self._section("document").get("unless")
        return (str(said.get("field")), str(said.get("is"))) if isinstance(said, Mapping) else None

    def answers(self) -> tuple[str, ...]:
        """The forms whose latest answers the texts may name; a field of the later stands over one of the earlier."""
        one = self._section("document").get("answers", "")
        return ((one,) if one else ()) if isinstance(one, str) else self.lines("answers")

    def lines(self, name: str) -> tuple[str, ...]:
        """A list of texts as it is written."""
        value = self._section("document").get(name, ())
        return tuple(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else ()

    def says(self, name: str) -> bool:
        """Whether the `[document]` table says anything about it."""
        return name in self._section("document")

    def annexes(self) -> tuple[Mapping[str, Json], ...]:
        """The `[[annex]]` tables."""
        tables = self.raw.get("annex", ())
        return tuple(t for t in tables if isinstance(t, Mapping)) if isinstance(tables, Sequence) else ()

    def signatures(self) -> tuple[Mapping[str, Json], ...]:
        """The `[signature]` table, or each `[[signature]]` from left to right."""
        listed = self.raw.get("signature", ())
        if isinstance(listed, Mapping):
            return (listed,)
        return tuple(s for s in listed if isinstance(s, Mapping)) if isinstance(listed, Sequence) else ()

    def counts(self) -> Mapping[str, Mapping[str, Json]]:
        """The `[count]` table: words that count rows of the form."""
        return {name: count for name, count in self._section("count").items() if isinstance(count, Mapping)}

    def fill(self, text: str, words: Words) -> str:
        """Replace `{name}` by its word; what goes beyond that is filled in the sandbox of `phrase`."""
        if self.phrase is not None and self.is_phrase(text):
            return self.phrase(text, words, self.lists)
        return PLACEHOLDER.sub(lambda found: self._word(found[1], words), text)

    def said(self, words: Words, optional: Collection[str]) -> tuple[str, ...]:
        """The paragraphs, a word of several lines as several; left out is one that only repeats `optional` words of which
        all are empty."""
        said: list[str] = []
        for line in self.lines("paragraphs"):
            plain = PLACEHOLDER.findall(line) if not self.is_phrase(line) else ()
            named = [name for name in plain if name in optional]
            if not named or any(words[name] for name in named):
                said += [part.strip() for part in self.fill(line, words).splitlines() if part.strip()]
        return tuple(said)

    @staticmethod
    def is_phrase(text: str) -> bool:
        """Whether a text goes beyond plain places to fill; then its own conditions say what is left out."""
        return any(mark in text for mark in _MARKS)

    def _word(self, name: str, words: Words) -> str:
        if name not in words:
            reason = f"chỗ điền {{{name}}} không có trong văn bản này"
            raise BadTemplate([Finding(file=f"documents/{self.key}.toml", line=0, element=name, reason=reason)])
        return words[name]

    def _section(self, name: str) -> Mapping[str, Json]:
        section = self.raw.get(name, {})
        return section if isinstance(section, Mapping) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One unit that a document is about, with what its lists say of it."""

    dossier: Dossier
    unit: Unit
    members: tuple[Member, ...]  #: those recognised
    band: str


def document_title(document: Mapping[str, object]) -> str:
    """What people call a document: its `name`, else its title and subject without the places to be filled in."""
    if name := document.get("name"):
        return str(name)
    head = document.get("document")
    texts = head if isinstance(head, Mapping) else {}
    title, subject = str(texts.get("title", "")), str(texts.get("subject", ""))
    said = f"{title} {subject[:1].lower()}{subject[1:]}" if subject else title
    return _LOOSE.sub("", " ".join(said.partition("{")[0].split()))


def template(run: Run, key: str) -> Template:
    """The pack's template for a document."""
    raw = run.model.documents.get(key)
    if raw is None:
        reason = "mô hình không có mẫu văn bản này"
        raise BadTemplate([Finding(file=f"documents/{key}.toml", line=0, element=key, reason=reason)])
    return Template(key=key, raw=raw)


def template_for(uow: UnitOfWork, run: Run, key: str, *, now: datetime) -> Template:
    """The template that a draft of this moment takes: the office's own version in force, which is used by that; else the
    pack's."""
    form = template(run, key)
    return in_own_words(uow, form, issuer(run, form).id, run.model.key, now=now)


def in_own_words(uow: UnitOfWork, form: Template, unit_id: UnitId, model_key: str, *, now: datetime) -> Template:
    """The template as the office writes it in a draft of this moment: its own version in force is used by that."""
    form = replace(form, phrase=uow.words.phrase)
    if not uow.office_templates.any():
        return form
    versions = uow.office_templates.of_document(unit_id, model_key, form.key)
    found = in_force(versions, local_day(now))
    if found is None or not found.content:
        return form
    uow.office_templates.note_use(found.id, now)
    return own_template(form, found)


def template_of(uow: UnitOfWork, run: Run, decision: Decision) -> Template:
    """The template that a document was drafted with."""
    form = replace(template(run, decision.document), phrase=uow.words.phrase)
    version = decision.content.get("template")
    return own_template(form, uow.office_templates.get(version)) if isinstance(version, int) else form


def own_template(form: Template, version: OfficeTemplate) -> Template:
    """The pack's template as an office's version writes it."""
    return replace(
        form,
        raw=merged(form.raw, version.content),
        version=version.id,
        overrides=overrides_of(version.content),
    )


def issuer(run: Run, form: Template) -> Unit:
    """The unit that issues it: the first of the template's kind in the chain, else the dossier's own."""
    kinds = run.model.kinds(form.text("unit_kind"))
    return next((unit for unit in run.chain if unit.kind in kinds), run.unit)


def subject(uow: UnitOfWork, run: Run, dossier: Dossier) -> Subject:
    """Gather what lists say of a dossier's unit."""
    members = tuple(m for m in uow.dossiers.members(dossier.id) if m.result == "recognised")
    return Subject(
        dossier=dossier,
        unit=uow.units.get(dossier.unit_id),
        members=members,
        band=_band_label(run.model, run.cycle.year, dossier.band),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a paper takes from where it is made: who issues it, under whom, its id, and whether it rests on samples."""

    unit: Unit
    superior: Unit | None
    id: str
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the form that a template names by `answers` was answered last; empty: it names none."""

    words: Words = field(default_factory=dict)  #: fields as people read them
    counts: Words = field(default_factory=dict)  #: what `[count]` counts in its tables
    rows: Lists = field(default_factory=dict)  #: its tables, for annexes


def draft_paper(uow: UnitOfWork, run: Run, form: Template, subjects: Sequence[Subject], answered: Answered) -> Paper:
    """The paper of a decision, plan or report about these units, without number and date; it may name what was `answered`."""
    unit = issuer(run, form)
    words = {**answered.words, **words_of(run, unit, subjects), **answered.counts}
    rows = rows_of(uow, form, subjects, run.cycle.id, answered.rows)
    return composed(uow, form, setting(run, form, unit), words, rows, optional=answered.words.keys())


def certificate_paper(
    uow: UnitOfWork,
    run: Run,
    form: Template,
    subjects: Sequence[Subject],
    cited: Words,
    register_numbers: Sequence[str],
) -> Paper:
    """One page for each unit; `cited` names the decision on whose strength it is given."""
    unit = issuer(run, form)
    words = dict(words_of(run, unit, subjects)) | dict(cited)
    holders = [
        {"holder": s.unit.name, "band": s.band, "members": counted(len(s.members)), "register_number": number}
        for s, number in zip(subjects, register_numbers, strict=True)
    ]
    return composed(uow, form, setting(run, form, unit), words, rows_of(uow, form, subjects, run.cycle.id), holders)


def composed(
    uow: UnitOfWork,
    form: Template,
    at: Setting,
    words: Words,
    rows: Lists,
    holders: Sequence[Words] = (),
    *,
    optional: Collection[str] = (),
) -> Paper:
    """A paper put together from a template, the words that it names and the rows of its lists; a page for each holder.

    `optional`: words without which a paragraph that only repeats them is left out.
    """
    form = replace(form, lists={list_name(raw): rows[rows_named(raw)] for raw in form.annexes()})
    articles = tuple(
        Article(number=n, paragraphs=tuple(text.split("\n"))) for n, text in enumerate(form.texts("articles", words), 1)
    )
    body = tuple(Paragraph(text=text) for text in form.said(words, optional))
    awards = tuple(
        Award(
            holder=given["holder"],
            lines=form.texts("lines", {**words, **given}),
            lead=form.text("lead", words, "CHỨNG NHẬN"),
            register_number=given["register_number"],
        )
        for given in holders
    )
    annexes = tuple(annex_of(form, raw, words, rows[rows_named(raw)]) for raw in form.annexes())
    return assemble(uow, form, at, words, blocks=awards or body + articles, annexes=annexes)


def setting(run: Run, form: Template, unit: Unit) -> Setting:
    """Where a paper of this run is made."""
    criteria = run.model.criteria_for(run.cycle.year)
    return Setting(
        unit=unit,
        superior=next((u for u in run.path if u.id == unit.parent_id), None),
        id=paper_id(run, form.key),
        sample=bool(criteria and criteria.sample),
    )


#: What `words_of` tells of every document.
WORDS = frozenset(
    {
        "year", "previous", "year_label", "group_label", "unit_name", "unit_name_upper", "unit_name_within",
        "superior_name", "superior_name_upper", "subject_name", "count", "members", "symbol", "place", "receipt",
    }
)  # fmt: skip


#: What the pages of a certificate may name beside it, and of the decision on whose strength it is given.
AWARD_WORDS = ("holder", "band", "members")
CITED = ("decision_symbol", "decision_date")
#: Lists of a decision and their columns.
ROWS: Mapping[str, tuple[str, ...]] = {
    "branches": ("number", "unit", "code", "cohort", "score", "band", "members", "note"),
    "members": ("number", "full_name", "birth_year", "unit", "note"),
    "targets": ("number", "label", "asked", "reached", "met", "source"),
}


def words_of(run: Run, unit: Unit, subjects: Sequence[Subject]) -> Words:
    """What a template may name: year, unit, counts."""
    group = next(g for g in run.model.groups if g.key == run.dossier.group)
    year_label = group.year_label.format(year=run.cycle.year, previous=run.cycle.year - 1)
    superior = next((u for u in run.path[1:] if u.id != unit.id), unit)
    about = subjects[0].unit if subjects else run.unit
    return {
        "year": str(run.cycle.year),
        "previous": str(run.cycle.year - 1),
        "year_label": year_label,
        "group_label": group.label,
        "unit_name": unit.name,
        "unit_name_upper": unit.name.upper(),
        "unit_name_within": within(unit.name),
        "superior_name": superior.name,
        "superior_name_upper": superior.name.upper(),
        "subject_name": about.name,
        "count": counted(len(subjects)),
        "members": counted(sum(len(s.members) for s in subjects)),
        "symbol": unit.symbol,
        "place": unit.place,
        "receipt": run.dossier.receipt,
    }


def within(name: str) -> str:
    """A name of a place as it stands after other words: "Ủy ban nhân dân phường …"."""
    return name[:1].lower() + name[1:]


def counted(number: int) -> str:
    """A count as administrative texts write it: two digits at least, so that none can be put before it."""
    return f"{number:02}" if number < 10 else number_text(number)


#: Words of a kind of document ("Nghị định"): what stands before the number. After more words "về" is part of a longer name.
_LONGEST_KIND = 2


def basis_texts(uow: UnitOfWork, keys: Sequence[str]) -> tuple[str, ...]:
    """The bases as a document cites them: kind, number, date, issuer, subject (Nghị định 30/2020, Phụ lục I); a blank
    number stays visibly blank in a draft."""
    cited = []
    for key in keys:
        basis = uow.decisions.basis(key)
        if basis is None:
            cited.append(f"Căn cứ {key} số …… ngày ……")
            continue
        dated = f" {date_in_words(basis.dated)}" if basis.dated else " ngày ……"
        mark = " (MẪU)" if basis.sample else ""
        kind, about, subject = basis.name.partition(" về ")
        if not about or len(kind.split()) > _LONGEST_KIND:
            kind, about, subject = basis.name, "", ""
        cited.append(f"Căn cứ {kind} số {basis.number or '……'}{dated} của {basis.issuer}{about}{subject}{mark}")
    return tuple(cited)


def standing_bases(form: Template, paper: Paper) -> tuple[str, ...]:
    """The bases of a drafted paper without the grounds of its own case, which stand behind them."""
    return paper.bases[: len(form.lines("first_grounds")) + len(form.lines("bases"))]


def with_bases(uow: UnitOfWork, run: Run, form: Template, paper: Paper) -> Paper:
    """The drafted paper with its legal bases as they stand now."""
    keys, first = form.lines("bases"), len(form.lines("first_grounds"))
    bases = paper.bases[:first] + basis_texts(uow, keys) + paper.bases[first + len(keys) :]
    return replace(paper, bases=bases, sample=setting(run, form, run.unit).sample or _rest_on_samples(uow, keys))


def assemble(
    uow: UnitOfWork,
    form: Template,
    at: Setting,
    words: Words,
    *,
    blocks: tuple[Paragraph | Article | Award, ...],
    annexes: tuple[Annex, ...],
) -> Paper:
    """A paper of the unit with the template's head, bases, recipients and signatures, without number and date."""
    keys, unit = form.lines("bases"), at.unit
    return Paper(
        id=at.id,
        kind=Kind(form.text("kind", default="decision")),
        profile=form.text("profile"),
        organisation=form.texts("organisation", words) or (unit.name.upper(),),
        superior=_above(form, at, words),
        place=form.text("place", words) or unit.place,
        date=None,
        title=form.text("title", words),
        subject=form.text("subject", words),
        decider=form.text("decider", words),
        symbol=symbol(form, unit),
        bases=form.texts("first_grounds", words) + basis_texts(uow, keys) + form.texts("grounds", words),
        blocks=blocks,
        addressees=form.texts("addressees", words),
        recipients=form.texts("recipients", words),
        signatures=tuple(_signature(form, raw, words) for raw in form.signatures()),
        annexes=annexes,
        sample=at.sample or _rest_on_samples(uow, keys),
        overrides=form.overrides,
    )


def _above(form: Template, at: Setting, words: Words) -> tuple[str, ...]:
    """The body over the issuing one: as the template says (an empty list: none stands there), else the unit above."""
    if form.says("superior"):
        return form.texts("superior", words)
    return (at.superior.name.upper(),) if at.superior else ()


def _signature(form: Template, raw: Mapping[str, Json], words: Words) -> Signature:
    return Signature(
        name=form.fill(str(raw.get("name", "")), words),
        position=form.fill(str(raw.get("position") or raw.get("title", "")), words),
        capacity=Capacity(str(raw.get("capacity") or "OWN")),
        in_stead_of=form.fill(str(raw.get("in_stead_of", "")), words),
    )


def _rest_on_samples(uow: UnitOfWork, keys: Sequence[str]) -> bool:
    bases = (uow.decisions.basis(key) for key in keys)
    return any(basis is not None and basis.sample for basis in bases)


def symbol(form: Template, unit: Unit) -> str:
    """Type code and issuer, e.g. "QĐ/ĐTN"; empty for papers that take no number."""
    if not form.text("type_code"):
        return ""
    return form.text("symbol", {"symbol": unit.symbol}, f"{form.text('type_code')}/{unit.symbol}")


def paper_id(run: Run, key: str) -> str:
    """Stable and not to be guessed from outside: names the document on the public verification page."""
    seed = f"{run.model.key}/{run.cycle.year}/{run.dossier.id}/{run.instance.id}/{key}/{run.instance.row_version}"
    return hashlib.sha256(seed.encode()).hexdigest()[:20]


def rows_of(
    uow: UnitOfWork, form: Template, subjects: Sequence[Subject], cycle_id: CycleId, answered: Lists | None = None
) -> dict[str, Sequence[Words]]:
    """The rows of the lists that the template's annexes show: of the units, their members, places, or a table that was
    answered."""
    makers: Mapping[str, Callable[[], list[Words]]] = {
        "branches": lambda: [_branch_row(uow, s, n) for n, s in enumerate(subjects, 1)],
        "members": lambda: _member_rows(subjects),
    }
    given = answered or {}
    names = dict.fromkeys(map(rows_named, form.annexes()))
    found: dict[str, Sequence[Words]] = {}
    for name in names:
        if places.is_ranking(name):
            found[name] = places.rows(uow, cycle_id, name)
        else:
            found[name] = makers[name]() if name in makers else given.get(name, ())
    return found


def rows_named(raw: Mapping[str, Json]) -> str:
    """Which list an annex shows: "branches", "members", or a table of a form."""
    return str(raw.get("rows", "branches"))


def list_name(raw: Mapping[str, Json]) -> str:
    """What a text calls the rows of an annex when it goes through them: "ds_branches"."""
    return f"ds_{rows_named(raw)}"


def columns_in(raw: Mapping[str, Json]) -> list[str]:
    """The keys of an annex's columns, from left to right."""
    return [str(column.get("key")) for column in tables(raw.get("columns"))]


def annex_of(form: Template, raw: Mapping[str, Json], words: Words, rows: Sequence[Words]) -> Annex:
    """An `[[annex]]` with one table: of each row the columns that the template names."""
    specs = tables(raw.get("columns"))
    columns = tuple(
        Column(
            title=str(c.get("label", "")), width=int(str(c.get("width", 10))), align=Align(str(c.get("align", "left")))
        )
        for c in specs
    )
    cells = tuple(tuple(_cell(form, row, str(c.get("key"))) for c in specs) for row in rows)
    return Annex(
        title=form.fill(str(raw.get("title", "")), words),
        subject=form.fill(str(raw.get("subject", "")), words),
        blocks=(Table(columns=columns, rows=cells),),
        landscape=raw.get("landscape") is True,
    )


def _cell(form: Template, row: Words, key: str) -> str:
    if key not in row:
        reason = f"danh sách không có cột “{key}”"
        raise BadTemplate([Finding(file=f"documents/{form.key}.toml", line=0, element=key, reason=reason)])
    return row[key]


def _branch_row(uow: UnitOfWork, subject_: Subject, number: int) -> Words:
    dossier = subject_.dossier
    return {
        "number": str(number),
        "unit": subject_.unit.name,
        "code": subject_.unit.code,
        "cohort": uow.words.label("cohort", dossier.cohort or ""),
        "score": number_text(dossier.score) if dossier.score is not None else "",
        "band": subject_.band,
        "members": number_text(len(subject_.members)),
        "note": "",
    }


def _member_rows(subjects: Sequence[Subject]) -> list[Words]:
    pairs = [(s, m) for s in subjects for m in s.members]
    return [
        {
            "number": str(n),
            "full_name": m.full_name,
            "birth_year": str(m.birth_year or ""),
            "unit": s.unit.name,
            "note": m.note,
        }
        for n, (s, m) in enumerate(pairs, 1)
    ]


def _band_label(model: CycleModel, year: int, key: str | None) -> str:
    criteria = model.criteria_for(year)
    return next((band.label for band in criteria.bands if band.key == key), "") if criteria else ""
