"""How far is a cycle? Counts of the units in scope, by cohort and by superior, each leading to the rows it counts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.pages.shell import address
from api.pages.taking_part import TakingPart
from api.texts.words import number, percent
from engine.ports.queries import MemberCount, ProgressRow
from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierState

_S = DossierState
ACCEPTED = (_S.ACCEPTED, _S.PROPOSED, _S.ASSESSED, _S.MET, _S.NOT_MET, _S.DEFERRED, _S.RECOGNISED, _S.CANCELLED)
PROPOSED = (_S.PROPOSED, _S.ASSESSED, _S.MET, _S.NOT_MET, _S.RECOGNISED, _S.CANCELLED)
MET = (_S.MET, _S.RECOGNISED)
LEFT = (_S.WITHDRAWN, _S.DISSOLVED, _S.REFUSED, _S.NOT_PARTICIPATING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts of the units that take part, of one kind."""

    label: str
    units: int = 0
    registered: int = 0
    late: int = 0
    accepted: int = 0
    proposed: int = 0
    met: int = 0
    ended: int = 0  #: at the end of their year without a title
    recognised: int = 0
    members: int = 0  #: on the lists
    titled: int = 0  #: members who hold the title
    filter: tuple[tuple[str, object], ...] = ()  #: what its links ask for

    @property
    def missing(self) -> int:
        """Units that have not registered."""
        return self.units - self.registered


def heads(who: TakingPart) -> list[str]:
    """The heads of the columns of `cells`, without the first: only steps that the model has."""
    registering = ["Đã đăng ký", "Chưa đăng ký", "Đăng ký muộn", "Đã tiếp nhận"] if who.registers else []
    recognising = ["Đã đề nghị", "Đạt", "Công nhận"] if who.recognises else ["Đã kết thúc"]
    people = ["Đoàn viên đăng ký", "Đoàn viên công nhận"] if who.members else []
    return [f"Số {who.noun}", *registering, *recognising, *people]


def total(rows: Sequence[ProgressRow], people: Sequence[MemberCount]) -> Counts:
    """The counts of everything in scope."""
    return _counts("Tổng số", rows, people, ())


def by_cohort(rows: Sequence[ProgressRow], people: Sequence[MemberCount], label: Callable[[str], str]) -> list[Counts]:
    """The counts of each cohort, in the order of its first appearance."""
    cohorts = dict.fromkeys(row.cohort for row in rows)
    return [
        _counts(
            label(cohort),
            [row for row in rows if row.cohort == cohort],
            [m for m in people if m.cohort == cohort],
            (("khoi", cohort),),
        )
        for cohort in cohorts
    ]


def by_superior(rows: Sequence[ProgressRow], people: Sequence[MemberCount]) -> list[Counts]:
    """The counts of each superior, in the order of their codes."""
    superiors = dict.fromkeys((row.superior_id, row.superior or "Không có đơn vị cấp trên") for row in rows)
    return [
        _counts(
            name,
            [row for row in rows if row.superior_id == unit_id],
            [m for m in people if m.superior_id == unit_id],
            (("don_vi", unit_id),),
        )
        for unit_id, name in superiors
    ]


def cells(cycle_id: CycleId, counts: Counts, who: TakingPart) -> list[Markup | str]:
    """A row of a table: the label, then each number as a link to the rows that it counts."""

    def linked(value: int, **more: object) -> Markup | str:
        if not value:
            return number(value)
        return anchor(list_address(cycle_id, counts, **more), number(value))

    found = [counts.label, linked(counts.units)]
    if who.registers:
        found += [linked(counts.registered, dk="1"), linked(counts.missing, dk="0"), linked(counts.late, muon="1")]
        found.append(linked(counts.accepted, **accepted()))
    if who.recognises:
        found += [linked(counts.proposed, **of(PROPOSED)), linked(counts.met, **of(MET))]
        found.append(linked(counts.recognised, **of((_S.RECOGNISED,))))
    else:
        found.append(linked(counts.ended, **of((_S.CLOSED,))))
    if who.members:
        found += [_people(cycle_id, counts, counts.members), _people(cycle_id, counts, counts.titled, dh="1")]
    return found


def of(states: Sequence[DossierState]) -> Mapping[str, object]:
    """What a link asks for that lists dossiers in these states."""
    return {"tt": [state.value for state in states]}


def accepted() -> Mapping[str, object]:
    """What a link asks for that lists accepted registrations, whatever came after."""
    return {"dk": "1", **of((*ACCEPTED, _S.CLOSED))}


def stats(cycle_id: CycleId, counts: Counts, who: TakingPart, *, closing: bool) -> list[tuple[str, str, str, str, str]]:
    """The figures at the head of the page; `closing`: the last day to register has passed."""
    found = [
        (number(counts.units), f"{who.noun[:1].upper()}{who.noun[1:]} tham gia", list_address(cycle_id, counts), "", "")
    ]
    if who.registers:
        found += _registering(cycle_id, counts, closing=closing)
    if who.recognises:
        found.append(_reached(cycle_id, counts, counts.recognised, "Được công nhận", _S.RECOGNISED))
    else:
        found.append(_reached(cycle_id, counts, counts.ended, "Đã kết thúc", _S.CLOSED))
    return [*found, *_of_members(cycle_id, counts)] if who.members else found


def _registering(cycle_id: CycleId, counts: Counts, *, closing: bool) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            number(counts.registered),
            "Đã đăng ký",
            list_address(cycle_id, counts, dk="1"),
            "good" if not counts.missing else "info",
            percent(counts.registered, counts.units),
        ),
        (
            number(counts.missing),
            "Chưa đăng ký",
            list_address(cycle_id, counts, dk="0") if counts.missing else "",
            ("late" if closing else "warn") if counts.missing else "",
            percent(counts.missing, counts.units),
        ),
        (
            number(counts.accepted),
            "Đã tiếp nhận",
            list_address(cycle_id, counts, **accepted()) if counts.accepted else "",
            "",
            percent(counts.accepted, counts.units),
        ),
    ]


def _reached(
    cycle_id: CycleId, counts: Counts, count: int, label: str, state: DossierState
) -> tuple[str, str, str, str, str]:
    href = list_address(cycle_id, counts, **of((state,))) if count else ""
    return number(count), label, href, "good" if count else "", percent(count, counts.units)


def _of_members(cycle_id: CycleId, counts: Counts) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            number(counts.members),
            "Đoàn viên đăng ký",
            members_address(cycle_id, counts) if counts.members else "",
            "",
            "",
        ),
        (
            number(counts.titled),
            "Đoàn viên được công nhận",
            members_address(cycle_id, counts, dh="1") if counts.titled else "",
            "good" if counts.titled else "",
            percent(counts.titled, counts.members),
        ),
    ]


def list_address(cycle_id: CycleId, counts: Counts, **more: object) -> str:
    """Where the rows of a count are listed."""
    return address(f"/chu-ky/{cycle_id}/ho-so", **dict(counts.filter), **more)


def members_address(cycle_id: CycleId, counts: Counts, **more: object) -> str:
    """Where the people of a count are listed."""
    return address(f"/chu-ky/{cycle_id}/doan-vien", **dict(counts.filter), **more)


def anchor(href: str, text: str) -> Markup:
    """A link as markup for a cell of a table."""
    return Markup('<a href="{}">{}</a>').format(href, text)


def _people(cycle_id: CycleId, counts: Counts, value: int, **more: object) -> Markup | str:
    return anchor(members_address(cycle_id, counts, **more), number(value)) if value else number(value)


def _counts(
    label: str, rows: Iterable[ProgressRow], people: Iterable[MemberCount], wanted: tuple[tuple[str, object], ...]
) -> Counts:
    known, known_people = list(rows), list(people)

    def units(test: Callable[[ProgressRow], bool]) -> int:
        return sum(row.units for row in known if test(row))

    return Counts(
        label=label,
        units=units(lambda _: True),
        registered=units(lambda r: r.registered),
        late=units(lambda r: r.late),
        accepted=units(lambda r: r.registered and r.state in (*ACCEPTED, _S.CLOSED)),
        proposed=units(lambda r: r.state in PROPOSED),
        met=units(lambda r: r.state in MET),
        ended=units(lambda r: r.state is _S.CLOSED),
        recognised=units(lambda r: r.state is _S.RECOGNISED),
        members=sum(m.members for m in known_people),
        titled=sum(m.titled for m in known_people),
        filter=wanted,
    )
