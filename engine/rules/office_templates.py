"""How may an office write a document of a model in its own way? Versions of its own wording over the pack's template.

A version holds only what the office says otherwise than the pack; kind, book, deadline and what fills a list stay the
pack's. A version that is in force is never changed: the next one takes its place from its day on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.rules.cycle_models import Json
from engine.rules.units import AccountId, UnitId

#: Texts of one line that an office may write otherwise; `symbol` and `place` may be the office's alone.
TEXTS = ("subject", "decider", "symbol", "place", "lead", "clause")
#: Texts of several lines.
LISTS = (
    "organisation",
    "superior",
    "addressees",
    "first_grounds",
    "bases",
    "grounds",
    "paragraphs",
    "articles",
    "lines",
    "recipients",
)
SIGNATURE = ("capacity", "in_stead_of", "position")
ANNEX = ("title", "subject", "landscape", "columns")
#: What a pack leaves out of a column, and of a signature.
COLUMN: Mapping[str, Json] = {"width": 10, "align": "left"}
_SIGNATURE: Mapping[str, Json] = {"capacity": "OWN"}

Content = Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeTemplate:
    """One version of an office's own template of a document; empty content: the pack's template again."""

    id: int
    unit_id: UnitId
    model: str
    document: str
    number: int  #: of the version, from 1
    content: Content
    from_day: date  #: first day on which a draft takes it
    note: str  #: what was changed and why, for those who read the history
    created_at: datetime
    by_id: AccountId | None
    by_name: str
    used_at: datetime | None  #: when the first draft took it
    withdrawn_at: datetime | None  #: taken back before anybody used it

    def is_used(self) -> bool:
        """Whether a document was made by it."""
        return self.used_at is not None


def in_force(versions: Sequence[OfficeTemplate], on: date) -> OfficeTemplate | None:
    """The version that a draft of that day takes: the latest first day counts, then the latest made."""
    open_ = [v for v in versions if v.withdrawn_at is None and v.from_day <= on]
    return max(open_, key=lambda v: (v.from_day, v.number), default=None)


def merged(raw: Mapping[str, Json], content: Content) -> dict[str, Json]:
    """The pack's template with the office's own words put over it; what the office may not change stays."""
    document = {k: v for k, v in _table(content, "document").items() if k in (*TEXTS, *LISTS)}
    made = dict(raw) | {"document": dict(_table(raw, "document")) | document}
    if "signature" in raw:
        made["signature"] = _over(raw["signature"], content.get("signature"), SIGNATURE)
    if "annex" in raw:
        made["annex"] = _over(raw["annex"], content.get("annex"), ANNEX)
    return made


def own_parts(raw: Mapping[str, Json], wished: Content) -> dict[str, Json]:
    """What of `wished` is otherwise than the pack says; lists and tables count as a whole."""
    document, given = _table(raw, "document"), _table(wished, "document")
    found: dict[str, Json] = {}
    changed = {k: v for k, v in given.items() if k in (*TEXTS, *LISTS) and v != _plain(document.get(k), v)}
    if changed:
        found["document"] = changed
    for name, keys in (("signature", SIGNATURE), ("annex", ANNEX)):
        rows = [
            {k: v for k, v in own.items() if k in keys and v != _plain(pack.get(k, _SIGNATURE.get(k)), v)}
            for pack, own in zip(tables(raw.get(name)), tables(wished.get(name)), strict=False)
        ]
        if any(rows):
            found[name] = rows
    overrides = {k: v for k, v in _table(wished, "overrides").items() if isinstance(v, str)}
    if overrides:
        found["overrides"] = overrides
    return found


def overrides_of(content: Content) -> tuple[tuple[str, str], ...]:
    """The office's changes to the format profile, in the order of their names."""
    return tuple(sorted((k, str(v)) for k, v in _table(content, "overrides").items()))


def tables(value: Json) -> list[Mapping[str, Json]]:
    """A table, or each of several."""
    if isinstance(value, Mapping):
        return [value]
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return [table for table in listed if isinstance(table, Mapping)]


def _over(pack: Json, own: Json, keys: Sequence[str]) -> list[Json]:
    owned = tables(own)
    return [
        dict(table) | {k: v for k, v in (owned[n] if n < len(owned) else {}).items() if k in keys}
        for n, table in enumerate(tables(pack))
    ]


def _table(raw: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = raw.get(name, {})
    return found if isinstance(found, Mapping) else {}


def _plain(value: Json, like: Json) -> Json:
    """The pack's value as one of the same shape, so that tuples and absent texts are no difference."""
    if isinstance(like, list):
        listed = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
        return [{**COLUMN, **row} if isinstance(row, Mapping) else row for row in listed]
    if isinstance(like, bool):
        return value is True
    return "" if value is None else value
