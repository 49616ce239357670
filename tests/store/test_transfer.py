"""Does an installation arrive on the other database whole, and go on there?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from engine.errors import Corrupt, WrongState
from engine.ports.conversations import Signal, Tally
from engine.ports.notices import Webhook
from engine.ports.store import NEW
from engine.ports.versions import Switch, SwitchItem
from engine.rules.archiving import Handover, HandoverState, Package, PackageState, Retention
from engine.rules.batches import Batch, BatchItem, BatchState
from engine.rules.notices import MailMode, MailState, Notice, PersonalSettings
from engine.rules.programme import Bond, Part
from engine.rules.scores import CriteriaVersion, KeptScore, Ranking, Stage
from engine.rules.unit_lists import ListChange
from engine.rules.units import AccountId
from engine.store import Database, SqlUnitOfWork, audit_log
from engine.store.tables import metadata
from engine.store.transfer import copy_database
from engine.use_cases import posting
from tests.store.conftest import opened
from tests.store.samples import (
    MODEL,
    NOW,
    TODAY,
    Ground,
    a_basis,
    a_blob,
    a_block,
    a_book,
    a_change,
    a_day,
    a_deadline,
    a_delegation,
    a_delivery,
    a_figure,
    a_line,
    a_mark,
    a_member,
    a_model,
    a_money_year,
    a_place,
    a_position,
    a_question,
    a_recipient,
    a_register_row,
    a_remedy,
    a_round,
    a_session,
    a_sheet,
    a_signing,
    a_submission,
    a_subscription,
    a_survey_answer,
    a_timer,
    a_title,
    a_token,
    a_unit,
    a_way_setting,
    an_account,
    an_awaited,
    an_incident,
    an_office_template,
    lay_ground,
    no_jobs,
    the_runtime,
    the_words,
)


def fill(database: Database) -> None:
    """At least one row in every table, one of them pointing to a later row of its own table."""
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        uow.models.deploy(a_model({"model.toml": b"owned"}, key="owned"), NOW, ground.city.id)
        dossier, unit, account = ground.dossier.id, ground.city.id, ground.account
        uow.units.save(replace(ground.city, successor_id=ground.branch.id))
        uow.accounts.add_position(a_position(account, ground.city))
        uow.accounts.add_session(a_session(account))
        uow.accounts.add_token(a_token(account))
        uow.cycles.set_deadlines(ground.cycle.id, [a_deadline()])
        uow.cycles.add_change(a_change(ground.cycle.id))
        uow.dossiers.set_members(dossier, [a_member(dossier_id=dossier)])
        uow.dossiers.add_submission(a_submission(dossier_id=dossier, work_item_id=ground.item.id))
        uow.dossiers.add_blob(a_blob(dossier_id=dossier))
        waiting = a_subscription(instance_id=ground.instance.id, dossier_id=dossier)
        uow.instances.set_subscriptions(ground.instance, [waiting])
        uow.timers.plan([a_timer()])
        uow.decisions.take_number(unit, "qd", 2027)
        uow.decisions.add_register_row(a_register_row(unit_id=unit, decision_id=ground.decision.id))
        number(uow, ground)
        sign(uow, ground)
        uow.decisions.put_basis(a_basis())
        uow.titles.grant([a_title(unit_id=unit, dossier_id=dossier, decision_id=ground.decision.id)])
        converse(uow, ground)
        uow.outbox.add(a_delivery())
        uow.incidents.add(an_incident())
        tell(uow, ground)
        uow.calendar.put([a_day(TODAY), a_day(TODAY, unit_id=unit)])
        delegation = uow.absences.add(a_delegation(unit_id=unit, from_id=account.id, to_id=account.id))
        uow.absences.note(delegation.id, uow.dossiers.submissions(dossier)[0].id)
        uow.distribution.add([a_recipient(ground, 1)])
        uow.figures.add([a_figure(unit, uow.dossiers.submissions(dossier)[0].id)])
        uow.office_templates.add(an_office_template(ground, 1))
        uow.packages.add(a_package(ground))
        judge(uow, ground)
        uow.handovers.add(a_handover(ground))
        uow.handovers.put_retention(Retention(kind="registering", label="Hồ sơ", years=None, source="QĐ 12"))
        ask_around(uow, ground)
        uow.programmes.put_mark(a_mark(decision_id=ground.decision.id, by_id=account.id))
        uow.programmes.put_money(a_money_year(by_id=account.id))
        uow.programmes.set_bonds("mau", [Bond(id=NEW, model="mau", unit_id=unit, part=Part.LEAD)])
        uow.opinions.ask(a_question(unit_id=unit, by_id=account.id), [ground.branch.id])
        listed = [{"what": "renamed", "unit": unit, "old": "10A1", "new": "11A1"}]
        uow.unit_lists.add(
            ListChange(
                id=NEW,
                kind="rolled_over",
                at=NOW,
                by_id=account.id,
                by_name="Lê An",
                steps=listed,
                undone_at=NOW,
                undone_by="Lê An",
                row_version=0,
            )
        )
        uow.workload.set_limit(40, NOW, account.id, account.full_name)
        for _ in range(3):
            uow.audit.write(a_line())
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        uow.audit.erase(2)


def judge(uow: SqlUnitOfWork, ground: Ground) -> None:
    """A version of the criteria, a score that is held, a list that is published."""
    cycle, dossier, by = ground.cycle.id, ground.dossier.id, {"by_id": ground.account.id, "by_name": "Lê An"}
    version = CriteriaVersion(
        id=NEW, cycle_id=cycle, number=1, content={"a": 1}, sha256="c", note="", created_at=NOW, frozen_at=NOW, **by
    )
    assert uow.scores.add_criteria(version)
    score = KeptScore(
        id=NEW,
        cycle_id=cycle,
        dossier_id=dossier,
        stage=Stage.APPRAISED,
        number=1,
        points=None,
        band=None,
        recognised=False,
        content={"held": ["1"]},
        criteria_sha256="c",
        at=NOW,
        **by,
    )
    uow.scores.add(score)
    ranking = Ranking(
        id=NEW,
        cycle_id=cycle,
        dossier_id=dossier,
        number=1,
        content={"points": Decimal("81.00")},
        sha256="r",
        drafted_at=NOW,
        published_at=NOW,
        decision_id=ground.decision.id,
        **by,
    )
    uow.rankings.add(ranking)


def a_package(ground: Ground) -> Package:
    """A package with all its fields."""
    return Package(
        id=NEW,
        cycle_id=ground.cycle.id,
        dossier_id=ground.dossier.id,
        state=PackageState.FAILED,
        asked_at=NOW,
        by_id=ground.account.id,
        by_name="Lê An",
        made_at=NOW,
        name="goi",
        sha256="",
        size=5_000_000_000,
        reason="đĩa đầy",
        row_version=0,
    )


def number(uow: SqlUnitOfWork, ground: Ground) -> None:
    """A book with a block, and a document that waits for a number."""
    book = uow.books.add(a_book(unit_id=ground.city.id))
    uow.books.add_block(a_block(book_id=book.id))
    uow.books.wait(an_awaited(unit_id=ground.city.id, decision_id=ground.decision.id))
    uow.remedies.add(a_remedy(decision_id=ground.decision.id, draft_id=ground.decision.id))


def sign(uow: SqlUnitOfWork, ground: Ground) -> None:
    """A unit's way of signing, a document that waits for its person, and a batch of one task."""
    uow.signings.add_setting(a_way_setting(unit_id=ground.city.id))
    uow.signings.add(a_signing(decision_id=ground.decision.id, unit_id=ground.city.id, instance_id=ground.instance.id))
    task = BatchItem(
        id=NEW,
        batch_id=NEW,
        work_item_id=ground.item.id,
        seen_version=0,
        state=BatchState.REFUSED,
        decision_id=ground.decision.id,
        code="work_done",
        facts={"item": 1},
        row_version=0,
    )
    uow.batches.add(Batch(id=NEW, account_id=ground.account.id, at=NOW), [task])


def ask_around(uow: SqlUnitOfWork, ground: Ground) -> None:
    """A survey with one unit, one numbered sheet and what was entered from it."""
    held = uow.surveys.add(a_round(cycle_id=ground.cycle.id, unit_id=ground.city.id))
    uow.surveys.add_places([a_place(round_id=held.id, unit_id=ground.branch.id)])
    place = uow.surveys.places(held.id)[0]
    uow.surveys.add_sheets([a_sheet(place_id=place.id)])
    sheet = uow.surveys.sheets(place.id, 1)[0]
    uow.surveys.add_answers([a_survey_answer(place_id=place.id, sheet_id=sheet.id, by_id=ground.account.id)])


def a_handover(ground: Ground) -> Handover:
    """A handover with all its fields."""
    return Handover(
        id=NEW,
        cycle_id=ground.cycle.id,
        unit_id=ground.city.id,
        number=1,
        state=HandoverState.REFUSED,
        items=[{"dossier": 1, "title": "Hồ sơ"}],
        left_out=[2],
        papers={"index": {"id": "x"}},
        note="ghi chú",
        reason="thiếu",
        proposed_at=NOW,
        proposed_by_id=ground.account.id,
        proposed_by_name="Lê An",
        decided_at=NOW,
        decided_by_id=None,
        decided_by_name="Bùi Cần",
        row_version=0,
    )


def tell(uow: SqlUnitOfWork, ground: Ground) -> None:
    """A notice and what its person chose."""
    account = ground.account.id
    uow.notices.add(a_notice(account_id=account))
    webhook = uow.notices.add_webhook(
        Webhook(
            id=NEW,
            unit_id=ground.branch.id,
            url="https://nhan.vidu.vn/",
            secret="khóa",
            by_id=account,
            created_at=NOW,
            disabled_at=None,
        )
    )
    uow.outbox.add(replace(a_delivery(), key="call", channel="webhook", webhook_id=webhook.id))
    uow.notices.keep(
        PersonalSettings(
            account_id=account,
            mail=MailMode.SINGLE,
            quiet_from=20,
            quiet_until=6,
            digest_days=("1", "4"),
            digest_minute=485,
            feed_sha256="f" * 64,
            feed_since=NOW,
        )
    )


def a_notice(account_id: AccountId) -> Notice:
    """A notice with all its fields."""
    return Notice(
        id=NEW,
        key="n",
        account_id=account_id,
        kind="reminder",
        title="Nhắc việc",
        href="/viec/1",
        facts={"last_day": TODAY},
        work_item_id=None,
        unit_id=None,
        last_day=TODAY,
        created_at=NOW,
        read_at=NOW,
        mail=MailState.MAILED,
    )


def converse(uow: SqlUnitOfWork, ground: Ground) -> None:
    """A message, a counter that heard its sender, a signal."""
    cycle, instance = ground.cycle.id, ground.instance.id
    letter = posting.letter(cycle, "bao", "TD", {"so": 1}, key="k", sender_key="X", until=NOW, now=NOW)
    uow.conversations.send(letter)
    tally = Tally(
        id=NEW, instance_id=instance, token="t9", name="bao", expected=2, got=0, opened_at=NOW, closed_at=None
    )
    uow.conversations.vote(uow.conversations.open_tally(tally).id, "X", NOW)
    uow.conversations.throw(
        Signal(
            id=NEW,
            key="s",
            cycle_id=cycle,
            name="het",
            payload={},
            sender_id=instance,
            thrown_at=NOW,
            last_subscription=0,
            reached=0,
            delivered=0,
            done_at=None,
        ),
        even_unheard=True,
    )
    switch = Switch(
        id=NEW,
        cycle_id=cycle,
        from_version=MODEL.sha256,
        to_version=MODEL.sha256,
        mapping={"a": "b"},
        reason="thử",
        state="running",
        reached=0,
        started_at=NOW,
        finished_at=None,
        by_id=None,
        by_name="Vận hành",
        row_version=0,
    )
    uow.switches.put_item(
        SwitchItem(
            switch_id=uow.switches.add(switch).id,
            instance_id=instance,
            state="moved",
            notes=["ghi chú"],
            version_before=MODEL.sha256,
            blob_before=b"x",
            row_version=1,
        )
    )


def content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row, as the columns give it back."""
    with database.reader.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


@pytest.fixture
def source(sqlite_url: str) -> Iterator[Database]:
    """An installation on SQLite."""
    database = opened(sqlite_url)
    fill(database)
    yield database
    database.close()


@pytest.mark.postgres
def test_every_row_arrives_and_work_goes_on(source: Database, sqlite_url: str, pg_url: str) -> None:
    heard: list[tuple[str, int]] = []
    copied = copy_database(sqlite_url, pg_url, told=lambda table, rows: heard.append((table, rows)))
    target = opened(pg_url)
    assert content(target) == content(source)
    assert dict(heard) == copied == {name: len(rows) for name, rows in content(source).items()}
    assert min(copied.values()) > 0
    with target.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        new = [uow.units.add(a_unit(code="mới")).id, uow.accounts.add(an_account(username="mới")).id]
        uow.audit.write(a_line())
        city = uow.units.find_code("TD")
        assert city is not None
        assert uow.decisions.take_number(city.id, "qd", 2027) == 2
        assert uow.models.get(MODEL.sha256) == MODEL
    with target.reading(the_runtime, the_words) as uow:
        audit_log.verify(uow.session)
    target.close()
    assert new == [3, 2]


@pytest.mark.postgres
def test_a_target_with_rows_is_refused(source: Database, sqlite_url: str, pg_url: str) -> None:
    copy_database(sqlite_url, pg_url)
    with pytest.raises(WrongState) as refused:
        copy_database(sqlite_url, pg_url)
    assert refused.value.code == "target_not_empty"


@pytest.mark.postgres
def test_a_broken_chain_is_not_copied(source: Database, sqlite_url: str, pg_url: str) -> None:
    with source.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER ck_audit_content_no_update"))
        connection.execute(text("UPDATE ck_audit_content SET content = '{}' WHERE seq = 1"))
    with pytest.raises(Corrupt):
        copy_database(sqlite_url, pg_url)
    target = opened(pg_url)
    assert {name: rows for name, rows in content(target).items() if rows} == {}
    target.close()


@pytest.mark.postgres
def test_waiting_jobs_are_not_left_behind(source: Database, sqlite_url: str, pg_url: str) -> None:
    with source.engine.begin() as connection:
        connection.execute(text("CREATE TABLE workflow_status (status TEXT)"))
        connection.execute(text("INSERT INTO workflow_status VALUES ('SUCCESS'), ('ENQUEUED'), ('PENDING')"))
    with pytest.raises(WrongState) as refused:
        copy_database(sqlite_url, pg_url)
    assert (refused.value.code, refused.value.facts) == ("jobs_waiting", {"count": 2})


@pytest.mark.postgres
def test_an_old_source_is_refused(tmp_path, pg_url: str) -> None:
    with pytest.raises(WrongState) as refused:
        copy_database(f"sqlite:///{tmp_path / 'empty.sqlite3'}", pg_url)
    assert refused.value.code == "not_migrated"


def test_a_copy_on_sqlite_is_the_same(source: Database, sqlite_url: str, tmp_path) -> None:
    target_url = f"sqlite:///{tmp_path / 'copy.sqlite3'}"
    copy_database(sqlite_url, target_url)
    target = opened(target_url)
    assert content(target) == content(source)
    target.close()
