"""How does a page show an office's template as a form, and read it back? Fields, lines, columns; nothing is judged here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.actor import Posted
from api.texts import label
from engine.errors import FieldError
from engine.rules.cycle_models import Json
from engine.rules.office_templates import Content, tables
from engine.rules.text import nfc
from engine.use_cases.drafting import Template, list_name
from engine.use_cases.office_templates import Office

#: Fields of one line, and of several lines in one box, in the order of the page: name → what people call it.
HEAD_LISTS: Mapping[str, str] = {"superior": "Cơ quan, tổ chức cấp trên", "organisation": "Cơ quan, tổ chức ban hành"}
_TEXTS = ("subject", "decider", "lead", "clause")
_LINES = ("addressees", "first_grounds", "grounds", "recipients")
BOXES: Mapping[str, str] = {"articles": "Điều", "paragraphs": "Đoạn", "lines": "Dòng"}
#: Chosen where the format profile is to stay as it is.
AS_PROFILE = "="
#: Boxes and bases are shown with so many empty ones to write more.
MORE = 1
_ALIGNS = ("left", "centre", "right")
_CAPACITIES = ("OWN", "TM", "KT", "TL", "TUQ", "Q")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnField:
    """One column that a list has: chosen or not, where and how it stands."""

    name: str  #: of its fields
    key: str
    meaning: str
    used: bool
    order: int
    label: str
    width: str
    align: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexField:
    """One annex."""

    name: str
    title: str
    subject: str
    landscape: bool
    columns: tuple[ColumnField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideField:
    """One thing of the format profile that an office may choose."""

    name: str
    title: str
    value: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateForm:
    """The whole form; texts by field name."""

    values: Mapping[str, str]
    said: frozenset[str]  #: texts that the shared template says something about
    boxes: Mapping[str, tuple[str, ...]]  #: articles, paragraphs, lines: those the document has
    bases: tuple[str, ...]
    signatures: tuple[str, ...]  #: names of the fields' groups
    annexes: tuple[AnnexField, ...]
    overrides: tuple[OverrideField, ...]
    headed: bool  #: it has a head of its own; a remedy's is that of the document which it is about
    decides: bool  #: it rests on legal bases
    certifies: bool

    def has(self, name: str) -> bool:
        """Whether the page asks for this text; every document with a head of its own has a subject."""
        return name in self.said or (self.headed and name == "subject")


def form_of(
    office: Office, raw: Mapping[str, Json], overrides: Mapping[str, str], allowed: Mapping[str, Sequence[str]]
) -> TemplateForm:
    """The form of a template as it stands in `raw`; `allowed`: what may be chosen of the format profile."""
    form = Template(key=office.pack.key, raw=raw)
    decides = form.text("kind") == "decision" or bool(form.lines("bases"))
    values = {f"document.{name}": form_text(form, name) for name in _TEXTS}
    values["document.symbol"] = form_text(form, "symbol") or _symbol(form)
    values["document.place"] = form_text(form, "place") or office.unit.place
    for name in (*HEAD_LISTS, *_LINES):
        values[f"document.{name}"] = "\n".join(form.lines(name))
    signatures = form.signatures()
    for n, signature in enumerate(signatures):
        values |= {f"signature.{n}.{k}": str(signature.get(k) or "") for k in ("position", "in_stead_of")}
        values[f"signature.{n}.capacity"] = str(signature.get("capacity") or "OWN")
    return TemplateForm(
        values=values,
        said=frozenset(name for name in (*_TEXTS, *_LINES) if office.pack.says(name)),
        boxes={name: (*form.lines(name), *[""] * MORE) for name in BOXES if office.pack.lines(name)},
        bases=(*form.lines("bases"), *[""] * (MORE + 1)) if decides else (),
        signatures=tuple(f"signature.{n}" for n in range(len(signatures))),
        annexes=tuple(_annex(office, n, annex) for n, annex in enumerate(form.annexes())),
        overrides=tuple(_override(name, overrides, options) for name, options in allowed.items()),
        headed=office.source.model is not None,
        decides=decides and office.source.model is not None,
        certifies=bool(office.pack.lines("lines")),
    )


def wished_of(office: Office, sent: Posted) -> Content:
    """What was sent, as a template's content; what cannot be read stands so that the use case refuses it."""
    pack = office.pack
    document: dict[str, Json] = {}
    for name in _TEXTS:
        if f"document.{name}" in sent.form:
            document[name] = sent.text(f"document.{name}")
    defaults = {"symbol": _symbol(pack), "place": office.unit.place}
    for name, default in defaults.items():
        text = sent.text(f"document.{name}")
        if text and text != default:
            document[name] = text
    for name in (*HEAD_LISTS, *_LINES):
        if f"document.{name}" in sent.form:
            document[name] = _lines(sent.text(f"document.{name}"))
    for name in BOXES:
        if pack.lines(name):
            document[name] = [text for text in (_tidy(t) for t in _numbered(sent, f"document.{name}")) if text]
    if "document.bases.0" in sent.form:
        document["bases"] = list(dict.fromkeys(filter(None, _numbered(sent, "document.bases"))))
    signatures: list[Json] = [
        {k: sent.text(f"signature.{n}.{k}") for k in ("capacity", "in_stead_of", "position")}
        for n in range(len(pack.signatures()))
    ]
    annexes: list[Json] = [_sent_annex(office, n, sent) for n in range(len(pack.annexes()))]
    overrides: dict[str, Json] = {
        name.removeprefix("override."): sent.text(name)
        for name in sent.form
        if name.startswith("override.") and sent.text(name) != AS_PROFILE
    }
    return {"document": document, "signature": signatures, "annex": annexes, "overrides": overrides}


def fields_of(errors: Mapping[str, FieldError], wished: Content) -> dict[str, FieldError]:
    """The same errors under the names of the page's fields: lines of one box together, columns by their key."""
    found: dict[str, FieldError] = {}
    for name, error in errors.items():
        found.setdefault(_field(name, wished), error)
    return found


def capacities() -> list[tuple[str, str]]:
    """In whose stead one may sign."""
    return [(code, label("capacity", code)) for code in _CAPACITIES]


def aligns() -> list[tuple[str, str]]:
    """How a column may stand."""
    return [(code, label("align", code)) for code in _ALIGNS]


def form_text(form: Template, name: str) -> str:
    """A text as it is written, places unfilled."""
    head = form.raw.get("document", {})
    value = head.get(name, "") if isinstance(head, Mapping) else ""
    return str(value)


def _symbol(form: Template) -> str:
    code = form_text(form, "type_code")
    return form_text(form, "symbol") or (f"{code}/{{symbol}}" if code else "")


def _annex(office: Office, n: int, raw: Mapping[str, Json]) -> AnnexField:
    known = office.named.lists[list_name(raw)]
    chosen = {str(c.get("key")): (place, c) for place, c in enumerate(tables(raw.get("columns")), 1)}
    order = [*chosen, *(key for key in known if key not in chosen)]
    name = f"annex.{n}"
    return AnnexField(
        name=name,
        title=str(raw.get("title", "")),
        subject=str(raw.get("subject", "")),
        landscape=raw.get("landscape") is True,
        columns=tuple(
            _column(f"{name}.columns.{key}", key, known.get(key, ""), place, chosen)
            for place, key in enumerate(order, 1)
        ),
    )


def _column(
    name: str, key: str, title: str, place: int, chosen: Mapping[str, tuple[int, Mapping[str, Json]]]
) -> ColumnField:
    meaning = title or label("template_column", key)
    spec = chosen[key][1] if key in chosen else {}
    return ColumnField(
        name=name,
        key=key,
        meaning=meaning,
        used=key in chosen,
        order=place,
        label=str(spec.get("label", meaning)),
        width=str(spec.get("width", 10)),
        align=str(spec.get("align", "left")),
    )


def _sent_annex(office: Office, n: int, sent: Posted) -> dict[str, Json]:
    raw = office.pack.annexes()[n]
    name = f"annex.{n}"
    columns = []
    for place, key in enumerate(office.named.lists[list_name(raw)]):
        field = f"{name}.columns.{key}"
        if sent.text(f"{field}.use"):
            order, width = sent.text(f"{field}.order"), sent.text(f"{field}.width")
            spec: dict[str, Json] = {
                "key": key,
                "label": sent.text(f"{field}.label"),
                "width": int(width) if width.isdecimal() and len(width) < 5 else 0,
                "align": sent.text(f"{field}.align"),
            }
            columns.append((int(order) if order.isdecimal() and len(order) < 5 else 0, place, spec))
    return {
        "title": sent.text(f"{name}.title"),
        "subject": sent.text(f"{name}.subject"),
        "landscape": bool(sent.text(f"{name}.landscape")),
        "columns": [spec for _, _, spec in sorted(columns, key=lambda column: column[:2])],
    }


def _override(name: str, chosen: Mapping[str, str], options: Sequence[str]) -> OverrideField:
    return OverrideField(
        name=f"override.{name}",
        title=label("override", name),
        value=chosen.get(name, AS_PROFILE),
        options=((AS_PROFILE, "Theo quy định chung"), *((o, _option(name, o)) for o in options)),
    )


def _option(name: str, value: str) -> str:
    if not value:
        return "Đường kẻ ngang"
    text = " / ".join(value.split("\n")).replace(".", ",")
    return (
        f"{text} {label('override_unit', name.partition('.')[0] if name.startswith('page') else name)}".strip()
        if (value.replace(".", "").isdecimal())
        else text
    )


def _field(name: str, wished: Content) -> str:
    parts = name.split(".")
    if parts[0] == "document" and len(parts) == 3 and parts[1] not in (*BOXES, "bases"):
        return ".".join(parts[:2])
    if parts[0] == "annex" and len(parts) >= 4 and parts[2] == "columns":
        annexes = tables(wished.get("annex"))
        columns = tables(annexes[int(parts[1])].get("columns")) if int(parts[1]) < len(annexes) else []
        key = str(columns[int(parts[3])].get("key")) if int(parts[3]) < len(columns) else parts[3]
        return ".".join([*parts[:3], key, *(parts[4:] if parts[4:] != ["key"] else ["use"])])
    return name


def _numbered(sent: Posted, name: str) -> list[str]:
    """Every text sent as `name.0`, `name.1`, …"""
    found: list[str] = []
    while f"{name}.{len(found)}" in sent.form:
        found.append(sent.text(f"{name}.{len(found)}"))
    return found


def _lines(text: str) -> list[Json]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _tidy(text: str) -> str:
    return "\n".join(line.strip() for line in nfc(text).splitlines() if line.strip())
