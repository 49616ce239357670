"""Running processes under an administrator's hand: rest, go on, end, another step; why it waits; what nobody would miss."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text

from api.texts import labels
from engine.errors import Invalid, NotPermitted, WrongState
from engine.rules.units import SYSTEM
from engine.use_cases import accounts, incidents, instances, messages, packages, timers, waiting, watchdog
from engine.use_cases.jobs import HANDLERS
from tests.engine_ops.yard import (
    Drawn,
    Yard,
    catches,
    chain,
    end,
    flows,
    model,
    start,
    throws,
    waits,
)
from tests.factories import moment

Act = Callable[..., object]


def by(yard: Yard, act: Act, code: str, *words: str, who: tuple[str, str] = ("TD", "administrator")) -> None:
    """Let the administrator do something to the unit's one instance."""
    instance = yard.instance(code)
    with yard.open() as uow:
        act(uow, instance.id, *words, actor=yard._actor(uow, *who), now=yard.now)
    yard.work_off()


def with_timer(node: str, host: str, duration: str, target: str, cancel: str = "true") -> str:
    """A boundary timer and its way out."""
    return (
        f'<boundaryEvent id="{node}" name="{node}" attachedToRef="{host}" cancelActivity="{cancel}"><timerEventDefinition>'
        f"<timeDuration>{duration}</timeDuration></timerEventDefinition></boundaryEvent>{flows(node, target)}"
    )


def task(node: str, **properties: str) -> str:
    rows = "".join(f'<camunda:property name="{k}" value="{v}"/>' for k, v in properties.items())
    inner = f"<extensionElements><camunda:properties>{rows}</camunda:properties></extensionElements>"
    return f'<userTask id="{node}" name="Việc {node}">{inner}</userTask>'


PATIENT = Drawn(
    "con",
    "branch",
    chain(start(), task("viet", deadline="report"), task("tra_loi", deadline="answer"), end())
    + with_timer("qua_han", "tra_loi", "P10D", "nhac")
    + chain('<userTask id="nhac" name="Việc nhac"/>', end("e2")),
)


def timer_rows(yard: Yard, code: str) -> list[tuple[str, str, str]]:
    """(kind, day and hour due, state) of everything planned for the unit's instance, but what is over."""
    instance = yard.instance(code)
    question = text(
        "SELECT t.kind, t.due_at, t.state FROM ck_timer t LEFT JOIN ck_work_item w ON w.id = t.work_item_id"
        " WHERE (t.instance_id = :i OR w.instance_id = :i) AND t.state IN ('waiting', 'paused') ORDER BY t.due_at, t.kind"
    )
    with yard.database.reader.connect() as connection:
        return [(kind, str(due)[:13], state) for kind, due, state in connection.execute(question, {"i": instance.id})]


def test_a_resting_process_has_no_work_and_no_clocks(yard: Yard) -> None:
    yard.at("2026-08-20").runs(model(PATIENT))
    yard.do("P1-1", "viet")
    before = timer_rows(yard, "P1-1")
    assert {state for *_, state in before} == {"waiting"}
    by(yard, instances.suspend, "P1-1", "Chờ kết luận thanh tra")
    assert (yard.open_nodes("P1-1"), {state for *_, state in timer_rows(yard, "P1-1")}) == ([], {"paused"})
    assert yard.at("2026-10-20").open_nodes("P1-1") == []
    assert yard.events("P1-1", "suspended", "reminded", "late") == [
        ("suspended", {"label": "con", "reason": "Chờ kết luận thanh tra"})
    ]
    with yard.look() as uow:
        item = uow.work.suspended_of_instance(yard.instance("P1-1").id)[0]
    with pytest.raises(WrongState):
        yard.completes(item, {})


def test_a_resting_process_goes_on_with_the_time_it_had_left(yard: Yard) -> None:
    yard.at("2026-08-20").runs(model(PATIENT))
    yard.do("P1-1", "viet")
    (item,) = yard.items("P1-1")
    assert item.last_day == date(2026, 8, 25)
    before = timer_rows(yard, "P1-1")
    by(yard.at("2026-08-24"), instances.suspend, "P1-1", "nghỉ")
    by(yard.at("2026-09-23"), instances.resume, "P1-1", "tiếp tục")
    (again,) = yard.items("P1-1")
    assert (again.last_day, again.node) == (date(2026, 9, 24), "tra_loi")
    # Ten days from 20/8, of which thirty were no time at all; the reminder of before had gone out.
    assert [row for row in before if row[0] == "process"] == [("process", "2026-08-30 02", "waiting")]
    assert [row for row in timer_rows(yard, "P1-1") if row[0] == "process"] == [("process", "2026-09-29 02", "waiting")]
    assert yard.at("2026-09-28").open_nodes("P1-1") == ["tra_loi"]
    assert yard.at("2026-09-30").open_nodes("P1-1") == ["nhac"]
    assert yard.events("P1-1", "resumed") == [("resumed", {"label": "con", "reason": "tiếp tục", "days": 30})]


def test_fixed_days_do_not_move_and_what_passed_meanwhile_comes_at_once(small: Yard) -> None:
    fixed = (
        '<intermediateCatchEvent id="cho"><timerEventDefinition><timeDate>2026-09-01T08:00:00+07:00</timeDate>'
        "</timerEventDefinition></intermediateCatchEvent>"
    )
    small.at("2026-08-20").runs(
        model(Drawn("con", "branch", chain(start(), task("viet", deadline="report"), fixed, "sau", end())))
    )
    (item,) = small.items("P1-1")
    by(small, instances.suspend, "P1-1", "nghỉ")
    by(small.at("2026-08-30"), instances.resume, "P1-1", "tiếp")
    assert small.items("P1-1")[0].last_day == item.last_day
    small.do("P1-1", "viet")
    by(small, instances.suspend, "P1-1", "nghỉ")
    by(small.at("2026-09-10"), instances.resume, "P1-1", "tiếp")
    small.tick()
    assert small.open_nodes("P1-1") == ["sau"]


def test_messages_to_a_resting_process_are_kept(yard: Yard) -> None:
    yard.runs(
        model(
            Drawn("con", "branch", chain(start(), "viet", throws("gui", "bao", correlation="= superior_code"), end())),
            Drawn("cha", "base_union", chain(start("s2"), catches("nhan", "bao"), "doc", end("e2"))),
        )
    )
    by(yard, instances.suspend, "P1", "nghỉ")
    yard.do("P1-1", "viet")
    assert (yard.open_nodes("P1"), yard.incidents()) == ([], [])
    by(yard, instances.resume, "P1", "tiếp")
    assert yard.open_nodes("P1") == ["doc"]


def test_a_counter_counts_on_while_its_process_rests(small: Yard) -> None:
    small.runs(
        model(
            Drawn("con", "branch", chain(start(), "viet", throws("gui", "bao", correlation="P2"), end())),
            Drawn("cha", "base_union", chain(start("s2"), catches("nhan", "bao", expected="2"), "doc", end("e2"))),
        )
    )
    by(small, instances.suspend, "P2", "nghỉ")
    small.do("P1-1", "viet")
    small.do("P1-2", "viet")
    assert (small.open_nodes("P2"), small.rows("ck_message")) == ([], 0)
    by(small, instances.resume, "P2", "tiếp")
    assert small.open_nodes("P2") == ["doc"]


def test_a_cancelled_process_leaves_nothing_behind(yard: Yard) -> None:
    yard.runs(model(PATIENT))
    yard.do("P1-1", "viet")
    by(yard, instances.cancel, "P1-1", "Mở nhầm")
    ended = yard.instance("P1-1")
    assert (ended.state.value, ended.ended_at, yard.items("P1-1"), timer_rows(yard, "P1-1")) == (
        "ended",
        yard.now,
        [],
        [],
    )
    assert [d.state.value for d in yard.the_dossiers("P1-1")] == ["withdrawn"]
    assert yard.events("P1-1", "stopped") == [("stopped", {"label": "con", "reason": "Mở nhầm"})]
    with pytest.raises(WrongState):
        by(yard, instances.cancel, "P1-1", "lần nữa")


def test_a_token_is_moved_with_all_that_hangs_on_it(yard: Yard) -> None:
    yard.runs(model(PATIENT))
    yard.do("P1-1", "viet")
    (item,) = yard.items("P1-1")
    by(yard, instances.move, "P1-1", item.token, "viet", "Viết lại từ đầu")
    assert (yard.open_nodes("P1-1"), [row[0] for row in timer_rows(yard, "P1-1") if row[0] == "process"]) == (
        ["viet"],
        [],
    )
    assert yard.events("P1-1", "token_moved") == [
        ("token_moved", {"from_name": "Việc tra_loi", "to_name": "Việc viet", "reason": "Viết lại từ đầu"})
    ]
    yard.do("P1-1", "viet")
    assert yard.open_nodes("P1-1") == ["tra_loi"]


def test_only_what_makes_sense_is_moved(small: Yard) -> None:
    parallel = (
        start()
        + '<parallelGateway id="f"/><userTask id="a"/><userTask id="b"/><parallelGateway id="j"/><userTask id="c"/>'
        + end()
        + flows("s", "f", "a", "j", "c", "e")
        + flows("f", "b", "j")
    )
    small.runs(model(Drawn("con", "branch", parallel)))
    a = next(item for item in small.items("P1-1") if item.node == "a")
    for target in ("j", "s", "nowhere"):
        with pytest.raises(WrongState, match="bad_move"):
            by(small, instances.move, "P1-1", a.token, target, "thử")
    with pytest.raises(WrongState):
        by(small, instances.move, "P1-1", "999", "c", "thử")
    by(small, instances.move, "P1-1", a.token, "c", "bỏ nhánh a")
    assert small.open_nodes("P1-1") == ["b", "c"]


def test_moving_out_of_a_sub_process_ends_it(small: Yard) -> None:
    inside = chain(start("s1"), "trong", end("e1"))
    small.runs(
        model(Drawn("con", "branch", chain(start(), f'<subProcess id="sub">{inside}</subProcess>', "sau", end())))
    )
    (item,) = small.items("P1-1")
    by(small, instances.move, "P1-1", item.token, "sau", "xong rồi")
    assert small.open_nodes("P1-1") == ["sau"]
    small.do("P1-1", "sau")
    assert small.instance("P1-1").ended_at == small.now


def test_who_may_and_with_a_reason_only(small: Yard) -> None:
    small.runs(model(PATIENT))
    for who in (("P1", "officer"), ("P2", "secretary"), ("P1-1", "secretary"), ("TD", "officer"), ("TD", "auditor")):
        with pytest.raises(NotPermitted):
            by(small, instances.suspend, "P1-1", "thử", who=who)
    by(small, instances.suspend, "P1-1", "thử", who=("TD", "designer"))
    with pytest.raises(Invalid):
        by(small, instances.resume, "P1-1", "  ")
    with pytest.raises(WrongState):
        by(small, instances.suspend, "P1-1", "thử")
    with pytest.raises(WrongState):
        by(small, instances.resume, "P1-2", "thử")


def why(yard: Yard, code: str) -> list[waiting.Wait]:
    with yard.look() as uow:
        return waiting.why(uow, yard.the_dossiers(code)[0].id, actor=yard._actor(uow, "TD", "auditor"), now=yard.now)


def test_why_a_person_is_waited_for_until_when_and_what_then(small: Yard) -> None:
    small.at("2026-08-20").runs(model(PATIENT))
    small.do("P1-1", "viet")
    (wait,) = why(small, "P1-1")
    assert (wait.kind, wait.name, wait.unit, wait.people, wait.since, wait.last_day) == (
        "person",
        "Việc tra_loi",
        "Chi đoàn Tổ dân phố số 1",
        ("Nguyễn Văn P1-1 secretary",),
        small.now,
        date(2026, 8, 25),
    )
    assert [(turn.on, turn.at, turn.interrupting, turn.leads_to) for turn in wait.then] == [
        ("done", None, True, ()),
        ("due", moment("2026-08-30"), True, ("Việc nhac",)),
    ]


def test_why_messages_counters_timers_and_rests_are_waited_for(small: Yard) -> None:
    small.runs(
        model(
            Drawn("con", "branch", chain(start(), catches("nhan", "bao"), "doc", end())),
            Drawn(
                "cha", "base_union", chain(start("s2"), catches("du", "bao_cao", expected="3"), "tong_hop", end("e2"))
            ),
            Drawn("cao", "city_union", chain(start("s3"), waits("nghi", "P2D"), "hop", end("e3"))),
        )
    )
    (message,), (count,), (timer,) = why(small, "P1-1"), why(small, "P1"), why(small, "TD")
    assert (message.kind, message.name, message.then[0].leads_to) == ("message", "nhan", ("Việc doc",))
    assert (count.kind, count.got, count.expected, count.then[0].leads_to) == ("count", 0, 3, ("Việc tong_hop",))
    assert (timer.kind, timer.due, timer.then[0].leads_to) == ("timer", moment("2026-08-22"), ("Việc hop",))
    by(small, instances.suspend, "P1", "nghỉ")
    assert [(wait.kind, wait.since) for wait in why(small, "P1")] == [("suspended", small.now)]
    stranger = small.actor("P2", "secretary")
    with pytest.raises(NotPermitted), small.look() as uow:
        waiting.why(uow, small.the_dossiers("P1-1")[0].id, actor=stranger, now=small.now)


def broken(yard: Yard, statement: str) -> None:
    with yard.database.engine.begin() as connection:
        connection.execute(text(statement), {"i": yard.instance("P1-1").id})


@pytest.mark.parametrize(
    ("code", "statement"),
    [
        ("rows", "UPDATE ck_work_item SET state = 'gone' WHERE instance_id = :i"),
        ("broken", "UPDATE ck_instance SET blob = X'7b7d' WHERE id = :i"),
    ],
)
def test_the_watchdog_finds_what_nobody_would_move(small: Yard, code: str, statement: str) -> None:
    small.runs(model(PATIENT))
    assert watchdog.watch(small.open, small.look, now=small.now) == []
    broken(small, statement)
    found = watchdog.watch(small.open, small.look, now=small.now)
    assert [(finding.instance.id, finding.code) for finding in found] == [(small.instance("P1-1").id, code)]
    assert watchdog.watch(small.open, small.look, now=small.now) == []
    assert [kind for kind, _ in small.incidents()] == ["stuck"]
    with small.open() as uow:
        (incident,) = uow.incidents.open()
        incidents.retry(uow, incident.id, actor=small._actor(uow, "TD", "administrator"), now=small.now)
    small.work_off()
    assert [kind for kind, _ in small.incidents()] == ["stuck"]
    if code == "rows":
        broken(small, "UPDATE ck_work_item SET state = 'open' WHERE instance_id = :i")
        with small.open() as uow:
            done = incidents.retry_all(uow, "stuck", actor=SYSTEM, now=small.now)
        small.work_off()
        assert (len(done), small.incidents()) == (1, [])


def test_the_watchdog_finds_a_join_that_waits_for_ever(yard: Yard) -> None:
    body = (
        start()
        + '<exclusiveGateway id="x"/><userTask id="a"/><userTask id="b"/><parallelGateway id="j"/>'
        + end()
        + flows("s", "x", "a", "j", "e")
        + '<sequenceFlow id="x-b" sourceRef="x" targetRef="b"><conditionExpression>= false</conditionExpression></sequenceFlow>'
        + flows("b", "j")
    )
    body = body.replace('<sequenceFlow id="x-a"', '<sequenceFlow id="x-a" name="mặc định"')
    body = body.replace('<exclusiveGateway id="x"/>', '<exclusiveGateway id="x" default="x-a"/>')
    yard.runs(model(Drawn("con", "branch", body)))
    yard.do("P1-1", "a")
    assert [(f.code, f.detail) for f in watchdog.watch(yard.open, yard.look, now=yard.now)] == [("join", "j")]
    assert ("join", "j") in [(wait.kind, wait.node) for wait in why(yard, "P1-1")]


def test_a_timer_that_fails_is_tried_again_with_all_of_its_kind(small: Yard) -> None:
    body = start() + waits("cho", "P1D") + '<exclusiveGateway id="g"/>' + '<userTask id="c"/>' + end()
    body += flows("s", "cho", "g") + flows("c", "e")
    body += '<sequenceFlow id="g-c" sourceRef="g" targetRef="c"><conditionExpression>= thieu = 1</conditionExpression></sequenceFlow>'
    small.runs(model(Drawn("con", "branch", body)))
    small.at("2026-08-22")
    assert [kind for kind, _ in small.incidents()] == ["process"] * 5
    with small.open() as uow:
        done = incidents.retry_all(uow, "process", actor=small._actor(uow, "TD", "administrator"), now=small.now)
    assert (len(done), small.incidents()) == (5, [])
    with small.open() as uow:
        assert timers.fire_due_timers(uow, now=small.now) is False
    assert [kind for kind, _ in small.incidents()] == ["process"] * 5


def test_every_kind_that_can_be_tried_again_has_a_job_and_a_label() -> None:
    jobs = set(HANDLERS) - {"issue"} | {accounts.JOB, packages.JOB}
    assert set(incidents.KINDS) == set(labels()["incident_kind"]) == {"process", "document"} | jobs


def test_a_resting_process_offers_nothing(small: Yard) -> None:
    offered = (
        '<subProcess id="nghe" triggeredByEvent="true"><startEvent id="rut" name="Rút hồ sơ" isInterrupting="true">'
        '<extensionElements><camunda:properties><camunda:property name="offered_to" value="chi_doan"/></camunda:properties>'
        '</extensionElements><messageEventDefinition messageRef="m_rut"/></startEvent>'
        '<endEvent id="e9"/><sequenceFlow id="r9" sourceRef="rut" targetRef="e9"/></subProcess>'
    )
    small.runs(model(Drawn("con", "branch", chain(start(), "viet", end()) + offered)))

    def buttons() -> list[str]:
        with small.look() as uow:
            dossier, actor = small.the_dossiers("P1-1")[0], small._actor(uow, "P1-1", "secretary")
            return [offer.label for offer in messages.offers(uow, dossier, actor=actor)]

    assert buttons() == ["Rút hồ sơ"]
    by(small, instances.suspend, "P1-1", "nghỉ")
    assert buttons() == []
