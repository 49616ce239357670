"""What does this DMN file say? From bytes to compiled decisions, with every fault by line and element.

Read: decision tables with every hit policy, literal expressions, boxed contexts, lists and
relations, and decisions that require others. Functions of one's own are refused by name.
"""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from engine.errors import BadDiagram, Finding
from engine.process.decisions import Boxed, Decision, Decisions, Entry, Input, Output, Rule, Table
from engine.process.expressions import Expression, compile_condition, compile_name, compile_tests
from engine.process.feel_lexer import BadExpression
from engine.process.safe_xml import line_of, read_xml, refuse

HIT_POLICIES: Final = ("UNIQUE", "FIRST", "ANY", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "COLLECT")
AGGREGATIONS: Final = ("", "SUM", "MIN", "MAX", "COUNT")
MAX_RULES: Final = 2_000
MAX_SPACED_NAMES: Final = 300
MAX_NAME: Final = 200
MAX_VOLUME: Final = 300_000
_LOGIC: Final = ("decisionTable", "literalExpression", "context", "list", "relation")
_LIKE_A_NAME: Final = re.compile(r"[^\W\d][\w\s]*(?:['’.-]\s*\w[\w\s]*)*")
_REFUSED: Final = {
    "invocation": "lời gọi hàm",
    "functionDefinition": "định nghĩa hàm",
    "conditional": "điều kiện đóng hộp",
    "filter": "bộ lọc đóng hộp",
    "for": "vòng lặp đóng hộp",
    "every": "lượng từ đóng hộp",
    "some": "lượng từ đóng hộp",
}


def is_dmn(content: bytes) -> bool:
    """Whether a file looks like DMN rather than BPMN, judged by its namespaces."""
    return re.search(rb"[\"']https?://www\.omg\.org/spec/DMN/", content[:4000]) is not None


def read_decisions(file: str, content: bytes) -> tuple[Decisions, list[Finding]]:
    """Read one DMN file; the findings are notes. Raise `BadDiagram` with every refusal."""
    root = read_xml(file, content)
    if _local(root) != "definitions" or "/DMN/" not in str(root.tag):
        raise refuse(file, line_of(root), "", "Tệp không phải DMN: thiếu phần tử gốc <definitions>.")
    reader = _Reader(file, root)
    decisions = reader.read()
    if refusals := [finding for finding in reader.findings if not finding.warning]:
        raise BadDiagram(sorted(refusals, key=lambda f: (f.line, f.element)))
    return decisions, reader.findings


def _local(node: etree._Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _children(node: etree._Element, *names: str) -> Iterator[etree._Element]:
    return (child for child in node if _local(child) in names)


def _child(node: etree._Element, name: str) -> etree._Element | None:
    return next(_children(node, name), None)


def _text(node: etree._Element | None) -> str:
    """The text of an element's own <text>, or of the element."""
    if node is None:
        return ""
    inner = _child(node, "text")
    return ((node if inner is None else inner).text or "").strip()


def _attribute(node: etree._Element | None, name: str) -> str:
    value = None if node is None else node.get(name)
    return " ".join(value.split()) if value else ""


class _Reader:
    """One walk over one file."""

    def __init__(self, file: str, root: etree._Element) -> None:
        self.file, self.root = file, root
        self.findings: list[Finding] = []
        self.types = self._types()
        self.inputs = {_attribute(node, "id"): node for node in _children(root, "inputData")}
        self.names = frozenset(name for name in self._all_names() if len(name) <= MAX_NAME)
        self.volume = 0
        self.allowed = {
            _attribute(node, "name"): values
            for node in _children(root, "itemDefinition")
            if (values := _child(node, "allowedValues")) is not None
        }

    def refuse(self, node: etree._Element, element: str, reason: str) -> None:
        self.findings.append(Finding(file=self.file, line=line_of(node), element=element, reason=reason))

    def _all_names(self) -> Iterator[str]:
        for node in self.root.iter():
            if _local(node) in ("inputData", "decision", "variable", "output", "column", "itemComponent"):
                yield _attribute(node, "name")

    def _types(self) -> dict[str, str]:
        """Own type names → the FEEL type they stand for."""
        found = {}
        for node in _children(self.root, "itemDefinition"):
            reference = _child(node, "typeRef")
            found[_attribute(node, "name")] = _text(reference) or _attribute(node, "typeRef")
        return found

    def kind(self, written: str) -> str:
        """A type reference as a plain FEEL type name."""
        name = written.rpartition(":")[2]
        return self.types.get(name, name).rpartition(":")[2]

    def read(self) -> Decisions:
        decisions: dict[str, Decision] = {}
        if sum(" " in name for name in self.names) > MAX_SPACED_NAMES:
            self.refuse(self.root, "", f"Tệp có hơn {MAX_SPACED_NAMES} tên gồm nhiều từ.")
            return Decisions(decisions)
        for node in _children(self.root, "decision"):
            decision = self._decision(node)
            if decision is not None:
                if decision.id in decisions:
                    self.refuse(node, decision.id, "Mã quyết định đã dùng trong tệp này.")
                decisions[decision.id] = decision
        if not decisions and not self.findings:
            self.refuse(self.root, "", "Tệp không có quyết định nào.")
        for decision in decisions.values():
            for required in decision.requires:
                if required not in decisions:
                    self.refuse(self.root, decision.id, f"Quyết định cần “{required}”, không có trong tệp.")
        if cycle := _cycle(decisions):
            self.refuse(self.root, cycle, "Các quyết định cần lẫn nhau thành vòng tròn.")
        return Decisions(decisions)

    def _decision(self, node: etree._Element) -> Decision | None:
        identity = _attribute(node, "id") or _attribute(node, "name")
        for requirement in _children(node, "knowledgeRequirement"):
            self.refuse(requirement, identity, "Chưa hỗ trợ mô hình tri thức nghiệp vụ (businessKnowledgeModel).")
        logic = next(_children(node, *_LOGIC, *_REFUSED), None)
        if logic is None:
            self.refuse(node, identity, "Quyết định không có bảng hay biểu thức nào.")
            return None
        boxed = self._boxed(logic, identity)
        variable = _attribute(_child(node, "variable"), "name")
        name = _attribute(node, "name") or identity
        return Decision(
            id=identity,
            name=name,
            variable=variable or name,
            logic=boxed,
            requires=tuple(self._required(node, "requiredDecision")),
            inputs=tuple(self._input_data(node)),
        )

    def _required(self, node: etree._Element, name: str) -> Iterator[str]:
        for requirement in _children(node, "informationRequirement"):
            for reference in _children(requirement, name):
                yield (reference.get("href") or "").rpartition("#")[2]

    def _input_data(self, node: etree._Element) -> Iterator[tuple[str, str]]:
        """Names of the inputs this decision requires, with their types."""
        for reference in self._required(node, "requiredInput"):
            data = self.inputs.get(reference)
            if data is not None:
                variable = _child(data, "variable")
                yield (
                    _attribute(variable, "name") or _attribute(data, "name"),
                    self.kind(_attribute(variable, "typeRef")),
                )

    def _boxed(self, node: etree._Element, identity: str) -> Boxed:
        kind = _local(node)
        if word := _REFUSED.get(kind):
            self.refuse(node, identity, f"Chưa hỗ trợ <{kind}> ({word}).")
            return Boxed(kind="literal", expression=None)
        if kind == "decisionTable":
            return Boxed(kind="table", table=self._table(node, identity))
        if kind == "literalExpression":
            return Boxed(kind="literal", expression=self._expression(node, identity, _text(node)))
        if kind == "context":
            return Boxed(kind="context", entries=tuple(self._entries(node, identity)))
        if kind == "relation":
            columns = [_attribute(column, "name") for column in _children(node, "column")]
            return Boxed(
                kind="list", items=tuple(self._relation_row(row, columns, identity) for row in _children(node, "row"))
            )
        return Boxed(
            kind="list", items=tuple(self._boxed(item, identity) for item in _children(node, *_LOGIC, *_REFUSED))
        )

    def _relation_row(self, row: etree._Element, columns: list[str], identity: str) -> Boxed:
        cells = [self._boxed(item, identity) for item in _children(row, *_LOGIC, *_REFUSED)]
        return Boxed(
            kind="context", entries=tuple(Entry(name, cell) for name, cell in zip(columns, cells, strict=False))
        )

    def _entries(self, node: etree._Element, identity: str) -> Iterator[Entry]:
        for entry in _children(node, "contextEntry"):
            logic = next(_children(entry, *_LOGIC, *_REFUSED), None)
            if logic is not None:
                yield Entry(_attribute(_child(entry, "variable"), "name"), self._boxed(logic, identity))

    def _too_much(self, node: etree._Element, identity: str, text: str) -> bool:
        """Whether this expression is more than a file may hold altogether; said once."""
        before, self.volume = self.volume, self.volume + len(text)
        if before <= MAX_VOLUME < self.volume:
            self.refuse(node, identity, f"Các biểu thức của tệp dài hơn {MAX_VOLUME} ký tự.")
        return self.volume > MAX_VOLUME

    def _expression(self, node: etree._Element, identity: str, text: str) -> Expression | None:
        if not text or text == "-" or self._too_much(node, identity, text):
            return None
        try:
            return compile_condition(text, self.names)
        except BadExpression as error:
            self.refuse(node, identity, f"Biểu thức “{text}” sai: {error}.")
            return None

    # Tables

    def _table(self, node: etree._Element, identity: str) -> Table:
        policy = (node.get("hitPolicy") or "UNIQUE").upper().replace("_", " ")
        aggregation = (node.get("aggregation") or "").upper()
        if policy not in HIT_POLICIES:
            self.refuse(node, identity, f"Không có cách chọn dòng “{policy}” (hitPolicy).")
        if aggregation not in AGGREGATIONS or (aggregation and policy != "COLLECT"):
            self.refuse(node, identity, f"Cách gộp “{aggregation}” (aggregation) không dùng được với {policy}.")
        if node.get("preferredOrientation") not in (None, "Rule-as-Row"):
            self.findings.append(
                Finding(
                    file=self.file,
                    line=line_of(node),
                    element=identity,
                    reason="Bảng vẽ theo cột hoặc chéo được đọc theo dòng.",
                    warning=True,
                )
            )
        inputs = [self._input(child, identity) for child in _children(node, "input")]
        outputs = [self._output(child, identity) for child in _children(node, "output")]
        if not outputs:
            self.refuse(node, identity, "Bảng quyết định không có cột kết quả.")
        if aggregation and len(outputs) > 1:
            self.refuse(node, identity, "Chỉ gộp được bảng có một cột kết quả.")
        if policy in ("PRIORITY", "OUTPUT ORDER") and not any(output.order for output in outputs):
            self.refuse(node, identity, f"{policy} cần danh sách giá trị kết quả (outputValues) theo thứ tự ưu tiên.")
        rules = [self._rule(child, identity, len(inputs), len(outputs)) for child in _children(node, "rule")]
        if len(rules) > MAX_RULES:
            self.refuse(node, identity, f"Bảng quyết định có hơn {MAX_RULES} dòng.")
        return Table(
            policy=policy, aggregation=aggregation, inputs=tuple(inputs), outputs=tuple(outputs), rules=tuple(rules)
        )

    def _input(self, node: etree._Element, identity: str) -> Input:
        inner = _child(node, "inputExpression")
        text = _text(inner) if inner is not None else ""
        name = _attribute(node, "label") or _attribute(node, "id")
        if not text:
            self.refuse(node, identity, f"Cột vào “{name}” không nêu biểu thức.")
        return Input(
            name=name,
            expression=self._column(node, identity, text),
            kind=self.kind(_attribute(inner, "typeRef")),
            whole="" if text.isidentifier() else " ".join(text.split()),
        )

    def _column(self, node: etree._Element, identity: str, text: str) -> Expression | None:
        """The expression of an input column; its names need not be declared, and become known to the cells."""
        if not text or text == "-" or self._too_much(node, identity, text):
            return None
        try:
            found = compile_condition(text, self.names, words=True)
        except BadExpression as error:
            if not _LIKE_A_NAME.fullmatch(text):
                self.refuse(node, identity, f"Biểu thức “{text}” sai: {error}.")
                return None
            return compile_name(" ".join(text.split()))
        if sum(" " in name for name in self.names) < MAX_SPACED_NAMES:
            self.names |= {name for name in found.used if " " in name}
        return found

    def _output(self, node: etree._Element, identity: str) -> Output:
        values = _child(node, "outputValues")
        default = _child(node, "defaultOutputEntry")
        return Output(
            name=_attribute(node, "name") or _attribute(node, "label") or _attribute(node, "id"),
            kind=self.kind(_attribute(node, "typeRef")),
            order=self._listed(self._values(node, values), identity),
            default=None if default is None else self._expression(default, identity, _text(default)),
        )

    def _values(self, node: etree._Element, values: etree._Element | None) -> etree._Element | None:
        """The allowed values of an output: its own, else those of its type."""
        return self.allowed.get(_attribute(node, "typeRef").rpartition(":")[2]) if values is None else values

    def _listed(self, node: etree._Element | None, identity: str) -> Expression | None:
        text = _text(node)
        return self._expression(node, identity, f"[{text}]") if node is not None and text else None

    def _rule(self, node: etree._Element, identity: str, inputs: int, outputs: int) -> Rule:
        name = _attribute(node, "id") or identity
        tests = [self._tests(cell, name) for cell in _children(node, "inputEntry")]
        results = [self._expression(cell, name, _text(cell)) for cell in _children(node, "outputEntry")]
        if (len(tests), len(results)) != (inputs, outputs):
            self.refuse(
                node,
                name,
                f"Dòng có {len(tests)} ô vào và {len(results)} ô kết quả; bảng có {inputs} và {outputs} cột.",
            )
        return Rule(id=name, tests=tuple(tests), results=tuple(results))

    def _tests(self, cell: etree._Element, identity: str) -> Expression | None:
        text = _text(cell)
        if text in ("", "-") or self._too_much(cell, identity, text):
            return None
        try:
            return compile_tests(text, self.names)
        except BadExpression as error:
            self.refuse(cell, identity, f"Ô “{text}” sai: {error}.")
            return None


def _cycle(decisions: dict[str, Decision]) -> str:
    """A decision that requires itself through others, or nothing; each decision is walked through once."""
    entered: set[str] = set()
    settled: set[str] = set()
    for start in decisions:
        todo = [(start, False)]
        while todo:
            name, leaving = todo.pop()
            if leaving:
                settled.add(name)
            elif name in entered:
                if name not in settled:
                    return name
            elif name in decisions:
                entered.add(name)
                todo += [(name, True), *((required, False) for required in set(decisions[name].requires))]
    return ""
