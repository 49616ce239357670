"""Are dates, instants and figures written the Vietnamese way?"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from api.texts import label, sentence, words
from engine.rules.dossiers import DossierState

EVENING = datetime(2026, 11, 8, 17, 5, tzinfo=UTC)  # already the 9th in Vietnam


def test_instants_are_those_of_vietnam() -> None:
    assert (words.instant(EVENING), words.day(EVENING), words.clock(EVENING)) == (
        "00:05 ngày 09/11/2026",
        "09/11/2026",
        "00:05",
    )
    assert words.long_day(EVENING) == "ngày 09 tháng 11 năm 2026"


@pytest.mark.parametrize(
    ("last_day", "text", "tone"),
    [
        (date(2026, 11, 6), "Quá hạn 3 ngày", "late"), (date(2026, 11, 9), "Hôm nay", "warn"), (date(2026, 11, 11), "Còn 2 ngày", "warn"),
        (date(2026, 11, 17), "Còn 8 ngày", "quiet"), (None, "Không thời hạn", "quiet"),
    ],
)  # fmt: skip
def test_deadlines_are_said_from_the_day_in_vietnam(last_day: date | None, text: str, tone: str) -> None:
    assert (words.due(last_day, EVENING), words.due_tone(last_day, EVENING)) == (text, tone)


def test_figures() -> None:
    assert [
        words.number(Decimal("1234.50")), words.number(1234567), words.number(Decimal("0.125"), 2), words.number(None), words.number(1234.5),
        words.money(4_180_000_000), words.percent(1, 3), words.percent(2, 0), words.percent(80), words.percent(Decimal("31.25")),
        words.file_size(900), words.file_size(120_000), words.file_size(5_242_880), words.file_size(1_500_000),
    ] == [
        "1.234,50", "1.234.567", "0,13", "", "1.234,5", "4.180.000.000 ₫", "33,3%", "–", "80%", "31,3%",
        "900 byte", "117 KB", "5 MB", "1,4 MB",
    ]  # fmt: skip


def test_time_since() -> None:
    moments = [
        datetime(2026, 11, 8, 17, 4, 30, tzinfo=UTC),
        datetime(2026, 11, 8, 16, 0, tzinfo=UTC),
        datetime(2026, 11, 6, tzinfo=UTC),
    ]
    assert [words.since(m, EVENING) for m in moments] == ["vừa xong", "1 giờ trước", "2 ngày trước"]


def test_facts_are_written_by_their_kind() -> None:
    said = sentence("dossier_state", {"state": DossierState.DRAFT, "wanted": DossierState.RECOGNISED})
    assert said == "Hồ sơ đang ở tình trạng “Chưa đăng ký” nên không chuyển sang “Được công nhận” được."
    assert sentence("cycle_closed", {"year": 2027}) == "Chu kỳ năm 2027 đã đóng."
    assert sentence("form.own", {"text": "{secret}"}) == "{secret}"


def test_every_state_has_a_label_and_a_tone() -> None:
    assert [s for s in DossierState if label("dossier_state", s) == s or label("dossier_state_tone", s) == s] == []
