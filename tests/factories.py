"""How does a test live in a small city? A real database, real process engine, real packs; only the outside is fake.

town.at("2026-10-02 09:00")                       # lives every timer and job on the way
town.does("P1-1", "register", members=[...])      # the people whose work it is do it
town.history("P1-1")                              # what the audit chain says of the dossier
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from api.wording import Wording
from engine.ports.outside import Renderer
from engine.ports.services import OpenUow, Outside
from engine.ports.store import NEW, UnitOfWork, Words
from engine.process import packs
from engine.process.spiff import SpiffRuntime
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle
from engine.rules.deadlines import ICT, local_day
from engine.rules.decisions import Decision, LegalBasis
from engine.rules.dossiers import Dossier, WorkItem, WorkState
from engine.rules.titles import Title
from engine.rules.units import Account, AccountId, Actor, Position, Unit, UnitId
from engine.runner.jobs import InlineJobs, Workshop, nowhere
from engine.store import Database, migrate
from engine.use_cases import cycles, jobs, messages, tasks, timers
from engine.use_cases.actors import actor_of
from tests.fakes import InkSigner, KeptFiles, KeptMail, PlainRenderer

RUNTIME = SpiffRuntime()
YEAR = 2027
FOUNDED = date(2024, 1, 1)

#: code, name, kind, cohort, superior: every cohort once, a second base union, and a branch to be merged into.
UNITS = (
    ("TD", "Thành đoàn Hải Phòng", "city_union", None, None),
    ("P1", "Đoàn phường Lê Chân", "base_union", None, "TD"),
    ("P1-1", "Chi đoàn Tổ dân phố số 1", "branch", "residential", "P1"),
    ("P1-2", "Chi đoàn Công ty Cơ khí", "branch", "enterprise", "P1"),
    ("P1-3", "Chi đoàn Trường THPT Ngô Quyền", "branch", "school", "P1"),
    ("P1-4", "Chi đoàn Tổ dân phố số 4", "branch", "residential", "P1"),
    ("P2", "Đoàn xã Kiến Thụy", "base_union", None, "TD"),
    ("P2-1", "Chi đoàn Thôn Đông", "branch", "armed_forces", "P2"),
)
ROLES: Mapping[str, tuple[str, ...]] = {
    "city_union": ("officer", "clerk", "designer", "auditor", "administrator"),
    "base_union": ("officer", "secretary", "clerk"),
    "branch": ("secretary",),
}
#: What people answer when a test does not care; a test's own answers stand above these.
ANSWERS: Mapping[str, Mapping[str, object]] = {
    "register": {"members": [{"full_name": "Trần Thị Bình", "birth_year": 2001}]},
    "review": {"outcome": "accept"},
    "acknowledge": {"outcome": "accept"},
    "assess": {"outcome": "assess"},
    "sign": {"outcome": "sign"},
    "answer_appeal": {"outcome": "uphold", "reason": "Không có tình tiết mới."},
    "verify": {"outcome": "proceed"},
    "cancel_decide": {"outcome": "cancel", "reason": "Gian dối trong kê khai."},
}


@cache
def the_model() -> CycleModel:
    """The shipped pack of the annex's model 11, whatever its folder is called."""
    return next(m for m in map(packs.read_pack, packs.shipped()) if "mô hình 11" in m.source)


def moment(text: str) -> datetime:
    """A local moment, e.g. "2026-11-09 23:59"; a day alone means 09:00."""
    return datetime.fromisoformat(text if " " in text else f"{text} 09:00").replace(tzinfo=ICT)


@dataclass
class Town:
    """An installation on `url` at one moment; nothing reads a clock."""

    url: str
    now: datetime = field(default_factory=lambda: moment("2026-08-20"))
    mail: KeptMail = field(default_factory=KeptMail)
    calls: KeptMail = field(default_factory=KeptMail)  #: what other systems were told
    renderer: Renderer = field(default_factory=PlainRenderer)
    signer: InkSigner = field(default_factory=InkSigner)
    archive: KeptFiles = field(default_factory=KeptFiles)
    queue: InlineJobs = field(default_factory=InlineJobs)
    words: Words = field(default_factory=Wording)
    cycle: int | None = None  #: which cycle's dossiers are meant, once there are several

    def __post_init__(self) -> None:
        self.database = Database(
            self.url, read_model=packs.read_model, compile_diagrams=RUNTIME.compile, synchronous="OFF"
        )
        self.open: OpenUow = self.queue.opener(lambda: self.database.unit_of_work(RUNTIME, nowhere, self.words))
        self.look: OpenUow = lambda: self.database.reading(RUNTIME, self.words)

    def close(self) -> None:
        self.database.close()

    # ---- time

    def at(self, text: str) -> Town:
        """Live until that local moment: each timer at its own moment, each job right after what promised it."""
        wanted = moment(text)
        while (due := self._next_due()) is not None and due <= wanted:
            self.now = max(self.now, due)
            self.tick()
        self.now = wanted
        return self

    def tick(self) -> None:
        """Carry out what is due now."""
        more = True
        while more:
            with self.open() as uow:
                more = timers.fire_due_timers(uow, now=self.now, limit=100)
            self.work_off()

    def work_off(self) -> int:
        """Do the jobs that were promised."""
        outside = Outside(
            mailer=self.mail,
            archive=self.archive,
            renderer=self.renderer,
            signer=self.signer,
            channels={"webhook": self.calls},
            base_url="https://chuky.test",
            test_signatures=True,
        )
        workshop = Workshop(
            handlers=jobs.HANDLERS,
            open_uow=self.open,
            outside=outside,
            clock=lambda: self.now,
            on_dead=lambda job, payload, reason: jobs.give_up(self.open, job, payload, reason, now=self.now),
        )
        return self.queue.work_off(workshop)

    def _next_due(self) -> datetime | None:
        with self.look() as uow:
            return uow.timers.next_due()

    # ---- acts

    def opens(
        self,
        *,
        by: tuple[str, str] = ("TD", "officer"),
        year: int = YEAR,
        confirmed: bool = True,
        until: date | None = None,
        **settings: bool | int | str,
    ) -> Cycle:
        """Open the year's cycle; `until` makes it transitional."""
        with self.open() as uow:
            return cycles.open_cycle(
                uow,
                the_model().key,
                year,
                reading_confirmed=confirmed,
                dispatch="12-CV/TĐ" if confirmed else "",
                settings=settings,
                transitional_until=until,
                actor=self._actor(uow, *by),
                now=self.now,
            )

    def does(
        self,
        code: str,
        act: str,
        *,
        by: tuple[str, str] | Actor | None = None,
        group: str | None = None,
        **answers: object,
    ) -> tasks.Done:
        """Complete the open task of that act (or deadline) about the unit, by its people unless said otherwise."""
        item = self.work(code, act, group=group)
        return self.completes(item, {**ANSWERS.get(item.act, {}), **answers}, by=by)

    def completes(
        self, item: WorkItem, answers: Mapping[str, object], *, by: tuple[str, str] | Actor | None = None
    ) -> tasks.Done:
        """Complete this very task, as it was seen."""
        with self.open() as uow:
            done = tasks.complete_task(
                uow, item.id, answers, row_version=item.row_version, actor=self._doer(uow, item, by), now=self.now
            )
        self.work_off()
        return done

    def sends(self, code: str, label: str, *, by: tuple[str, str] | None = None, **answers: object) -> Dossier:
        """Press the button of that label on the unit's dossier."""
        dossier = self.dossier(code)
        with self.open() as uow:
            actor = self._actor(uow, *(by or (code, "secretary")))
            offers = messages.offers(uow, dossier, actor=actor)
            node = next((offer.node for offer in offers if offer.label == label), label)
            sent = messages.send(uow, dossier.id, node, answers, actor=actor, now=self.now)
        self.work_off()
        return sent

    def offered(self, code: str, *, by: tuple[str, str] | None = None) -> list[str]:
        """The labels of the buttons on the unit's dossier."""
        dossier = self.dossier(code)
        with self.look() as uow:
            actor = self._actor(uow, *(by or (code, "secretary")))
            return [offer.label for offer in messages.offers(uow, dossier, actor=actor)]

    # ---- what there is

    def actor(self, code: str, role: str) -> Actor:
        """The person who holds that role there, with all their positions of the day."""
        with self.look() as uow:
            return self._actor(uow, code, role)

    def unit(self, code: str) -> Unit:
        with self.look() as uow:
            found = uow.units.find_code(code)
        assert found is not None, code
        return found

    def dossier(self, code: str, group: str | None = None) -> Dossier:
        """The unit's dossier of the cycle; a group's when a group is named, else the one of all."""
        found = self.dossiers(code)
        wanted = [d for d in found if _is_of_group(d) == (group is not None) and group in (None, d.group)]
        assert len(wanted) == 1, (code, group, found)
        return wanted[0]

    def dossiers(self, code: str) -> list[Dossier]:
        with self.look() as uow:
            found = uow.dossiers.of_unit(self.unit(code).id)
        return [dossier for dossier in found if self.cycle in (None, dossier.cycle_id)]

    def states(self, *codes: str) -> dict[str, str]:
        """The state of each unit's dossier."""
        return {code: self.dossier(code).state.value for code in codes}

    def work(self, code: str, act: str, *, group: str | None = None) -> WorkItem:
        """The one open task about the unit of that act, or with that deadline."""
        found = [i for i in self.open_work(code) if act in (i.deadline, i.act) and self._of_group(i, group)]
        assert len(found) == 1, (code, act, group, [(i.act, i.deadline, i.name) for i in self.open_work(code)])
        return found[0]

    def open_work(self, code: str) -> list[WorkItem]:
        """Every open task about the unit."""
        with self.look() as uow:
            items = [i for d in self.dossiers(code) for i in uow.work.of_dossier(d.id)]
        return [item for item in items if item.state is WorkState.OPEN]

    def open_acts(self, code: str) -> list[str]:
        """The acts of the open tasks about the unit, sorted."""
        return sorted(item.act for item in self.open_work(code))

    def lines(self, code: str, group: str | None = None) -> list[AuditLine]:
        """What the audit chain says of the unit's dossier, in order."""
        with self.look() as uow:
            return [e.line for e in uow.audit.of_dossier(self.dossier(code, group).id) if e.line is not None]

    def history(
        self, code: str, group: str | None = None, *, but: Sequence[str] = ("reminded", "campaign", "late")
    ) -> list[tuple[str, str | None, str | None, int | None]]:
        """(event, task, last day, days late) of each audit line about the dossier, without the events `but`."""
        return [
            (line.event, line.task, line.last_day.isoformat() if line.last_day else None, line.days_late)
            for line in self.lines(code, group)
            if line.event not in but
        ]

    def decisions(self, code: str, group: str | None = None) -> list[Decision]:
        with self.look() as uow:
            return uow.decisions.of_dossier(self.dossier(code, group).id)

    def titles(self, code: str) -> list[Title]:
        with self.look() as uow:
            return uow.titles.of_unit(self.unit(code).id)

    def ask(self, question: Any) -> Any:
        """Ask the store: `question(uow)`."""
        with self.look() as uow:
            return question(uow)

    def appoint(self, code: str, role: str, *, also: tuple[str, str]) -> None:
        """Let the holder of `also` hold a further position."""
        with self.open() as uow:
            account = uow.accounts.find_username(username(*also))
            assert account is not None
            unit = uow.units.find_code(code)
            assert unit is not None
            uow.accounts.add_position(_position(account, unit, role))

    def _of_group(self, item: WorkItem, group: str | None) -> bool:
        if group is None:
            return True
        with self.look() as uow:
            dossier = uow.dossiers.get(item.dossier_id)
        return _is_of_group(dossier) and dossier.group == group

    def _actor(self, uow: UnitOfWork, code: str, role: str) -> Actor:
        account = uow.accounts.find_username(username(code, role))
        assert account is not None, (code, role)
        return actor_of(uow, account, now=self.now)

    def _doer(self, uow: UnitOfWork, item: WorkItem, by: tuple[str, str] | Actor | None) -> Actor:
        if isinstance(by, Actor):
            return by
        if by is not None:
            return self._actor(uow, *by)
        people = uow.accounts.holders(item.unit_id, item.roles, local_day(self.now))
        return actor_of(uow, min(people, key=lambda account: account.id), now=self.now)


def founded(url: str) -> None:
    """Make the city in an empty database: tables, the pack, units, people, complete legal bases."""
    migrate.upgrade(url)
    town = Town(url)
    with town.open() as uow:
        uow.models.deploy(the_model(), town.now)
        by_code: dict[str, Unit] = {}
        for code, name, kind, cohort, superior in UNITS:
            by_code[code] = uow.units.add(a_unit(code, name, kind, cohort, by_code.get(superior or "")))
            for role in ROLES[kind]:
                people(uow, by_code[code], role)
        for key in sorted({key for form in the_model().documents.values() for key in bases_of(form)}):
            uow.decisions.put_basis(a_basis(key))
    town.close()


def bases_of(form: Mapping[str, object]) -> list[str]:
    """The legal bases that a document template names."""
    head = form.get("document")
    return [str(key) for key in head.get("bases", ())] if isinstance(head, Mapping) else []


def a_basis(key: str, **changes: Any) -> LegalBasis:
    """A legal basis with number and date."""
    values = {"name": f"Văn bản {key}", "number": "15-KH/TU", "dated": date(2025, 8, 1), "issuer": "Thành ủy"}
    return LegalBasis(**{"id": NEW, "key": key, "sample": False, **values, **changes})


def a_unit(code: str, name: str, kind: str, cohort: str | None, superior: Unit | None) -> Unit:
    """A unit that has stood since the city was founded."""
    return Unit(
        id=UnitId(NEW),
        code=code,
        name=name,
        kind=kind,
        cohort=cohort,
        parent_id=superior.id if superior else None,
        from_day=FOUNDED,
        until_day=None,
        successor_id=None,
        symbol="ĐTN",
        place="Hải Phòng",
    )


def people(uow: UnitOfWork, unit: Unit, role: str) -> Account:
    """A person in that position, with a mail address."""
    name = username(unit.code, role)
    account = uow.accounts.add(
        Account(
            id=AccountId(NEW),
            username=name,
            full_name=f"Nguyễn Văn {unit.code} {role}",
            email=f"{name}@chuky.test",
            password_hash=None,
            must_change_password=False,
            disabled_at=None,
            created_at=moment("2024-01-01"),
        )
    )
    uow.accounts.add_position(_position(account, unit, role))
    return account


def username(code: str, role: str) -> str:
    """The user name of whoever holds a role at a unit."""
    return f"{code}.{role}".lower()


def _position(account: Account, unit: Unit, role: str) -> Position:
    return Position(id=NEW, account_id=account.id, unit_id=unit.id, role=role, from_day=FOUNDED, until_day=None)


def _is_of_group(dossier: Dossier) -> bool:
    return any(p.id == dossier.process and p.scope == "group" for p in the_model().processes)
