"""Do the pages of administration read the same from both databases?"""

from __future__ import annotations

from datetime import timedelta

from engine.ports.queries_admin import LogFilter, UnitFilter
from engine.ports.store import NEW, Incident, SessionRow
from engine.rules.deadlines import local_day
from engine.use_cases import units
from tests.factories import Town

OFFICER = ("TD", "officer")


def test_units_are_found_by_name_kind_cohort_and_place(any_town: Town) -> None:
    root, second = any_town.unit("TD").id, any_town.unit("P2").id

    def found(**wanted: object) -> tuple[list[str], int]:
        filter_ = UnitFilter(**({"scope": {root}} | wanted))  # type: ignore[arg-type]
        rows, total = any_town.ask(lambda uow: uow.admin.units(filter_, limit=3))
        return [row.code for row in rows], total

    assert found() == (["P1-2", "P2-1", "P1-1"], 8)
    assert found(text="TO DAN PHO") == (["P1-1", "P1-4"], 2)
    assert found(text="p2") == (["P2-1", "P2"], 2)
    assert found(kind="base_union") == (["P1", "P2"], 2)
    assert found(cohort="school") == (["P1-3"], 1)
    assert found(scope={second}) == (["P2-1", "P2"], 2)
    assert found(scope=set()) == ([], 0)
    assert found(parent_id=root) == (["P1", "P2"], 2)
    assert found(only=[second]) == (["P2"], 1)
    assert found(ended=True) == ([], 0)
    assert any_town.ask(lambda uow: uow.admin.units(UnitFilter(scope={root}), limit=3, offset=100)) == ([], 8)


def test_children_come_by_superior_and_no_more_than_asked(any_town: Town) -> None:
    parents = [any_town.unit(code).id for code in ("P1", "P2")]
    rows = any_town.ask(lambda uow: uow.admin.children(parents, each=2))
    assert [(row.code, row.parent, row.below, row.people) for row in rows] == [
        ("P1-2", "Đoàn phường Lê Chân", 0, 1),
        ("P2-1", "Đoàn xã Kiến Thụy", 0, 1),
        ("P1-1", "Đoàn phường Lê Chân", 0, 1),
    ]
    assert any_town.ask(lambda uow: uow.admin.children([], each=2)) == []


def test_people_are_found_below_and_everywhere(any_town: Town) -> None:
    below, day = {any_town.unit("P1").id}, local_day(any_town.now)
    rows, total = any_town.ask(lambda uow: uow.admin.people(below, day, limit=10))
    assert (total, {row.unit_id for row in rows}, {row.role for row in rows}) == (
        4,
        {any_town.unit(code).id for code in ("P1-1", "P1-2", "P1-3", "P1-4")},
        {"secretary"},
    )
    assert any_town.ask(lambda uow: uow.admin.people(None, day, limit=1))[1] == 16
    assert any_town.ask(lambda uow: uow.admin.people(None, day, text="p2-1 SECRETARY", limit=9))[1] == 1
    assert any_town.ask(lambda uow: uow.admin.people(set(), day, limit=9)) == ([], 0)


def test_results_and_titles_of_a_unit(appraised: Town) -> None:
    unit = appraised.unit("P1-3").id
    (row,) = appraised.ask(lambda uow: uow.admin.results(unit))
    assert (row.year, row.process, row.state.value, row.member_count) == (2027, "chi_doan", "recognised", 3)
    titles = appraised.ask(lambda uow: uow.admin.titles(unit))
    assert sorted(title.member_name for title in titles) == ["", "Lê Minh Đức", "Trần Thị Bình"]
    assert {(title.year, title.symbol != "", title.dated == title.from_day) for title in titles} == {(2027, True, True)}


def test_only_sessions_that_live_are_listed(any_town: Town) -> None:
    now, account = any_town.now, any_town.actor(*OFFICER).account_id
    assert account is not None
    with any_town.open() as uow:
        for token, begun, seen, ended in (
            ("a", 1, 0, None), ("b", 2, 1, None), ("old", 30, 0, None), ("idle", 3, 3, None), ("out", 1, 0, now),
        ):  # fmt: skip
            uow.accounts.add_session(
                SessionRow(
                    token_sha256=token,
                    account_id=account,
                    csrf="c",
                    created_at=now - timedelta(hours=begun),
                    seen_at=now - timedelta(hours=seen),
                    revoked_at=ended,
                    agent="x",
                )
            )
    rows = any_town.ask(lambda uow: uow.admin.sessions(account, now - timedelta(hours=12), now - timedelta(hours=2)))
    assert [row.token_sha256 for row in rows] == ["a", "b"]


def test_incidents_come_with_what_they_are_about(any_town: Town) -> None:
    dossier = any_town.dossier("P1-1")
    with any_town.open() as uow:
        for about, resolved in ((dossier.id, None), (None, None), (None, any_town.now)):
            uow.incidents.add(
                Incident(
                    id=NEW,
                    kind="process",
                    instance_id=None,
                    decision_id=None,
                    dossier_id=about,
                    reason="r",
                    payload={},
                    opened_at=any_town.now,
                    resolved_at=resolved,
                    resolution="",
                )
            )
    rows, total = any_town.ask(lambda uow: uow.admin.incidents(resolved=False, limit=9))
    assert ([(row.unit, row.year) for row in rows], total) == ([(None, None), ("Chi đoàn Tổ dân phố số 1", 2027)], 2)
    assert any_town.ask(lambda uow: uow.admin.incidents(resolved=True, limit=9))[1] == 1


def test_the_log_is_searched_and_its_chain_checked(any_town: Town) -> None:
    actor, unit = any_town.actor(*OFFICER), any_town.unit("P1-1")
    with any_town.open() as uow:
        units.rename_unit(uow, unit.id, "Chi đoàn Hoa Ban", actor=actor, now=any_town.now)

    def found(**wanted: object) -> list[tuple[str, str | None]]:
        lines = any_town.ask(lambda uow: uow.admin.log(LogFilter(**wanted), limit=50))  # type: ignore[arg-type]
        return [(line.entry.line.event, line.unit) for line in lines]

    renamed = [("unit_renamed", "Chi đoàn Hoa Ban")]
    assert found(event="unit_renamed") == renamed
    assert found(event="unit_renamed", person="td OFFICER", unit="hoa ban") == renamed
    assert found(event="unit_renamed", person="p1 officer") == []
    assert found(event="unit_renamed", first=any_town.now, before=any_town.now + timedelta(seconds=1)) == renamed
    assert found(event="unit_renamed", before=any_town.now) == []
    assert found(dossier_id=999) == []
    newest = any_town.ask(lambda uow: uow.admin.log(LogFilter(), limit=1))[0].entry
    older = any_town.ask(lambda uow: uow.admin.log(LogFilter(), limit=1, before_seq=newest.seq))[0].entry
    assert (older.seq, newest.previous) == (newest.seq - 1, older.hash)
    check = any_town.ask(lambda uow: uow.admin.check_chain())
    assert (check.length, check.last_hash, check.fault) == (newest.seq, newest.hash, "")
