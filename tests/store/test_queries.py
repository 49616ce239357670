"""Do pages read the same on both databases? A city of two superiors, each seeing its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from engine.ports.queries import AuditFilter, DecisionFilter, DossierFilter, MemberFilter
from engine.rules.cycles import CycleId
from engine.rules.decisions import DecisionState
from engine.rules.dossiers import DossierState, WorkState
from engine.rules.units import UnitId
from engine.store import SqlUnitOfWork
from tests.store.samples import (
    MODEL,
    NOW,
    TODAY,
    a_cycle,
    a_decision,
    a_delivery,
    a_dossier,
    a_line,
    a_member,
    a_position,
    a_register_row,
    a_submission,
    a_title,
    a_unit,
    a_work_item,
    an_account,
    an_incident,
    an_instance,
)

Begin = Callable[[], SqlUnitOfWork]


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Ids of what was laid."""

    cycle: CycleId
    city: UnitId
    east: UnitId
    west: UnitId
    branches: tuple[UnitId, ...]  #: two in the east, one in the west


@pytest.fixture
def town(begin: Begin) -> Town:
    """A city, two superiors, three branches: one registered late and recognised, one silent, one accepted."""
    with begin() as uow:
        uow.models.deploy(MODEL, NOW)
        city = uow.units.add(a_unit())
        east, west = (uow.units.add(a_unit(code=c, name=n, kind="base", parent_id=city.id)) for c, n in _SUPERIORS)
        branches = [
            uow.units.add(a_unit(code=code, name=name, kind="branch", cohort=cohort, parent_id=above.id))
            for code, name, cohort, above in (
                ("A-1", "Chi đoàn Đông", "school", east),
                ("A-2", "Chi đoàn Ánh Dương", "residential", east),
                ("B-1", "Chi đoàn Tây", "residential", west),
            )
        ]
        cycle = uow.cycles.add(a_cycle(unit_id=city.id, model=MODEL.key, year=2027))
        dossiers = [
            uow.dossiers.add(a_dossier(cycle_id=cycle.id, unit_id=unit.id, cohort=unit.cohort, **changes))
            for unit, changes in zip(
                branches,
                (
                    {"state": DossierState.RECOGNISED, "days_late": 3},
                    {
                        "state": DossierState.DRAFT,
                        "submitted_at": None,
                        "days_late": None,
                        "member_count": 0,
                        "receipt": "",
                    },
                    {"state": DossierState.ACCEPTED, "days_late": 0, "member_count": 4, "receipt": "B-1-2027-KMNP"},
                ),
                strict=True,
            )
        ]
        own = uow.dossiers.add(a_dossier(cycle_id=cycle.id, unit_id=east.id, cohort=None, state=DossierState.RUNNING))
        instance = uow.instances.add(an_instance(dossier_id=dossiers[1].id, cycle_id=cycle.id, process="p"))
        work = {"instance_id": instance.id, "cycle_id": cycle.id, "done_at": None, "name": "Đăng ký", "node": "dang_ky"}
        for token, dossier, unit, more in (
            ("a", dossiers[1], branches[1], {"last_day": TODAY - timedelta(days=1), "act": "register"}),
            ("b", dossiers[1], branches[1], {"last_day": None, "act": "progress"}),
            (
                "c",
                dossiers[1],
                branches[1],
                {"last_day": TODAY + timedelta(days=2), "act": "slip", "roles": ("clerk",)},
            ),
            ("d", dossiers[2], west, {"last_day": TODAY, "act": "review"}),
            ("e", dossiers[1], branches[1], {"last_day": TODAY, "act": "register", "state": WorkState.DONE}),
        ):
            uow.work.add(
                replace(
                    a_work_item(dossier_id=dossier.id, subject_unit_id=dossier.unit_id, unit_id=unit.id, **work),
                    token=token,
                    **more,
                )
            )
        person = uow.accounts.add(an_account())
        uow.accounts.add_position(a_position(person, branches[1]))
        decision = uow.decisions.add(a_decision(cycle_id=cycle.id, dossier_id=own.id, unit_id=east.id))
        draft = uow.decisions.add(
            a_decision(cycle_id=cycle.id, dossier_id=own.id, unit_id=east.id, state=DecisionState.DRAFTED, symbol="QĐ")
        )
        uow.incidents.add(an_incident(decision_id=draft.id))
        title = {"unit_id": branches[0].id, "dossier_id": dossiers[0].id, "decision_id": decision.id}
        uow.titles.grant([a_title(**title), a_title(**title, key="member_title", member_name="Trần Văn Đức")])
        uow.decisions.add_register_row(a_register_row(unit_id=east.id, decision_id=decision.id))
        people = [a_member(dossier_id=dossiers[0].id), a_member(dossier_id=dossiers[0].id, full_name="Lê Thị Ỷ")]
        uow.dossiers.set_members(dossiers[0].id, people)
        first = uow.work.of_dossier(dossiers[1].id)[0]
        report = {"dossier_id": own.id, "act": "report", "node": "bao_cao", "work_item_id": first.id}
        uow.dossiers.add_submission(a_submission(**report, title="Bản cũ"))
        uow.dossiers.add_submission(a_submission(**report, title="Bản mới", at=NOW + timedelta(days=1)))
        uow.outbox.add(a_delivery("k1", state="dead", account_id=person.id, work_item_id=first.id))
        uow.outbox.add(a_delivery("k2", state="sent"))
        uow.audit.write(a_line(event="submitted", unit_id=east.id))
        uow.audit.write(a_line(event="opened", unit_id=city.id, actor_id=None))
        return Town(
            cycle=cycle.id, city=city.id, east=east.id, west=west.id, branches=tuple(unit.id for unit in branches)
        )


_SUPERIORS = (("A", "Đoàn phường Đông"), ("B", "Đoàn phường Tây"))


def test_the_inbox_holds_what_the_positions_may_do_the_nearest_day_first(town: Town, look: Begin) -> None:
    secretary = {(town.branches[1], "secretary")}
    with look() as uow:
        rows = uow.queries.inbox(secretary)
        found = [(row.act, row.subject, row.unit, row.year, row.model_name) for row in rows]
        others = [len(uow.queries.inbox(p)) for p in ({(town.branches[1], "auditor")}, {(town.west, "deputy")}, set())]
        filtered = [row.act for row in uow.queries.inbox(secretary, act="progress", year=2027, model=MODEL.key)]
        waiting = uow.queries.waiting(secretary, TODAY)
    branch = ("Chi đoàn Ánh Dương", "Chi đoàn Ánh Dương", 2027, MODEL.name)
    assert found == [("register", *branch), ("progress", *branch)]
    assert (others, filtered, (waiting.total, waiting.late)) == ([0, 1, 0], ["progress"], (2, 1))


def test_everybodys_open_work_on_a_dossier_and_at_a_node(town: Town, look: Begin) -> None:
    with look() as uow:
        dossier = uow.dossiers.of_unit(town.branches[1])[0]
        acts = [row.act for row in uow.queries.open_work(dossier.id)]
        nodes = [(n.process, n.node, n.units, n.late) for n in uow.queries.nodes(town.cycle, {town.city}, TODAY)]
        at_node = [len(uow.queries.work_at(town.cycle, "p", "dang_ky", {unit})) for unit in (town.city, town.west)]
        reviews = [row.unit for row in uow.queries.open_acts(town.cycle, "review", {town.city})]
    assert acts == ["register", "slip", "progress"]
    assert (nodes, at_node, reviews) == ([("p", "dang_ky", 4, 1)], [4, 1], ["Đoàn phường Tây"])


def test_cycles_and_progress_count_the_units_in_scope(town: Town, look: Begin) -> None:
    with look() as uow:
        counted = {
            unit: [
                (c.year, c.units, c.registered, c.accepted, c.recognised, c.members) for c in uow.queries.cycles({unit})
            ]
            for unit in (town.city, town.east, town.branches[1])
        }
        rows = [
            (r.superior_code, r.cohort, r.state, r.registered, r.late, r.units, r.members)
            for r in uow.queries.progress(town.cycle, {town.east})
        ]
        people = [(m.cohort, m.members, m.titled) for m in uow.queries.member_counts(town.cycle, {town.city})]
        elsewhere = uow.queries.member_counts(town.cycle, {town.west})
    assert counted == {
        town.city: [(2027, 3, 2, 2, 1, 35)],
        town.east: [(2027, 2, 1, 1, 1, 31)],
        town.branches[1]: [(2027, 1, 0, 0, 0, 0)],
    }
    assert rows == [
        ("A", "residential", DossierState.DRAFT, False, False, 1, 0),
        ("A", "school", DossierState.RECOGNISED, True, True, 1, 31),
    ]
    assert (people, elsewhere) == ([("school", 2, 1)], [])


def test_members_are_found_with_and_without_a_title(town: Town, look: Begin) -> None:
    def names(uow: SqlUnitOfWork, **wanted: object) -> list[tuple[str, bool]]:
        asked = MemberFilter(**{"cycle_id": town.cycle, "scope": {town.city}, **wanted})
        rows, total = uow.queries.members(asked, limit=10)
        assert total == len(rows)
        return [(row.full_name, row.titled) for row in rows]

    with look() as uow:
        found = [
            names(uow, **wanted)
            for wanted in ({}, {"titled": True}, {"text": "le thi"}, {"scope": {town.west}}, {"cohort": "residential"})
        ]
        below_one = names(uow, superior_id=town.east, titled=False)
    duc, y = ("Trần Văn Đức", True), ("Lê Thị Ỷ", False)
    assert found == [[duc, y], [duc], [y], [], []]
    assert below_one == [y]


def test_dossiers_are_found_by_each_of_their_sides(town: Town, look: Begin) -> None:
    def codes(uow: SqlUnitOfWork, **wanted: object) -> list[str]:
        asked = DossierFilter(**{"cycle_id": town.cycle, "scope": {town.city}, **wanted})
        return [row.unit_code for row in uow.queries.dossiers(asked, limit=10).rows]

    with look() as uow:
        found = {
            "all": codes(uow),
            "scope": codes(uow, scope={town.west}),
            "state": codes(uow, states=[DossierState.DRAFT, DossierState.ACCEPTED]),
            "superior": codes(uow, superior_id=town.east),
            "cohort": codes(uow, cohort="school"),
            "registered": codes(uow, registered=False),
            "late": codes(uow, late=True),
            "name": codes(uow, text="anh duong"),
            "receipt": codes(uow, text="b-1-2027-kmnp"),
            "wild": codes(uow, text="%"),
            "superiors": codes(uow, registering=False),
        }
        page = uow.queries.dossiers(DossierFilter(cycle_id=town.cycle, scope={town.city}), limit=1, offset=1)
        beyond = uow.queries.dossiers(DossierFilter(cycle_id=town.cycle, scope={town.city}), limit=1, offset=9)
    assert found == {
        "all": ["A-1", "A-2", "B-1"], "scope": ["B-1"], "state": ["A-2", "B-1"], "superior": ["A-1", "A-2"],
        "cohort": ["A-1"], "registered": ["A-2"], "late": ["A-1"], "name": ["A-2"], "receipt": ["B-1"], "wild": [],
        "superiors": ["A"],
    }  # fmt: skip
    assert ([row.unit_code for row in page.rows], page.total) == (["A-2"], 3)
    assert (beyond.rows, beyond.total) == ((), 3)


def test_documents_are_seen_by_their_unit_and_by_those_they_concern(town: Town, look: Begin) -> None:
    with look() as uow:
        seen = {
            unit: [(d.symbol, d.stuck) for d in uow.queries.decisions(DecisionFilter(scope={unit}), limit=10).rows]
            for unit in (town.east, town.branches[0], town.branches[1], town.west)
        }
        issued = DecisionFilter(scope={town.city}, states=[DecisionState.ISSUED], text="cong nhan", year=2027)
        total = uow.queries.decisions(issued, limit=10).total
        number = uow.queries.decisions(issued, limit=10).rows[0].id
        concerned = [uow.queries.concerns(number, {unit}) for unit in (*town.branches, town.city)]
        registers = uow.queries.registers({town.city}), uow.queries.registers({town.west})
    assert seen == {
        town.east: [("QĐ", True), ("05-QĐ/ĐTN", False)],
        town.branches[0]: [("05-QĐ/ĐTN", False)],
        town.branches[1]: [],
        town.west: [],
    }
    assert (total, concerned) == (1, [True, False, False, True])
    assert registers == ([(town.east, "Đoàn phường Đông", 2027)], [])


def test_of_several_reports_the_latest_is_shown(town: Town, look: Begin) -> None:
    with look() as uow:
        found = [(r.unit, r.title) for r in uow.queries.reports(town.cycle, "report", {town.city})]
        elsewhere = uow.queries.reports(town.cycle, "report", {town.west})
    assert (found, elsewhere) == ([("Đoàn phường Đông", "Bản mới")], [])


def test_people_of_a_scope(town: Town, look: Begin) -> None:
    with look() as uow:
        people = [(p.full_name, p.role, p.unit) for p in uow.queries.people({town.east}, text="anh")]
        exactly = uow.queries.people({town.east}, exactly=True)
    assert people == [("Nguyễn Thị Ánh", "secretary", "Chi đoàn Ánh Dương")]
    assert exactly == []


def test_mails_audit_lines_and_packs(town: Town, look: Begin) -> None:
    with look() as uow:
        dead, total = uow.queries.deliveries(["dead"], limit=5)
        counts = uow.queries.delivery_counts()
        lines = uow.queries.audit(AuditFilter(), limit=5)
        chosen = [
            [entry.line.event for entry in uow.queries.audit(wanted, limit=5) if entry.line]
            for wanted in (
                AuditFilter(event="opened"),
                AuditFilter(unit_id=town.east),
                AuditFilter(actor_id=7),  # type: ignore[arg-type]  # the sample's
                AuditFilter(text="Nguyễn Thị Ánh", first=NOW, before=NOW + timedelta(seconds=1)),
                AuditFilter(before=NOW),
            )
        ]
        older = uow.queries.audit(AuditFilter(), limit=5, before_seq=lines[0].seq)
        packs = [(p.key, p.cycles) for p in uow.queries.packs()]
        events = uow.queries.audit_events()
    assert ([d.person for d in dead], total, counts) == (["Nguyễn Thị Ánh"], 1, {"dead": 1, "sent": 1})
    assert [entry.seq for entry in lines] == [2, 1]
    assert chosen == [["opened"], ["submitted"], ["submitted"], ["opened", "submitted"], []]
    assert ([entry.seq for entry in older], packs, events) == ([1], [(MODEL.key, 1)], ["opened", "submitted"])


def test_an_empty_scope_finds_nothing(town: Town, look: Begin) -> None:
    with look() as uow:
        q = uow.queries
        assert q.dossiers(DossierFilter(cycle_id=town.cycle, scope=()), limit=5).total == 0
        assert q.decisions(DecisionFilter(scope=()), limit=5).total == 0
        assert (q.progress(town.cycle, ()), q.people(()), q.registers(())) == ([], [], [])
        assert [c.units for c in q.cycles(())] == [0]
        assert q.waiting((), date(2030, 1, 1)).total == 0
