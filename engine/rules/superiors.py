"""Which superior must a unit have so that a model can be lived through? One whose process gathers and decides on it."""

from engine.rules.cycle_models import CycleModel


def superiors_needed(model: CycleModel, kind: str) -> frozenset[str]:
    """Kinds of which the direct superior of a unit of `kind` must be; none: the model asks for nothing.

    A process that is declared `over` another gathers the units directly below: elsewhere nobody would judge them.
    """
    own = {process.id for process in model.processes if process.unit_kind == kind and process.scope != "demand"}
    return frozenset(process.unit_kind for process in model.processes if process.over in own)
