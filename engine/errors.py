"""What can go wrong, as one tree: refusals carry facts, the surfaces find the words.

ChukyError
├── Refused            the person may try again otherwise
│   ├── NotPermitted   403
│   ├── OutOfSeason    409
│   ├── WrongState     409
│   ├── StaleVersion   409
│   └── Invalid        422, with one code per field
├── NotFound           404
├── BadPack            a model's folder cannot be deployed
│   ├── BadDiagram
│   ├── BadCriteria
│   └── BadTemplate
├── ProcessFault       a stuck instance: becomes an incident
├── OutsideFault       a neighbour failed: mail, signing, archive
│   ├── MailFailed
│   ├── SigningFailed
│   └── ArchiveFailed
└── Corrupt            the audit chain or a checksum is broken: stop and say so
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


class ChukyError(Exception):
    """Every error the product raises on purpose."""


class Refused(ChukyError):
    """The asked-for act is not allowed as things stand; nothing was changed.

    `code` names the reason for the surfaces (`api/texts`); `facts` fill its sentence.
    """

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(f"{code} {facts}" if facts else code)
        self.code, self.facts = code, facts


class NotPermitted(Refused):
    """The actor's positions do not allow this act on this object."""


class OutOfSeason(Refused):
    """Asked for before the season opens or after its last day."""

    def __init__(self, code: str, *, first_day: date | None, last_day: date | None, on: date) -> None:
        super().__init__(code, first_day=first_day, last_day=last_day, on=on)


class WrongState(Refused):
    """The object is in a state that does not allow this act."""


class StaleVersion(Refused):
    """Somebody else changed the object in between."""


class Invalid(Refused):
    """Answers that a form does not accept: field name → error code and its facts.

    A field of a table is named `field.row.column`, rows counted from 0.
    """

    def __init__(self, fields: Mapping[str, "FieldError"]) -> None:
        super().__init__("invalid", fields=fields)
        self.fields = dict(fields)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refusal of one field; `code` is a key of `api/texts`, `facts` fill its sentence."""

    code: str
    facts: Mapping[str, object]


class NotFound(ChukyError):
    """There is no such object (or the actor may not know that there is)."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"{kind} {key}")
        self.kind, self.key = kind, key


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found in a pack's file; `reason` is a Vietnamese sentence."""

    file: str
    line: int  #: from 1; 0 when the whole file is meant
    element: str  #: id of the element, key of the table, or empty
    reason: str
    warning: bool = False


class BadPack(ChukyError):
    """A model's folder, or a single diagram, that cannot be deployed."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{f.file}:{f.line}: {f.element}: {f.reason}" for f in findings))
        self.findings = tuple(findings)


class BadDiagram(BadPack):
    """A BPMN or DMN file that is refused."""


class BadCriteria(BadPack):
    """A criteria set that is refused."""


class BadTemplate(BadPack):
    """A document template that is refused."""


class ProcessFault(ChukyError):
    """The process instance cannot go on: an expression failed, a path is missing."""

    def __init__(self, node: str, reason: str) -> None:
        super().__init__(f"{node}: {reason}")
        self.node, self.reason = node, reason


class OutsideFault(ChukyError):
    """A neighbour failed; `retry_after` seconds, or None when retrying is useless."""

    def __init__(self, reason: str, *, retry_after: int | None = 60) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class MailFailed(OutsideFault):
    """The mail server did not take the message."""


class SigningFailed(OutsideFault):
    """No signature could be made."""


class ArchiveFailed(OutsideFault):
    """A file could not be stored or found again."""


class Corrupt(ChukyError):
    """The audit chain or a checksum is broken."""
