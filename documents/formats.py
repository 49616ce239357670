"""Which format profile (thể thức) holds for a document of this body on this day?

Profiles are dated data in `profiles/*.toml`: the newest whose `valid_from` is not after the document's date.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import FieldError, Invalid, NotFound
from engine.rules.papers import Capacity, Kind, Paper

#: What a body may change in its profile.
OVERRIDABLE = ("page", "size", "head", "body", "recipients")
MAX_OVERRIDE = 200

FOLDER = Path(__file__).parent / "profiles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Page margins in mm."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def width(self) -> int:
        """Width of the text on an upright A4 page, in mm."""
        return 210 - self.left - self.right

    @property
    def landscape_width(self) -> int:
        """Width of the text on an A4 page on its side, in mm."""
        return 297 - self.left - self.right


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Font sizes in pt."""

    motto: int
    motto_second: int
    superior: int
    organisation: int
    number: int
    place: int
    title: int
    subject: int
    body: int
    signature: int
    recipients_label: int
    recipients: int
    annex: int
    table: int
    page_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The two-column head: issuing body and number on the left, motto, place and date on the right."""

    motto: tuple[str, ...]
    mark: str  #: sign below the issuing body; empty: a rule
    number: str  #: with {code}
    left_width: int  #: per cent of the line


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Bases and text. `indent` in mm, `line_height` in font sizes (Word's single line of this font is 1.15 of them)."""

    indent: float
    line_height: float
    bases_italic: bool
    basis_dash: bool
    basis_end: str
    last_basis_end: str
    end: str
    proclaim: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The list "Nơi nhận"."""

    label: str
    bold: bool
    italic: bool
    underlined: bool
    last_end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One format profile, as in force from `valid_from`."""

    id: str
    name: str
    valid_from: date
    source: str
    page: Margins
    size: Sizes
    head: Head
    body: Body
    recipients: Recipients
    signature_bold: bool
    deputy_for_head: bool  #: a deputy names the head ("KT.") even below a collective ("TM.")
    capacities: Mapping[Capacity, str]
    addressees: Mapping[str, str]  #: kind → opening; `default` for the rest
    types: Mapping[Kind, str]  #: kind → type code; empty: the kind has none
    separator: str  #: between number and symbol
    allowed: Mapping[str, tuple[str, ...]]  #: what a body may choose: name of an override → values
    symbol_pattern: str


def profile_for(name: str, on: date | None) -> Profile:
    """The profile `name` in force on a day (None: the newest); before its first version the first; `NotFound` else."""
    versions = [p for p in all_profiles() if p.id == name]
    if not versions:
        raise NotFound("profile", name)
    in_force = [p for p in versions if on is None or p.valid_from <= on]
    return in_force[-1] if in_force else versions[0]


def profile_of(paper: Paper) -> Profile:
    """The profile of a paper with its body's own changes; an unknown name or value raises `Invalid`."""
    return _overridden(profile_for(paper.profile, paper.date), paper.overrides)


def _overridden(profile: Profile, overrides: Sequence[tuple[str, str]]) -> Profile:
    changes: dict[str, Any] = {section: getattr(profile, section) for section in OVERRIDABLE}
    for name, value in overrides:
        section, _, key = name.partition(".")
        part = changes.get(section)
        if part is None or key not in part.__slots__ or len(value) > MAX_OVERRIDE:
            raise Invalid({"overrides": FieldError("unknown_override", {"name": name})})
        try:
            changes[section] = replace(part, **{key: _typed(getattr(part, key), value)})
        except ValueError as error:
            raise Invalid({"overrides": FieldError("override_value", {"name": name, "value": value})}) from error
    return replace(profile, **changes)


def _typed(old: object, value: str) -> object:
    """Read an override as what it replaces: lines by newline, numbers within a page's reason."""
    if isinstance(old, bool):
        return {"true": True, "false": False}[value] if value in ("true", "false") else _refuse(value)
    if isinstance(old, (int, float)):
        number = type(old)(value)
        return number if 0 < number <= 100 else _refuse(value)
    return tuple(value.split("\n")) if isinstance(old, tuple) else value


def _refuse(value: str) -> object:
    raise ValueError(value)


@cache
def all_profiles() -> tuple[Profile, ...]:
    """Every profile, oldest first."""
    profiles = [_read(tomllib.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("*.toml"))]
    return tuple(sorted(profiles, key=lambda p: p.valid_from))


def _read(raw: Mapping[str, Any]) -> Profile:
    signature, number = raw["signature"], raw["number"]
    return Profile(
        **{key: raw[key] for key in ("id", "name", "valid_from", "source", "addressees")},
        page=_part(Margins, raw["page"]),
        size=_part(Sizes, raw["size"]),
        head=_part(Head, raw["head"] | {"motto": tuple(raw["head"]["motto"])}),
        body=_part(Body, raw["body"]),
        recipients=_part(Recipients, raw["recipients"]),
        signature_bold=signature["bold"],
        deputy_for_head=signature["kt_below_tm"],
        capacities={capacity: signature[capacity.value.lower()] for capacity in Capacity},
        types={kind: raw["types"][kind.value] for kind in Kind},
        separator=number["separator"],
        symbol_pattern=number["pattern"],
        allowed={name: tuple(values) for name, values in raw.get("allowed", {}).items()},
    )


def _part(cls: Any, raw: Mapping[str, Any]) -> Any:
    return cls(**{f.name: float(raw[f.name]) if f.type is float else raw[f.name] for f in fields(cls)})
