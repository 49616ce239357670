"""How does a model come in for the first time? Under a key that nobody has, for an owner at which it can live."""

from datetime import datetime

from engine.errors import WrongState
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.units import Actor, Unit
from engine.use_cases import owning, versions


def introduce(uow: UnitOfWork, model: CycleModel, owner: Unit | None, *, actor: Actor, now: datetime) -> None:
    """Deploy the first version of a checked model for its owner; None: for the whole installation.

    Refused: who is no designer of the owner (`NotPermitted`), a key that is taken, the very files of another model, an
    owner at which nobody could lead it or do its work (`WrongState`).
    """
    check_new(uow, model, owner, actor=actor)
    versions.deploy(uow, model, owner=owner, actor=actor, now=now)


def check_new(uow: UnitOfWork, model: CycleModel, owner: Unit | None, *, actor: Actor) -> None:
    """Refuse what `introduce` refuses; nothing is changed."""
    owning.check_may_design(uow, actor, owner)
    check_free(uow, model.key)
    with uow.whole():
        if any(row.version == model.sha256 for row in uow.queries.packs()):
            raise WrongState("same_files")
        if owner is not None:
            owning.check_can_live(uow, model, owner)


def check_free(uow: UnitOfWork, key: str) -> None:
    """Refuse a key that a model has, also one that the actor is not to know of."""
    # Held until the transaction ends: of two who bring the same key at once the second is told.
    if uow.models.hold(key) is not None:
        raise WrongState("key_taken", key=key)
