"""Messages find their one catcher by name and key, now or later, once; counters count; signals reach everybody."""

from __future__ import annotations

import pytest

from engine.errors import NotPermitted
from engine.use_cases import correlation, incidents
from tests.engine_ops.yard import (
    Drawn,
    Yard,
    begins,
    catches,
    chain,
    end,
    hears,
    model,
    signals,
    start,
    throws,
)
from tests.factories import moment

BRANCHES = ("P1-1", "P1-2", "P1-3", "P1-4", "P2-1")


def child(*nodes: str) -> Drawn:
    return Drawn("con", "branch", chain(start(), *nodes, end()))


def parent(*nodes: str) -> Drawn:
    return Drawn("cha", "base_union", chain(start("s2"), *nodes, end("e2")))


def test_a_message_meets_the_catcher_with_its_key(yard: Yard) -> None:
    yard.runs(
        model(
            child("viet", throws("gui", "bao", correlation="= superior_code", so="= so + 1", loai="đơn"), "xong"),
            parent(catches("nhan", "bao"), "doc"),
        )
    )
    yard.do("P1-2", "viet", so=4)
    assert (yard.open_nodes("P1-2"), yard.open_nodes("P1"), yard.open_nodes("P2")) == (["xong"], ["doc"], [])
    assert yard.variables("P1") == {"so": 5, "loai": "đơn"}
    assert yard.events("P1", "message_received") == [
        ("message_received", {"name": "bao", "sender": "Chi đoàn Công ty Cơ khí"})
    ]
    assert yard.rows("ck_message") == 1


def test_a_message_that_comes_first_waits_for_its_catcher(yard: Yard) -> None:
    yard.runs(
        model(
            child("viet", throws("gui", "bao", correlation="= superior_code", ai="= unit_code"), "xong"),
            parent("san_sang", catches("nhan", "bao"), "doc", catches("nhan_2", "bao"), "doc_2"),
        )
    )
    for code in ("P1-1", "P1-2", "P1-3"):
        yard.do(code, "viet")
    assert yard.open_nodes("P1") == ["san_sang"]
    yard.do("P1", "san_sang")
    assert (yard.open_nodes("P1"), yard.variables("P1")) == (["doc"], {"ai": "P1-1"})
    yard.do("P1", "doc")
    assert (yard.open_nodes("P1"), yard.variables("P1")) == (["doc_2"], {"ai": "P1-2"})
    yard.do("P1", "doc_2")
    assert yard.instance("P1").ended_at is not None
    # The third waits on, for whoever comes.
    with yard.look() as uow:
        left = uow.conversations.kept(yard.season.id, [("bao", "P1")], yard.now)
    assert [message.payload for message in left] == [{"ai": "P1-3"}]


def test_a_message_is_kept_for_its_time_to_live_and_no_longer(small: Yard) -> None:
    small.at("2026-09-01").runs(
        model(
            child("viet", throws("gui", "bao", correlation="= superior_code", ttl="P3D"), "xong"),
            parent("san_sang", catches("nhan", "bao"), "doc"),
        )
    )
    small.do("P1-1", "viet")
    small.do("P2-1", "viet")
    small.at("2026-09-03").do("P1", "san_sang")
    assert small.open_nodes("P1") == ["doc"]
    small.at("2026-09-05").do("P2", "san_sang")
    assert small.open_nodes("P2") == []
    with small.open() as uow:
        assert correlation.expire(uow, now=small.now) == 1


def test_without_a_key_a_message_stays_with_the_unit(small: Yard) -> None:
    small.runs(
        model(
            child("viet", throws("gui", "bao"), "xong"),
            Drawn("ban", "branch", chain(start("s2"), catches("nhan", "bao"), "doc", end("e2"))),
        )
    )
    small.do("P1-2", "viet")
    assert {code: small.open_nodes(code) for code in BRANCHES[:3]} == {
        "P1-1": ["viet"],
        "P1-2": ["doc", "xong"],
        "P1-3": ["viet"],
    }


def test_a_message_start_event_starts_a_process_and_the_answer_comes_back(yard: Yard) -> None:
    yard.runs(
        model(
            child("viet", throws("gui", "dang_ky", noi_dung="= noi_dung"), catches("cho", "ket_qua"), "xong"),
            Drawn(
                "xu_ly",
                "base_union",
                chain(begins("s2", "dang_ky"), "duyet", throws("tra", "ket_qua", y="= y"), end("e2")),
            ),
        )
    )
    assert (yard.instances("P1"), [d.state.value for d in yard.the_dossiers("P1")]) == ([], ["running"])
    yard.do("P1-1", "viet", noi_dung="Vườn rau")
    yard.do("P1-3", "viet", noi_dung="Thư viện")
    assert [(i.process, i.business_key) for i in yard.instances("P1")] == [("xu_ly", "P1-1"), ("xu_ly", "P1-3")]
    second = next(i for i in yard.items("P1") if i.instance_id == yard.instances("P1")[1].id)
    yard.completes(second, {"y": "được"})
    assert [yard.open_nodes(code) for code in ("P1-1", "P1-3")] == [[], ["xong"]]
    assert yard.variables("P1-3") == {"noi_dung": "Thư viện", "y": "được"}


def test_while_its_instance_runs_a_second_start_message_of_a_key_waits(small: Yard) -> None:
    small.runs(
        model(
            child("mot", throws("gui", "hoi"), "hai", throws("gui_2", "hoi"), "ba"),
            Drawn("xu_ly", "base_union", chain(begins("s2", "hoi"), "dap", end("e2"))),
        )
    )
    small.do("P1-1", "mot")
    small.do("P1-1", "hai")
    assert [i.ended_at is None for i in small.instances("P1")] == [True]
    small.do("P1", "dap")
    assert [i.ended_at is None for i in small.instances("P1")] == [False, True]


def test_a_parent_counts_its_children_without_a_message_each(yard: Yard) -> None:
    yard.runs(
        model(
            child(
                "viet", throws("gui", "bao", correlation="TD"), "lai", throws("gui_2", "bao", correlation="TD"), "xong"
            ),
            Drawn(
                "cha",
                "city_union",
                chain(start("s2"), "san_sang", catches("du", "bao", expected="= can"), "tong_hop", end("e2")),
            ),
        )
    )
    yard.do("P1-1", "viet")
    yard.do("P1-1", "lai")
    yard.do("P1-2", "viet")
    yard.do("TD", "san_sang", can=4)
    before = yard.instance("TD").row_version
    tally = yard.ask(lambda uow: uow.conversations.tallies_of(yard.instance("TD").id))[0]
    assert (tally.got, tally.expected, tally.closed_at) == (2, 4, None)
    yard.do("P1-3", "viet")
    yard.do("P1-3", "lai")
    # Counted in the child's own transaction: the parent was not touched, no message was kept.
    assert (yard.instance("TD").row_version, yard.open_nodes("TD"), yard.rows("ck_message")) == (before, [], 3)
    yard.do("P1-4", "viet")
    assert (yard.open_nodes("TD"), yard.variables("TD")) == (["tong_hop"], {"can": 4, "received": 4})
    yard.do("P2-1", "viet")
    assert yard.open_nodes("TD") == ["tong_hop"]
    assert yard.events("TD", "all_heard") == [("all_heard", {"name": "bao", "count": 4})]


def test_a_counter_of_none_closes_at_once(small: Yard) -> None:
    small.runs(model(Drawn("cha", "city_union", chain(start(), catches("du", "bao", expected="0"), "tiep", end()))))
    assert small.open_nodes("TD") == ["tiep"]


def test_a_signal_reaches_everybody_who_waits_in_batches_and_nobody_later(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correlation, "BATCH", 2)
    yard.runs(
        model(
            child(hears("nghe", "het_nam"), "tong_ket", hears("nghe_2", "het_nam"), "lan_2"),
            Drawn(
                "cha",
                "city_union",
                chain(start("s2"), "chuan_bi", signals("phat", "het_nam", nam="= year"), "sau", end("e2")),
            ),
        )
    )
    yard.do("TD", "chuan_bi")
    assert {code: yard.open_nodes(code) for code in BRANCHES} == {code: ["tong_ket"] for code in BRANCHES}
    assert [yard.variables(code) for code in BRANCHES] == [{"nam": 2027}] * 5
    signal = yard.ask(lambda uow: uow.conversations.signal(1)) if yard.url.startswith("sqlite") else None
    if signal is not None:
        assert (signal.delivered, signal.done_at) == (5, yard.now)
    yard.do("P1-1", "tong_ket")
    assert yard.open_nodes("P1-1") == []


def test_a_broadcast_that_was_cut_off_goes_on_where_it_stopped(small: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correlation, "BATCH", 2)
    small.runs(
        model(
            child(hears("nghe", "het_nam"), "tong_ket"),
            Drawn("cha", "city_union", chain(start("s2"), "chuan_bi", signals("phat", "het_nam"), end("e2"))),
        )
    )
    (item,) = small.items("TD")
    with small.open() as uow:
        from engine.use_cases import tasks

        tasks.complete_task(
            uow, item.id, {}, row_version=item.row_version, actor=small._actor(uow, "TD", "officer"), now=small.now
        )
    # The process dies after the first batch: what it promised is still in the queue; the batch is done twice.
    _, payload = small.queue.waiting[0]
    correlation.broadcast(small.open, None, payload, now=small.now)
    done = [code for code in BRANCHES if small.open_nodes(code)]
    small.work_off()
    assert (len(done), [small.open_nodes(code) for code in BRANCHES]) == (2, [["tong_ket"]] * 5)
    assert [len(small.events(code, "message_received")) for code in BRANCHES] == [0] * 5


def test_a_catcher_that_cannot_go_on_is_its_own_incident_and_may_be_tried_again(yard: Yard) -> None:
    choice = (
        '<exclusiveGateway id="g"/><sequenceFlow id="nhan-g" sourceRef="nhan" targetRef="g"/>'
        '<sequenceFlow id="g-doc" sourceRef="g" targetRef="doc"><conditionExpression>diem &gt;= 1</conditionExpression>'
        '</sequenceFlow><sequenceFlow id="doc-e2" sourceRef="doc" targetRef="e2"/>'
    )
    body = start("s2") + catches("nhan", "bao") + '<userTask id="doc"/>' + end("e2") + choice
    body += '<sequenceFlow id="s2-nhan" sourceRef="s2" targetRef="nhan"/>'
    yard.runs(
        model(
            child("viet", throws("gui", "bao", correlation="= superior_code", diem="= diem"), "xong"),
            Drawn("cha", "base_union", body),
        )
    )
    yard.do("P1-1", "viet", diem=0)
    assert (yard.open_nodes("P1-1"), yard.open_nodes("P1")) == (["xong"], [])
    ((kind, reason),) = yard.incidents()
    assert (kind, "không có hướng đi nào" in reason) == ("message", True)
    with yard.open() as uow:
        (incident,) = uow.incidents.open()
        assert uow.units.get(uow.dossiers.get(incident.dossier_id).unit_id).code == "P1"
        incidents.retry(uow, incident.id, actor=yard._actor(uow, "TD", "administrator"), now=yard.now)
    yard.work_off()
    assert [kind for kind, _ in yard.incidents()] == ["message"]


def test_a_message_from_outside_is_taken_once(yard: Yard) -> None:
    yard.runs(model(parent(catches("nhan", "tu_ngoai"), "doc", catches("nhan_2", "tu_ngoai"), "doc_2")))

    def publish(message_id: str, so: int) -> bool:
        with yard.open() as uow:
            actor = yard._actor(uow, "TD", "administrator")
            sent = correlation.publish(
                uow, yard.season.id, "tu_ngoai", "P2", {"so": so}, message_id=message_id, actor=actor, now=yard.now
            )
        yard.work_off()
        return sent

    assert [publish("a1", 1), publish("a1", 2)] == [True, False]
    yard.do("P2", "doc")
    assert (yard.open_nodes("P2"), yard.open_nodes("P1"), yard.variables("P2")) == ([], [], {"so": 1})
    assert publish("a2", 3)
    assert yard.variables("P2") == {"so": 3}
    stranger = yard.actor("P1", "officer")
    with pytest.raises(NotPermitted), yard.open() as uow:
        correlation.publish(uow, yard.season.id, "tu_ngoai", "P2", {}, message_id="a3", actor=stranger, now=yard.now)


def test_an_escalation_that_leaves_is_noted_and_stops_nothing(small: Yard) -> None:
    escalate = (
        '<intermediateThrowEvent id="leo"><escalationEventDefinition escalationRef="e_1"/></intermediateThrowEvent>'
    )
    small.runs(model(child("viet", escalate, "xong")))
    small.do("P1-1", "viet")
    assert (small.open_nodes("P1-1"), small.events("P1-1", "escalated")) == (["xong"], [("escalated", {"name": "L"})])


def test_messages_of_another_year_do_not_mix(small: Yard) -> None:
    made = model(
        child("viet", throws("gui", "bao", correlation="= superior_code"), "xong"), parent(catches("n", "bao"), "doc")
    )
    small.runs(made)
    with small.look() as uow:
        first = small.season
    from dataclasses import replace

    with small.open() as uow:
        second = uow.cycles.add(replace(first, id=0, year=2028))
        found = uow.conversations.catcher(second.id, "bao", "P1")
    assert found is None
    assert moment("2026-08-20") == small.now
