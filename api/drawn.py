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
    trust: str  #: trusted | test | unknown: the weakest of all issuers
    whole: str  #: whether it is as it was signed, in Vietnamese
    signers: tuple[str, ...]  #: who signed and when, in Vietnamese
    issuers: str  #: who vouches for the signers, in Vietnamese; empty without signatures
    code: str  #: what the attached content says its code for checking is; may be empty
    content_sha256: str | None
