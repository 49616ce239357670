"""How would a document look by a template that is being written? Put together with made-up words, stored nowhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import DeadlineGroup
from engine.rules.deadlines import local_day
from engine.rules.office_templates import Content, merged, overrides_of, own_parts
from engine.rules.papers import Kind, Paper
from engine.rules.units import Unit
from engine.use_cases import drafting, remedies
from engine.use_cases.drafting import AWARD_WORDS, Setting, Template, Words
from engine.use_cases.office_templates import Office, documents, named

#: Rows of each list, and pages of a certificate, in an example.
EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Made-up words: of places and of columns by their name, of everything else by its title."""

    places: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


def preview(uow: UnitOfWork, office: Office, wished: Content, samples: Samples, *, now: datetime) -> Paper:
    """The paper as the office's wish would make it today, with example data and marked as no more than that.

    `BadTemplate` when a text cannot be filled.
    """
    words = example_words(uow, office, samples, local_day(now))
    if office.source.model is None:
        first, bases = _example(uow, office, samples, now=now)
        paper = remedies.written(_form(uow, office, wished), first, words, bases)
    else:
        paper = _drafted(uow, office, _form(uow, office, wished), words, samples)
    return replace(paper, preview=True, sealed=False)


def _form(uow: UnitOfWork, office: Office, wished: Content) -> Template:
    content = own_parts(office.pack.raw, wished)
    raw = merged(office.pack.raw, content)
    return Template(key=office.pack.key, raw=raw, overrides=overrides_of(content), phrase=uow.words.phrase)


def _example(uow: UnitOfWork, office: Office, samples: Samples, *, now: datetime) -> tuple[Paper, tuple[str, ...]]:
    """A document that something is done about and its standing bases: the office's first decision (else its first
    document), as everybody writes it."""
    issued = [(s, form) for s, form in documents(uow, office.unit) if s.model is not None]
    source, form = next((one for one in issued if one[1].text("kind") == Kind.DECISION), issued[0])
    about = replace(office, source=source, pack=form, named=named(uow, source, form), versions=())
    words, form = example_words(uow, about, samples, local_day(now)), _form(uow, about, {})
    paper = _drafted(uow, about, form, words, samples)
    return paper, drafting.standing_bases(form, paper)


def _drafted(uow: UnitOfWork, office: Office, form: Template, words: Words, samples: Samples) -> Paper:
    rows = {
        str(raw.get("rows", "branches")): _rows(uow, office, drafting.list_name(raw), samples) for raw in form.annexes()
    }
    superior = next((unit for unit in office.path[1:]), None)
    at = Setting(unit=office.unit, superior=superior, id=f"xem-thu-{office.pack.key}")
    paged = form.text("kind") in ("certificate", "commendation")
    return drafting.composed(uow, form, at, words, rows, _holders(uow, office, samples) if paged else ())


def example_words(uow: UnitOfWork, office: Office, samples: Samples, today: date) -> Words:
    """A word for every place: the office's own where it is known, else made up."""
    unit, superior = office.unit, office.path[min(1, len(office.path) - 1)]
    below = _below(uow, unit)
    known = {
        "year": str(today.year),
        "previous": str(today.year - 1),
        "year_label": _year_label(office.source.groups, today.year),
        "group_label": next((group.label for group in office.source.groups), ""),
        "unit_name": unit.name,
        "unit_name_upper": unit.name.upper(),
        "unit_name_within": drafting.within(unit.name),
        "superior_name": superior.name,
        "superior_name_upper": superior.name.upper(),
        "subject_name": below[0] if below else unit.name,
        "symbol": unit.symbol,
        "place": unit.place,
    }
    made_up = {name: samples.places.get(name) or f"‹{title or name}›" for name, title in office.named.places.items()}
    return {**made_up, **{name: word for name, word in known.items() if name in made_up}}


def _rows(uow: UnitOfWork, office: Office, name: str, samples: Samples) -> list[Words]:
    below = _below(uow, office.unit)
    return [
        {key: _cell(key, title, n, below, samples) for key, title in office.named.lists[name].items()}
        for n in range(EXAMPLES)
    ]


def _cell(key: str, title: str, n: int, below: Sequence[str], samples: Samples) -> str:
    if key == "number":
        return str(n + 1)
    if key == "unit" and below:
        return below[n % len(below)]
    return samples.columns.get(key) or (f"‹{title}›" if title else "")


def _holders(uow: UnitOfWork, office: Office, samples: Samples) -> list[Words]:
    below = _below(uow, office.unit) or [office.unit.name]
    made_up = {name: samples.places.get(name, "") for name in AWARD_WORDS}
    return [{**made_up, "holder": name, "register_number": f"{n:02}"} for n, name in enumerate(below[:EXAMPLES], 1)]


def _below(uow: UnitOfWork, unit: Unit) -> list[str]:
    return [child.name for child in uow.units.children(unit.id)[:EXAMPLES]]


def _year_label(groups: Sequence[DeadlineGroup], year: int) -> str:
    return next((group.year_label.format(year=year, previous=year - 1) for group in groups), str(year))
