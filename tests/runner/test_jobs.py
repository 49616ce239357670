"""What follows from a failed try, and are inline promises those of the transaction that made them?"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from engine.errors import ArchiveFailed, Corrupt, MailFailed, NotFound, NotPermitted, ProcessFault, StaleVersion
from engine.ports.services import JobHandler, OpenUow, Outside
from engine.ports.store import UnitOfWork
from engine.process.packs import read_model
from engine.process.spiff import SpiffRuntime
from engine.runner.jobs import Again, InlineJobs, Queue, Workshop, nowhere, queue_of, verdict
from engine.store import Database
from engine.store.migrate import upgrade

NOW = datetime(2026, 11, 5, tzinfo=UTC)


def seconds(error: Exception, tries: int) -> int | str:
    """The pause after this try, or the reason to give up."""
    found = verdict(error, tries)
    return found.seconds if isinstance(found, Again) else found.reason


def test_a_neighbours_fault_is_tried_for_days_with_growing_pauses() -> None:
    pauses = [seconds(MailFailed("away", retry_after=60), tries) for tries in range(1, 15)]
    assert pauses == [60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 30720, 61440, 86400, 86400, "MailFailed: away"]


@pytest.mark.parametrize(
    ("error", "first"),
    [
        (MailFailed("550", retry_after=None), "MailFailed: 550"),
        (ArchiveFailed("full", retry_after=5), 5),
        (StaleVersion("busy"), 10),
        (ZeroDivisionError("oh"), 10),
        (NotFound("decision", 3), "NotFound: decision 3"),
        (NotPermitted("no"), "NotPermitted: no"),
        (ProcessFault("node", "stuck"), "ProcessFault: node: stuck"),
        (Corrupt("chain"), "Corrupt: chain"),
    ],
)
def test_what_may_pass_is_tried_again_and_what_cannot_is_given_up(error: Exception, first: int | str) -> None:
    assert seconds(error, 1) == first


def test_what_nobody_foresaw_is_tried_five_times() -> None:
    assert [seconds(ValueError("x"), tries) for tries in range(1, 6)] == [10, 20, 40, 80, "ValueError: x"]


def test_a_job_without_a_queue_of_its_own_waits_with_the_engines() -> None:
    assert [queue_of(job, {"mail": "mail", "issue": "documents"}) for job in ("mail", "issue", "other")] == [
        Queue.MAIL,
        Queue.DOCUMENTS,
        Queue.ENGINE,
    ]


@pytest.fixture
def inline(tmp_path: Path) -> Iterator[tuple[InlineJobs, OpenUow]]:
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    upgrade(url)
    runtime = SpiffRuntime()
    database = Database(url, read_model=read_model, compile_diagrams=runtime.compile)
    jobs = InlineJobs()
    yield jobs, jobs.opener(lambda: database.unit_of_work(runtime, nowhere, NoWords()))
    database.close()


class NoWords:
    def mail(self, template: str, facts: Mapping[str, object]) -> tuple[str, str, str]:
        return template, "", ""

    def label(self, kind: str, code: str) -> str:
        return code


def workshop(open_uow: OpenUow, done: list[object], handlers: Mapping[str, JobHandler] | None = None) -> Workshop:
    def note(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
        done.append((payload["n"], now))

    def dead(job: str, payload: Mapping[str, object], reason: str) -> None:
        done.append(("dead", job, payload["n"], reason))

    return Workshop(
        handlers=handlers or {"note": note},
        open_uow=open_uow,
        outside=cast("Outside", None),
        clock=lambda: NOW,
        on_dead=dead,
    )


def test_inline_jobs_are_done_after_the_commit_in_order_and_once_a_key(inline: tuple[InlineJobs, OpenUow]) -> None:
    jobs, open_uow = inline
    done: list[object] = []
    shop = workshop(open_uow, done)
    with open_uow() as uow:
        uow.jobs.enqueue("note", "a", {"n": 1})
        uow.jobs.enqueue("note", "b", {"n": 2})
        uow.jobs.enqueue("note", "a", {"n": 3})
        assert jobs.work_off(shop) == 0
    with open_uow() as uow:
        uow.jobs.enqueue("note", "b", {"n": 4})
    assert (jobs.work_off(shop), jobs.work_off(shop), done) == (2, 0, [(1, NOW), (2, NOW)])


def promise_and_fail(uow: UnitOfWork, number: int) -> None:
    uow.jobs.enqueue("note", "a", {"n": number})
    raise ZeroDivisionError


def test_a_rolled_back_promise_was_never_made(inline: tuple[InlineJobs, OpenUow]) -> None:
    jobs, open_uow = inline
    done: list[object] = []
    with pytest.raises(ZeroDivisionError), open_uow() as uow:
        promise_and_fail(uow, 1)
    with open_uow() as uow:
        with pytest.raises(ZeroDivisionError), uow.savepoint():
            promise_and_fail(uow, 2)
        uow.jobs.enqueue("note", "a", {"n": 3})
    jobs.work_off(workshop(open_uow, done))
    assert done == [(3, NOW)]


def test_inline_jobs_keep_the_rules_of_giving_up(inline: tuple[InlineJobs, OpenUow]) -> None:
    jobs, open_uow = inline
    done: list[object] = []

    def fails(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
        done.append("try")
        raise ValueError("x")

    with open_uow() as uow:
        uow.jobs.enqueue("fails", "a", {"n": 1})
    jobs.work_off(workshop(open_uow, done, {"fails": fails}))
    assert done == ["try"] * 5 + [("dead", "fails", 1, "ValueError: x")]
