"""What do pages call who takes part in a model's cycles, and which steps does its ladder have? Read from the model."""

from dataclasses import dataclass

from engine.ports.store import Words
from engine.rules.cycle_models import CycleModel


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingPart:
    """Words and steps for counts of the units of a cycle."""

    noun: str  #: the kind of unit when there is one, as within a sentence; else "đơn vị"
    registers: bool  #: a unit hands in something before it is accepted
    recognises: bool  #: the model confers titles
    members: bool  #: on members, too


def taking_part(model: CycleModel, words: Words) -> TakingPart:
    """How the model's units take part in a cycle."""
    of_units = [p for p in model.processes if p.scope == "unit" and p.over is None and p.setting is None]
    named = {kind for group in model.groups for code in group.unit_kinds for kind in model.kinds(code)}
    kinds = named or set(model.kinds(of_units[0].unit_kind) if of_units else ())
    name = words.label("unit_kind", next(iter(kinds))) if len(kinds) == 1 else ""
    return TakingPart(
        noun=f"{name[:1].lower()}{name[1:]}" or "đơn vị",
        registers=any(p.begins in (None, "draft") and kinds & set(model.kinds(p.unit_kind)) for p in of_units),
        recognises=bool(model.titles),
        members=any(title.holder == "member" for title in model.titles),
    )
