"""What happens when moments come? In order, each by itself; what fails waits for a person and stops nobody."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread

import pytest

from api.wording import Wording
from engine.errors import ProcessFault
from engine.rules.dossiers import Instance
from engine.use_cases import incidents, tasks, timers
from tests.factories import Town, the_model
from tests.use_cases.living import OTHERS


def instance_of(town: Town, code: str) -> Instance:
    dossier = town.dossier(code)
    (found,) = town.ask(lambda uow: uow.instances.of_dossier(dossier.id))
    assert isinstance(found, Instance)
    return found


def put_state(town: Town, code: str, blob: bytes) -> bytes:
    """Replace the stored state of the branch's instance; answers what stood there."""
    kept = instance_of(town, code)
    with town.open() as uow:
        uow.instances.save(replace(uow.instances.get(kept.id), blob=blob))
    return kept.blob


def opened(town: Town) -> dict[str, list[str]]:
    return {code: town.open_acts(code) for code in OTHERS}


def test_what_falls_due_happens_in_its_order(town: Town) -> None:
    town.at("2026-11-12")
    entries = [e.line for e in town.ask(lambda uow: uow.audit.entries(0, 1000))]
    moments = [line.at for line in entries]
    assert moments == sorted(moments)
    assert [i.opened_at.isoformat() for i in town.open_work("P1-1")] == ["2026-09-30T17:00:00+00:00"]


def test_a_batch_says_whether_more_may_be_due(town: Town) -> None:
    town.now = town.now.replace(month=10, day=2)

    def fire(limit: int) -> bool:
        with town.open() as uow:
            return timers.fire_due_timers(uow, now=town.now, limit=limit)

    due = [fire(1) for _ in range(20)]
    assert due.index(False) > 4
    assert not any(due[due.index(False) :])
    assert opened(town) == {code: ["register"] for code in OTHERS}


def test_a_timer_that_fails_becomes_an_incident_and_the_others_go_on(any_town: Town) -> None:
    town = any_town
    sound = put_state(town, "P1-1", b"not a state")
    town.at("2026-10-02")
    assert opened(town) == {"P1-1": [], "P1-2": ["register"], "P1-4": ["register"], "P2-1": ["register"]}
    (incident,) = town.ask(lambda uow: uow.incidents.open())
    assert (incident.kind, incident.instance_id, incident.opened_at.isoformat()) == (
        "process",
        instance_of(town, "P1-1").id,
        "2026-09-30T17:00:00+00:00",
    )
    assert incident.reason
    put_state(town, "P1-1", sound)
    assert opened(town)["P1-1"] == []
    administrator = town.actor("TD", "administrator")
    with town.open() as uow:
        settled = incidents.retry(uow, incident.id, actor=administrator, now=town.now)
    assert (settled.resolved_at, settled.resolution) == (town.now, "retried")
    town.tick()
    assert opened(town)["P1-1"] == ["register"]
    assert town.ask(lambda uow: uow.incidents.open()) == []


def test_an_unforeseen_fault_stops_nobody_either(town: Town) -> None:
    class Wordless(Wording):
        """Templates that are broken."""

        def mail(self, template: str, facts: object) -> tuple[str, str, str]:
            raise ZeroDivisionError(template)

    town.words = Wordless()
    town.at("2026-11-05")
    reasons = {incident.reason for incident in town.ask(lambda uow: uow.incidents.open())}
    assert reasons == {"ZeroDivisionError: reminder", "ZeroDivisionError: campaign"}
    assert opened(town) == {code: ["register"] for code in OTHERS}


def test_work_that_is_done_between_the_fall_of_two_timers_is_not_undone(town: Town) -> None:
    town.at("2026-12-31 23:59").does("P1-1", "register")
    town.at("2027-01-02")
    assert town.states("P1-1", "P1-2") == {"P1-1": "submitted", "P1-2": "not_participating"}


@pytest.mark.postgres
def test_a_timer_that_meets_somebody_elses_write_is_carried_out_later(pg_url: str) -> None:
    from tests.factories import founded, moment

    founded(pg_url)
    town = Town(pg_url)
    town.opens()
    town.at("2026-12-31 23:00")
    town.now = moment("2027-01-01 00:00")
    firing = Thread(target=town.tick)
    with town.open() as uow:
        dossier = town.dossier("P1-1")
        uow.dossiers.save(replace(dossier, member_count=1))
        firing.start()
        firing.join(timeout=2)  # it waits for this transaction
    firing.join(timeout=30)
    assert not firing.is_alive()
    town.tick()
    assert town.ask(lambda uow: uow.incidents.open()) == []
    assert (town.dossier("P1-1").state.value, town.dossier("P1-1").member_count) == ("not_participating", 1)
    town.close()


def test_a_step_is_one_transaction(town: Town) -> None:
    """An act whose step fails leaves nothing behind: no submission, no line, the task stays open."""
    town.at("2026-11-05")
    sound = put_state(town, "P1-1", b"not a state")
    item, actor = town.work("P1-1", "register"), town.actor("P1-1", "secretary")
    with pytest.raises(ProcessFault), town.open() as uow:
        tasks.complete_task(uow, item.id, {"members": []}, row_version=item.row_version, actor=actor, now=town.now)
    assert (town.states("P1-1"), town.history("P1-1"), town.work("P1-1", "register")) == ({"P1-1": "draft"}, [], item)
    assert town.ask(lambda uow: uow.dossiers.submissions(town.dossier("P1-1").id)) == []
    put_state(town, "P1-1", sound)
    town.does("P1-1", "register")
    assert town.states("P1-1") == {"P1-1": "submitted"}


def test_instances_stay_on_the_version_they_were_started_with(town: Town) -> None:
    from engine.process import packs

    files = dict(the_model().files) | packs.read_shared()
    files["model.toml"] = files["model.toml"].replace("Tiếp nhận, trả lời".encode(), "Trả lời".encode())
    newer = packs.read_model(files, the_model().key)
    with town.open() as uow:
        uow.models.deploy(newer, town.now)
    town.at("2026-11-05").does("P1-1", "register")
    assert town.ask(lambda uow: uow.models.latest(the_model().key)).sha256 == newer.sha256
    assert instance_of(town, "P1-1").version == the_model().sha256
