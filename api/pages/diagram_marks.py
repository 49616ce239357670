"""What stands at each node of a model's diagrams, and where does a press on it lead?"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from api.drawn import NodeMark
from api.pages.shell import address
from engine.ports.process import Definition, call_of
from engine.ports.queries import NodeCount

#: Process id → node → what stands there.
Marks = Mapping[str, Mapping[str, NodeMark]]


def marks_of(definition: Definition, counts: Iterable[NodeCount], cycle_id: int) -> Marks:
    """Open work by process and node; what waits in a shared process stands at the call, and in the shared picture."""
    marks = {key: dict(nodes) for key, nodes in call_links(definition).items()}
    for row in counts:
        call = call_of(row.node)
        href = address(f"/chu-ky/{cycle_id}/buoc", quy_trinh=row.process, nut=call)
        _add(marks.setdefault(row.process, {}), call, row, href)
        if shared := _shared_home(definition, row.node):
            _add(marks.setdefault(shared, {}), row.node.rpartition(".")[2], row, "")
    return marks


def call_links(definition: Definition) -> dict[str, dict[str, NodeMark]]:
    """From each call to the picture of the shared process that it calls."""
    return {
        info.id: {
            node.id: NodeMark(tokens=0, late=0, href=f"#{shared}")
            for node in info.nodes.values()
            if (shared := node.called.partition(".")[0]) in definition.shared
        }
        for info in definition.processes.values()
    }


def _shared_home(definition: Definition, node: str) -> str | None:
    """The shared process to which a call's copy of a node belongs."""
    homes = (info.id.partition(".")[0] for info in definition.processes.values() if node in info.nodes)
    return next((home for home in homes if home in definition.shared), None)


def _add(marks: dict[str, NodeMark], node: str, row: NodeCount, href: str) -> None:
    before = marks.get(node, NodeMark(tokens=0, late=0, href=href))
    marks[node] = replace(before, tokens=before.tokens + row.units, late=before.late + row.late, href=href)
