"""Where did the author draw things? BPMN DI as shapes and edges, by the element they show."""

import math
from collections.abc import Iterator

from lxml import etree

from engine.process.model import Edge, Shape
from engine.process.safe_xml import BPMNDI, DC, DI

_LIMIT = 1_000_000.0


def read_shapes(root: etree._Element) -> tuple[dict[str, Shape], dict[str, Edge]]:
    """Shapes and edges by element id; numbers that are not finite or absurd are passed over."""
    shapes = {shape.element: shape for node in root.iter(f"{{{BPMNDI}}}BPMNShape") if (shape := _shape(node))}
    edges = {edge.element: edge for node in root.iter(f"{{{BPMNDI}}}BPMNEdge") if (edge := _edge(node))}
    return shapes, edges


def _shape(node: etree._Element) -> Shape | None:
    bounds = node.find(f"{{{DC}}}Bounds")
    if bounds is None:
        return None
    numbers = [_number(bounds.get(key)) for key in ("x", "y", "width", "height")]
    x, y, width, height = (number if number is not None else math.nan for number in numbers)
    if any(math.isnan(number) for number in (x, y, width, height)) or width < 0 or height < 0:
        return None
    return Shape(
        element=_reference(node),
        plane=_plane(node),
        x=x,
        y=y,
        width=width,
        height=height,
        horizontal=node.get("isHorizontal", "true") in ("true", "1"),
        expanded=node.get("isExpanded", "true") in ("true", "1"),
    )


def _edge(node: etree._Element) -> Edge | None:
    points = tuple(_points(node))
    return Edge(element=_reference(node), points=points, plane=_plane(node)) if len(points) > 1 else None


def _points(node: etree._Element) -> Iterator[tuple[float, float]]:
    for point in node.findall(f"{{{DI}}}waypoint"):
        x, y = _number(point.get("x")), _number(point.get("y"))
        if x is not None and y is not None:
            yield x, y


def _reference(node: etree._Element) -> str:
    return node.get("bpmnElement", "").rpartition(":")[2]


def _plane(node: etree._Element) -> str:
    plane = node.getparent()
    return "" if plane is None else _reference(plane)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) <= _LIMIT else None
