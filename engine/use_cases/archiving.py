"""How do closed dossiers get into the archive? Told in time, proposed, accepted or refused with a reason, corrected.

Dossiers of units that register are kept by the unit above them, a superior's own by itself. Within that unit officers and
secretaries give, clerks and secretaries receive; nobody receives what they have given.
Source: Nghị định 30/2020/NĐ-CP, Điều 29 to 31, Phụ lục VI.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from engine.errors import FieldError, Invalid, NotPermitted, WrongState
from engine.ports.store import NEW, TimerRow, UnitOfWork
from engine.rules.archiving import Handover, HandoverState, Retention, due_day, kind_of, moved, years_text
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleState
from engine.rules.deadlines import ICT, local_day
from engine.rules.decisions import DecisionState
from engine.rules.dossiers import Dossier, DossierId
from engine.rules.papers import Align, Column, Facts, Kind, Paper, Paragraph, Signature, Table, plain_paper
from engine.rules.permissions import ADMINISTRATOR, CLERK, DEPUTY, OFFICER, SECRETARY, check_may_read
from engine.rules.text import nfc, short_date
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases.notifying import Teller

GIVERS: Final = (OFFICER, SECRETARY, DEPUTY)
RECEIVERS: Final = (CLERK, SECRETARY)
#: Timer rows that tell people of what is to be handed over.
TIMER: Final = "handover"
_HOUR: Final = time(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Closed dossiers of one cycle that a unit has still to hand over."""

    cycle: Cycle
    unit: Unit
    dossiers: tuple[Dossier, ...]
    last_day: date


def retentions(uow: UnitOfWork) -> list[Retention]:
    """How long dossiers are kept: the installation's own terms stand over those of the file."""
    own = {retention.kind: retention for retention in uow.handovers.retentions()}
    return [own.get(retention.kind, retention) for retention in uow.words.retentions()]


def retention_of(uow: UnitOfWork, dossier: Dossier | None) -> str:
    """How long a dossier is kept, in words; None: the longest of all, as a whole cycle is."""
    terms = retentions(uow)
    if dossier is not None:
        return next(years_text(term.years) for term in terms if term.kind == kind_of(dossier))
    years = [term.years for term in terms]
    return years_text(None if None in years else max(y for y in years if y is not None))


def put_retention(
    uow: UnitOfWork, kind: str, years: int | None, source: str, *, actor: Actor, now: datetime
) -> Retention:
    """Change how long dossiers of a kind are kept; None: for good. Field errors: `years` (1 to 100), `source`."""
    if not actor.holds_anywhere(ADMINISTRATOR):
        raise NotPermitted("not_administrator")
    old = next((r for r in retentions(uow) if r.kind == kind), None)
    if old is None:
        raise WrongState("retention_unknown", kind=kind)
    errors = {} if source.strip() else {"source": FieldError("form.required", {"title": "Căn cứ"})}
    if years is not None and not 1 <= years <= 100:
        errors["years"] = FieldError("retention_years", {})
    if errors:
        raise Invalid(errors)
    kept = replace(old, years=years, source=nfc(source.strip()))
    uow.handovers.put_retention(kept)
    facts = {"label": kept.label, "years": years_text(years), "old": years_text(old.years), "source": kept.source}
    uow.audit.write(_line("retention_changed", f"retention:{kind}", facts, actor=actor, now=now))
    return kept


def due_of(uow: UnitOfWork, unit_id: UnitId) -> list[Due]:
    """What a unit has still to hand over, the earliest last day first; what it has proposed is not named again."""
    unit, term = uow.units.get(unit_id), uow.words.handover_term()
    taken = {int(str(item["dossier"])) for h in uow.handovers.of_unit(unit_id) for item in h.items}
    kept = [d for d in _kept_by(uow, unit_id) if d.id not in taken]
    found: dict[int, list[Dossier]] = {}
    for dossier in kept:
        found.setdefault(dossier.cycle_id, []).append(dossier)
    cycles = [cycle for cycle in uow.cycles.all() if cycle.id in found and cycle.state is CycleState.CLOSED]
    rows = [
        Due(
            cycle=cycle,
            unit=unit,
            dossiers=tuple(found[cycle.id]),
            last_day=due_day(local_day(cycle.closed_at or cycle.opened_at), term),
        )
        for cycle in cycles
    ]
    return sorted(rows, key=lambda due: (due.last_day, due.cycle.id))


def plan_notice(uow: UnitOfWork, cycle: Cycle) -> None:
    """Plan the day on which people are told that a closed cycle is to be handed over."""
    if cycle.closed_at is None:
        return
    term = uow.words.handover_term()
    day = due_day(local_day(cycle.closed_at), term) - timedelta(days=term.notice_days)
    row = TimerRow(
        id=NEW,
        kind=TIMER,
        key=f"{TIMER}:c{cycle.id}",
        due_at=datetime.combine(day, _HOUR, ICT),
        instance_id=None,
        cycle_id=cycle.id,
        work_item_id=None,
        token="",
        payload={},
        state="waiting",
    )
    uow.timers.plan([row])


def remind(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Tell clerks and officers of every unit that has dossiers of the cycle to hand over."""
    if row.cycle_id is None:
        return
    teller, cycle = Teller(uow, now), uow.cycles.get(row.cycle_id)
    model = uow.models.get(cycle.version)
    keepers = dict.fromkeys(_keeper(uow, dossier) for dossier in uow.dossiers.of_cycle(cycle.id))
    for unit_id in keepers:
        due = next((d for d in due_of(uow, unit_id) if d.cycle.id == cycle.id), None)
        if due is None:
            continue
        facts = {
            "name": f"Nộp lưu hồ sơ chu kỳ {cycle.year}: {model.name}",
            "unit": due.unit.name,
            "last_day": due.last_day,
            "count": len(due.dossiers),
        }
        for person in uow.accounts.holders(unit_id, (CLERK, OFFICER), local_day(now)):
            key = f"{TIMER}:{cycle.id}:{unit_id}:{person.id}"
            teller.tell(person, key=key, kind="handover", facts=facts, href="/luu-tru", unit_id=unit_id)


def propose(uow: UnitOfWork, cycle_id: int, unit_id: UnitId, note: str, *, actor: Actor, now: datetime) -> Handover:
    """Propose all that a unit has still to hand over of a closed cycle.

    Refused: who gives nothing there (`NotPermitted`), nothing to hand over (`WrongState`, `nothing_to_hand_over`).
    """
    if not actor.holds(unit_id, *GIVERS):
        raise NotPermitted("not_handover_giver")
    due = next((d for d in due_of(uow, unit_id) if d.cycle.id == cycle_id), None)
    if due is None:
        raise WrongState("nothing_to_hand_over")
    handover = Handover(
        id=NEW,
        cycle_id=due.cycle.id,
        unit_id=unit_id,
        number=1 + len(uow.handovers.of_unit(unit_id)),
        state=HandoverState.PROPOSED,
        items=_items(uow, due.dossiers),
        left_out=[],
        papers={},
        note=nfc(note.strip()),
        reason="",
        proposed_at=now,
        proposed_by_id=actor.account_id,
        proposed_by_name=actor.full_name,
        decided_at=None,
        decided_by_id=None,
        decided_by_name="",
        row_version=0,
    )
    kept = uow.handovers.add(_papered(uow, handover, now=now))
    uow.audit.write(_handover_line(kept, "handover_proposed", actor=actor, now=now, count=len(kept.items)))
    return kept


def accept(uow: UnitOfWork, handover_id: int, *, actor: Actor, now: datetime) -> Handover:
    """Take dossiers into the archive; index and minutes stay as they are from now on."""
    handover = moved(_received(uow, handover_id, actor), HandoverState.ACCEPTED)
    decided = replace(handover, decided_at=now, decided_by_id=actor.account_id, decided_by_name=actor.full_name)
    kept = uow.handovers.save(_papered(uow, decided, now=now))
    uow.audit.write(_handover_line(kept, "handover_accepted", actor=actor, now=now, count=len(kept.items)))
    return kept


def refuse(uow: UnitOfWork, handover_id: int, reason: str, *, actor: Actor, now: datetime) -> Handover:
    """Refuse dossiers with a reason; whoever gave them corrects and proposes them again. Field error: no `reason`."""
    handover = moved(_received(uow, handover_id, actor), HandoverState.REFUSED)
    if not reason.strip():
        raise Invalid({"reason": FieldError("form.required", {"title": "Lý do"})})
    refused = replace(
        handover,
        reason=nfc(reason.strip()),
        decided_at=now,
        decided_by_id=actor.account_id,
        decided_by_name=actor.full_name,
    )
    kept = uow.handovers.save(refused)
    uow.audit.write(_handover_line(kept, "handover_refused", actor=actor, now=now, reason=kept.reason))
    return kept


def correct(
    uow: UnitOfWork,
    handover_id: int,
    kept_dossiers: Collection[int],
    note: str,
    *,
    actor: Actor,
    now: datetime,
) -> Handover:
    """Propose a refused handover again, its list made anew of these dossiers of it; others may be proposed later.

    Refused: who gives nothing there; none of its dossiers (`Invalid`, `dossiers`); no `note` that says what was corrected.
    """
    handover = uow.handovers.get(handover_id)
    if not actor.holds(handover.unit_id, *GIVERS):
        raise NotPermitted("not_handover_giver")
    handover = moved(handover, HandoverState.PROPOSED)
    own = [int(str(item["dossier"])) for item in handover.items]
    wanted = [dossier for dossier in own if dossier in kept_dossiers]
    errors = {} if wanted else {"dossiers": FieldError("handover_empty", {})}
    if not note.strip():
        errors["note"] = FieldError("form.required", {"title": "Đã sửa những gì"})
    if errors:
        raise Invalid(errors)
    corrected = replace(
        handover,
        items=_items(uow, [uow.dossiers.get(DossierId(dossier)) for dossier in wanted]),
        left_out=[*handover.left_out, *(d for d in own if d not in wanted)],
        note=nfc(note.strip()),
        proposed_at=now,
        proposed_by_id=actor.account_id,
        proposed_by_name=actor.full_name,
        decided_at=None,
        decided_by_id=None,
        decided_by_name="",
    )
    kept = uow.handovers.save(_papered(uow, corrected, now=now))
    uow.audit.write(_handover_line(kept, "handover_corrected", actor=actor, now=now, count=len(wanted), note=kept.note))
    return kept


def readable(uow: UnitOfWork, handover_id: int, *, actor: Actor) -> Handover:
    """The handover, when the actor may read the unit's records."""
    handover = uow.handovers.get(handover_id)
    check_may_read(actor, uow.units.path(handover.unit_id))
    return handover


def may_receive(handover: Handover, actor: Actor) -> bool:
    """Whether the actor may accept or refuse it now."""
    other = handover.proposed_by_id != actor.account_id
    return handover.state is HandoverState.PROPOSED and other and actor.holds(handover.unit_id, *RECEIVERS)


def may_correct(handover: Handover, actor: Actor) -> bool:
    """Whether the actor may correct it now."""
    return handover.state is HandoverState.REFUSED and actor.holds(handover.unit_id, *GIVERS)


def _received(uow: UnitOfWork, handover_id: int, actor: Actor) -> Handover:
    handover = uow.handovers.get(handover_id)
    if not actor.holds(handover.unit_id, *RECEIVERS):
        raise NotPermitted("not_handover_receiver")
    if handover.proposed_by_id == actor.account_id:
        raise NotPermitted("own_handover")
    return handover


def _keeper(uow: UnitOfWork, dossier: Dossier) -> UnitId:
    path = uow.units.path(dossier.unit_id)
    return path[1].id if dossier.cohort is not None and len(path) > 1 else dossier.unit_id


def _kept_by(uow: UnitOfWork, unit_id: UnitId) -> list[Dossier]:
    own = [d for d in uow.dossiers.of_unit(unit_id) if d.cohort is None]
    below = [d for child in uow.units.children(unit_id) for d in uow.dossiers.of_unit(child.id) if d.cohort is not None]
    return [*own, *below]


def _items(uow: UnitOfWork, dossiers: Sequence[Dossier]) -> list[Mapping[str, object]]:
    terms = {retention.kind: retention for retention in retentions(uow)}
    return [_item(uow, dossier, terms[kind_of(dossier)]) for dossier in dossiers]


def _item(uow: UnitOfWork, dossier: Dossier, term: Retention) -> Mapping[str, object]:
    unit, cycle = uow.units.get(dossier.unit_id), uow.cycles.get(dossier.cycle_id)
    model = uow.models.get(cycle.version)
    issued = [d for d in uow.decisions.of_dossier(dossier.id) if d.state is DecisionState.ISSUED]
    ended = dossier.closed_at or cycle.closed_at or cycle.opened_at
    return {
        "dossier": int(dossier.id),
        "code": f"{unit.code}.{cycle.year}.{dossier.id}",
        "title": f"{_named(model, dossier, unit)}, {model.name} năm {cycle.year}",
        "first_day": local_day(dossier.opened_at).isoformat(),
        "last_day": local_day(ended).isoformat(),
        "retention": years_text(term.years),
        "documents": len(issued) + len(uow.dossiers.submissions(dossier.id)) + len(uow.dossiers.blobs(dossier.id)),
    }


def _named(model: CycleModel, dossier: Dossier, unit: Unit) -> str:
    """Whose dossier it is; a superior has several, each of a process and a group of units."""
    if dossier.cohort is not None:
        return f"Hồ sơ của {unit.name}"
    process = next((spec for spec in model.processes if spec.id == dossier.process), None)
    group = next((g.label for g in model.groups if g.key == dossier.group), "")
    told = process.label if process is not None else "Hồ sơ"
    return (
        f"{told}{f' ({group})' if group and process is not None and process.scope == 'group' else ''} của {unit.name}"
    )


def _papered(uow: UnitOfWork, handover: Handover, *, now: datetime) -> Handover:
    papers = {"index": _index(uow, handover, now), "minutes": _minutes(uow, handover, now)}
    return replace(handover, papers={name: plain_paper(paper) for name, paper in papers.items()})


def _index(uow: UnitOfWork, handover: Handover, now: datetime) -> Paper:
    columns = (
        Column(title="STT", width=6, align=Align.CENTRE),
        Column(title="Số, ký hiệu hồ sơ", width=24),
        Column(title="Tiêu đề hồ sơ", width=42),
        Column(title="Thời gian tài liệu", width=20),
        Column(title="Thời hạn lưu trữ", width=12),
        Column(title="Số tài liệu", width=10, align=Align.RIGHT),
    )
    rows = tuple(
        (str(n), str(i["code"]), str(i["title"]), _span(i), str(i["retention"]), str(i["documents"]))
        for n, i in enumerate(handover.items, 1)
    )
    total = sum(int(str(item["documents"])) for item in handover.items)
    return _paper(
        uow,
        handover,
        now,
        kind=Kind.INDEX,
        title="Mục lục hồ sơ",
        subject=f"Hồ sơ, tài liệu nộp lưu lần thứ {handover.number}",
        blocks=(
            Table(columns=columns, rows=rows),
            Paragraph(text=f"Mục lục này có {len(rows)} hồ sơ, {total} tài liệu."),
        ),
    )


def _minutes(uow: UnitOfWork, handover: Handover, now: datetime) -> Paper:
    cycle = uow.cycles.get(handover.cycle_id)
    model, unit = uow.models.get(cycle.version), uow.units.get(handover.unit_id)
    total = sum(int(str(item["documents"])) for item in handover.items)
    return _paper(
        uow,
        handover,
        now,
        kind=Kind.HANDOVER,
        title="Biên bản",
        subject=f"Giao nhận hồ sơ, tài liệu nộp lưu lần thứ {handover.number}",
        blocks=(
            Paragraph(text=f"Hôm nay, {short_date(local_day(now))}, tại {unit.name}, chúng tôi gồm:"),
            Facts(
                rows=(
                    ("Bên giao", handover.proposed_by_name),
                    ("Bên nhận", handover.decided_by_name or "……………………"),
                )
            ),
            Paragraph(text="thống nhất lập biên bản giao nhận hồ sơ, tài liệu với những nội dung sau:"),
            Facts(
                rows=(
                    ("Tên khối tài liệu", f"{model.name}, chu kỳ năm {cycle.year}"),
                    ("Thời gian của hồ sơ, tài liệu", _whole_span(handover.items)),
                    ("Số lượng", f"{len(handover.items)} hồ sơ, {total} tài liệu, dạng điện tử"),
                    ("Tình trạng", "Tệp được lưu một lần dưới mã băm SHA-256; có mục lục hồ sơ kèm theo"),
                    *((("Ghi chú", handover.note),) if handover.note else ()),
                )
            ),
            Paragraph(
                text="Biên bản này được lập thành hai bản có giá trị như nhau; bên giao giữ một bản, bên nhận giữ một bản."
            ),
        ),
        signatures=(
            Signature(name=handover.proposed_by_name, position="Bên giao"),
            Signature(name=handover.decided_by_name or "……………………", position="Bên nhận"),
        ),
    )


def _paper(
    uow: UnitOfWork,
    handover: Handover,
    now: datetime,
    *,
    kind: Kind,
    title: str,
    subject: str,
    blocks: tuple[Table | Facts | Paragraph, ...],
    signatures: tuple[Signature, ...] = (),
) -> Paper:
    unit, cycle = uow.units.get(handover.unit_id), uow.cycles.get(handover.cycle_id)
    return Paper(
        id=f"{kind.value}-{unit.code}-{handover.number}",
        kind=kind,
        profile=_profile(uow, cycle),
        organisation=(unit.name,),
        place=unit.place,
        date=local_day(now),
        title=title,
        subject=subject,
        blocks=blocks,
        signatures=signatures or (Signature(name=handover.proposed_by_name, position="Người lập"),),
        sealed=False,
    )


def _profile(uow: UnitOfWork, cycle: Cycle) -> str:
    """The format that the cycle's own documents have."""
    for document in uow.models.get(cycle.version).documents.values():
        section = document.get("document")
        if isinstance(section, Mapping) and "profile" in section:
            return str(section["profile"])
    return "administrative"


def _span(item: Mapping[str, object]) -> str:
    days = [short_date(date.fromisoformat(str(item[name]))) for name in ("first_day", "last_day")]
    return " – ".join(days)


def _whole_span(items: Sequence[Mapping[str, object]]) -> str:
    first, last = min(str(i["first_day"]) for i in items), max(str(i["last_day"]) for i in items)
    return _span({"first_day": first, "last_day": last})


def _handover_line(handover: Handover, event: str, *, actor: Actor, now: datetime, **facts: object) -> AuditLine:
    line = _line(event, f"handover:{handover.id}", {"turn": handover.number, **facts}, actor=actor, now=now)
    return replace(line, cycle_id=handover.cycle_id, unit_id=handover.unit_id)


def _line(event: str, target: str, facts: Mapping[str, object], *, actor: Actor, now: datetime) -> AuditLine:
    return AuditLine(
        at=now, actor_id=actor.account_id, actor_name=actor.full_name, event=event, target=target, facts=facts
    )
