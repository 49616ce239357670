"""In which way is this document signed? Settings of units and people, and who may change them."""

from dataclasses import dataclass, replace
from datetime import datetime

from engine.errors import NotPermitted
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.permissions import ADMINISTRATOR
from engine.rules.signings import Way, WaySetting
from engine.rules.units import AccountId, Actor, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How a document's person and its organisation sign, and the pictures that stand on the page (hashes or empty)."""

    person: Way
    seal: Way | None  #: None: the body has no seal
    person_picture: str
    seal_picture: str

    @property
    def by_server(self) -> bool:
        """Whether nobody has to do anything."""
        return self.person is Way.SERVER and self.seal in (Way.SERVER, None)


def ways_of(uow: UnitOfWork, unit_id: UnitId, signer_id: AccountId | None, *, sealed: bool, usual: Way) -> Ways:
    """The signer's own way, else the unit's, else that of the nearest unit above, else the installation's.

    What is signed by hand is stamped by hand, so paper on either side means paper for both.
    """
    own = uow.signings.setting(account_id=signer_id) if signer_id is not None else None
    unit = uow.signings.setting(unit_id=unit_id)
    of_unit = _of_unit(uow, unit_id, unit) or usual
    person = (own.way if own else None) or of_unit
    if Way.PAPER in (person, of_unit if sealed else person):
        person = of_unit = Way.PAPER
    return Ways(
        person=person,
        seal=of_unit if sealed else None,
        person_picture=own.picture_sha256 if own else "",
        seal_picture=unit.picture_sha256 if unit else "",
    )


def choose(
    uow: UnitOfWork,
    way: Way | None,
    *,
    unit_id: UnitId | None = None,
    account_id: AccountId | None = None,
    picture_sha256: str | None = None,
    actor: Actor,
    now: datetime,
) -> WaySetting:
    """Set how a unit or a person signs; a picture of None keeps the one there is, an empty one takes it away.

    Documents that wait already go on in their old way. Refused (`NotPermitted`): no administrator.
    """
    check_may(actor)
    known = uow.signings.setting(unit_id=unit_id, account_id=account_id)
    setting = known or WaySetting(
        id=NEW,
        unit_id=unit_id,
        account_id=account_id,
        way=None,
        picture_sha256="",
        at=now,
        by_id=actor.account_id,
        row_version=0,
    )
    picture = setting.picture_sha256 if picture_sha256 is None else picture_sha256
    setting = replace(setting, way=way, picture_sha256=picture, at=now, by_id=actor.account_id)
    saved = uow.signings.save_setting(setting) if known else uow.signings.add_setting(setting)
    uow.audit.write(_line(uow, saved, picture_changed=picture_sha256 is not None, actor=actor, now=now))
    return saved


def check_may(actor: Actor) -> None:
    """Refuse whoever is no administrator."""
    if not actor.holds_anywhere(ADMINISTRATOR):
        raise NotPermitted("not_administrator")


def _of_unit(uow: UnitOfWork, unit_id: UnitId, own: WaySetting | None) -> Way | None:
    if own is not None and own.way is not None:
        return own.way
    for unit in uow.units.path(unit_id)[1:]:
        above = uow.signings.setting(unit_id=unit.id)
        if above is not None and above.way is not None:
            return above.way
    return None


def _line(uow: UnitOfWork, saved: WaySetting, *, picture_changed: bool, actor: Actor, now: datetime) -> AuditLine:
    holder = (
        uow.units.get(saved.unit_id).name if saved.unit_id is not None else uow.accounts.get(_account(saved)).full_name
    )
    facts: dict[str, object] = {"holder": holder, "way": saved.way.value if saved.way else "", "sha256": ""}
    if picture_changed:
        facts["sha256"] = saved.picture_sha256
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event="signing_way",
        target=f"way:{saved.id}",
        unit_id=saved.unit_id,
        facts=facts,
    )


def _account(saved: WaySetting) -> AccountId:
    return saved.account_id if saved.account_id is not None else AccountId(0)
