"""What waits for me? The inbox by urgency, and taking note of many registrations or reports at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.assembly import House
from api.forms import validate
from api.pages import task_forms
from api.pages.opinions import waiting_lines
from api.pages.shell import INBOX, PAGE_SIZE, address, number_in, page, page_address, scope_of, sliced, today_of
from api.pages.task_parts import year_names
from api.pages.waiting_work import handed_over, stead
from api.texts import label, sentence
from api.texts.words import SOON, number
from api.view import go
from engine.errors import NotFound, Refused
from engine.ports.queries import WorkRow
from engine.ports.store import UnitOfWork
from engine.rules.cycles import CycleId
from engine.rules.dossiers import WorkItem, WorkItemId, WorkState
from engine.rules.permissions import check_may_do
from engine.use_cases import score_lists, tasks
from engine.use_cases.standing_in import Mine, check_may_act, work_of

router = APIRouter()
#: Acts that may be done to many at once, with the answer that each then gets.
BULK_ACTS = frozenset({"review", "acknowledge"})
BULK_ANSWER = {"outcome": "accept"}
#: The act that is confirmed on a page of its own, with its documents.
SIGN, SIGN_MANY = "sign", "/viec/ky-nhieu"
#: More cannot be ticked on one page.
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One task of the inbox as its row shows it."""

    id: int
    title: str
    last_day: object
    lenient_until: object
    meta: tuple[str, ...]
    row_version: int
    selectable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxGroup:
    """Tasks of one urgency on this page; `total` counts those on other pages too."""

    id: str
    title: str
    total: int
    rows: tuple[InboxRow, ...]

    @property
    def selectable(self) -> bool:
        """Whether any of them may be ticked."""
        return any(row.selectable for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkItem:
    """One task of a bulk act: what it is, and what became of it."""

    id: int
    version: int
    title: str
    meta: str
    problem: str


@router.get("/viec")
def inbox(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the open work of the person's positions, the most urgent first."""
    asked = request.query_params
    act, cycle = asked.get("loai", ""), number_in(asked.get("chu_ky", ""))
    own = work_of(uow, me.actor)
    everything = [mine.row for mine in own]
    rows = [r for r in everything if act in ("", r.act) and cycle in (None, r.cycle_id)]
    part = sliced(len(rows), asked.get("trang"))
    notes = _notes(uow, me, own, today_of(house.clock()))
    groups = _groups(uow, rows, notes, part.first, house)
    kept = {"loai": act, "chu_ky": cycle}
    signatures = sum(row.act == SIGN for row in rows)
    return page(
        request,
        "viec/list.html",
        me,
        uow,
        page_title="Việc của tôi",
        groups=groups,
        acts=_act_chips(everything, act, cycle),
        cycles=_cycle_chips(everything, act, cycle),
        opinions=waiting_lines(uow, me),
        all_count=len(everything),
        may_follow=bool(scope_of(me.actor)),
        selectable=sum(row.selectable for group in groups for row in group.rows),
        signatures=signatures,
        scores=_score_lists(rows),
        sign_all=address(SIGN_MANY, chu_ky=cycle),
        checked=asked.get("chon") == "tat-ca",
        check_all=address(INBOX, **kept, trang=part.page if part.page > 1 else None, chon="tat-ca"),
        check_none=address(INBOX, **kept, trang=part.page if part.page > 1 else None),
        page_no=part.page,
        pages=part.pages,
        total=part.total,
        page_url=page_address(INBOX, **kept),
    )


@router.post("/viec/loat")
def confirm_bulk(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Show what was ticked before anything is done."""
    now = house.clock()
    items = [_bulk_item(uow, me, *_ticked(text), now=now) for text in form.all("viec")[:MOST]]
    if not items:
        return go(INBOX)
    return page(
        request,
        "viec/bulk.html",
        me,
        uow,
        page_title="Tiếp nhận, ghi nhận nhiều việc",
        ready=[item for item in items if not item.problem],
        refused=[item for item in items if item.problem],
    )


@router.post("/viec/loat/lam")
def do_bulk(me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Do the confirmed tasks, each by itself: one that is refused does not stop the others."""
    done: list[int] = []
    refused: list[str] = []
    for item_id, version in (_ticked(text) for text in form.all("viec")[:MOST]):
        try:
            with uow.savepoint():
                item = uow.work.get(WorkItemId(item_id))
                _check_bulk(uow, item)
                tasks.complete_task(
                    uow, item.id, dict(BULK_ANSWER), row_version=version, actor=me.actor, now=house.clock()
                )
            done.append(item_id)
        except (Refused, NotFound) as refusal:
            refused.append(f"{item_id}.{refusal.code if isinstance(refusal, Refused) else 'not_found'}")
    return go(address("/viec/loat/ket-qua", xong=done, loi=refused))


@router.get("/viec/loat/ket-qua")
def bulk_result(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Say what became of each task of a bulk act."""
    asked = request.query_params
    done = [_shown(uow, me, number_in(text), "") for text in asked.getlist("xong")[:MOST]]
    failed = [text.partition(".") for text in asked.getlist("loi")[:MOST]]
    refused = [_shown(uow, me, number_in(number), code) for number, _, code in failed]
    return page(
        request,
        "viec/bulk_result.html",
        me,
        uow,
        page_title="Kết quả làm nhiều việc",
        done=[item for item in done if item is not None],
        refused=[item for item in refused if item is not None],
    )


def _groups(
    uow: UnitOfWork, rows: Sequence[WorkRow], notes: Mapping[int, str], first: int, house: House
) -> list[InboxGroup]:
    today = today_of(house.clock())
    kinds: dict[str, list[WorkRow]] = {"qua-han": [], "gan": [], "sau": [], "khong-han": []}
    for row in rows:
        kinds[_urgency(row, today)].append(row)
    titles = {"qua-han": "Quá hạn", "gan": "Hôm nay – 7 ngày", "sau": "Sau đó", "khong-han": "Không hạn"}
    shown = year_names(uow, rows[first : first + PAGE_SIZE])
    several = len({row.model for row in rows}) > 1
    return [
        InboxGroup(
            id=key,
            title=titles[key],
            total=len(found),
            rows=tuple(
                _row(row, shown[row.id], notes.get(row.id, ""), several=several) for row in found if row.id in shown
            ),
        )
        for key, found in kinds.items()
        if any(row.id in shown for row in found)
    ]


def _urgency(row: WorkRow, today: object) -> str:
    if row.last_day is None:
        return "khong-han"
    late_after = max(row.last_day, row.lenient_until or row.last_day)
    left = (late_after - today).days  # type: ignore[operator]  # both are days
    return "qua-han" if left < 0 else "gan" if left <= SOON else "sau"


def _row(row: WorkRow, year: str, note: str, *, several: bool) -> InboxRow:
    about = row.subject if row.subject_unit_id != row.unit_id else ""
    meta = (note, row.subject_code if about else row.unit, year, row.model_name if several else "")
    return InboxRow(
        id=row.id,
        title=f"{row.name} – {about}" if about else row.name,
        last_day=row.last_day,
        lenient_until=row.lenient_until,
        meta=tuple(text for text in meta if text),
        row_version=row.row_version,
        selectable=row.act in BULK_ACTS,
    )


def _score_lists(rows: Sequence[WorkRow]) -> list[tuple[str, str]]:
    """Cycles in which the person gives points of several units, which may come in as a list: what is said, address."""
    counts: dict[CycleId, list[WorkRow]] = {}
    for row in rows:
        if row.act in score_lists.ACTS:
            counts.setdefault(row.cycle_id, []).append(row)
    return [
        (
            f"Nhập điểm bằng Excel: {found[0].model_name} {found[0].year} ({number(len(found))} việc)",
            f"/nhap-diem/{cycle}",
        )
        for cycle, found in counts.items()
        if len(found) > 1
    ]


def _act_chips(rows: Sequence[WorkRow], act: str, cycle: int | None) -> list[tuple[str, str, bool, int | None]]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.act] = counts.get(row.act, 0) + 1
    if len(counts) < 2 and not act:
        return []
    chips: list[tuple[str, str, bool, int | None]] = [("Tất cả", address(INBOX, chu_ky=cycle), not act, len(rows))]
    chips += [(label("act", a), address(INBOX, loai=a, chu_ky=cycle), a == act, n) for a, n in counts.items()]
    return chips


def _cycle_chips(rows: Sequence[WorkRow], act: str, cycle: int | None) -> list[tuple[str, str, bool, int | None]]:
    known = {row.cycle_id: row for row in rows}
    chips: list[tuple[str, str, bool, int | None]] = [("Mọi chu kỳ", address(INBOX, loai=act), cycle is None, None)]
    several = len({row.model for row in known.values()}) > 1
    for cycle_id, row in sorted(known.items(), key=lambda pair: (-pair[1].year, pair[1].model)):
        name = f"{row.model_name} {row.year}" if several else f"Năm {row.year}"
        chips.append((name, address(INBOX, loai=act, chu_ky=cycle_id), cycle == cycle_id, None))
    return chips


def _notes(uow: UnitOfWork, me: Visitor, own: Sequence[Mine], today: date) -> dict[int, str]:
    """Task → for whom it is done, or who does it for the person."""
    given = handed_over(uow, me.account, [mine.row for mine in own if mine.absent is None], today)
    away = {item: f"{name} đang làm thay" for item, name in given.items()}
    return away | {mine.row.id: stead(mine) for mine in own if mine.absent}


def _ticked(text: str) -> tuple[int, int]:
    number, _, version = text.partition(".")
    return number_in(number) or 0, number_in(version) or 0


def _bulk_item(uow: UnitOfWork, me: Visitor, item_id: int, version: int, *, now: datetime) -> BulkItem:
    try:
        item = uow.work.get(WorkItemId(item_id))
        check_may_act(uow, me.actor, item, now=now)
        _check_bulk(uow, item)
    except NotFound:
        return BulkItem(id=item_id, version=version, title="Việc này", meta="", problem=sentence("work_gone", {}))
    except Refused as refusal:
        return BulkItem(
            id=item_id, version=version, title="Việc này", meta="", problem=sentence(refusal.code, refusal.facts)
        )
    problem = "" if item.state is WorkState.OPEN else sentence("work_done", {"at": item.done_at})
    return _bulk(uow, item, version, problem)


def _check_bulk(uow: UnitOfWork, item: WorkItem) -> None:
    """Refuse a task whose form asks more than taking note."""
    if item.act not in BULK_ACTS or validate(task_forms.spec_of_item(uow, item), dict(BULK_ANSWER)):
        raise Refused("not_in_bulk", item=item.id)


def _shown(uow: UnitOfWork, me: Visitor, item_id: int | None, code: str) -> BulkItem | None:
    """One line of the result; nothing of tasks that are not the person's."""
    if item_id is None:
        return None
    try:
        item = uow.work.get(WorkItemId(item_id))
        check_may_do(me.actor, item)
    except (NotFound, Refused):
        return None
    if not code and item.state is not WorkState.DONE:
        return None
    return _bulk(uow, item, item.row_version, sentence(code, {"at": item.done_at}) if code else "")


def _bulk(uow: UnitOfWork, item: WorkItem, version: int, problem: str) -> BulkItem:
    unit = uow.units.get(item.subject_unit_id)
    return BulkItem(id=item.id, version=version, title=f"{item.name} – {unit.name}", meta=unit.code, problem=problem)
