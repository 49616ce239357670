"""What do pages get from the adapters behind the house: a drawn process, and what a file's signatures prove."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeMark:
    """What stands at a node of a diagram: open tasks, those of them that are late, and where a press leads."""

    tokens: int
    late: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnStep:
    """One line of the list beside a diagram, in the order of the process."""

    node: str
    name: str
    kind: str  #: in Vietnamese
    lane: str
    depth: int
    tokens: int
    late: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A process as a picture and as a list."""

    svg: str  #: made by us from the diagram, all text escaped
    steps: tuple[DrawnStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What the signatures of an uploaded PDF prove."""

    sha256: str
    unchanged: bool
    trusted: bool
    lines: tuple[str, ...]  #: in Vietnamese
    content_sha256: str | None
