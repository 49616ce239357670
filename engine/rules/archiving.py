"""What is kept for how long, packed for an archive, and handed over to it?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierId
from engine.rules.units import AccountId


class PackageState(StrEnum):
    """A package is asked for, then made by a job; or the job gave up."""

    ASKED, MADE, FAILED = "asked", "made", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package of a closed cycle, or of one of its dossiers."""

    id: int
    cycle_id: CycleId
    dossier_id: DossierId | None  #: None: the whole cycle
    state: PackageState
    asked_at: datetime
    by_id: AccountId | None
    by_name: str
    made_at: datetime | None
    name: str  #: of the folder inside, and of the file without its ending; empty until it is made
    sha256: str
    size: int  #: bytes
    reason: str  #: why it could not be made
    row_version: int
