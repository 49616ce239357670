"""Whole values to keep and to compare: every field filled, and again with every optional field empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.ports.process import Definition, ProcessRuntime
from engine.ports.store import (
    NEW,
    Blob,
    CalendarDay,
    Delivery,
    Incident,
    OneTimeToken,
    SessionRow,
    SubscriptionRow,
    TimerRow,
    Words,
)
from engine.rules.audit import AuditLine
from engine.rules.books import AwaitedNumber, Book, BookMode, BookPeriod, NumberBlock
from engine.rules.cycle_models import CycleModel, DeadlineGroup, ReminderLadder
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.deadlines import Deadline
from engine.rules.decisions import Decision, DecisionId, DecisionState, LegalBasis, RegisterRow, RegisterState
from engine.rules.delegations import Delegation, DelegationKind, DelegationScope, LegalForm
from engine.rules.distribution import Recipient, Way
from engine.rules.dossiers import (
    Dossier,
    DossierId,
    DossierState,
    Instance,
    InstanceId,
    InstanceState,
    Member,
    Submission,
    WorkItem,
    WorkItemId,
    WorkState,
)
from engine.rules.figures import Entry
from engine.rules.office_templates import OfficeTemplate
from engine.rules.opinions import Request
from engine.rules.programme import Mark, MilestoneState, MoneyYear
from engine.rules.redating import ChangeKind, ChangeScope, ChangeState, DeadlineChange
from engine.rules.remedies import Remedy, RemedyKind, RemedyState
from engine.rules.signings import Signing, SigningStep, WaySetting
from engine.rules.signings import Way as SigningWay
from engine.rules.survey_rounds import AnswerState, RoundState, SurveyAnswer, SurveyPlace, SurveyRound, SurveySheet
from engine.rules.surveys import Origin
from engine.rules.titles import Title
from engine.rules.units import Account, AccountId, Position, Unit, UnitId
from engine.store import SqlUnitOfWork

NOW = datetime(2026, 11, 1, 1, 30, 0, 123456, tzinfo=UTC)
ICT = timezone(timedelta(hours=7))
TODAY = date(2026, 11, 1)

# The registers never call these; whoever does is in the wrong test.
the_runtime = cast("ProcessRuntime", object())
the_words = cast("Words", object())


@dataclass
class NoJobs:
    """A queue that keeps nothing."""

    session: Session

    def enqueue(self, job: str, key: str, payload: Mapping[str, object]) -> None:
        """Forget it."""


def no_jobs(session: Session) -> NoJobs:
    """Jobs for transactions that promise none."""
    return NoJobs(session)


def a_model(files: Mapping[str, bytes], key: str = "sample") -> CycleModel:
    """A pack that is nothing but its files."""
    content = sha256(b"".join(path.encode() + files[path] for path in sorted(files)))
    return CycleModel(
        key=key,
        sha256=content.hexdigest(),
        name="Mô hình mẫu",
        source="",
        lead_unit_kind="city",
        lanes={},
        groups=(DeadlineGroup(key="all", label="", cohorts=(), year_label="{year}"),),
        deadlines=(),
        processes=(),
        settings=(),
        reminders=ReminderLadder(before=(), after=(), hour=8),
        titles=(),
        criteria={},
        forms={},
        documents={},
        rehearsal={},
        files=files,
    )


read_sample = a_model


def compile_sample(files: Mapping[str, bytes]) -> Definition:
    """A definition that is the list of its files."""
    return Definition(sha256="d" * 64, processes={}, warnings=(), handle=sorted(files))


MODEL = a_model({"model.toml": "tên = 'mẫu'".encode(), "cycle.bpmn": b"<definitions/>", "rule.dmn": b"<dmn/>"})


def a_unit(**changes: Any) -> Unit:
    """A city's youth union, or whatever `changes` make of it."""
    return replace(
        Unit(
            id=UnitId(NEW),
            code="TD",
            name="Thành đoàn Đà Nẵng",
            kind="city",
            cohort=None,
            parent_id=None,
            from_day=date(1976, 3, 26),
            until_day=None,
            successor_id=None,
            symbol="ĐTN",
            place="Đà Nẵng",
        ),
        **changes,
    )


def an_account(**changes: Any) -> Account:
    """A person with everything known."""
    return replace(
        Account(
            id=AccountId(NEW),
            username="Bí.Thư",
            full_name="Nguyễn Thị Ánh",
            email="Anh@example.org",
            password_hash="$argon2id$…",
            must_change_password=True,
            disabled_at=None,
            created_at=NOW,
        ),
        **changes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The rows that most other rows point to."""

    city: Unit
    branch: Unit
    account: Account
    cycle: Cycle
    dossier: Dossier
    instance: Instance
    item: WorkItem
    decision: Decision


def lay_ground(uow: SqlUnitOfWork) -> Ground:
    """One city with one branch, whose dossier waits for one task and has one decision."""
    uow.models.deploy(MODEL, NOW)
    city = uow.units.add(a_unit())
    branch = uow.units.add(a_unit(code="CD-01", name="Chi đoàn 1", parent_id=city.id, kind="branch", cohort="school"))
    account = uow.accounts.add(an_account())
    cycle = uow.cycles.add(a_cycle(unit_id=city.id))
    dossier = uow.dossiers.add(a_dossier(cycle_id=cycle.id, unit_id=branch.id))
    instance = uow.instances.add(an_instance(dossier_id=dossier.id, cycle_id=cycle.id))
    item = uow.work.add(
        a_work_item(
            instance_id=instance.id,
            dossier_id=dossier.id,
            cycle_id=cycle.id,
            subject_unit_id=branch.id,
            unit_id=city.id,
            done_by=account.id,
        )
    )
    decision = uow.decisions.add(a_decision(cycle_id=cycle.id, dossier_id=dossier.id, unit_id=city.id))
    return Ground(
        city=city,
        branch=branch,
        account=account,
        cycle=cycle,
        dossier=dossier,
        instance=instance,
        item=item,
        decision=decision,
    )


def a_cycle(**changes: Any) -> Cycle:
    """An open cycle."""
    return replace(
        Cycle(
            id=CycleId(NEW),
            model=MODEL.key,
            version=MODEL.sha256,
            year=2027,
            unit_id=UnitId(NEW),
            state=CycleState.OPEN,
            opened_at=NOW,
            closed_at=None,
            reading_confirmed=True,
            dispatch="12-CV/ĐTN",
            settings={"branch_slip": True, "quarters": 4, "note": "Đoàn"},
            row_version=1,
        ),
        **changes,
    )


def a_deadline(**changes: Any) -> Deadline:
    """A deadline with all its days."""
    return replace(
        Deadline(
            name="register",
            group="others",
            label="Đăng ký",
            first_day=date(2026, 10, 1),
            campaign_day=date(2026, 11, 1),
            last_day=date(2026, 11, 9),
            wording="xong trước ngày 10/11",
            source="Phụ lục 3",
            named_day=date(2026, 11, 10),
        ),
        **changes,
    )


def a_change(cycle_id: CycleId) -> DeadlineChange:
    """A deadline moved for one cohort, and taken back."""
    return DeadlineChange(
        id=NEW,
        cycle_id=cycle_id,
        kind=ChangeKind.MOVE,
        deadline="register",
        scope=ChangeScope.COHORT,
        code="residential",
        last_day=date(2026, 11, 20),
        dispatch="45-CV/TĐTN",
        reason="Mưa bão",
        state=ChangeState.UNDONE,
        reached=7,
        at=NOW,
        by_id=None,
        by_name="Lê An",
        undone_at=NOW,
        row_version=1,
    )


def a_dossier(**changes: Any) -> Dossier:
    """A scored dossier."""
    return replace(
        Dossier(
            id=DossierId(NEW),
            cycle_id=CycleId(NEW),
            unit_id=UnitId(NEW),
            process="chi_doan",
            group="school",
            cohort="school",
            state=DossierState.SUBMITTED,
            opened_at=NOW,
            submitted_at=NOW + timedelta(days=1),
            days_late=2,
            receipt="CD-01/2027",
            score=Decimal("87.50"),
            band="tot",
            member_count=31,
            closed_at=None,
            row_version=1,
        ),
        **changes,
    )


def a_member(**changes: Any) -> Member:
    """A member of a branch."""
    return replace(
        Member(
            id=NEW,
            dossier_id=DossierId(NEW),
            full_name="Trần Văn Đức",
            birth_year=2005,
            self_result="proposed",
            result="recognised",
            note="",
        ),
        **changes,
    )


def a_submission(**changes: Any) -> Submission:
    """A form as handed in, with every kind of answer."""
    return replace(
        Submission(
            id=NEW,
            dossier_id=DossierId(NEW),
            work_item_id=WorkItemId(NEW),
            act="register",
            node="dang_ky",
            title="Đăng ký",
            form="dang-ky",
            answers={
                "day": TODAY,
                "points": Decimal("9.50"),
                "rows": [{"ten": "Ánh", "at": NOW}],
                "n": 3,
                "none": None,
            },
            at=NOW,
            by_id=None,
            by_name="Nguyễn Thị Ánh",
            deadline="register",
            last_day=TODAY,
            days_late=0,
        ),
        **changes,
    )


def a_blob(**changes: Any) -> Blob:
    """A stored file's facts."""
    return replace(
        Blob(
            sha256="a" * 64,
            size=5_000_000_000,
            media_type="application/pdf",
            name="minh chứng.pdf",
            dossier_id=None,
            by_id=None,
            at=NOW,
        ),
        **changes,
    )


def an_instance(**changes: Any) -> Instance:
    """A running process."""
    return replace(
        Instance(
            id=InstanceId(NEW),
            dossier_id=DossierId(NEW),
            cycle_id=CycleId(NEW),
            version=MODEL.sha256,
            process="chi_doan",
            state=InstanceState.RUNNING,
            blob=b"\x00\xff state",
            started_at=NOW,
            ended_at=None,
            row_version=1,
        ),
        **changes,
    )


def a_work_item(**changes: Any) -> WorkItem:
    """A task somebody has done."""
    return replace(
        WorkItem(
            id=WorkItemId(NEW),
            instance_id=InstanceId(NEW),
            dossier_id=DossierId(NEW),
            cycle_id=CycleId(NEW),
            subject_unit_id=UnitId(NEW),
            unit_id=UnitId(NEW),
            roles=("secretary", "deputy"),
            token="t1",
            node="tham_dinh",
            name="Thẩm định hồ sơ",
            act="review",
            form="tham-dinh",
            deadline="review",
            last_day=TODAY,
            properties={"act": "review", "deadline": "review"},
            state=WorkState.OPEN,
            opened_at=NOW,
            done_at=NOW + timedelta(hours=1),
            done_by=None,
            draft={"reason": "thiếu minh chứng"},
            row_version=1,
        ),
        **changes,
    )


def a_subscription(**changes: Any) -> SubscriptionRow:
    """A message that is waited for."""
    return replace(
        SubscriptionRow(
            id=NEW, instance_id=InstanceId(NEW), dossier_id=DossierId(NEW), token="t9", kind="message", name="withdrawn"
        ),
        **changes,
    )


def a_timer(key: str = "k1", **changes: Any) -> TimerRow:
    """A timer that waits."""
    return replace(
        TimerRow(
            id=NEW,
            kind="process",
            key=key,
            due_at=NOW,
            instance_id=None,
            cycle_id=None,
            work_item_id=None,
            token="t2",
            payload={"rung": -7, "day": TODAY},
            state="waiting",
        ),
        **changes,
    )


def a_decision(**changes: Any) -> Decision:
    """An issued decision."""
    return replace(
        Decision(
            id=DecisionId(NEW),
            cycle_id=CycleId(NEW),
            dossier_id=DossierId(NEW),
            unit_id=UnitId(NEW),
            document="quyet-dinh-cong-nhan",
            type_code="QĐ",
            subject="Công nhận chi đoàn",
            state=DecisionState.ISSUED,
            number=5,
            symbol="05-QĐ/ĐTN",
            dated=TODAY,
            signer_id=None,
            signer_name="Lê Văn Ý",
            signer_title="Bí thư",
            signed_at=NOW,
            content={"blocks": [{"block": "paragraph", "text": "Căn cứ…"}], "number": 5},
            content_sha256="c" * 64,
            file_name="05-QD",
            pdf_sha256="d" * 64,
            docx_sha256="e" * 64,
            code="XYZ-123",
            replaces_id=None,
            cancelled_by_id=None,
            created_at=NOW,
            issued_at=NOW,
            row_version=1,
        ),
        **changes,
    )


def a_basis(**changes: Any) -> LegalBasis:
    """A complete basis."""
    return replace(
        LegalBasis(
            id=NEW, key="dieu-le", name="Điều lệ Đoàn", number="01", dated=TODAY, issuer="Trung ương Đoàn", sample=True
        ),
        **changes,
    )


def a_register_row(**changes: Any) -> RegisterRow:
    """A line of the register."""
    return replace(
        RegisterRow(
            id=NEW,
            unit_id=UnitId(NEW),
            book="qd",
            year=2027,
            number=1,
            symbol="01-QĐ/ĐTN",
            dated=TODAY,
            type_code="QĐ",
            subject="Công nhận",
            signer_name="Lê Văn Ý",
            recipients="Như Điều 3",
            decision_id=DecisionId(NEW),
            state=RegisterState.ISSUED,
        ),
        **changes,
    )


def a_book(**changes: Any) -> Book:
    """A book whose numbers come from reserved blocks, by term of office."""
    return replace(
        Book(
            id=NEW,
            unit_id=UnitId(NEW),
            code="VB",
            name="Sổ văn bản đi",
            types=("QĐ", "GCN"),
            mode=BookMode.BLOCK,
            period=BookPeriod.TERM,
            first_day=date(2025, 10, 15),
            last_day=date(2030, 10, 14),
            first_number=1,
            first_year=None,
            row_version=0,
        ),
        **changes,
    )


def a_block(**changes: Any) -> NumberBlock:
    """Three numbers, one of them given."""
    return replace(
        NumberBlock(
            id=NEW,
            book_id=NEW,
            year=2025,
            first=40,
            last=42,
            taken=1,
            reserved_on=TODAY,
            reason="Giữ cho chu kỳ",
            by_id=None,
            by_name="Lê Văn Ý",
            at=NOW,
            row_version=0,
        ),
        **changes,
    )


def an_awaited(**changes: Any) -> AwaitedNumber:
    """A document that waits for its number."""
    return replace(
        AwaitedNumber(
            id=NEW,
            unit_id=UnitId(NEW),
            book="VB",
            kind="QĐ",
            decision_id=None,
            submission_id=None,
            type_code="QĐ",
            symbol="QĐ/ĐTN",
            subject="Công nhận",
            signer_name="Lê Văn Ý",
            recipients="Như Điều 3",
            asked_at=NOW,
            payload={"token": "t1", "decision_id": 3},
            settled_at=None,
            row_version=0,
        ),
        **changes,
    )


def a_way_setting(**changes: Any) -> WaySetting:
    """A unit that signs on paper."""
    return replace(
        WaySetting(
            id=NEW,
            unit_id=None,
            account_id=None,
            way=SigningWay.PAPER,
            picture_sha256="a" * 64,
            at=NOW,
            by_id=None,
            row_version=0,
        ),
        **changes,
    )


def a_signing(**changes: Any) -> Signing:
    """A document that waits for its signed paper."""
    return replace(
        Signing(
            id=NEW,
            decision_id=DecisionId(NEW),
            unit_id=UnitId(NEW),
            instance_id=InstanceId(NEW),
            token="7",
            person_way=SigningWay.PAPER,
            seal_way=None,
            step=SigningStep.PAPER,
            given_sha256="b" * 64,
            prepared_sha256="",
            prepared={"start": 5, "at": "2027-11-28T02:15:30+00:00"},
            answer_sha256="",
            scan_sha256="",
            scan_name="",
            scan_type="",
            since=NOW,
            by_id=None,
            by_name="",
            row_version=0,
        ),
        **changes,
    )


def a_round(**changes: Any) -> SurveyRound:
    """A survey that is open."""
    return replace(
        SurveyRound(
            id=NEW,
            cycle_id=CycleId(NEW),
            key="hai-long",
            unit_id=UnitId(NEW),
            version="a" * 64,
            state=RoundState.OPEN,
            first_day=TODAY,
            last_day=None,
            opened_at=NOW,
            opened_by_id=None,
            opened_by_name="Lê An",
            closed_at=None,
            row_version=0,
        ),
        **changes,
    )


def a_place(**changes: Any) -> SurveyPlace:
    """A unit where a survey is held."""
    return replace(
        SurveyPlace(
            id=NEW, round_id=NEW, unit_id=UnitId(NEW), token="abcdefgh234567", batches=1, sheets=1, row_version=0
        ),
        **changes,
    )


def a_sheet(**changes: Any) -> SurveySheet:
    """A numbered sheet that nobody used yet."""
    return replace(SurveySheet(id=NEW, place_id=NEW, batch=1, number=1, token="k" * 14, used=False), **changes)


def a_survey_answer(**changes: Any) -> SurveyAnswer:
    """A sheet that two people read differently."""
    return replace(
        SurveyAnswer(
            id=NEW,
            place_id=NEW,
            origin=Origin.PAPER,
            state=AnswerState.DIFFERS,
            day=TODAY,
            answers={"q1": "5", "q2": ["a", "b"], "q3": True, "q4": 7},
            once_sha256=None,
            sheet_id=None,
            upload="",
            by_id=None,
            checked=True,
            second={"q1": "4"},
            second_by_id=None,
            settled_by_id=None,
            row_version=0,
        ),
        **changes,
    )


def a_remedy(**changes: Any) -> Remedy:
    """A recall that has begun."""
    return replace(
        Remedy(
            id=NEW,
            kind=RemedyKind.RECALL,
            decision_id=DecisionId(NEW),
            draft_id=DecisionId(NEW),
            state=RemedyState.OPEN,
            reason="Sai thẩm quyền",
            kept=("1", "2"),
            by_id=None,
            by_name="Lê Văn Ý",
            at=NOW,
            settled_by="",
            settled_why="",
            settled_at=None,
            row_version=0,
        ),
        **changes,
    )


def a_title(**changes: Any) -> Title:
    """A title held for a year."""
    return replace(
        Title(
            id=NEW,
            model=MODEL.key,
            key="unit_title",
            year=2027,
            unit_id=UnitId(NEW),
            member_name="",
            dossier_id=DossierId(NEW),
            decision_id=DecisionId(NEW),
            from_day=TODAY,
            until_day=date(2027, 10, 31),
            cancelled_on=None,
            cancelled_by_id=None,
        ),
        **changes,
    )


def a_delivery(key: str = "1/-7/1", **changes: Any) -> Delivery:
    """A queued mail."""
    return replace(
        Delivery(
            id=NEW,
            key=key,
            account_id=None,
            address="anh@example.org",
            message_id="<1@example.org>",
            subject="Nhắc việc",
            text="Còn 7 ngày",
            html="<p>Còn 7 ngày</p>",
            state="queued",
            attempts=0,
            error="",
            created_at=NOW,
            sent_at=None,
            work_item_id=None,
        ),
        **changes,
    )


def an_incident(**changes: Any) -> Incident:
    """A stuck process."""
    return replace(
        Incident(
            id=NEW,
            kind="process",
            instance_id=None,
            decision_id=None,
            dossier_id=None,
            reason="không có đường đi",
            payload={"token": "t1", "at": NOW},
            opened_at=NOW,
            resolved_at=None,
            resolution="",
        ),
        **changes,
    )


def a_session(account: Account, **changes: Any) -> SessionRow:
    """A browser that is signed in."""
    return replace(
        SessionRow(
            token_sha256="1" * 64,
            account_id=account.id,
            csrf="x",
            created_at=NOW,
            seen_at=NOW,
            revoked_at=None,
            agent="Firefox",
        ),
        **changes,
    )


def a_token(account: Account, **changes: Any) -> OneTimeToken:
    """A reset token, good for an hour."""
    return replace(
        OneTimeToken(
            token_sha256="2" * 64,
            account_id=account.id,
            purpose="reset",
            expires_at=NOW + timedelta(hours=1),
            used_at=None,
        ),
        **changes,
    )


def a_position(account: Account, unit: Unit, **changes: Any) -> Position:
    """A secretary since the beginning of the year."""
    return replace(
        Position(
            id=NEW,
            account_id=account.id,
            unit_id=unit.id,
            role="secretary",
            from_day=date(2026, 1, 1),
            until_day=None,
        ),
        **changes,
    )


def a_day(day: date, **changes: Any) -> CalendarDay:
    """A day off."""
    return replace(CalendarDay(day=day, kind="off", reason="Tết", source="Quyết định"), **changes)


def a_delegation(**changes: Any) -> Delegation:
    """The work of a position in other hands, with every field."""
    return replace(
        Delegation(
            id=NEW,
            unit_id=UnitId(1),
            role="secretary",
            from_id=AccountId(1),
            to_id=AccountId(2),
            first_day=TODAY,
            last_day=TODAY,
            scope=DelegationScope.ACT,
            code="review",
            signs=True,
            kind=DelegationKind.RULES,
            form=LegalForm.BY_ORDER,
            title="Văn thư",
            document="07-UQ/ĐTN",
            reason="Đi học",
            created_at=NOW,
            created_by=None,
            ended_at=NOW,
            row_version=0,
        ),
        **changes,
    )


def a_line(**changes: Any) -> AuditLine:
    """A line with every field."""
    return replace(
        AuditLine(
            at=NOW,
            actor_id=7,
            actor_name="Nguyễn Thị Ánh",
            event="submitted",
            target="dossier:12",
            dossier_id=12,
            cycle_id=3,
            unit_id=UnitId(5),
            cohort="school",
            task="register",
            last_day=TODAY,
            days_late=0,
            document="05-QD.pdf",
            facts={"points": Decimal("8.00"), "day": TODAY, "at": NOW, "names": ["Ánh"], "inner": {"$day": "kept"}},
        ),
        **changes,
    )


def an_office_template(ground: Ground, number: int, **more: object) -> OfficeTemplate:
    values: dict[str, object] = {
        "id": 0,
        "unit_id": ground.city.id,
        "model": "mo-hinh",
        "document": "quyet-dinh",
        "number": number,
        "content": {"document": {"articles": ["Điều"]}, "overrides": {"head.mark": "-----"}},
        "from_day": TODAY,
        "note": "Ghi chú",
        "created_at": NOW,
        "by_id": ground.account.id,
        "by_name": "Nguyễn Văn A",
        "used_at": None,
        "withdrawn_at": None,
    }
    return OfficeTemplate(**{**values, **more})  # type: ignore[arg-type]  # as above


def a_recipient(ground: Ground, number: int, **more: object) -> Recipient:
    values: dict[str, object] = {
        "id": 0,
        "decision_id": ground.decision.id,
        "number": number,
        "name": "Chi đoàn Một",
        "way": Way.INSIDE,
        "unit_id": None,
        "address": "",
        "delivery_id": None,
        "sent_at": NOW,
        "reminded_at": None,
        "received_at": None,
        "received_on": None,
        "received_by": "",
        "received_by_id": None,
    }
    return Recipient(**{**values, **more})  # type: ignore[arg-type]  # as above


def a_figure(unit_id: UnitId, submission_id: int | None = None, **more: Any) -> Entry:
    """A figure with all its fields."""
    return replace(
        Entry(
            id=NEW,
            model="vuon",
            indicator="trees",
            unit_id=unit_id,
            year=2027,
            quarter=2,
            number=1,
            value=Decimal("11215.376"),
            whole=Decimal("16215.376"),
            baseline=Decimal(0),
            source="Báo cáo quý II",
            document="12/BC",
            entered_at=NOW,
            by_id=None,
            by_name="Lê An",
            submission_id=submission_id,
        ),
        **more,
    )


def a_mark(**given: Any) -> Mark:
    """What was said of a milestone, with all its fields."""
    return replace(
        Mark(
            id=NEW,
            model="mau",
            milestone="moc",
            state=MilestoneState.DONE,
            number="12-KH/TU",
            dated=TODAY,
            decision_id=None,
            note="ghi chú",
            at=NOW,
            by_id=None,
            by_name="Lê An",
            row_version=0,
        ),
        **given,
    )


def a_money_year(**given: Any) -> MoneyYear:
    """A year of an amount that no 32 bits hold."""
    return replace(
        MoneyYear(
            id=NEW,
            model="mau",
            money="tong",
            year=2026,
            planned=16_215_376_000_000,
            actual=1,
            paper="QĐ 1",
            at=NOW,
            by_id=None,
            by_name="Lê An",
            row_version=0,
        ),
        **given,
    )


def a_question(**given: Any) -> Request:
    """A question to units."""
    return replace(
        Request(
            id=NEW,
            model="mau",
            milestone="moc",
            unit_id=UnitId(1),
            subject="Bộ tiêu chí",
            question="Cho ý kiến?",
            last_day=TODAY,
            asked_at=NOW,
            by_id=None,
            by_name="Lê An",
            closed_at=None,
            row_version=0,
        ),
        **given,
    )
