"""How does a document get its number where the office numbers itself? Entered, from a reserved block, by term, voided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from engine.errors import FieldError, Invalid, NotPermitted, SigningFailed, WrongState
from engine.ports.store import NEW
from engine.rules.books import AwaitedNumber, Book, BookMode, BookPeriod, Period, first_of
from engine.rules.decisions import Decision, DecisionState, RegisterRow, RegisterState
from engine.rules.units import Actor
from engine.use_cases import books
from engine.use_cases.numbering import numbered_paper
from engine.use_cases.printing import paper_kept
from tests.factories import Town, a_basis
from tests.use_cases import living

GROUP = "others"
CLERK = ("P1", "clerk")


def a_book(town: Town, **changes: Any) -> Book:
    """A book of P1 for its decisions, numbered by the office's own register."""
    book = Book(
        id=NEW,
        unit_id=town.unit("P1").id,
        code="QĐ",
        name="Sổ quyết định",
        types=("QĐ",),
        mode=BookMode.OFFICE,
        period=BookPeriod.YEAR,
        first_day=None,
        last_day=None,
        first_number=1,
        first_year=None,
        row_version=0,
    )
    return replace(book, **changes)


def keeps(town: Town, **changes: Any) -> Book:
    """P1's clerk makes a book."""
    with town.open() as uow:
        return books.put_book(uow, a_book(town, **changes), actor=town.actor(*CLERK), now=town.now)


def enters(town: Town, number: int, day: date, *, by: Actor | None = None, sure: bool = False) -> RegisterRow:
    """The clerk enters a number for the one document that waits."""
    (awaited,) = waiting(town)
    with town.open() as uow:
        row = books.enter(uow, awaited.id, number, day, sure=sure, actor=by or town.actor(*CLERK), now=town.now)
    town.work_off()
    return row


def waiting(town: Town) -> list[AwaitedNumber]:
    found: list[AwaitedNumber] = town.ask(lambda uow: uow.books.waiting(None))
    return found


def rows(town: Town, year: int = 2027) -> list[RegisterRow]:
    found: list[RegisterRow] = town.ask(lambda uow: uow.decisions.register_rows(town.unit("P1").id, year))
    return found


def latest(town: Town, document: str = "quyet-dinh-cong-nhan") -> Decision:
    return [d for d in town.decisions("P1", GROUP) if d.document == document][-1]


def signs(town: Town) -> Town:
    """The list is confirmed on 18/11/2027 and signed the day after."""
    living.met(town)
    town.at("2027-11-18").does("P1", "decide", group=GROUP)
    town.at("2027-11-19").does("P1", "sign", group=GROUP)
    return town


def refused(error: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {name: fault.code for name, fault in error.value.fields.items()}


def test_a_document_waits_for_the_number_of_the_offices_own_register(appraised: Town) -> None:
    keeps(appraised)
    signs(appraised)
    waits = latest(appraised)
    assert (waits.state, waits.number, waits.symbol, waits.dated) == (DecisionState.AWAITING, None, "QĐ/ĐTN", None)
    assert (appraised.states("P1-1"), appraised.offered("P1-1")) == ({"P1-1": "met"}, [])
    clerk = appraised.actor(*CLERK)
    told, _ = appraised.ask(lambda uow: uow.notices.page(clerk.account_id, limit=9))
    assert [(n.title, n.href) for n in told if n.kind == "awaited"] == [
        (f"Văn bản chờ cấp số: {waits.subject}", "/van-ban/cho-cap-so")
    ]
    assert [row.symbol for row in rows(appraised) if row.book == "QĐ"] == ["01-QĐ/ĐTN"]

    row = enters(appraised.at("2027-11-22"), 57, date(2027, 11, 20))
    issued = latest(appraised)
    assert (issued.state, issued.symbol, issued.dated, issued.signed_at) == (
        DecisionState.ISSUED,
        "57-QĐ/ĐTN",
        date(2027, 11, 20),
        appraised.now,
    )
    assert (row.mode, row.signer_name, row.subject) == ("office", "Nguyễn Văn P1 secretary", issued.subject)
    assert [(r.number, r.state) for r in rows(appraised) if r.book == "QĐ"] == [
        (1, RegisterState.ISSUED),
        (57, RegisterState.ISSUED),
    ]
    assert (appraised.states("P1-1"), waiting(appraised)) == ({"P1-1": "recognised"}, [])
    # What has no book of its own is numbered here as ever.
    assert latest(appraised, "giay-chung-nhan").symbol == "02-GCN/ĐTN"


@pytest.mark.parametrize(
    ("number", "day", "field", "code"),
    [
        (1, date(2027, 11, 22), "number", "number_taken"),
        (0, date(2027, 11, 22), "number", "number_range"),
        (2, date(2027, 11, 23), "dated", "day_ahead"),
        (2, date(2027, 5, 13), "dated", "day_before_last"),
    ],
)
def test_a_number_or_day_that_cannot_be_is_refused(
    appraised: Town, number: int, day: date, field: str, code: str
) -> None:
    keeps(appraised)
    signs(appraised).at("2027-11-22")
    with pytest.raises(Invalid) as error:
        enters(appraised, number, day)
    assert refused(error) == {field: code}
    assert latest(appraised).state is DecisionState.AWAITING


def test_whoever_does_not_keep_the_book_enters_nothing(appraised: Town) -> None:
    keeps(appraised)
    signs(appraised).at("2027-11-22")
    for code, role in (("P1", "secretary"), ("P1", "officer"), ("TD", "clerk"), ("P2", "clerk")):
        with pytest.raises(NotPermitted):
            enters(appraised, 2, date(2027, 11, 22), by=appraised.actor(code, role))
        with appraised.open() as uow, pytest.raises(NotPermitted):
            books.put_book(uow, a_book(appraised, code="X", types=("BC",)), actor=appraised.actor(code, role), now=appraised.now)  # fmt: skip


def test_the_same_document_twice_is_asked_about(appraised: Town) -> None:
    keeps(appraised)
    signs(appraised).at("2027-11-22")
    (awaited,) = waiting(appraised)
    with appraised.open() as uow:
        (first,) = [r for r in uow.decisions.register_rows(awaited.unit_id, 2027) if r.book == "QĐ"]
        uow.books.save_row(replace(first, subject=awaited.subject, recipients=awaited.recipients))
    with pytest.raises(Invalid) as error:
        enters(appraised, 2, first.dated)
    assert error.value.fields == {"sure": FieldError("looks_alike", {"symbol": first.symbol, "dated": first.dated})}
    assert enters(appraised, 2, first.dated, sure=True).symbol == "02-QĐ/ĐTN"


def test_a_basis_that_has_lost_its_number_stops_the_entry_too(appraised: Town) -> None:
    keeps(appraised)
    signs(appraised).at("2027-11-22")
    key = appraised.ask(lambda uow: uow.decisions.bases())[0].key
    with appraised.open() as uow:
        uow.decisions.put_basis(a_basis(key, number=""))
    with pytest.raises(WrongState) as error:
        enters(appraised, 2, date(2027, 11, 22))
    assert (error.value.code, latest(appraised).state) == ("basis_incomplete", DecisionState.AWAITING)


def test_documents_take_the_numbers_of_a_block_and_then_wait(appraised: Town) -> None:
    book = keeps(appraised, mode=BookMode.BLOCK, types=("QĐ", "GCN"), code="VB")
    clerk = appraised.actor(*CLERK)
    with appraised.open() as uow:
        books.reserve(uow, book.id, 40, 40, on=date(2027, 11, 10), reason="Giữ cho chu kỳ 2027", actor=clerk, now=appraised.now)  # fmt: skip
    signs(appraised)
    assert latest(appraised).symbol == "40-QĐ/ĐTN"
    assert latest(appraised, "giay-chung-nhan").state is DecisionState.AWAITING
    with pytest.raises(WrongState) as by_hand:
        enters(appraised, 41, date(2027, 11, 19))
    assert by_hand.value.code == "book_gives_numbers"
    with appraised.open() as uow:
        books.reserve(uow, book.id, 58, 60, on=date(2027, 11, 19), reason="Giữ thêm", actor=clerk, now=appraised.now)
    appraised.work_off()
    assert latest(appraised, "giay-chung-nhan").symbol == "58-GCN/ĐTN"
    assert [(r.symbol, r.mode) for r in rows(appraised) if r.book == "VB"] == [
        ("40-QĐ/ĐTN", "block"),
        ("58-GCN/ĐTN", "block"),
    ]
    assert waiting(appraised) == []


@pytest.mark.parametrize(
    ("first", "last", "day", "fields"),
    [
        (40, 45, date(2027, 11, 9), {"first": "block_overlaps"}),
        (60, 59, date(2027, 11, 9), {"last": "block_order"}),
        (60, 70, date(2027, 11, 11), {"on": "day_ahead"}),
    ],
)
def test_a_block_that_cannot_be_is_refused(
    appraised: Town, first: int, last: int, day: date, fields: dict[str, str]
) -> None:
    book, clerk = keeps(appraised, mode=BookMode.BLOCK), appraised.actor(*CLERK)
    with appraised.open() as uow:
        books.reserve(uow, book.id, 42, 50, on=date(2027, 11, 8), reason="Giữ", actor=clerk, now=appraised.now)
    with appraised.open() as uow, pytest.raises(Invalid) as error:
        books.reserve(uow, book.id, first, last, on=day, reason="Giữ", actor=clerk, now=appraised.now)
    assert refused(error) == fields


def test_numbers_begin_again_with_a_term_of_office(appraised: Town) -> None:
    term = {"period": BookPeriod.TERM, "first_day": date(2025, 10, 15), "last_day": date(2030, 10, 14)}
    keeps(appraised, mode=BookMode.KEPT, code="QĐ", first_number=31, **term)
    signs(appraised)
    assert latest(appraised).symbol == "31-QĐ/ĐTN"
    assert [(r.year, r.term, r.number) for r in rows(appraised, 2025)] == [(2025, "2025–2030", 31)]


def test_a_book_begins_with_a_later_number_only_where_its_earlier_ones_were_given_elsewhere(appraised: Town) -> None:
    with pytest.raises(Invalid) as error:
        keeps(appraised, mode=BookMode.KEPT, first_number=31)
    assert refused(error) == {"first_number": "first_number_late"}
    book = keeps(appraised, mode=BookMode.KEPT, code="VB", first_number=31)
    assert [first_of(book, Period(year=year, term="")) for year in (2026, 2027, 2028)] == [1, 31, 1]


def test_outside_the_known_term_a_document_waits_until_the_next_is_entered(appraised: Town) -> None:
    term = {"period": BookPeriod.TERM, "first_day": date(2022, 10, 15), "last_day": date(2027, 10, 14)}
    book = keeps(appraised, mode=BookMode.KEPT, **term)
    signs(appraised)
    assert latest(appraised).state is DecisionState.AWAITING
    with appraised.open() as uow:
        following = replace(book, first_day=date(2027, 10, 15), last_day=date(2032, 10, 14))
        books.put_book(uow, following, actor=appraised.actor(*CLERK), now=appraised.now)
    appraised.work_off()
    # The yearly numbers of 2027 are not given again: the term goes on behind them.
    assert (latest(appraised).symbol, rows(appraised)[-1].term) == ("02-QĐ/ĐTN", "2027–2032")


def test_a_type_stands_in_one_book_of_a_unit(appraised: Town) -> None:
    keeps(appraised)
    for changes, fields in (
        ({}, {"code": "book_code_taken", "types": "book_types_taken"}),
        ({"code": "X", "types": ()}, {"types": "book_types_missing"}),
        ({"code": "X", "types": ("BC",), "period": BookPeriod.TERM}, {"first_day": "term_days_missing"}),
    ):
        with appraised.open() as uow, pytest.raises(Invalid) as error:
            books.put_book(uow, a_book(appraised, **changes), actor=appraised.actor(*CLERK), now=appraised.now)
        assert refused(error) == fields


def test_a_number_whose_document_cannot_be_made_is_voided_and_the_next_one_taken(appraised: Town) -> None:
    living.met(appraised)
    appraised.at("2027-11-18").does("P1", "decide", group=GROUP)
    appraised.signer.troubles.append(SigningFailed("thẻ ký bị khóa", retry_after=None))
    appraised.at("2027-11-19").does("P1", "sign", group=GROUP)
    (stuck,) = [row for row in rows(appraised) if row.state is RegisterState.NUMBERED]
    assert stuck.symbol == "02-QĐ/ĐTN"
    clerk = appraised.actor(*CLERK)
    with appraised.open() as uow, pytest.raises(Invalid):
        books.void(uow, stuck.id, " ", actor=clerk, now=appraised.now)
    appraised.at("2027-11-22")
    with appraised.open() as uow:
        void = books.void(uow, stuck.id, "Ghi nhầm ngày trên bản ký", actor=clerk, now=appraised.now)
    appraised.work_off()
    assert (void.state, void.note, void.changed_by, void.changed_at) == (
        RegisterState.VOID,
        "Ghi nhầm ngày trên bản ký",
        "Nguyễn Văn P1 clerk",
        appraised.now,
    )
    issued = latest(appraised)
    assert (issued.state, issued.symbol, issued.dated) == (DecisionState.ISSUED, "03-QĐ/ĐTN", date(2027, 11, 22))
    assert [(r.number, r.state.value) for r in rows(appraised) if r.book == "QĐ"] == [
        (1, "issued"),
        (2, "void"),
        (3, "issued"),
    ]
    assert (appraised.ask(lambda uow: uow.incidents.open()), appraised.states("P1-1")) == ([], {"P1-1": "recognised"})
    with appraised.open() as uow, pytest.raises(WrongState) as out:
        books.void(uow, rows(appraised)[-1].id, "Lý do", actor=clerk, now=appraised.now)
    assert out.value.code == "number_not_voidable"


# ---- reports and minutes


def test_a_report_takes_its_number_when_it_is_handed_in(registered: Town) -> None:
    town = registered.at("2026-11-16")
    town.does("P1", "report", danh_gia="Đúng tiến độ.", de_nghi="")
    (row,) = rows(town, 2026)
    made = paper_of(town, row)
    assert (row.symbol, row.state, row.decision_id, row.type_code) == ("01-BC/ĐTN", RegisterState.ISSUED, None, "BC")
    assert (made.code, made.date, row.signer_name, row.recipients) == (
        "01-BC/ĐTN",
        date(2026, 11, 16),
        "Nguyễn Văn P1 secretary",
        "; ".join(made.recipients),
    )


def test_a_report_that_is_sent_again_takes_a_new_number_and_the_first_says_so(registered: Town) -> None:
    town = registered.at("2026-11-16")
    town.does("P1", "report", danh_gia="Đúng tiến độ.", de_nghi="")
    town.does("P1", "acknowledge", outcome="return", reason="Thiếu số liệu.")
    town.at("2026-11-18").does("P1", "report", danh_gia="Đã bổ sung.", de_nghi="")
    assert [(r.symbol, r.state.value, r.note) for r in rows(town, 2026)] == [
        ("01-BC/ĐTN", "replaced", "02-BC/ĐTN"),
        ("02-BC/ĐTN", "issued", ""),
    ]


def test_a_report_waits_for_the_number_of_the_offices_own_register(registered: Town) -> None:
    town = registered.at("2026-11-16")
    keeps(town, code="BC", types=("BC",))
    town.does("P1", "report", danh_gia="Đúng tiến độ.", de_nghi="")
    (awaited,) = waiting(town)
    assert (awaited.decision_id, awaited.symbol, rows(town, 2026)) == (None, "BC/ĐTN", [])
    row = enters(town.at("2026-11-17"), 12, date(2026, 11, 16))
    assert (row.symbol, row.state, paper_of(town, row).code) == ("12-BC/ĐTN", RegisterState.ISSUED, "12-BC/ĐTN")


def test_minutes_are_numbered_where_the_office_keeps_a_book_for_them(appraised: Town) -> None:
    keeps(appraised, code="BB", types=("BB",), mode=BookMode.KEPT)
    living.met(appraised)
    assert [row.symbol for row in rows(appraised) if row.book == "BB"] == ["01-BB/ĐTN"]


def paper_of(town: Town, row: RegisterRow) -> Any:
    """The paper of a form, with the number that the register has for it."""

    def found(uow: Any) -> Any:
        dossier = uow.books.dossier_of(row.submission_id)
        (submission,) = [s for s in uow.dossiers.submissions(dossier) if s.id == row.submission_id]
        return numbered_paper(paper_kept(submission), uow.books.row_of_submission(submission.id))

    return town.ask(found)
