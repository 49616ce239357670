"""Is the drawing complete, safe to embed, and readable as a list?"""

import re
from dataclasses import replace

from lxml import etree

from engine.process.diagram import Mark, draw
from engine.process.frontend import read_diagram
from engine.process.layout import lay_out
from engine.process.model import Shape
from tests.process.play import DIAGRAMS, RUNTIME, diagram, flow, flows

SVG = "{http://www.w3.org/2000/svg}"


def drawn(content: bytes, **more: object):
    found, _ = read_diagram("test.bpmn", content)
    return draw(found, title="Sơ đồ", description="Một sơ đồ thử", **more)


def nodes_of(svg: str) -> set[str]:
    return {g.get("data-node") for g in etree.fromstring(svg.encode()).iter(f"{SVG}g") if g.get("data-node")}


def test_a_file_without_drawing_is_laid_out_and_nothing_overlaps() -> None:
    content = (DIAGRAMS / "season_with_return.bpmn").read_bytes()
    picture = drawn(content)
    assert nodes_of(picture.svg) == {
        "Start",
        "sub",
        "s2",
        "fork",
        "a",
        "b",
        "join",
        "e2",
        "w",
        "t",
        "svc",
        "x",
        "end",
        "end2",
    }
    boxes = [
        tuple(float(rect.get(key)) for key in ("x", "y", "width", "height"))
        for rect in etree.fromstring(picture.svg.encode()).iter(f"{SVG}rect")
        if rect.get("class") == "ck-bpmn__box"
    ]
    tasks = [box for box in boxes if box[2:] == (120.0, 80.0)]
    assert len(tasks) == 2
    assert [
        (a, b)
        for a in tasks
        for b in tasks
        if a < b and a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
    ] == []


def test_the_picture_carries_classes_but_no_style_no_script_and_escapes_names() -> None:
    content = diagram(
        '<startEvent id="s"/><userTask id="a" name="&lt;script&gt;alert(1)&lt;/script&gt; &quot;x&quot;"/><endEvent id="e"/>'
        + flows("s", "a", "e")
    )
    svg = drawn(content, marks={"a": Mark(href='javascript:"><script>')}).svg
    assert not re.search(r"<script|<style|style=|\son\w+=", svg)
    assert etree.fromstring(svg.encode()).find(f"{SVG}title").text == "Sơ đồ"


def test_marks_show_tokens_late_ones_and_links() -> None:
    content = diagram('<startEvent id="s"/><userTask id="a" name="Đăng ký"/><endEvent id="e"/>' + flows("s", "a", "e"))
    root = etree.fromstring(
        drawn(content, marks={"a": Mark(tokens=3, late=2, href="/viec?buoc=a"), "s": Mark(done=5)}).svg.encode()
    )
    node = next(g for g in root.iter(f"{SVG}g") if g.get("data-node") == "a")
    assert node.get("class").split() == [
        "ck-bpmn__node",
        "ck-bpmn__node--task",
        "ck-bpmn__node--userTask",
        "ck-bpmn__node--current",
        "ck-bpmn__node--late",
    ]
    assert node.find(f"{SVG}title").text == "Đăng ký, việc của người, đang có 3, trễ hạn 2"
    assert (node.getparent().tag, node.getparent().get("href")) == (f"{SVG}a", "/viec?buoc=a")
    assert [t.text for t in node.iter(f"{SVG}text") if t.text] == ["3", "2"]
    assert "ck-bpmn__node--done" in next(g for g in root.iter(f"{SVG}g") if g.get("data-node") == "s").get("class")


def test_an_inserted_task_without_shape_is_drawn_beside_its_neighbours_and_runs() -> None:
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{key}_di" bpmnElement="{key}"><dc:Bounds x="{x}" y="100" width="{w}" height="{h}"/></bpmndi:BPMNShape>'
        for key, x, w, h in (("s", 100, 36, 36), ("a", 200, 120, 80), ("e", 400, 36, 36))
    )
    drawing = f'<bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="pl" bpmnElement="p">{shapes}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    body = (
        '<laneSet id="ls"><lane id="l" name="Chi đoàn"><flowNodeRef>s</flowNodeRef><flowNodeRef>a</flowNodeRef></lane></laneSet>'
        + (
            '<startEvent id="s"/><userTask id="a" name="A"/><userTask id="moi" name="Mới"/><endEvent id="e"/>'
            + flows("s", "a", "moi", "e")
        )
    )
    content = diagram(body).replace(b"</definitions>", drawing.encode() + b"</definitions>")
    picture = drawn(content)
    assert nodes_of(picture.svg) == {"s", "a", "moi", "e"}
    assert [(step.name, step.lane) for step in picture.steps if step.kind == "userTask"] == [
        ("A", "Chi đoàn"),
        ("Mới", ""),
    ]
    definition = RUNTIME.compile({"a.bpmn": content})
    assert definition.processes["p"].nodes["moi"].lane is None


def test_steps_come_in_the_order_of_the_process_with_sub_processes_and_lanes() -> None:
    picture = drawn((DIAGRAMS / "season_with_return.bpmn").read_bytes())
    assert [(step.node, step.depth) for step in picture.steps] == [
        ("Start", 0),
        ("sub", 0),
        ("s2", 1),
        ("a", 1),
        ("b", 1),
        ("e2", 1),
        ("w", 0),
        ("t", 0),
        ("end2", 0),
        ("svc", 0),
        ("end", 0),
    ]


def test_only_one_pool_is_drawn_when_a_process_is_named() -> None:
    content = (DIAGRAMS / "two_pools.bpmn").read_bytes()
    assert nodes_of(drawn(content, process="chi_doan").svg) == {"bat_dau", "dang_ky", "gui", "cho_ket_qua", "xong"}
    whole = drawn(content).svg
    assert nodes_of(whole) >= {"bat_dau", "nhan", "duyet", "tra_loi"}
    assert "Đoàn cơ sở" in whole


def test_the_same_file_is_drawn_the_same_way_twice_and_flow_names_are_shown() -> None:
    content = diagram(
        '<startEvent id="s"/><exclusiveGateway id="g" default="n"/><endEvent id="e"/><endEvent id="f"/>'
        + flow("s", "g")
        + '<sequenceFlow id="y" name="Đồng ý" sourceRef="g" targetRef="e"><conditionExpression>x = 1</conditionExpression></sequenceFlow>'
        + '<sequenceFlow id="n" name="Trả lại" sourceRef="g" targetRef="f"/>'
    )
    first, second = drawn(content).svg, drawn(content).svg
    assert first == second
    assert ("Đồng ý" in first, "Trả lại" in first) == (True, True)


def test_a_process_of_nothing_but_flows_in_a_circle_is_still_drawn() -> None:
    content = diagram('<task id="a"/><task id="b"/>' + flows("a", "b", "a"))
    assert nodes_of(drawn(content).svg) == {"a", "b"}


def test_the_name_of_a_lane_that_is_low_stands_in_two_lines() -> None:
    lane = '<laneSet id="ls"><lane id="l" name="Chủ tịch Ủy ban nhân dân thành phố"><flowNodeRef>a</flowNodeRef></lane></laneSet>'
    body = lane + '<startEvent id="s"/><userTask id="a"/><endEvent id="e"/>' + flows("s", "a", "e")
    found, _ = read_diagram("test.bpmn", diagram(body))
    low = Shape(element="l", x=0, y=0, width=600, height=130)
    svg = draw(replace(found, shapes={**lay_out(found).shapes, "l": low}), title="Sơ đồ", description="").svg
    bands = [t.text for t in etree.fromstring(svg.encode()).iter(f"{SVG}text") if "label--band" in t.get("class")]
    assert bands == ["Chủ tịch Ủy ban", "nhân dân thành phố"]
