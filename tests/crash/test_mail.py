"""Mails leave while the worker is killed: each arrives, a repeat comes under the same Message-ID, none is lost."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import text

from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.dossiers import WorkState
from tests.crash.city import NOVEMBER
from tests.crash.clients import Journal
from tests.crash.installation import DONE, Installation, wait_for
from tests.crash.judge import Judge
from tests.support.mail import HOST, SmtpServer
from tests.support.tools import free_port

#: Seconds between the moment a mail is kept and the moment its sender learns of it: where a kill hurts.
_PAUSE = 0.15


@dataclass
class SlowServer(SmtpServer):
    """Keeps a message at once and answers later."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await SmtpServer.handle_DATA(self, server, session, envelope)
        await asyncio.sleep(_PAUSE)
        return answer


@pytest.mark.long
@pytest.mark.parametrize(("at_once", "kills"), [(2, 2), (1, 4)])
def test_no_reminder_is_lost_when_the_worker_is_killed(
    writing_installation: Installation, at_once: int, kills: int
) -> None:
    installation, chance = writing_installation, random.Random(at_once)
    judge = Judge(installation.folder, installation.environment.get("CHUKY_DATABASE_URL", ""), NOVEMBER)
    with judge.house.read_uow() as uow:
        wanted = _wanted(judge, uow)
    with _slow_smtp() as server:
        mail = {
            "HOST": HOST,
            "PORT": str(server.port),
            "SECURITY": "none",
            "PER_MINUTE": "6000",
            "FROM": "a@chuky.test",
        }
        installation.environment |= {f"CHUKY_MAIL_{name}": value for name, value in mail.items()}
        installation.environment["CHUKY_WORKER_JOBS"] = str(at_once)
        installation.start()
        for _ in range(kills):
            before = len(server.mails)
            wait_for(lambda before=before: len(server.mails) >= before + 2, DONE, lambda: installation.log[-3000:])
            time.sleep(chance.uniform(0, 1))
            installation.kill("worker")
        wait_for(lambda: not judge.busy(), DONE, lambda: installation.log[-3000:])
        installation.stop()
        arrived = Counter(str(message["Message-ID"]) for message in server.messages)
    assert judge.everything(Journal()) == []
    kept = judge.deliveries()
    assert {row.key for row in kept} == wanted
    assert {f"<{row.message_id}@127.0.0.1>" for row in kept} == set(arrived)
    assert {row.state for row in kept} == {"sent"}
    # A kill finds at most `at_once` mails between leaving and being noted; each of those comes once more, as itself.
    repeats = sum(times - 1 for times in arrived.values())
    assert repeats <= installation.kills * at_once
    assert max(arrived.values()) <= 1 + installation.kills
    judge.close()


def _wanted(judge: Judge, uow: UnitOfWork) -> set[str]:
    """The keys of all mails that fall due at the start: one digest a person with a rung; campaigns come with it."""
    sql = "SELECT work_item_id FROM ck_timer WHERE kind = 'reminder' AND state = 'waiting' AND due_at <= :now"
    due = judge.house.session(uow).execute(text(sql), {"now": NOVEMBER}).all()
    items = [item for row in due if (item := uow.work.get(row.work_item_id)).state is WorkState.OPEN]
    day = local_day(NOVEMBER)
    people = {person.id for item in items for person in uow.accounts.holders(item.unit_id, item.roles, day)}
    return {f"digest:{person}:{day.isoformat()}" for person in people}


@contextmanager
def _slow_smtp() -> Iterator[SlowServer]:
    server = SlowServer(port=free_port())
    controller = Controller(server, hostname=HOST, port=server.port, enable_SMTPUTF8=True)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
