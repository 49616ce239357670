"""Which codes of unit kinds, cohorts and roles are known, and what are they called?"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Code → Vietnamese label, in the order of the file; from the shared file `organisation.toml`."""

    unit_kinds: Mapping[str, str]
    cohorts: Mapping[str, str]
    roles: Mapping[str, str]
    deputies: Mapping[str, str]  #: role → role whose holder they sign for
    families: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: one code for several unit kinds
    single: frozenset[str] = frozenset()  #: unit kinds of which an installation has one unit
