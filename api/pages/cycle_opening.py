"""How is a cycle opened? Model and year, every date to look at, the reading of the dates confirmed, then opened."""

from datetime import date, datetime

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.pages.asking import day_in, refused
from api.pages.calendar import week_limit, week_name
from api.pages.cycles import leads
from api.pages.models import coming
from api.pages.shell import address, number_in, page, said
from api.texts import sentence
from api.texts.words import day, number
from engine.errors import Invalid, NotPermitted, Refused
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel, Setting
from engine.rules.deadlines import Deadline, local_day
from engine.use_cases import cycles, workload
from engine.use_cases.cycles import CyclePreview

router = APIRouter()
NEW_CYCLE = "/chu-ky/moi"
#: Crowded weeks that the page names, the worst first.
MOST_CROWDED = 20
#: Years around the present one that a cycle may be opened for.
YEARS_BACK, YEARS_AHEAD = 1, 3


@router.get(NEW_CYCLE)
def ask(request: Request, me: Me, uow: Uow, house: TheHouse, mo_hinh: str = "", nam: str = "") -> HTMLResponse:
    """Ask for model and year; with both known, show what opening would bring."""
    models = _models(uow, me)
    today = local_day(house.clock())
    years = range(today.year - YEARS_BACK, today.year + YEARS_AHEAD)
    chosen = next((m for m in models if m.key == mo_hinh), models[0] if len(models) == 1 else None)
    year = number_in(nam)
    preview = None
    if chosen is not None and year in years and nam:
        preview = cycles.preview_cycle(uow, chosen.key, int(nam), actor=me.actor, now=house.clock())
    return _page(
        request,
        me,
        uow,
        models,
        [str(y) for y in years],
        chosen,
        str(year or today.year + 1),
        preview,
        now=house.clock(),
    )


@router.post(NEW_CYCLE)
def open_it(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Open the cycle: its dates are fixed and every unit concerned gets its dossier."""
    models = _models(uow, me)
    chosen = next((m for m in models if m.key == form.text("mo_hinh")), None)
    year = number_in(form.text("nam"))
    if chosen is None or year is None:
        raise NotPermitted("not_lead")
    errors = _errors(form)
    if not errors:
        try:
            with uow.savepoint():
                cycle = cycles.open_cycle(
                    uow,
                    chosen.key,
                    year,
                    reading_confirmed=form.text("cach_doc") == "1",
                    dispatch=form.text("cong_van"),
                    settings=_settings(chosen, form),
                    transitional_until=day_in(form.text("chuyen_tiep")),
                    actor=me.actor,
                    now=house.clock(),
                )
            return said(f"/chu-ky/{cycle.id}", "da-mo")
        except NotPermitted:
            raise
        except Invalid as refusal:
            errors = list(refused(refusal, {"transitional_until": "chuyen_tiep"}).items())
        except Refused as refusal:
            errors = [("", sentence(refusal.code, refusal.facts))]
    preview = cycles.preview_cycle(uow, chosen.key, year, actor=me.actor, now=house.clock())
    return _page(
        request, me, uow, models, [str(year)], chosen, str(year), preview, now=house.clock(), form=form, errors=errors
    )


def _models(uow: UnitOfWork, me: Visitor) -> list[CycleModel]:
    models = leads(uow, me.actor)
    if not models:
        raise NotPermitted("not_lead")
    return models


def _errors(form: Posted) -> list[tuple[str, str]]:
    if form.text("cach_doc") not in ("1", "0"):
        return [("cach_doc.0", "Chọn cách đọc “trước ngày” đã được xác nhận hay chưa.")]
    if form.text("cach_doc") == "1" and not form.text("cong_van"):
        return [("cong_van", "Nhập số công văn hoặc văn bản xác nhận cách đọc.")]
    if form.text("chuyen_tiep") and day_in(form.text("chuyen_tiep")) is None:
        return [("chuyen_tiep", "Ghi ngày có thật, ví dụ 31/01/2027, hoặc để trống.")]
    return []


def _settings(model: CycleModel, form: Posted) -> dict[str, bool | int | str]:
    return {s.key: _setting(s, form.text(f"tuy_chon.{s.key}")) for s in model.settings}


def _setting(setting: Setting, text: str) -> bool | int | str:
    if isinstance(setting.default, bool):
        return text == "1"
    if isinstance(setting.default, int):
        return number_in(text) if number_in(text) is not None else setting.default  # type: ignore[return-value]  # not None
    return text or setting.default


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    models: list[CycleModel],
    years: list[str],
    chosen: CycleModel | None,
    year: str,
    preview: CyclePreview | None,
    *,
    now: datetime,
    form: Posted | None = None,
    errors: list[tuple[str, str]] | None = None,
) -> HTMLResponse:
    given = form or Posted()
    return page(
        request,
        "chu_ky/new.html",
        me,
        uow,
        status=422 if errors else 200,
        page_title="Mở chu kỳ mới",
        has_errors=bool(errors),
        breadcrumbs=[("Chu kỳ", "/chu-ky"), ("Mở chu kỳ mới", None)],
        models=[(m.key, m.name) for m in models],
        years=[(y, y) for y in years],
        chosen=chosen.key if chosen else "",
        model=chosen,
        year=year,
        preview=preview is not None,
        existing=address(f"/chu-ky/{preview.existing.id}") if preview and preview.existing else "",
        groups=_dates(preview) if preview else [],
        units=_units(uow, preview) if preview else [],
        left_out=[
            sentence(
                "no_superior_to_decide", {"unit": f"{u.name} ({u.code})", "kind": uow.words.label("unit_kind", kind)}
            )
            for u, kind in (preview.left_out if preview else ())
        ],
        errors=errors or [],
        reading=given.text("cach_doc"),
        dispatch=given.text("cong_van"),
        until=given.text("chuyen_tiep"),
        passed=preview is not None and _has_passed(preview, now),
        limit=week_limit(uow),
        crowded=_crowded(uow, preview, now) if preview and not preview.existing else [],
        coming=coming(uow, chosen, local_day(now)) if preview and chosen else [],
        settings=[(s, given.text(f"tuy_chon.{s.key}") or _shown(s)) for s in chosen.settings] if chosen else [],
    )


def _crowded(uow: UnitOfWork, preview: CyclePreview, now: datetime) -> list[tuple[str, str, str, str]]:
    """Weeks in which the cycle would ask too much of somebody: who, where, when, how many tasks."""
    weeks = workload.too_much(uow, preview.model.key, preview.year, week_limit(uow)[0], now=now)
    worst = sorted(weeks, key=lambda week: (-week.tasks, week.monday))[:MOST_CROWDED]
    return [(w.full_name, w.unit, f"{week_name(w.monday)}/{w.monday.year}", number(w.tasks)) for w in worst]


def _has_passed(preview: CyclePreview, now: datetime) -> bool:
    """Whether some date of the cycle has passed already."""
    last_days = [d.last_day for _, deadlines in preview.deadlines for d in deadlines if d.last_day]
    return bool(last_days) and min(last_days) < local_day(now)


def _shown(setting: Setting) -> str:
    return ("1" if setting.default else "0") if isinstance(setting.default, bool) else str(setting.default)


def _dates(preview: CyclePreview) -> list[tuple[str, list[tuple[str, str, str, str, str]]]]:
    return [
        (group.label, [_date(d) for d in sorted(deadlines, key=lambda d: (d.last_day is None, d.last_day or date.max))])
        for group, deadlines in preview.deadlines
    ]


def _date(deadline: Deadline) -> tuple[str, str, str, str, str]:
    opens = day(deadline.first_day or deadline.campaign_day)
    if deadline.campaign_day and deadline.first_day and deadline.campaign_day > deadline.first_day:
        opens = f"{opens}; đợt chính từ {day(deadline.campaign_day)}"
    last = day(deadline.last_day) or "tính từ khi bắt đầu"
    return deadline.label, opens, last, deadline.wording, deadline.source


def _units(uow: UnitOfWork, preview: CyclePreview) -> list[tuple[str, str]]:
    words = uow.words
    found = []
    for code, count in preview.units.items():
        name = words.label("cohort", code)
        found.append((name if name != code else words.label("unit_kind", code), number(count)))
    return found
