"""What is different between two versions of a model? Element by element: what is executed, what is due, what is read.

Sentences are Vietnamese and complete; the order of the answer is the order in which a designer would ask.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, Final

from lxml import etree

from engine.process.frontend import read_diagram
from engine.process.model import Flow, Process
from engine.process.safe_xml import read_xml
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import DayRule
from engine.rules.programme import NO_PROGRAMME, Programme

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference; `executes`: it changes what happens, not only what people read."""

    what: str  #: added | removed | changed
    part: str  #: Vietnamese kind of thing: bước, luồng, hạn, biểu mẫu …
    file: str
    element: str  #: id or key
    name: str = ""
    attribute: str = ""  #: Vietnamese, of `changed`
    old: str = ""
    new: str = ""
    executes: bool = True


_SIGNS: Final = {ADDED: "+", REMOVED: "-", CHANGED: "~"}


def as_line(change: Change) -> str:
    """The change as one line: `~ bước tham_dinh “Thẩm định”: biểu mẫu: “a” → “b”`."""
    named = f" “{change.name}”" if change.name and change.name != change.element else ""
    head = f"{_SIGNS[change.what]} {change.part} {change.element}{named}"
    if change.what != CHANGED:
        return head
    return f"{head}: {change.attribute}: “{change.old}” → “{change.new}”"


def compare(old: CycleModel, new: CycleModel) -> list[Change]:
    """Every difference between two versions; nothing when they say the same (places in a drawing do not count)."""
    return [
        *_processes(_drawn(old), _drawn(new)),
        *_decisions(_tables(old), _tables(new)),
        *_keyed("hạn", "model.toml", _by(old.deadlines, _deadline), _by(new.deadlines, _deadline), _DATES),
        *_keyed("quy trình khai báo", "model.toml", _by_field(old.processes, "id"), _by_field(new.processes, "id")),
        *_keyed("làn", "model.toml", old.lanes, new.lanes),
        *_keyed("nhóm", "model.toml", _by_field(old.groups, "key"), _by_field(new.groups, "key")),
        *_keyed("tùy chọn", "model.toml", _by_field(old.settings, "key"), _by_field(new.settings, "key")),
        *_keyed("danh hiệu", "model.toml", _by_field(old.titles, "key"), _by_field(new.titles, "key")),
        *_keyed("chỉ số", "targets.toml", _by_field(old.indicators, "key"), _by_field(new.indicators, "key")),
        *_keyed("chỉ tiêu", "targets.toml", _by(old.targets, _target), _by(new.targets, _target)),
        *_programme(old.programme, new.programme),
        *_keyed("xếp hạng", "ranking.toml", _one(old.ranking), _one(new.ranking)),
        *_keyed("nhắc việc", "model.toml", {"reminders": old.reminders}, {"reminders": new.reminders}),
        *_head(old, new),
        *_criteria(old, new),
        *_documents("biểu mẫu", "forms/{}.json", old.forms, new.forms),
        *_documents("mẫu văn bản", "documents/{}.toml", old.documents, new.documents),
        *_documents("phiếu khảo sát", "surveys/{}.toml", _surveys(old), _surveys(new)),
        *_documents("diễn tập", "rehearsal.toml", {"rehearsal": old.rehearsal}, {"rehearsal": new.rehearsal}),
    ]


# ---- diagrams

#: Field of an element → what designers call it; those in `_READ` change nothing that happens.
_FIELDS: Final = {
    "kind": "loại",
    "name": "tên",
    "lane": "làn",
    "scope": "nằm trong",
    "event": "sự kiện",
    "attached_to": "gắn vào",
    "interrupting": "ngắt",
    "triggered_by_event": "khởi phát bởi sự kiện",
    "default": "hướng mặc định",
    "called": "quy trình được gọi",
    "loop": "lặp",
    "script": "kịch bản",
    "result": "biến kết quả",
    "decision": "bảng quyết định",
    "decision_result": "cách nhận kết quả",
    "operation": "thao tác",
    "inputs": "dữ liệu vào",
    "outputs": "dữ liệu ra",
    "form_key": "biểu mẫu",
    "due_date": "ngày đến hạn",
    "assignee": "người được giao",
    "candidate_groups": "nhóm được giao",
    "documentation": "hướng dẫn",
}
_OF_PROCESS: Final = {"name": "tên", "documentation": "hướng dẫn", "asks": "tham số", "options": "tham số tùy chọn"}
_READ: Final = frozenset({"name", "documentation", "label", "wording", "source", "text"})


def _drawn(model: CycleModel) -> dict[str, Process]:
    found: dict[str, Process] = {}
    for name, content in model.files.items():
        if name.endswith(".bpmn"):
            diagram, _ = read_diagram(name, content)
            found |= {process.id: process for process in diagram.processes}
    return found


def _processes(old: Mapping[str, Process], new: Mapping[str, Process]) -> Iterator[Change]:
    for key in (*old, *(key for key in new if key not in old)):
        before, after = old.get(key), new.get(key)
        if before is None or after is None:
            there = after or before
            assert there is not None  # noqa: S101  # the key came from one of them
            yield _presence("quy trình", there.file, key, there.name, before is None)
            continue
        yield from _texts("quy trình", after.file, key, before, after, _OF_PROCESS)
        yield from _elements(before, after)
        yield from _flows(before, after)


def _elements(before: Process, after: Process) -> Iterator[Change]:
    for key in _keys(before.elements, after.elements):
        old, new = before.elements.get(key), after.elements.get(key)
        if old is None or new is None:
            there = new or old
            assert there is not None  # noqa: S101
            yield _presence("bước", after.file, key, there.name, old is None)
            continue
        yield from _texts("bước", after.file, key, old, new, _FIELDS)
        yield from _table("bước", after.file, key, new.name, "thuộc tính", old.properties, new.properties)


def _flows(before: Process, after: Process) -> Iterator[Change]:
    old, new = ({_ends(flow): flow for flow in p.flows.values()} for p in (before, after))
    for ends in _keys(old, new):
        one, two = old.get(ends), new.get(ends)
        flow: Flow | None = two or one
        assert flow is not None  # noqa: S101
        label = f"{flow.source} → {flow.target}"
        if one is None or two is None:
            yield _presence("luồng", after.file, label, flow.name, one is None)
            continue
        names = {"condition": "điều kiện", "name": "tên"}
        yield from _texts("luồng", after.file, label, one, two, names)
    yield from _order(before, after)


def _ends(flow: Flow) -> tuple[str, str, str]:
    # Two flows between the same nodes are told apart by their ids, which authors seldom change.
    return flow.source, flow.target, flow.id if flow.condition else ""


def _order(before: Process, after: Process) -> Iterator[Change]:
    for key, element in after.elements.items():
        if element.kind != "exclusiveGateway" or key not in before.elements:
            continue
        old, new = ([f.target for f in p.flows.values() if f.source == key] for p in (before, after))
        if old != new and sorted(old) == sorted(new):
            yield _changed("bước", after.file, key, element.name, "thứ tự xét hướng đi", ", ".join(old), ", ".join(new))


# ---- decision tables


def _tables(model: CycleModel) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Decision id → file, name, and its contents by what they are called."""
    found = {}
    for name, content in model.files.items():
        if name.endswith(".dmn"):
            for node in read_xml(name, content):
                if _local(node) == "decision":
                    found[str(node.get("id"))] = (name, str(node.get("name") or ""), dict(_contents(node)))
    return found


def _contents(node: etree._Element) -> Iterator[tuple[str, str]]:
    table = next((child for child in node if _local(child) == "decisionTable"), None)
    if table is None:
        yield "nội dung", " ".join("".join(str(text) for text in node.itertext()).split())
        return
    yield "cách chọn", f"{table.get('hitPolicy') or 'UNIQUE'} {table.get('aggregation') or ''}".strip()
    count = {"input": 0, "output": 0, "rule": 0}
    words = {"input": "cột vào", "output": "cột ra", "rule": "quy tắc"}
    for child in table:
        kind = _local(child)
        if kind in count:
            count[kind] += 1
            cells = [" ".join("".join(str(t) for t in cell.itertext()).split()) for cell in child]
            shown = " | ".join(cell or "-" for cell in cells if cell or kind == "rule")
            yield f"{words[kind]} {count[kind]}", shown or str(child.get("name") or "")


def _decisions(
    old: Mapping[str, tuple[str, str, dict[str, str]]], new: Mapping[str, tuple[str, str, dict[str, str]]]
) -> Iterator[Change]:
    for key in _keys(old, new):
        if key not in old or key not in new:
            file, name, _ = new.get(key) or old[key]
            yield _presence("bảng quyết định", file, key, name, key not in old)
            continue
        file, name, content = new[key]
        yield from _table("bảng quyết định", file, key, name, "", old[key][2], content)


# ---- tables of the pack

_DATES: Final = {
    "rule": "quy tắc", "cohorts": "đối tượng", "unit_kinds": "loại đơn vị", "label": "tên",
    "wording": "cách nói", "source": "căn cứ",
    "boundary": "ranh giới", "date": "ngày", "opens": "mở từ", "campaign": "bắt đầu đợt", "period": "kỳ",
    "number": "số thứ tự kỳ", "n": "số lượng", "unit": "đơn vị tính", "event": "tính từ", "year_offset": "lệch năm",
    "on": "vào ngày", "starts": "từ ngày", "roll": "khi rơi vào ngày nghỉ", "first_year": "từ năm", "last_year": "đến năm",
}  # fmt: skip


def _deadline(rule: Any) -> str:
    parts = [rule.name, ",".join(rule.cohorts), rule.number if rule.period in ("quarter", "month") else None]
    return " ".join(str(part) for part in parts if part)


def _target(target: Any) -> str:
    return f"{target.indicator} {target.first_year}"


def _head(old: CycleModel, new: CycleModel) -> Iterator[Change]:
    names = {"name": "tên", "source": "nguồn", "lead_unit_kind": "loại đơn vị chủ trì", "first_year": "năm đầu"}
    yield from _texts("mô hình", "model.toml", new.key, old, new, names)


def _criteria(old: CycleModel, new: CycleModel) -> Iterator[Change]:
    for year in sorted({*old.criteria, *new.criteria}):
        before, after = old.criteria.get(year), new.criteria.get(year)
        file = f"criteria/{year}.toml"
        if before is None or after is None:
            there = after or before
            assert there is not None  # noqa: S101
            yield _presence("bộ tiêu chí", file, str(year), there.name, before is None)
            continue
        yield from _texts(
            "bộ tiêu chí", file, str(year), before, after, {"name": "tên", "source": "nguồn", "sample": "mẫu"}
        )
        yield from _keyed("tiêu chí", file, _by_field(before.criteria, "key"), _by_field(after.criteria, "key"))
        yield from _keyed("trọng số nhóm", file, _by_field(before.groups, "name"), _by_field(after.groups, "name"))
        yield from _keyed("mức", file, _by_field(before.bands, "key"), _by_field(after.bands, "key"))


def _programme(old: Programme | None, new: Programme | None) -> Iterator[Change]:
    before, after = (p or NO_PROGRAMME for p in (old, new))
    file = "programme.toml"
    yield from _keyed("mốc", file, _by_field(before.milestones, "key"), _by_field(after.milestones, "key"), _MILESTONE)
    yield from _keyed("khoản kinh phí", file, _by_field(before.money, "key"), _by_field(after.money, "key"), _MONEY)


_PLANNED: Final = {
    "label": "tên", "period": "thời gian", "wording": "cách nói", "source": "căn cứ", "note": "ghi chú",
}  # fmt: skip
_MILESTONE: Final = {
    **_PLANNED, "leads": "cơ quan chủ trì", "coordinating": "cơ quan phối hợp", "product": "sản phẩm",
}  # fmt: skip
_MONEY: Final = {
    **_PLANNED, "fund": "nguồn vốn", "amount": "số tiền", "per": "tính theo", "part_of": "thuộc khoản",
}  # fmt: skip


def _surveys(model: CycleModel) -> dict[str, dict[str, Any]]:
    """The tables of the questionnaires; their questions stand in forms."""
    return {key: asdict(survey) | {"questions": ()} for key, survey in model.surveys.items()}


def _documents(part: str, place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in _keys(old, new):
        file = place.format(key)
        if key not in old or key not in new:
            yield _presence(part, file, key, "", key not in old)
        else:
            yield from _table(part, file, key, "", "", dict(_flat(old[key])), dict(_flat(new[key])))


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value, start=1):
            yield from _flat(inner, f"{path}[{number}]")
    else:
        yield path, _shown(value)


# ---- parts


def _by(rows: Iterable[Any], key: Any) -> dict[str, Any]:
    return {key(row): row for row in rows}


def _by_field(rows: Iterable[Any], name: str) -> dict[str, Any]:
    return {str(getattr(row, name)): row for row in rows}


def _keys(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> list[Any]:
    return [*new, *(key for key in old if key not in new)]


def _keyed(
    part: str, file: str, old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> Iterator[Change]:
    for key in _keys(old, new):
        if key not in old or key not in new:
            there = new.get(key) or old[key]
            yield _presence(part, file, key, _called(there), key not in old)
        else:
            yield from _texts(part, file, key, old[key], new[key], names)


def _one(value: Any) -> Mapping[str, Any]:
    """A file of a pack that may be missing, as `_keyed` compares it."""
    return {} if value is None else {"ranking": value}


def _texts(part: str, file: str, key: str, old: Any, new: Any, names: Mapping[str, str] | None) -> Iterator[Change]:
    """Fields of two values of one kind that differ; without `names` all fields, by their own names."""
    wanted = names or {field.name: _WORDS.get(field.name, field.name) for field in fields(new)}
    for name, word in wanted.items():
        before, after = getattr(old, name), getattr(new, name)
        if _shown(before) != _shown(after):
            yield _changed(
                part, file, key, _called(new), word, _shown(before), _shown(after), executes=name not in _READ
            )


_WORDS: Final = {
    "name": "tên", "label": "tên", "roles": "vai trò", "unit_kind": "loại đơn vị", "cohorts": "đối tượng",
    "unit_kinds": "loại đơn vị", "year_label": "cách gọi năm", "scope": "phạm vi", "setting": "tùy chọn", "registration": "giấy tờ gửi để tham gia", "over": "gom từ quy trình",
    "default": "mặc định", "holder": "người nhận", "years": "số năm hiệu lực", "before": "nhắc trước (ngày)",
    "after": "nhắc sau (ngày)", "hour": "giờ gửi", "group": "nhóm", "text": "nội dung", "max_points": "điểm tối đa",
    "evidence_required": "cần minh chứng", "hard_fail": "điểm liệt", "unit_cohorts": "đối tượng",
    "at_least": "từ điểm", "recognised": "được công nhận", "indicator": "chỉ tiêu", "measure": "cách đo",
    "comparison": "phép so", "value": "mức", "upper": "mức trên", "first_year": "từ năm", "last_year": "đến năm",
    "wording": "cách nói", "source": "căn cứ", "title": "tên", "ties": "cách xếp đồng hạng", "blocks": "khối",
    "appeal": "hạn kiến nghị", "no_score": "lý do chưa có điểm", "held": "lý do còn treo", "weight": "trọng số",
    "commended": "số hạng được khen", "commended_blocks": "khối được khen",
}  # fmt: skip


def _table(
    part: str, file: str, key: str, name: str, word: str, old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[Change]:
    for inner in _keys(old, new):
        before, after = old.get(inner, ""), new.get(inner, "")
        if before != after:
            yield _changed(part, file, key, name, f"{word} {inner}".strip(), before, after)


def _presence(part: str, file: str, key: str, name: str, added: bool) -> Change:
    return Change(what=ADDED if added else REMOVED, part=part, file=file, element=key, name=name)


def _changed(
    part: str, file: str, key: str, name: str, attribute: str, old: str, new: str, *, executes: bool = True
) -> Change:
    return Change(
        what=CHANGED,
        part=part,
        file=file,
        element=key,
        name=name,
        attribute=attribute,
        old=old,
        new=new,
        executes=executes,
    )


def _called(value: Any) -> str:
    return str(getattr(value, "label", "") or getattr(value, "name", "") or "")


def _shown(value: Any) -> str:
    """A value as designers wrote it; where it stands in its file does not count."""
    if value in (None, "", ()):
        return ""
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, DayRule):
        years = {0: "", -1: " năm trước", 1: " năm sau"}.get(value.year_offset, f" lệch {value.year_offset} năm")
        return f"{value.day}/{value.month}{years}"
    if is_dataclass(value):
        parts = ((f.name, _shown(getattr(value, f.name))) for f in fields(value) if f.name != "line")
        return " ".join(f"{name}={text}" for name, text in parts if text)
    if isinstance(value, tuple | list):
        return ", ".join(_shown(item) for item in value)
    return str(value)


def _local(node: etree._Element) -> str:
    return str(node.tag).rpartition("}")[2]
