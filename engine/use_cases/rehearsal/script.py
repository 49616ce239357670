"""How do the virtual people of a pack behave? Its `rehearsal.toml`, and chance that depends on nothing but names."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.rules.cycle_models import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A pack's `rehearsal.toml`, with one seed."""

    raw: Mapping[str, Json]
    seed: int

    def chance(self, *names: object) -> random.Random:
        """A source of chance of its own for these names: what others draw never changes what it gives."""
        # A string seed is hashed by Python itself, the same on every machine and in every process.
        return random.Random("/".join(str(part) for part in (self.seed, *names)))  # noqa: S311  # no secret

    def section(self, *path: str) -> Mapping[str, Json]:
        """A table of the file; empty when it is missing."""
        found: Json = self.raw
        for name in path:
            found = found.get(name, {}) if isinstance(found, Mapping) else {}
        return found if isinstance(found, Mapping) else {}

    def texts(self, *path: str) -> tuple[str, ...]:
        """A list of texts; empty when it is missing."""
        *tables, name = path
        found = self.section(*tables).get(name, ())
        return tuple(str(text) for text in found) if isinstance(found, Sequence) and not isinstance(found, str) else ()

    def number(self, *path: str, default: float) -> float:
        """A number; `default` when it is missing."""
        *tables, name = path
        found = self.section(*tables).get(name, default)
        return float(found) if isinstance(found, int | float) else default

    def span(self, *path: str, default: tuple[int, int]) -> tuple[int, int]:
        """Two whole numbers, both inclusive."""
        *tables, name = path
        return pair(self.section(*tables).get(name), default)

    def tables(self, name: str) -> list[Mapping[str, Json]]:
        """The rows of an array of tables."""
        found = self.raw.get(name, ())
        rows = found if isinstance(found, Sequence) and not isinstance(found, str) else ()
        return [row for row in rows if isinstance(row, Mapping)]

    def drawn(self, shares: Mapping[str, Json], *names: object) -> str:
        """One key of `shares`, as often as its share says; the last one for the rest."""
        left = self.chance(*names).random() * sum(float(str(share)) for share in shares.values())
        for key, share in shares.items():
            left -= float(str(share))
            if left < 0:
                return key
        return list(shares)[-1]


def pair(value: object, default: tuple[int, int]) -> tuple[int, int]:
    """Two whole numbers; `default` when the value is none."""
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == len(default):
        return int(str(value[0])), int(str(value[1]))
    return default
