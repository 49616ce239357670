"""What do pages ask of the files of a model, to change a value in them and to judge the outcome?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from engine.errors import Finding
from engine.rules.cycle_models import CycleModel

#: What a key of a TOML file may be set to; a mapping becomes an inline table, None takes the key away.
Plain = str | int | bool | Decimal | date | Sequence[str] | Mapping[str, int] | Mapping[str, str | bool] | None
#: (table, how many tables of that name come before; the keys before the first table: "", 0) → key → value.
Changes = Mapping[tuple[str, int], Mapping[str, Plain]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a line of a TOML file stands: in which table (the `index`-th of its name, from 0), at which key."""

    table: str
    index: int
    key: str  #: empty: the table's own line


class PackDesk(Protocol):
    """Changes files of a model, and judges them."""

    def rows(self, content: bytes, table: str) -> list[Mapping[str, object]]:
        """The tables `[[table]]` of a TOML file, in order; numbers with a decimal point as Decimal. "": its top keys."""
        ...

    def edited(self, file: str, content: bytes, changes: Changes) -> bytes:
        """The TOML file with these keys set; every other byte stays. `BadPack` where that cannot be done."""
        ...

    def without(self, file: str, content: bytes, table: str, index: int) -> bytes:
        """The TOML file without one table `[[table]]`; comments directly above it go with it. `BadPack` as above."""
        ...

    def with_row(self, file: str, content: bytes, table: str, after: int, cells: Mapping[str, Plain]) -> bytes:
        """The TOML file with a new table `[[table]]` behind the one at `after` (at the end where there is none)."""
        ...

    def place(self, content: bytes, line: int) -> Place | None:
        """What stands on a line (from 1) of a TOML file."""
        ...

    def unpack(self, content: bytes, name: str) -> tuple[str, dict[str, bytes]]:
        """The key and the files of a model in a ZIP archive of that file name; `BadPack`."""
        ...

    def completed(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """The files of a model with the called processes and forms that models share; its own stand over them."""
        ...

    def packed(self, key: str, files: Mapping[str, bytes]) -> bytes:
        """A ZIP archive of a version's own files, as `unpack` takes it."""
        ...

    def ready(self, key: str, files: Mapping[str, bytes]) -> tuple[CycleModel, list[Finding]]:
        """The model of a version's own files if they may be deployed, and its notes; `BadPack` with all findings."""
        ...
