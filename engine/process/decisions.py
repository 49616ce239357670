"""What does a decision answer for these inputs? DMN decision tables with every hit policy, exactly.

Missing values are null, as FEEL says; what DMN calls an error (two rows of a unique table, rows of
an `ANY` table that differ) is a `Fault`, never the first row silently.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cmp_to_key
from typing import Any, Final

from engine.process import feel_values as fv
from engine.process.expressions import Evaluation, Expression, Fault
from engine.process.feel_functions import FUNCTIONS
from engine.process.feel_meaning import MAX_WORK_TOGETHER, Budget
from engine.process.feel_values import Unfit
from engine.process.model import Element

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    name: str
    expression: Expression | None
    kind: str  #: FEEL type, decides how texts are read (dates, durations)
    whole: str = ""  #: the expression's text where a variable may be called so (`first-name`)

    def value(self, at: Evaluation) -> Any:
        """What the column tests."""
        known, value = at.env().find(self.whole) if self.whole else (False, None)
        if not known and self.expression is not None:
            value = self.expression.value(at)
        return typed_value(value, self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    name: str
    kind: str
    order: Expression | None  #: list of the allowed values, the most important first
    default: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    id: str
    tests: tuple[Expression | None, ...]  #: None passes everything
    results: tuple[Expression | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A named line of a boxed context; without name it is the result."""

    name: str
    boxed: "Boxed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxed:
    """The logic of a decision: table, literal, context or list."""

    kind: str
    table: Table | None = None
    expression: Expression | None = None
    entries: tuple[Entry, ...] = ()
    items: tuple["Boxed", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision; `requires` are decisions answered before it, `inputs` names and types of its input data."""

    id: str
    name: str
    variable: str
    logic: Boxed
    requires: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]


class Decisions:
    """The decisions of one file, by id and by name."""

    def __init__(self, decisions: Mapping[str, Decision]) -> None:
        self.by_id = dict(decisions)
        self.by_name = {decision.name: decision for decision in decisions.values()}

    def find(self, name: str) -> Decision | None:
        """The decision with that id, else with that name."""
        return self.by_id.get(name) or self.by_name.get(name)

    def decide(self, name: str, inputs: Data, *, facts: Data, now: datetime, budget: Budget | None = None) -> Any:
        """The decision's answer as a value that variables may hold; raise `Fault`."""
        decision = self.find(name)
        if decision is None:
            raise Fault(f"không có quyết định “{name}”")
        try:
            surroundings = Evaluation([], facts, now, strict=False, budget=budget or Budget(MAX_WORK_TOGETHER))
            return fv.storable(self._answer(decision, inputs, surroundings, {}))
        except RecursionError:
            raise Fault(f"quyết định “{name}”: giá trị lồng nhau quá sâu") from None
        except Unfit as error:
            raise Fault(f"quyết định “{name}”: {error}") from None

    def _answer(self, decision: Decision, inputs: Data, around: Evaluation, known: dict[str, Any]) -> Any:
        if decision.id not in known:
            required, aliases = {}, {}
            for key in decision.requires:
                answer = self._answer(self.by_id[key], inputs, around, known)
                required[self.by_id[key].variable] = answer
                aliases.update(_aliases(self.by_id[key], answer))
            typed = {name: typed_value(inputs[name], kind) for name, kind in decision.inputs if name in inputs}
            known[decision.id] = _boxed(decision.logic, replace(around, maps=[required, typed, inputs, aliases]))
        return known[decision.id]

    def bind(self, name: str, element: Element) -> Callable[[Data, Data, datetime, Budget], dict[str, Any]]:
        """The decision as a rule task asks it: what it answers, by the variable that takes it."""
        decision = self.by_id.get(name) or self.by_name[name]

        def ask(view: Data, facts: Data, now: datetime, budget: Budget) -> dict[str, Any]:
            answer = self.decide(decision.id, view, facts=facts, now=now, budget=budget)
            return _as_variables(decision, element, answer)

        return ask


def _aliases(decision: Decision, answer: Any) -> dict[str, Any]:
    """What else a required decision's answer is called by: its id, and as Camunda has it, its outputs' names."""
    names = {decision.id: answer}
    if decision.logic.table is not None:
        outputs = [output.name for output in decision.logic.table.outputs]
        rows = answer if isinstance(answer, list) else [answer]
        for name in outputs:
            cells = [row.get(name) if isinstance(row, dict) else None for row in rows] if len(outputs) > 1 else rows
            names[name] = cells if isinstance(answer, list) else cells[0]
    return names


def _as_variables(decision: Decision, element: Element, answer: Any) -> dict[str, Any]:
    table = decision.logic.table
    names = [output.name for output in table.outputs] if table else [decision.variable]
    if element.result:
        return {element.result: _mapped(element.decision_result, answer, names)}
    if len(names) > 1 and isinstance(answer, dict):
        return answer
    if len(names) > 1 and answer is None:
        return dict.fromkeys(names)
    return {names[0] if len(names) == 1 else decision.variable: answer}


def _mapped(how: str, answer: Any, names: list[str]) -> Any:
    """Camunda's four shapes of a decision's result; without one, the answer itself."""
    rows = answer if isinstance(answer, list) else [] if answer is None else [answer]
    tables = [row if isinstance(row, dict) and len(names) > 1 else {names[0]: row} for row in rows]
    if how == "singleEntry":
        if len(rows) > 1:
            raise Fault("quyết định cho nhiều dòng, cần một giá trị")
        return next(iter(tables[0].values())) if tables else None
    if how == "singleResult":
        if len(rows) > 1:
            raise Fault("quyết định cho nhiều dòng, cần một dòng")
        return tables[0] if tables else None
    if how == "collectEntries":
        return [next(iter(table.values())) for table in tables]
    return tables if how == "resultList" else answer


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "date": lambda text: fv.parse_datetime(text) if "T" in text else fv.parse_date(text),
    "time": fv.parse_time,
    "dateTime": fv.parse_datetime,
    "date and time": fv.parse_datetime,
    "duration": fv.duration,
    "dayTimeDuration": fv.duration,
    "days and time duration": fv.duration,
    "yearMonthDuration": fv.duration,
    "years and months duration": fv.duration,
}


def typed_value(value: Any, kind: str) -> Any:
    """A text read as its declared type (dates and durations arrive as ISO texts); anything else as it is."""
    reader = _READERS.get(kind)
    if reader is None or not isinstance(value, str):
        return value
    try:
        return reader(value)
    except Unfit as error:
        raise Fault(str(error)) from None


def _boxed(boxed: Boxed, at: Evaluation) -> Any:
    if boxed.table is not None:
        return _table(boxed.table, at)
    if boxed.kind == "literal":
        return None if boxed.expression is None else boxed.expression.value(at)
    if boxed.kind == "list":
        return [_boxed(item, at) for item in boxed.items]
    made: dict[str, Any] = {}
    inner = replace(at, maps=[made, *at.maps])
    for entry in boxed.entries:
        value = _boxed(entry.boxed, inner)
        if not entry.name:
            return value
        made[entry.name] = value
    return dict(made)


# Tables


def _table(table: Table, at: Evaluation) -> Any:
    values = [column.value(at) for column in table.inputs]
    hits = [rule for rule in table.rules if _matches(rule, values, at)]
    if not hits:
        return _no_hit(table, at)
    if table.policy == "UNIQUE" and len(hits) > 1:
        raise Fault(
            f"bảng quyết định chỉ được khớp một dòng nhưng khớp {len(hits)}: {', '.join(rule.id for rule in hits)}"
        )
    if table.policy in ("UNIQUE", "FIRST"):
        return _shaped(table, _results(table, hits[0], at))
    rows = [_results(table, rule, at) for rule in hits]
    if table.policy == "ANY":
        if any(not all(fv.equal(a, b) for a, b in zip(row, rows[0], strict=True)) for row in rows[1:]):
            raise Fault("các dòng khớp của bảng ANY cho kết quả khác nhau")
        return _shaped(table, rows[0])
    if table.policy in ("PRIORITY", "OUTPUT ORDER"):
        rows = _by_priority(table, rows, at)
        return _shaped(table, rows[0]) if table.policy == "PRIORITY" else [_shaped(table, row) for row in rows]
    if table.aggregation:
        return _aggregate(table.aggregation, [row[0] for row in rows])
    return [_shaped(table, row) for row in rows]


def _matches(rule: Rule, values: list[Any], at: Evaluation) -> bool:
    return all(test is None or test.passes(value, at) for test, value in zip(rule.tests, values, strict=True))


def _results(table: Table, rule: Rule, at: Evaluation) -> list[Any]:
    return [
        None if cell is None else typed_value(cell.value(at), output.kind)
        for cell, output in zip(rule.results, table.outputs, strict=True)
    ]


def _shaped(table: Table, row: list[Any]) -> Any:
    return (
        row[0]
        if len(table.outputs) == 1
        else {output.name: value for output, value in zip(table.outputs, row, strict=True)}
    )


def _no_hit(table: Table, at: Evaluation) -> Any:
    if any(output.default is not None for output in table.outputs):
        row = [None if output.default is None else output.default.value(at) for output in table.outputs]
        several = table.policy in ("RULE ORDER", "OUTPUT ORDER") or (
            table.policy == "COLLECT" and not table.aggregation
        )
        return [_shaped(table, row)] if several else _shaped(table, row)
    if table.policy in ("RULE ORDER", "OUTPUT ORDER") or (table.policy == "COLLECT" and not table.aggregation):
        return []
    return 0 if table.aggregation == "COUNT" else None


def _aggregate(how: str, values: list[Any]) -> Any:
    if how == "COUNT":
        return len(values)
    return FUNCTIONS[how.lower()].run(None, [values])


def _by_priority(table: Table, rows: list[list[Any]], at: Evaluation) -> list[list[Any]]:
    """Rows by the order of the output values, the first column first; equal rows keep their order."""
    orders = [None if output.order is None else output.order.value(at) for output in table.outputs]

    def compare(left: list[Any], right: list[Any]) -> int:
        for order, a, b in zip(orders, left, right, strict=True):
            if order is not None and (difference := _rank(order, a) - _rank(order, b)):
                return difference
        return 0

    return sorted(rows, key=cmp_to_key(compare))


def _rank(order: Iterable[Any], value: Any) -> int:
    listed = list(order)
    return next((number for number, item in enumerate(listed) if fv.contains(value, item) is True), len(listed))
