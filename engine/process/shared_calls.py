"""How does a process that is drawn once serve many callers? Each call gets its own copy, filled with what the call gives.

A process that declares parameters (`parameter.<name>`, or `option.<name>` for what may be left out, among its
camunda:properties) never runs by itself. Its texts name them in double braces (`{{document}}`); a callActivity gives
them as properties, and `lane.<id>` says which of its own lanes does the work of a lane of the called process. What
comes out is an ordinary process: `<called>.<call>` with nodes `<call>.<node>`, so that everything that knows called
processes knows these, and no two calls share a node.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Final

from engine.errors import Finding
from engine.process.model import Diagram, Element, Flow, Lane, Process

MAX_COPIED: Final = 5_000
_HOLE: Final = re.compile(r"\{\{\s*([a-z0-9_.-]+)\s*\}\}")
_LANE: Final = "lane."


@dataclass(slots=True)
class Spread:
    """Diagrams in which every call has its own copy; what people see once; what is wrong with the calls."""

    diagrams: list[Diagram] = field(default_factory=list)
    shared: dict[str, Diagram] = field(
        default_factory=dict
    )  #: called at least once, by process id, holes told in words
    findings: list[Finding] = field(default_factory=list)


def is_shared(process: Process) -> bool:
    """Whether the process only runs where a call fills in what it asks for."""
    return bool(process.asks or process.options)


def filled(text: str, given: Mapping[str, str]) -> str:
    """A text with its holes filled; a hole that nothing fills stays."""
    return _HOLE.sub(lambda hole: given.get(hole[1], hole[0]), text)


def holes(text: str) -> list[str]:
    """The names of the parameters that a text asks for."""
    return _HOLE.findall(text)


def spread(diagrams: Iterable[Diagram]) -> Spread:
    """Give each call of a shared process a copy of its own."""
    known = list(diagrams)
    homes = {process.id: (process, diagram) for diagram in known for process in diagram.processes if is_shared(process)}
    if not homes:
        return Spread(diagrams=known)
    spreading = _Spreading(homes)
    for process, _ in homes.values():
        spreading.made.findings += _undeclared(process)
    for diagram in known:
        own = tuple(spreading.caller(p, ()) for p in diagram.processes if not is_shared(p))
        if own or not diagram.processes:
            spreading.made.diagrams.append(replace(diagram, processes=own))
    spreading.made.diagrams += spreading.copies
    return spreading.made


class _Spreading:
    def __init__(self, homes: Mapping[str, tuple[Process, Diagram]]) -> None:
        self.homes = homes
        self.made = Spread()
        self.copies: list[Diagram] = []
        self.size = 0

    def caller(self, process: Process, chain: tuple[str, ...]) -> Process:
        """The process with its calls led to copies."""
        elements = dict(process.elements)
        for element in process.elements.values():
            if element.kind == "callActivity" and element.called in self.homes:
                elements[element.id] = replace(element, called=self._copy(process, element, chain))
        return replace(process, elements=elements)

    def _copy(self, caller: Process, call: Element, chain: tuple[str, ...]) -> str:
        shared, home = self.homes[call.called]
        given, lanes, reasons = _bound(shared, call)
        if shared.id in chain:
            reasons.append(f"Quy trình dùng chung “{shared.name}” gọi lại chính nó.")
        self.size += len(shared.elements)
        if self.size > MAX_COPIED:
            reasons = [f"Các lần gọi quy trình dùng chung có hơn {MAX_COPIED} phần tử."]
        self.made.findings += [
            Finding(file=caller.file, line=call.line, element=call.id, reason=reason) for reason in reasons
        ]
        if shared.id in chain or self.size > MAX_COPIED:
            return call.called
        copy = _copied(shared, call.id, given, lanes)
        page = replace(
            home, participants=(), message_flows=(), artifacts={}, **_placed(home, shared, f"{call.id}.", lanes)
        )
        self.copies.append(replace(page, processes=(self.caller(copy, (*chain, shared.id)),)))
        if shared.id not in self.made.shared:
            words = {**shared.asks, **shared.options}
            self.made.shared[shared.id] = replace(home, processes=(_told(shared, words),))
        return copy.id


def _bound(shared: Process, call: Element) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """What a call fills in, which lane stands for which, and what is wrong with it."""
    reasons, given, lanes = [], dict.fromkeys(shared.options, ""), dict[str, str]()
    for name, value in call.properties.items():
        if name.startswith(_LANE) and name.removeprefix(_LANE) in shared.lanes:
            lanes[name.removeprefix(_LANE)] = value
        elif name in shared.asks or name in shared.options:
            given[name] = value
        else:
            reasons.append(f"Quy trình dùng chung “{shared.name}” không có tham số “{name}”.")
    for name, meaning in shared.asks.items():
        if not given.get(name, "").strip():
            reasons.append(f"Thiếu tham số “{name}” ({meaning}) mà quy trình dùng chung “{shared.name}” cần.")
    if len(shared.lanes) == 1 and not lanes and call.lane is not None:
        lanes = dict.fromkeys(shared.lanes, call.lane)
    reasons += [
        f"Chưa cho biết ai làm phần của “{lane.name}”: thêm thuộc tính “{_LANE}{lane.id}”."
        for lane in shared.lanes.values()
        if not lanes.get(lane.id, "").strip()
    ]
    return given, lanes, reasons


def _undeclared(shared: Process) -> Iterator[Finding]:
    known = {*shared.asks, *shared.options}
    parts: list[Element | Flow] = [*shared.elements.values(), *shared.flows.values()]
    for part in parts:
        for name in dict.fromkeys(hole for text in _texts(part) for hole in holes(text)):
            if name not in known:
                reason = f"Tham số “{name}” chưa được quy trình dùng chung khai báo."
                yield Finding(file=shared.file, line=part.line, element=part.id, reason=reason)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for inner in value.values() for text in _texts(inner))
    elif isinstance(value, tuple):
        yield from (text for inner in value for text in _texts(inner))
    elif is_dataclass(value):
        yield from (text for one in fields(value) for text in _texts(getattr(value, one.name)))


def _written(value: Any, given: Mapping[str, str]) -> Any:
    """The same value with every text in it filled in."""
    if isinstance(value, str):
        return filled(value, given)
    if isinstance(value, Mapping):
        return {key: _written(inner, given) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(_written(inner, given) for inner in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _written(getattr(value, one.name), given) for one in fields(value)})
    return value


def _told(shared: Process, words: Mapping[str, str]) -> Process:
    told: Process = _written(shared, words)
    return replace(told, elements={key: _trimmed(element) for key, element in told.elements.items()})


def _trimmed(element: Element) -> Element:
    """What an option that was left out would have said is not said at all."""
    said = {name: value for name, value in element.properties.items() if value}
    return replace(element, properties=said, form_key=element.form_key or None, due_date=element.due_date or None)


def _copied(shared: Process, call: str, given: Mapping[str, str], lanes: Mapping[str, str]) -> Process:
    told, before = _told(shared, given), f"{call}."

    def at(name: str | None) -> str | None:
        return name and before + name

    elements = [
        replace(
            e,
            id=before + e.id,
            scope=at(e.scope),
            attached_to=at(e.attached_to),
            default=at(e.default),
            lane=lanes.get(e.lane, e.lane) if e.lane else None,
        )
        for e in told.elements.values()
    ]
    flows = [
        replace(f, id=before + f.id, source=before + f.source, target=before + f.target) for f in told.flows.values()
    ]
    bands = {
        to: Lane(id=to, name=told.lanes[lane].name, parent=None, scope=at(told.lanes[lane].scope))
        for lane, to in lanes.items()
    }
    return replace(
        told,
        id=f"{shared.id}.{call}",
        elements={e.id: e for e in elements},
        flows={f.id: f for f in flows},
        lanes=bands,
        asks={},
        options={},
    )


def _placed(home: Diagram, shared: Process, before: str, lanes: Mapping[str, str]) -> dict[str, Any]:
    """The drawing of a shared process, told by the ids of its copy."""

    def moved(table: Mapping[str, Any]) -> dict[str, Any]:
        new = {key: before + key for key in (*shared.elements, *shared.flows)} | dict(lanes)
        return {
            new[key]: replace(drawn, element=new[key], plane=new.get(drawn.plane, drawn.plane))
            for key, drawn in table.items()
            if key in new
        }

    return {"shapes": moved(home.shapes), "edges": moved(home.edges)}
