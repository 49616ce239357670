"""Which superior must a unit have so that a model can be lived through? One whose process gathers and decides on it."""

from engine.rules.cycle_models import CycleModel


def superiors_needed(model: CycleModel, kind: str) -> frozenset[str]:
    """Kinds of which the direct superior of a unit of `kind` must be; none: the model asks for nothing.

    A process that is declared `over` another gathers the units directly below: elsewhere nobody would judge them. The
    lead of a cycle reaches every unit, wherever it stands.
    """
    own = {p.id for p in model.processes if kind in model.kinds(p.unit_kind) and p.scope != "demand"}
    above = {p.unit_kind for p in model.processes if p.over in own and p.unit_kind != model.lead_unit_kind}
    return frozenset(one for code in above for one in model.kinds(code))
