"""Can a person follow the lines of a diagram that was laid out here? No box lies upon another, no line runs through one."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from lxml import etree

from engine.process import flow_labels, packs
from engine.process.frontend import read_diagram
from engine.process.layout import lay_out
from engine.process.model import Diagram, Edge, Element, Shape
from tests.process.play import diagram, flow, flows

DRAWING = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"
SHIPPED = [path for pack in packs.shipped() for path in sorted(pack.glob("*.bpmn"))]


def bare(path: Path) -> Diagram:
    """A shipped diagram without the drawing of its author."""
    root = etree.fromstring(path.read_bytes())
    for drawing in root.findall(DRAWING):
        root.remove(drawing)
    return read_diagram(path.name, etree.tostring(root))[0]


def elements_of(drawn: Diagram) -> dict[str, Element]:
    return {key: element for process in drawn.processes for key, element in process.elements.items()}


def through(edge: Edge, box: Shape) -> bool:
    """Whether a line runs through the inside of a box."""
    return any(
        max(x1, x2) > box.x + 1
        and min(x1, x2) < box.x + box.width - 1
        and max(y1, y2) > box.y + 1
        and min(y1, y2) < box.y + box.height - 1
        for (x1, y1), (x2, y2) in pairwise(edge.points)
    )


def overlap(a: Shape, b: Shape) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_diagram_is_drawn_so_that_no_line_runs_through_a_box(path: Path) -> None:
    drawn, _ = read_diagram(path.name, path.read_bytes())
    elements = elements_of(drawn)
    flows_of = {key: f for process in drawn.processes for key, f in process.flows.items()}
    inner = {key for key, element in elements.items() if element.kind == "subProcess"}
    boxes = {key: shape for key, shape in drawn.shapes.items() if key in elements.keys() - inner}
    free = [shape for key, shape in boxes.items() if not elements[key].attached_to]
    assert elements.keys() - drawn.shapes.keys() == set()
    assert [(a.element, b.element) for a, b in combinations(free, 2) if overlap(a, b)] == []
    hit = [
        (key, box.element)
        for key, f in flows_of.items()
        for box in free
        if box.element not in (f.source, f.target) and key in drawn.edges and through(drawn.edges[key], box)
    ]
    assert hit == []


@pytest.mark.long
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_diagram_can_be_laid_out_anew(path: Path) -> None:
    drawn = bare(path)
    page = lay_out(drawn)
    elements = elements_of(drawn)
    boxes = [
        page.shapes[k] for k, e in elements.items() if k in page.shapes and e.kind != "subProcess" and not e.attached_to
    ]
    assert [(a.element, b.element) for a, b in combinations(boxes, 2) if overlap(a, b)] == []
    lines = [page.edges[key] for process in drawn.processes for key in process.flows]
    slanting = [
        e.element for e in lines for (ax, ay), (bx, by) in pairwise(e.points) if abs(ax - bx) > 1 and abs(ay - by) > 1
    ]
    assert slanting == []


def test_a_line_goes_around_a_box_that_stands_between() -> None:
    found, _ = read_diagram(
        "test.bpmn",
        diagram(
            '<startEvent id="s"/><userTask id="a"/><userTask id="b"/><userTask id="c"/><endEvent id="e"/>'
            + flows("s", "a", "b", "c", "e")
            + flow("a", "c")
        ),
    )
    page = lay_out(found)
    (line,) = (
        edge
        for key, edge in page.edges.items()
        if found.processes[0].flows[key].target == "c" and found.processes[0].flows[key].source == "a"
    )
    assert not through(line, page.shapes["b"])
    assert (line.points[0][0], line.points[-1][0]) == (
        page.shapes["a"].x + page.shapes["a"].width,
        page.shapes["c"].x,
    ) or not overlap(page.shapes["a"], page.shapes["c"])


def test_a_diagram_that_nobody_could_read_is_drawn_all_the_same() -> None:
    """Hundreds of steps side by side: looking for the best of all ways would take hours."""
    steps = "".join(f'<userTask id="t{n}"/>{flow("g", f"t{n}")}{flow(f"t{n}", "h")}' for n in range(200))
    gates = '<parallelGateway id="g"/><parallelGateway id="h"/>'
    found, _ = read_diagram(
        "test.bpmn", diagram(f'<startEvent id="s"/>{gates}{steps}<endEvent id="e"/>' + flow("s", "g") + flow("h", "e"))
    )
    page = lay_out(found)
    lines = [page.edges[key].points for key in found.processes[0].flows]
    assert len(lines) == 402
    assert all(ax == bx or ay == by for points in lines for (ax, ay), (bx, by) in pairwise(points))


def test_names_of_lines_from_one_gateway_do_not_cover_each_other() -> None:
    gateway = Shape(element="g", x=0, y=0, width=50, height=50)
    edges = {
        "yes": Edge(element="yes", points=((50, 25), (200, 25))),
        "no": Edge(element="no", points=((50, 25), (65, 25), (65, 125), (200, 125))),
    }
    found = flow_labels.places({"yes": ["Có"], "no": ["Không"]}, edges, {"g": gateway}, {})
    (ax, ay), (bx, by) = found["yes"], found["no"]
    assert abs(ax - bx) >= 20 or abs(ay - by) >= 15


def test_a_name_that_finds_no_free_place_stands_at_the_beginning_of_its_line() -> None:
    task = Element(id="t", kind="userTask", name="", scope=None, line=1)
    shapes = {"t": Shape(element="t", x=-500, y=-500, width=1000, height=1000)}
    edges = {"f": Edge(element="f", points=((0, 0), (100, 0)))}
    assert flow_labels.places({"f": ["Đạt"]}, edges, shapes, {"t": task}) == {"f": (50, -4)}
