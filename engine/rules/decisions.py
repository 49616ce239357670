"""How does a decision come into force? Drafted, approved, numbered once, signed, issued, archived."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierId
from engine.rules.units import AccountId, UnitId

DecisionId = NewType("DecisionId", int)


class DecisionState(StrEnum):
    """A number is spent when a decision becomes NUMBERED; a dead one keeps its row as VOID."""

    DRAFTED = "drafted"
    AWAITING = "awaiting"  # approved; its number comes from the office's own register, or from the next reserved block
    NUMBERED = "numbered"
    ISSUED = "issued"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One document that a unit issues; `content` is the paper in canonical JSON."""

    id: DecisionId
    cycle_id: CycleId
    dossier_id: DossierId
    unit_id: UnitId  #: issuing unit
    document: str  #: document key of the pack
    type_code: str  #: QĐ, GCN, BC …
    subject: str
    state: DecisionState
    number: int | None
    symbol: str  #: e.g. "05-QĐ/ĐTN"; empty until numbered
    dated: date | None
    signer_id: AccountId | None  #: whose key signs; None until it is signed
    signer_name: str
    signer_title: str
    signed_at: datetime | None
    content: Mapping[str, object]
    content_sha256: str
    file_name: str  #: without extension, unique in its cycle
    pdf_sha256: str
    docx_sha256: str
    code: str  #: what the public verification page is asked for
    replaces_id: DecisionId | None
    cancelled_by_id: DecisionId | None
    created_at: datetime
    issued_at: datetime | None
    row_version: int

    @property
    def is_remedy(self) -> bool:
        """Whether it replaces, corrects or recalls another document: no process waits for it."""
        return "remedy" in self.content


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalBasis:
    """A document that decisions rest on; without number and date nothing may be issued on it."""

    id: int
    key: str
    name: str
    number: str
    dated: date | None
    issuer: str
    sample: bool  #: marked MẪU: demo and rehearsal only

    @property
    def complete(self) -> bool:
        """Whether number and date are known."""
        return bool(self.number) and self.dated is not None


class RegisterState(StrEnum):
    """What became of a number."""

    NUMBERED = "numbered"
    ISSUED = "issued"
    VOID = "void"  # hủy: with who, when and why
    CORRECTED = "corrected"  # đính chính: it stays in force
    REPLACED = "replaced"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """One line of an outgoing register (sổ đăng ký văn bản đi)."""

    id: int
    unit_id: UnitId
    book: str  #: numbers are unique per unit, book and year, and without a gap in a book that is kept here
    year: int  #: the calendar year, or that in which the term of office began
    number: int
    symbol: str
    dated: date
    type_code: str
    subject: str
    signer_name: str
    recipients: str
    decision_id: DecisionId | None  #: None: a paper made from a form
    state: RegisterState
    term: str = ""  #: "2025–2030"; empty for a calendar year
    submission_id: int | None = None  #: the form that left the paper behind
    mode: str = "kept"  #: where the number came from: kept | office | block
    note: str = ""  #: why it is void, or by which document it was replaced, corrected or recalled
    changed_by: str = ""
    changed_at: datetime | None = None
