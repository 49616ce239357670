"""Vietnamese order, search, dates and numbers."""

import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.text import date_in_words, fold, number_in_words, number_text, person_sort_key, short_date, sort_key

SYLLABLES = st.text(alphabet="aăâeêioôơuưyáàảãạđnghtcmĐÀ ", max_size=24)


def test_fold_finds_any_spelling() -> None:
    assert [fold(t) for t in ("ỦY BAN", "Uỷ ban", "Đoàn  phường Đằng Giang")] == [
        "uy ban",
        "uy ban",
        "doan phuong dang giang",
    ]


@given(st.text(max_size=60))
def test_fold_is_idempotent_and_does_not_see_the_normal_form(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_dictionary_order_is_letters_then_tones_syllable_by_syllable() -> None:
    words = [
        "da",
        "đa",
        "ba",
        "bà",
        "bả",
        "bã",
        "bá",
        "bạ",
        "bác",
        "băn",
        "bân",
        "Chi đoàn 10",
        "Chi đoàn 2",
        "ở",
        "ổ",
        "ưa",
        "ủy",
    ]
    expected = [
        "ba",
        "bà",
        "bả",
        "bã",
        "bá",
        "bạ",
        "bác",
        "băn",
        "bân",
        "Chi đoàn 2",
        "Chi đoàn 10",
        "da",
        "đa",
        "ổ",
        "ở",
        "ủy",
        "ưa",
    ]
    assert sorted(words, key=sort_key) == expected


def test_people_are_ordered_by_given_name() -> None:
    people = ["Trần Văn Bình", "Nguyễn Thị Ánh", "Lê Văn An", "Đỗ Thị Ánh", "Phạm An"]
    assert sorted(people, key=person_sort_key) == [
        "Lê Văn An",
        "Phạm An",
        "Đỗ Thị Ánh",
        "Nguyễn Thị Ánh",
        "Trần Văn Bình",
    ]


@given(SYLLABLES, SYLLABLES)
def test_order_ignores_case_and_normal_form_and_holds_digits_only(left: str, right: str) -> None:
    key = sort_key(left)
    assert key == sort_key(unicodedata.normalize("NFD", left.upper()))
    assert key.isascii() and (key == "" or key.isdigit())
    # A word that begins another stands before it.
    assert sort_key(left) <= sort_key(f"{left} {right}")


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_are_ordered_by_value(left: int, right: int) -> None:
    assert (sort_key(f"Tổ {left}") < sort_key(f"Tổ {right}")) == (left < right)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2027, 1, 5), "ngày 05 tháng 01 năm 2027"),
        (date(2027, 2, 28), "ngày 28 tháng 02 năm 2027"),
        (date(2027, 6, 29), "ngày 29 tháng 6 năm 2027"),
        (date(2027, 11, 9), "ngày 09 tháng 11 năm 2027"),
    ],
)
def test_dates_take_a_zero_below_ten_and_for_two_months_only(day: date, words: str) -> None:
    assert date_in_words(day) == words
    assert short_date(date(2027, 1, 5)) == "05/01/2027"


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        (1234, None, "1.234"),
        (Decimal("1234.5"), None, "1.234,5"),
        (Decimal("0.125"), 2, "0,13"),
        (Decimal("-1000.00"), None, "-1.000,00"),
        (87, 1, "87,0"),
    ],
)
def test_numbers_have_a_point_for_thousands_and_a_comma_for_parts(
    number: int | Decimal, places: int | None, text: str
) -> None:
    assert number_text(number, places=places) == text


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"),
        (10, "mười"),
        (15, "mười lăm"),
        (21, "hai mươi mốt"),
        (105, "một trăm linh năm"),
        (1005, "một nghìn không trăm linh năm"),
        (1_000_000, "một triệu"),
        (2_035_411, "hai triệu không trăm ba mươi lăm nghìn bốn trăm mười một"),
    ],
)
def test_numbers_are_read_aloud(number: int, words: str) -> None:
    assert number_in_words(number) == words
