"""What if it comes twice, or two come at once? One wins, the other is told; jobs that repeat change nothing."""

from __future__ import annotations

from datetime import date
from threading import Barrier, Thread

import pytest

from engine.errors import ArchiveFailed, ChukyError, SigningFailed, StaleVersion, WrongState
from engine.process import packs
from engine.rules.decisions import DecisionState
from engine.rules.units import SYSTEM
from engine.use_cases import introducing, tasks
from tests.factories import Town
from tests.models.test_twelfth_model import MADE_UP
from tests.use_cases import living

GROUP = "others"


def at_once(town: Town, *people: tuple[str, str]) -> list[str]:
    """Everybody completes the review of P1-1 at the same moment; answers what each was told."""
    item, barrier, told = town.work("P1-1", "review"), Barrier(len(people)), []

    def complete(who: tuple[str, str]) -> None:
        actor = town.actor(*who)
        barrier.wait(timeout=20)
        try:
            with town.open() as uow:
                tasks.complete_task(
                    uow, item.id, {"outcome": "accept"}, row_version=item.row_version, actor=actor, now=town.now
                )
        except ChukyError as refusal:
            told.append(type(refusal).__name__)
        else:
            told.append("done")

    threads = [Thread(target=complete, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(told)


def test_of_two_who_do_the_same_task_one_is_told(any_town: Town) -> None:
    any_town.at("2026-11-05").does("P1-1", "register")
    told = at_once(any_town, ("P1", "officer"), ("P1", "secretary"))
    assert told in (["WrongState", "done"], ["StaleVersion", "done"])
    assert {StaleVersion.__name__, WrongState.__name__} >= set(told) - {"done"}
    assert [event for event, *_ in any_town.history("P1-1")] == ["submitted", "accepted"]
    assert any_town.open_acts("P1-1") == ["progress"]


def test_two_units_answer_at_once_without_hindering_each_other(any_town: Town) -> None:
    any_town.at("2026-11-05")
    told: list[str] = []

    def register(code: str) -> None:
        any_town.does(code, "register")
        told.append(code)

    threads = [Thread(target=register, args=(code,)) for code in ("P1-1", "P1-2", "P1-4", "P2-1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(told) == ["P1-1", "P1-2", "P1-4", "P2-1"]
    assert any_town.states(*told) == dict.fromkeys(told, "submitted")


def test_of_two_who_bring_a_model_under_the_same_key_one_is_told(any_town: Town) -> None:
    files = packs.read_folder(MADE_UP) | packs.read_shared()
    told, barrier = list[str](), Barrier(2)

    def bring(name: str) -> None:
        head = files["model.toml"].replace("Ngõ phố xanh".encode(), name.encode())
        model = packs.read_model(files | {"model.toml": head}, "moi")
        barrier.wait(timeout=20)
        try:
            with any_town.open() as uow:
                introducing.introduce(uow, model, None, actor=SYSTEM, now=any_town.now)
                told.append(name)
        except WrongState as refusal:
            told.append(refusal.code)

    threads = [Thread(target=bring, args=(name,)) for name in ("Một", "Hai")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    found = any_town.ask(lambda uow: [row.name for row in uow.queries.packs() if row.key == "moi"])
    assert (len(found), sorted(told)) == (1, sorted([*found, "key_taken"]))


@pytest.fixture
def waiting(appraised: Town) -> Town:
    """The list of P1 waits for its signature."""
    living.met(appraised)
    appraised.at("2027-11-18").does("P1", "decide", group=GROUP)
    return appraised


@pytest.mark.parametrize(
    "trouble",
    [
        SigningFailed("thẻ ký chưa cắm", retry_after=60),
        ArchiveFailed("đĩa đầy", retry_after=60),
        ConnectionAbortedError("killed in between"),
    ],
)
def test_a_document_whose_job_is_repeated_is_issued_once_under_its_number(waiting: Town, trouble: Exception) -> None:
    waiting.signer.troubles.append(trouble)
    waiting.does("P1", "sign", group=GROUP)
    issued = [d for d in waiting.decisions("P1", GROUP) if d.type_code == "QĐ"]
    assert [(d.state, d.symbol, d.dated) for d in issued] == [(DecisionState.ISSUED, "02-QĐ/ĐTN", date(2027, 11, 18))]
    assert [line.event for line in waiting.lines("P1", GROUP)].count("issued") == 1
    assert waiting.ask(lambda uow: uow.incidents.open()) == []


def test_a_job_that_comes_again_after_its_document_is_out_changes_nothing(waiting: Town) -> None:
    waiting.does("P1", "sign", group=GROUP)
    before = (waiting.decisions("P1", GROUP), waiting.lines("P1", GROUP), dict(waiting.archive.files))
    dossier = waiting.dossier("P1", GROUP)
    (instance,) = waiting.ask(lambda uow: uow.instances.of_dossier(dossier.id))
    for decision in before[0]:
        with waiting.open() as uow:
            payload = {"decision_id": decision.id, "instance_id": instance.id, "token": "gone"}
            uow.jobs.enqueue("issue", f"again {decision.id}", payload)
    waiting.work_off()
    assert (waiting.decisions("P1", GROUP), waiting.lines("P1", GROUP), waiting.archive.files) == before
    assert waiting.ask(lambda uow: uow.incidents.open()) == []
