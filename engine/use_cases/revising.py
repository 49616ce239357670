"""How does a changed model follow the version that its designer began from? Only if nobody was faster."""

from collections.abc import Mapping
from datetime import datetime

from engine.errors import FieldError, Invalid, StaleVersion, WrongState
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.permissions import check_may_design
from engine.rules.units import Actor
from engine.use_cases import versions


def revise(
    uow: UnitOfWork,
    model: CycleModel,
    base: str,
    *,
    told: Mapping[str, object] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Deploy a checked model as the version after `base`; `told`: more facts for the audit line.

    Refused: not a designer (`NotPermitted`), another version came after `base` (`StaleVersion`), its content is that of
    `base` or of an earlier version (`WrongState`).
    """
    check_may_design(actor)
    if uow.models.hold(model.key) != base:
        raise StaleVersion("newer_version")
    if model.sha256 == base:
        raise WrongState("nothing_changed")
    if not versions.deploy(uow, model, told=told, actor=actor, now=now):
        raise WrongState("version_known", version=model.sha256[: versions.SHORT])


def bring_back(
    uow: UnitOfWork, model: CycleModel, base: str, earlier: str, reason: str, *, actor: Actor, now: datetime
) -> None:
    """Deploy a model that says what the version `earlier` said as the one after `base`: new cycles are opened on it.

    Refused like `revise`, and without a reason (`Invalid`).
    """
    if not reason.strip():
        raise Invalid({"reason": FieldError("reason_required", {})})
    told = {"back": earlier[: versions.SHORT], "reason": reason.strip()}
    revise(uow, model, base, told=told, actor=actor, now=now)
