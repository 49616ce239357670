"""Who looks after whose account, and does every write leave its line?"""

from datetime import date, timedelta

import pytest

from engine.errors import Invalid, NotPermitted
from engine.ports.store import UnitOfWork
from engine.rules.units import Actor
from engine.use_cases import accounts
from engine.use_cases.accounts import NewAccount
from engine.use_cases.actors import actor_of
from tests.api.houses import NOON, Installation

NEW = NewAccount(username="moi", full_name="  Đỗ  Thị   Mới ", email="moi@example.vn", unit_code="CD", role="secretary")
TODAY = date(2026, 11, 5)


def actor(installation: Installation, username: str) -> Actor:
    with installation.house.read_uow() as uow:
        account = uow.accounts.find_username(username)
        assert account is not None
        return actor_of(uow, account, now=NOON)


def create(installation: Installation, who: str, new: NewAccount) -> accounts.Slip:
    with installation.house.open_uow() as uow:
        return accounts.create_account(uow, new, actor=actor(installation, who), now=NOON)


def changed(new: NewAccount, **values: str) -> NewAccount:
    from dataclasses import replace

    return replace(new, **values)


@pytest.mark.parametrize(
    ("who", "unit", "role", "allowed"),
    [
        ("quantri", "TD", "auditor", True),
        ("quantri", "CD", "secretary", True),
        ("thanhdoan", "DCS", "secretary", True),
        ("thanhdoan", "CD", "secretary", False),  # two steps down is the base union's business
        ("thanhdoan", "TD", "officer", False),
        ("doancoso", "CD", "secretary", True),
        ("doancoso", "DCS", "clerk", False),
        ("doancoso", "DCS2", "secretary", False),
        ("doancoso", "CD", "administrator", False),
        ("bithu", "CD", "deputy_secretary", False),
    ],
)
def test_accounts_are_made_by_the_unit_above_or_an_administrator(
    installation: Installation, who: str, unit: str, role: str, *, allowed: bool
) -> None:
    new = changed(NEW, unit_code=unit, role=role)
    if allowed:
        assert create(installation, who, new).account.full_name == "Đỗ Thị Mới"
        return
    with pytest.raises(NotPermitted):
        create(installation, who, new)


def test_a_new_account_holds_its_position_from_today_and_has_no_password(installation: Installation) -> None:
    slip = create(installation, "doancoso", NEW)
    with installation.house.read_uow() as uow:
        (held,) = uow.accounts.positions(slip.account.id)
    assert (slip.account.password_hash, slip.account.must_change_password) == (None, True)
    assert (held.unit_id, held.role, held.from_day, held.until_day) == (
        installation.unit_id("CD"),
        "secretary",
        TODAY,
        None,
    )
    assert (slip.expires_on, installation.events()[-1]) == (TODAY + timedelta(days=30), "account_created")


def test_a_list_is_taken_whole_or_not_at_all_with_every_fault_by_row(installation: Installation) -> None:
    rows = [
        NEW,
        changed(NEW, username="MOI"),
        changed(NEW, username="bithu"),
        changed(NEW, username="có cách", email="khong-phai-thu"),
        changed(NEW, username="", full_name=" ", unit_code="XX"),
    ]
    with pytest.raises(Invalid) as refused, installation.house.open_uow() as uow:
        accounts.create_accounts(uow, rows, actor=actor(installation, "quantri"), now=NOON)
    assert {name: error.code for name, error in refused.value.fields.items()} == {
        "rows.1.username": "username_taken",
        "rows.2.username": "username_taken",
        "rows.3.username": "username_form",
        "rows.3.email": "not_an_email",
        "rows.4.username": "required",
        "rows.4.full_name": "required",
        "rows.4.unit_code": "unknown_unit",
    }
    with installation.house.read_uow() as uow:
        assert uow.accounts.find_username("moi") is None


def test_a_new_slip_takes_the_password_away(installation: Installation) -> None:
    bithu = installation.account("bithu")
    with installation.house.open_uow() as uow:
        accounts.renew_slip(uow, bithu.id, actor=actor(installation, "doancoso"), now=NOON)
    after = installation.account("bithu")
    assert (after.password_hash, after.must_change_password, installation.events()[-1]) == (None, True, "slip_renewed")


@pytest.mark.parametrize("act", [accounts.renew_slip, accounts.disable, accounts.enable])
def test_nobody_reaches_up_or_aside(installation: Installation, act) -> None:
    for who, whom in (
        ("bithu", "doancoso"),
        ("doancoso", "thanhdoan"),
        ("thanhdoan", "bithu"),
        ("doancoso", "quantri"),
    ):
        target = installation.account(whom).id
        with pytest.raises(NotPermitted), installation.house.open_uow() as uow:
            act(uow, target, actor=actor(installation, who), now=NOON)


def test_nobody_closes_their_own_account(installation: Installation) -> None:
    with pytest.raises(NotPermitted) as refused, installation.house.open_uow() as uow:
        accounts.disable(uow, installation.account("quantri").id, actor=actor(installation, "quantri"), now=NOON)
    assert refused.value.code == "own_account"


def held(uow: UnitOfWork, username: str) -> list[tuple[str, date, date | None]]:
    account = uow.accounts.find_username(username)
    assert account is not None
    return [(p.role, p.from_day, p.until_day) for p in uow.accounts.positions(account.id)]


def test_a_position_is_handed_over_without_a_day_between(installation: Installation) -> None:
    successor = create(installation, "doancoso", changed(NEW, role="deputy_secretary")).account
    bithu = installation.account("bithu")
    first_day = date(2026, 12, 1)
    with installation.house.open_uow() as uow:
        (position,) = uow.accounts.positions(bithu.id)
        accounts.hand_over(
            uow,
            bithu.id,
            position.id,
            successor.id,
            first_day=first_day,
            actor=actor(installation, "doancoso"),
            now=NOON,
        )
    with installation.house.read_uow() as uow:
        assert held(uow, "bithu") == [("secretary", TODAY, date(2026, 11, 30))]
        assert held(uow, "moi") == [("deputy_secretary", TODAY, None), ("secretary", first_day, None)]
    assert installation.events()[-2:] == ["position_ended", "position_given"]


def test_a_position_is_not_given_twice_and_does_not_end_before_it_begins(installation: Installation) -> None:
    bithu, doancoso, unit = installation.account("bithu"), actor(installation, "doancoso"), installation.unit_id("CD")
    with pytest.raises(Invalid) as twice, installation.house.open_uow() as uow:
        accounts.give_position(uow, bithu.id, unit, "secretary", from_day=TODAY, actor=doancoso, now=NOON)
    with installation.house.read_uow() as uow:
        (position,) = uow.accounts.positions(bithu.id)
    with pytest.raises(Invalid) as early, installation.house.open_uow() as uow:
        accounts.end_position(uow, bithu.id, position.id, last_day=TODAY - timedelta(days=1), actor=doancoso, now=NOON)
    assert [refused.value.fields for refused in (twice, early)] == [
        {"role": accounts.FieldError("position_held", {})},
        {"last_day": accounts.FieldError("before_first_day", {"first_day": TODAY})},
    ]
