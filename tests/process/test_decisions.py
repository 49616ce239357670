"""Do decision tables answer as DMN says, for every hit policy, and exactly?"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadDiagram
from engine.process.dmn_frontend import read_decisions
from engine.process.expressions import Fault

NOW = datetime(2026, 10, 1, tzinfo=UTC)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def dmn(body: str, before: str = "") -> bytes:
    return (
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:t">{before}'
        f'<decision id="q" name="Quyết định">{body}</decision></definitions>'
    ).encode()


def table(policy: str, inputs: list[str], outputs: list[str], *rows: list[str], more: str = "") -> bytes:
    columns = "".join(
        f"<input><inputExpression><text>{escaped(name)}</text></inputExpression></input>" for name in inputs
    )
    results = "".join(output if output.startswith("<") else f'<output name="{output}"/>' for output in outputs)
    rules = "".join(
        f'<rule id="r{number}">'
        + "".join(f"<inputEntry><text>{escaped(cell)}</text></inputEntry>" for cell in row[: len(inputs)])
        + "".join(f"<outputEntry><text>{escaped(cell)}</text></outputEntry>" for cell in row[len(inputs) :])
        + "</rule>"
        for number, row in enumerate(rows, 1)
    )
    return dmn(f'<decisionTable hitPolicy="{policy}" {more}>{columns}{results}{rules}</decisionTable>')


def ask(content: bytes, **inputs: Any) -> Any:
    decisions, _ = read_decisions("t.dmn", content)
    return decisions.decide("q", inputs, facts={}, now=NOW)


OVERLAP = (["n"], ["k"], ["> 1", "1"], ["> 2", "2"], ["> 2", "2"])
ORDERED = '<output name="k"><outputValues><text>"cao","vừa","thấp"</text></outputValues></output>'


def test_unique_takes_one_row_and_says_so_when_there_are_two() -> None:
    assert (ask(table("UNIQUE", *OVERLAP), n=2), ask(table("UNIQUE", *OVERLAP), n=0)) == (1, None)
    with pytest.raises(Fault, match="r1, r2, r3"):
        ask(table("UNIQUE", *OVERLAP), n=3)


def test_first_takes_the_first() -> None:
    assert ask(table("FIRST", *OVERLAP), n=3) == 1


def test_any_wants_equal_answers() -> None:
    assert ask(table("ANY", ["n"], ["k"], ["> 1", "2"], ["> 2", "1 + 1"]), n=3) == 2
    with pytest.raises(Fault):
        ask(table("ANY", *OVERLAP), n=3)


def test_priority_and_output_order_follow_the_listed_values() -> None:
    rows = (["> 0", '"thấp"'], ["> 5", '"cao"'], ["> 3", '"vừa"'])
    assert ask(table("PRIORITY", ["n"], [ORDERED], *rows), n=4) == "vừa"
    assert ask(table("OUTPUT ORDER", ["n"], [ORDERED], *rows), n=6) == ["cao", "vừa", "thấp"]


def test_rule_order_and_collect_list_the_rows() -> None:
    assert ask(table("RULE ORDER", *OVERLAP), n=3) == [1, 2, 2]
    assert ask(table("COLLECT", *OVERLAP), n=3) == [1, 2, 2]
    assert ask(table("COLLECT", *OVERLAP), n=0) == []


@pytest.mark.parametrize(
    ("how", "answer", "none"),
    [("SUM", Decimal("5.3"), None), ("MIN", Decimal("0.1"), None), ("MAX", Decimal("5.2"), None), ("COUNT", 2, 0)],
)
def test_collect_gathers(how: str, answer: Any, none: Any) -> None:
    content = table("COLLECT", ["n"], ["k"], ["> 1", "0.1"], ["> 2", "5.2"], more=f'aggregation="{how}"')
    assert (ask(content, n=3), ask(content, n=0)) == (answer, none)


def test_several_outputs_are_a_table_of_values_and_defaults_fill_in() -> None:
    outputs = ["a", '<output name="b"><defaultOutputEntry><text>"không"</text></defaultOutputEntry></output>']
    content = table("UNIQUE", ["n"], outputs, ["1", '"x"', "n + 0.1"])
    assert (ask(content, n=1), ask(content, n=2)) == ({"a": "x", "b": Decimal("1.1")}, {"a": None, "b": "không"})


@pytest.mark.parametrize(
    ("cell", "value", "hit"),
    [("-", None, True), ("", 3, True), ("[1..3)", 3, False), ("not(1, 2)", 3, True), ('"a", "b"', "b", True), ("true", True, True), ("null", None, True), ("> 0.1", Decimal("0.10"), False),
     ("<= 0.1", 0.1, True), ('date("2026-11-10")', date(2026, 11, 10), True), ("if 1 > 0 then 3 else 4", 3, True), ("> 2", "x", False), ("? * 2 = 6", 3, True), ("1 + 2", 3, True), ("[1, 3]", 3, True)],
)  # fmt: skip
def test_cells(cell: str, value: Any, hit: bool) -> None:
    assert ask(table("UNIQUE", ["v"], ["k"], [cell, "1"]), v=value) == (1 if hit else None)


def test_dates_and_durations_arrive_as_text_and_are_read_by_their_type() -> None:
    before = '<inputData id="i" name="Ngày nộp"><variable name="Ngày nộp" typeRef="date"/></inputData>'
    body = (
        '<informationRequirement><requiredInput href="#i"/></informationRequirement><decisionTable><input><inputExpression typeRef="date">'
        '<text>Ngày nộp</text></inputExpression></input><output name="k"/><rule><inputEntry><text>&lt; date("2026-11-10")</text></inputEntry>'
        '<outputEntry><text>Ngày nộp + duration("P1D")</text></outputEntry></rule></decisionTable>'
    )
    assert ask(dmn(body, before), **{"Ngày nộp": "2026-11-09"}) == date(2026, 11, 10)
    with pytest.raises(Fault):
        ask(dmn(body, before), **{"Ngày nộp": "hôm qua"})


def test_decisions_require_one_another() -> None:
    before = '<decision id="diem" name="Tổng điểm"><variable name="Tổng điểm"/><literalExpression><text>a + b</text></literalExpression></decision>'
    body = (
        '<informationRequirement><requiredDecision href="#diem"/></informationRequirement><context><contextEntry><variable name="gấp đôi"/>'
        "<literalExpression><text>Tổng điểm * 2</text></literalExpression></contextEntry><contextEntry><literalExpression><text>gấp đôi + 0.5</text>"
        "</literalExpression></contextEntry></context>"
    )
    assert ask(dmn(body, before), a=1, b=Decimal("0.2")) == Decimal("2.9")


@pytest.mark.parametrize(
    "content",
    [
        table("UNIQUE", ["n"], ["k"], ["> > 1", "1"]), table("UNIQUE", ["n"], ["k"], ["1", "1 +"]), table("KHÁC", ["n"], ["k"], ["1", "1"]), table("UNIQUE", ["n"], [], ["1"]),
        table("UNIQUE", ["n", "m"], ["k"], ["1"]), table("PRIORITY", ["n"], ["k"], ["1", "1"]), table("COLLECT", ["n"], ["a", "b"], ["1", "1", "1"], more='aggregation="SUM"'),
        table("UNIQUE", ["n"], ["k"], ["1", "1"], more='aggregation="SUM"'), dmn(""), dmn("<invocation/>"), dmn("<knowledgeRequirement/><literalExpression><text>1</text></literalExpression>"),
        dmn('<informationRequirement><requiredDecision href="#q"/></informationRequirement><literalExpression><text>1</text></literalExpression>'),
        dmn('<informationRequirement><requiredDecision href="#khong"/></informationRequirement><literalExpression><text>1</text></literalExpression>'),
        table("UNIQUE", [""], ["k"], ["1", "1"]), b"<definitions/>", table("UNIQUE", ["n"], ["k"], ['__import__("os")', "1"]),
    ],
)  # fmt: skip
def test_a_faulty_table_is_refused_with_line_and_reason(content: bytes) -> None:
    with pytest.raises(BadDiagram) as refusal:
        read_decisions("t.dmn", content)
    assert all(
        (finding.file, finding.line > 0, finding.warning) == ("t.dmn", True, False)
        for finding in refusal.value.findings
    )


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 9)), min_size=1, max_size=8),
    st.integers(-1, 21),
)
@settings(max_examples=100, deadline=None)
def test_hit_policies_agree_with_one_another(rows: list[tuple[int, int, int]], n: int) -> None:
    cells = [[f"[{low}..{high}]", str(answer)] for low, high, answer in rows]
    hits = [answer for low, high, answer in rows if low <= n <= high]
    assert ask(table("RULE ORDER", ["n"], ["k"], *cells), n=n) == hits
    assert ask(table("FIRST", ["n"], ["k"], *cells), n=n) == (hits[0] if hits else None)
    assert ask(table("COLLECT", ["n"], ["k"], *cells, more='aggregation="COUNT"'), n=n) == len(hits)
    assert ask(table("COLLECT", ["n"], ["k"], *cells, more='aggregation="SUM"'), n=n) == (sum(hits) if hits else None)
