"""What does the core ask of whoever packs files for an archive? One package with everything, sealed, never held whole."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol

from engine.rules.archiving import Handover, Package, Retention
from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierId
from engine.rules.units import UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEvent:
    """Something that happened to a file before it was packed, in the words of PREMIS."""

    kind: str  #: creation | digital signature generation | capture …
    at: datetime
    detail: str  #: in Vietnamese


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """One file that goes into a package."""

    path: str  #: below `data/`; ASCII letters, digits and "._-", "/" between folders
    media_type: str
    title: str = ""  #: as people call it
    events: tuple[FileEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a package says about itself; texts in Vietnamese, days as in ISO 8601."""

    name: str  #: of the folder around everything; ASCII
    title: str
    kind: str  #: cycle | dossier
    unit_code: str
    unit: str  #: whose records these are
    sealed_by: str  #: the organisation whose key seals the package
    first_day: str  #: of what is inside
    last_day: str
    retention: str  #: how long it is to be kept
    access: str  #: who may use it
    keywords: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = field(default=())  #: more lines "name: value"


class Packages(Protocol):
    """Which packages were asked for and made."""

    def get(self, package_id: int) -> Package: ...
    def add(self, package: Package) -> Package: ...
    def save(self, package: Package) -> Package: ...
    def of(self, cycle_id: CycleId, dossier_id: DossierId | None) -> list[Package]:
        """Those of a cycle as a whole, or of one dossier."""
        ...


class Handovers(Protocol):
    """What was handed over to the archive, and how long what is kept."""

    def get(self, handover_id: int) -> Handover: ...
    def add(self, handover: Handover) -> Handover: ...
    def save(self, handover: Handover) -> Handover: ...
    def of_unit(self, unit_id: UnitId) -> list[Handover]: ...
    def retentions(self) -> list[Retention]:
        """What the installation has changed, in the order of kinds."""
        ...

    def put_retention(self, retention: Retention) -> None:
        """Keep the installation's own term of a kind."""
        ...


class Sink(Protocol):
    """Takes the files of a package one after the other; none is held whole."""

    def add(self, file: PackedFile, chunks: Iterable[bytes]) -> None:
        """Take one file; a path that was used before raises `ValueError`."""
        ...


class Packer(Protocol):
    """Make a package in the form in which archives exchange records."""

    def pack(self, target: BinaryIO, about: Description, fill: Callable[[Sink], None], *, at: datetime) -> None:
        """Write a package into an empty, seekable file; what `fill` adds is its payload.

        Sealed with the key of the organisation that `about` names, dated `at`; unsealed where there is no such key.
        """
        ...
