"""What do the tables of `model.toml`, the criteria and the organisation's codes say?"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeVar

from engine.process.pack_files import SHARED
from engine.process.pack_toml import Document, Table
from engine.rules.criteria import Band, CriteriaSet, Criterion, GroupWeight, Source, SourceKind
from engine.rules.cycle_models import BEGINNINGS, DeadlineGroup, Lane, ProcessSpec, ReminderLadder, Setting, TitleSpec
from engine.rules.organisation import Organisation

_T = TypeVar("_T")
_LEAST: Final = Decimal("0.01")
_YEAR_NAMES: Final = re.compile(r"\{(?:year|previous)\}")


class Codes:
    """The codes that packs may use; without a shared file every code is taken as it is."""

    def __init__(self, organisation: Organisation | None, families: Organisation | None = None) -> None:
        """`families`: where families and single bodies are looked up when no code is to be judged."""
        known = organisation or families
        self.families = known.families if known else {}
        self.single = known.single if known else frozenset[str]()
        self._unit_kinds = {**organisation.unit_kinds, **dict.fromkeys(self.families, "")} if organisation else None
        self._cohorts = organisation.cohorts if organisation else None
        self._roles = organisation.roles if organisation else None

    def unit_kind(self, table: Table, key: str) -> str:
        """A code of a unit kind, or of a family of kinds."""
        code = table.text(key)
        self._check(table, key, (code,), self._unit_kinds)
        return code

    def cohorts(self, table: Table, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Codes of cohorts."""
        codes = table.texts(key, default)
        self._check(table, key, codes, self._cohorts)
        return codes

    def unit_kinds(self, table: Table, key: str) -> tuple[str, ...]:
        """Codes of kinds of unit, a family as its kinds; none when the key is absent."""
        codes = table.texts(key, ())
        self._check(table, key, codes, self._unit_kinds)
        return tuple(dict.fromkeys(kind for code in codes for kind in self.families.get(code, (code,))))

    def roles(self, table: Table, key: str) -> tuple[str, ...]:
        """Codes of roles, at least one."""
        codes = table.texts(key)
        if table.data.get(key) == []:
            table.wrong(key, "Cần ít nhất một vai trò.")
        self._check(table, key, codes, self._roles)
        return codes

    def _check(self, table: Table, key: str, codes: tuple[str, ...], known: Mapping[str, str] | None) -> None:
        for code in codes:
            if known is not None and code and code not in known:
                table.wrong(key, f"Mã “{code}” không có trong {SHARED}/organisation.toml.")


def read_codes(document: Document) -> Organisation:
    """Read the codes and their labels."""
    labels: dict[str, dict[str, str]] = {}
    deputies: dict[str, str] = {}
    single: set[str] = set()
    for kind in ("unit_kind", "cohort", "role"):
        tables = document.tables(kind, at_least=1)
        labels[kind] = {table.text("code"): table.text("label") for table in tables}
        if kind == "role":
            deputies = _other_roles(tables, labels[kind], "deputy_of")
            _other_roles(tables, labels[kind], "stands_as")
        if kind == "unit_kind":
            single = {table.text("code") for table in tables if table.truth("single", default=False)}
        for table in tables:
            table.finish()
        _unique(tables, "code")
    families = _families(document, labels["unit_kind"])
    document.top().finish()
    document.finish()
    return Organisation(
        unit_kinds=labels["unit_kind"],
        cohorts=labels["cohort"],
        roles=labels["role"],
        deputies=deputies,
        families=families,
        single=frozenset(single),
    )


def _families(document: Document, kinds: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    tables = document.tables("family")
    found: dict[str, tuple[str, ...]] = {}
    for table in tables:
        code, members = table.text("code"), table.texts("unit_kinds")
        if code in kinds:
            table.wrong("code", f"Mã “{code}” đã là một loại đơn vị.")
        for kind in members:
            if kind not in kinds:
                table.wrong("unit_kinds", f"Không có loại đơn vị mang mã “{kind}”.")
        table.text("label")
        table.finish()
        found[code] = members
    _unique(tables, "code")
    return found


def _other_roles(tables: Sequence[Table], roles: Mapping[str, str], key: str) -> dict[str, str]:
    found = {table.text("code"): (table, table.text(key, "", empty=True)) for table in tables}
    for table, head in found.values():
        if head and head not in roles:
            table.wrong(key, f"Không có chức vụ mang mã “{head}”.")
    return {code: head for code, (_, head) in found.items() if head}


def read_lanes(document: Document, known: Codes) -> tuple[Lane, ...]:
    """Read `[[lane]]`."""
    return _each(document.tables("lane", at_least=1), "id", lambda t: _lane(t, known))


def _lane(table: Table, known: Codes) -> Lane:
    return Lane(
        id=table.text("id"),
        name=table.text("name"),
        unit_kind=known.unit_kind(table, "unit_kind"),
        roles=known.roles(table, "roles"),
    )


def read_groups(document: Document, known: Codes) -> tuple[DeadlineGroup, ...]:
    """Read `[[group]]`; no cohort and no kind of unit stands in two groups."""
    tables = document.tables("group", at_least=1)
    groups = _each(tables, "key", lambda t: _group(t, known))
    seen, kinds = set[str](), set[str]()
    for table, group in zip(tables, groups, strict=True):
        if both := sorted(seen & set(group.cohorts)):
            table.wrong("cohorts", f"Đối tượng “{both[0]}” đã thuộc nhóm khác.")
        if both := sorted(kinds & set(group.unit_kinds)):
            table.wrong("unit_kinds", f"Loại đơn vị “{both[0]}” đã thuộc nhóm khác.")
        seen, kinds = seen | set(group.cohorts), kinds | set(group.unit_kinds)
        if {"{", "}"} & set(_YEAR_NAMES.sub("", group.year_label)):
            table.wrong("year_label", "Chỉ dùng {year} và {previous} trong cách gọi năm.")
    return groups


def _group(table: Table, known: Codes) -> DeadlineGroup:
    return DeadlineGroup(
        key=table.text("key"),
        label=table.text("label"),
        cohorts=known.cohorts(table, "cohorts", () if "unit_kinds" in table.data else None),
        year_label=table.text("year_label"),
        unit_kinds=known.unit_kinds(table, "unit_kinds"),
        first_year=table.maybe_whole("first_year", 2000, 2200),
    )


def read_processes(document: Document, known: Codes, settings: tuple[Setting, ...]) -> tuple[ProcessSpec, ...]:
    """Read `[[process]]`."""
    tables = document.tables("process", at_least=1)
    processes = _each(
        tables,
        "id",
        lambda t: ProcessSpec(
            id=t.text("id"),
            label=t.text("label"),
            scope=t.choice("scope", ("unit", "group", "demand")),
            unit_kind=known.unit_kind(t, "unit_kind"),
            setting=t.maybe_text("setting"),
            over=t.maybe_text("over"),
            begins=t.choice("begins", BEGINNINGS) if "begins" in t.data else None,
            registration=t.maybe_text("registration"),
        ),
    )
    ids, keys = {p.id for p in processes}, {s.key for s in settings}
    for table, spec in zip(tables, processes, strict=True):
        if spec.setting is not None and spec.setting not in keys:
            table.wrong("setting", f"Không có [[setting]] “{spec.setting}”.")
        if spec.over is not None and spec.over not in ids:
            table.wrong("over", f"Không có [[process]] “{spec.over}”.")
    return processes


def read_settings(document: Document) -> tuple[Setting, ...]:
    """Read `[[setting]]`."""
    return _each(
        document.tables("setting"),
        "key",
        lambda t: Setting(key=t.text("key"), label=t.text("label"), default=t.scalar("default")),
    )


def read_titles(document: Document, known: Codes) -> tuple[TitleSpec, ...]:
    """Read `[[title]]`."""
    return _each(
        document.tables("title"),
        "key",
        lambda t: TitleSpec(
            key=t.text("key"),
            name=t.text("name"),
            holder=t.choice("holder", ("unit", "member")),
            years=t.maybe_whole("years", 1, 100),
            unit_kinds=known.unit_kinds(t, "unit_kinds"),
        ),
    )


def read_reminders(document: Document) -> ReminderLadder:
    """Read `[reminders]`."""
    table = document.table("reminders")
    ladder = ReminderLadder(
        before=table.wholes("before", 0, 120),
        after=table.wholes("after", 1, 120),
        hour=table.whole("hour", 0, 23),
        escalate=table.wholes("escalate", 1, 120, ()),
    )
    table.finish()
    return ladder


def read_criteria(document: Document, year: int, known: Codes) -> CriteriaSet:
    """Read a criteria set that is in force from cycle `year` on."""
    top = document.top()
    criteria = CriteriaSet(
        year=year,
        name=top.text("name"),
        source=top.text("source"),
        sample=top.truth("sample"),
        criteria=_each(document.tables("criterion", at_least=1), "key", lambda t: _criterion(t, known)),
        bands=_bands(document),
        groups=_each(document.tables("group"), "name", _group_weight),
    )
    _check_groups(document, criteria)
    top.finish()
    document.finish()
    return criteria


def _criterion(table: Table, known: Codes) -> Criterion:
    return Criterion(
        key=table.text("key"),
        group=table.text("group"),
        text=table.text("text"),
        max_points=table.decimal("max_points", _LEAST, Decimal(10_000)),
        evidence_required=table.truth("evidence_required", default=False),
        hard_fail=table.truth("hard_fail", default=False),
        unit_cohorts=known.cohorts(table, "cohorts", ()),
        unit_kinds=known.unit_kinds(table, "unit_kinds"),
        weight=table.decimal("weight", _LEAST, Decimal(10_000)) if "weight" in table.data else None,
        source=_source(table),
    )


def _source(table: Table) -> Source | None:
    inner = table.inline("from")
    if inner is None:
        return None
    kinds = [kind for kind in SourceKind if kind.value in inner.data]
    if len(kinds) != 1:
        table.wrong("from", "“from” cần đúng một trong: points, title, indicator, survey.")
        return None
    (kind,) = kinds
    if kind is SourceKind.POINTS:
        inner.truth("points")
    key = "" if kind is SourceKind.POINTS else inner.text(kind.value)
    model = inner.text("model", "", empty=True) if kind is SourceKind.SURVEY else inner.text("model")
    inner.finish()
    return Source(kind=kind, model=model, key=key)


def _group_weight(table: Table) -> GroupWeight:
    return GroupWeight(name=table.text("name"), weight=table.decimal("weight", _LEAST, Decimal(10_000)))


def _check_groups(document: Document, criteria: CriteriaSet) -> None:
    known = {group.name for group in criteria.groups}
    for table, criterion in zip(document.tables("criterion"), criteria.criteria, strict=False):
        if known and criterion.group not in known:
            table.wrong("group", f"Nhóm “{criterion.group}” chưa có trọng số: khai bằng [[group]].")


def _bands(document: Document) -> tuple[Band, ...]:
    tables = document.tables("band", at_least=1)
    bands = _each(
        tables,
        "key",
        lambda t: Band(
            key=t.text("key"),
            label=t.text("label"),
            at_least=t.decimal("at_least", Decimal(), Decimal(100)),
            recognised=t.truth("recognised"),
        ),
    )
    starts = [band.at_least for band in bands]
    if tables and (starts != sorted(set(starts), reverse=True) or starts[-1] != 0):
        tables[-1].wrong("at_least", "Các mức xếp từ cao xuống thấp, mức cuối bắt đầu từ 0 điểm.")
    return bands


def _each(tables: list[Table], key: str, make: Callable[[Table], _T]) -> tuple[_T, ...]:
    made = tuple(make(table) for table in tables)
    for table in tables:
        table.finish()
    _unique(tables, key)
    return made


def _unique(tables: list[Table], key: str) -> None:
    seen: set[object] = set()
    for table in tables:
        if (own := str(table.data.get(key))) in seen:
            table.wrong(key, f"“{own}” được khai hai lần.")
        seen.add(own)
