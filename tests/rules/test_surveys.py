"""Answers become counts and figures; below the minimum sample there is none; two entries of a sheet are compared."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FieldError
from engine.rules.surveys import (
    Choice,
    Count,
    Difference,
    Gap,
    Indicator,
    Measure,
    Question,
    QuestionKind,
    Result,
    Survey,
    as_typed,
    canonical,
    differences,
    errors,
    result,
    results,
    shown,
    tally,
    typed,
)
from engine.rules.targets import Figure


def choices(*values: str, own: bool = True) -> tuple[Choice, ...]:
    return tuple(Choice(value=v, label=f"L{v}", digit=v if own else str(n)) for n, v in enumerate(values, start=1))


SCALE = Question(key="q1", text="Hài lòng?", kind=QuestionKind.CHOICE, options=choices("5", "4", "3", "2", "1", "0"))
PLACE = Question(key="q2", text="Ở đâu?", kind=QuestionKind.CHOICE, options=choices("xa", "phuong", own=False))
MANY = Question(key="q3", text="Cây nào?", kind=QuestionKind.CHOICES, options=choices("a", "b", "c", own=False))
TRUTH = Question(key="q4", text="Đến lại?", kind=QuestionKind.YES_NO)
TIMES = Question(key="q5", text="Mấy lần?", kind=QuestionKind.WHOLE, low=0, high=31)
WORDS = Question(key="q6", text="Góp ý", kind=QuestionKind.TEXT)

SHARE = Indicator(key="s", label="Tỷ lệ", measure=Measure.SHARE, questions=("q1",), at_least=4, left_out=("0",))
MEAN = Indicator(key="m", label="Điểm", measure=Measure.MEAN, questions=("q1",), left_out=("0",))


def survey(*indicators: Indicator, minimum: int = 3) -> Survey:
    return Survey(
        key="y-kien",
        title="Lấy ý kiến",
        introduction="Xin mời.",
        asked="Người dân",
        form="y-kien",
        unit_kinds=("commune",),
        sample=20,
        minimum=minimum,
        deadline=None,
        confidential=False,
        source="kiểm thử",
        questions=(SCALE, PLACE, MANY, TRUTH, TIMES, WORDS),
        indicators=indicators or (SHARE, MEAN),
    )


def test_a_share_counts_answers_from_a_level_and_leaves_out_who_has_no_opinion():
    sheets = [{"q1": value} for value in ("5", "4", "1", "0")]
    assert result(survey(), SHARE, sheets) == Result(
        indicator=SHARE,
        sheets=3,
        minimum=3,
        value=Decimal("66.67"),
        figure=Figure(value=Decimal(2), whole=Decimal(3)),
        gap=None,
    )


def test_a_mean_rounds_half_up():
    sheets = [{"q1": value} for value in ["5"] * 1 + ["4"] * 199]  # 4,005
    assert result(survey(), MEAN, sheets).value == Decimal("4.01")


@pytest.mark.parametrize("given_answers", [[], ["5", "5"], ["5", "5", "0", "0"]])
def test_fewer_sheets_than_the_minimum_give_no_figure(given_answers):
    found = results(survey(), [{"q1": value} for value in given_answers])
    counted = len([value for value in given_answers if value != "0"])
    assert [(r.sheets, r.value, r.figure, r.gap) for r in found] == [(counted, None, None, Gap.TOO_FEW)] * 2


def test_a_share_of_chosen_answers():
    nearby = Indicator(key="n", label="Ở xã", measure=Measure.SHARE, questions=("q2",), values=("xa",))
    back = Indicator(key="b", label="Đến lại", measure=Measure.SHARE, questions=("q4",), values=("true",))
    fruit = Indicator(key="f", label="Chọn a", measure=Measure.SHARE, questions=("q3",), values=("a",))
    sheets = [
        {"q2": "xa", "q4": True, "q3": ("a", "b")},
        {"q2": "phuong", "q4": False, "q3": ("b",)},
        {"q2": "xa", "q4": True, "q3": ("a",)},
    ]
    found = results(survey(nearby, back, fruit), sheets)
    assert [r.value for r in found] == [Decimal("66.67"), Decimal("66.67"), Decimal("66.67")]


def test_several_questions_make_one_figure_of_all_their_answers():
    both = Indicator(key="x", label="Chung", measure=Measure.MEAN, questions=("q1", "q5"))
    found = result(survey(both), both, [{"q1": "5", "q5": 1}, {"q1": "4"}, {"q5": 0}])
    assert (found.sheets, found.value) == (3, Decimal("2.50"))


def test_every_question_is_counted():
    sheets = [{"q1": "5", "q3": ("a", "c"), "q4": True, "q5": 2, "q6": "hay"}, {"q1": "4", "q5": 1}]
    assert tally(survey(), sheets) == (
        Count(question=SCALE, answered=2, counts=(("5", 1), ("4", 1), ("3", 0), ("2", 0), ("1", 0), ("0", 0)), mean=Decimal("4.50")),
        Count(question=PLACE, answered=0, counts=(("xa", 0), ("phuong", 0)), mean=None),
        Count(question=MANY, answered=1, counts=(("a", 1), ("b", 0), ("c", 1)), mean=None),
        Count(question=TRUTH, answered=1, counts=(("true", 1), ("false", 0)), mean=None),
        Count(question=TIMES, answered=2, counts=(("1", 1), ("2", 1)), mean=Decimal("1.50")),
        Count(question=WORDS, answered=1, counts=(), mean=None),
    )  # fmt: skip


@pytest.mark.parametrize(
    "question,text,answer",
    [
        (SCALE, "4", "4"),
        (SCALE, " 0 ", "0"),
        (SCALE, "", None),
        (SCALE, "6", FieldError("survey.no_such_option", {"digits": "5, 4, 3, 2, 1, 0"})),
        (SCALE, "45", FieldError("survey.no_such_option", {"digits": "5, 4, 3, 2, 1, 0"})),
        (PLACE, "2", "phuong"),
        (MANY, "31", ("a", "c")),
        (MANY, "1, 3", ("a", "c")),
        (MANY, "4", FieldError("survey.no_such_option", {"digits": "1, 2, 3"})),
        (TRUTH, "1", True),
        (TRUTH, "2", False),
        (TRUTH, "3", FieldError("survey.no_such_option", {"digits": "1, 2"})),
        (TIMES, "31", 31),
        (TIMES, "32", FieldError("survey.out_of_bounds", {"low": 0, "high": 31})),
        (TIMES, "²", FieldError("survey.out_of_bounds", {"low": 0, "high": 31})),
        (WORDS, " a  b ", "a b"),
        (WORDS, "x" * 2001, FieldError("survey.text_too_long", {"most": 2000})),
    ],
)
def test_what_a_clerk_types(question, text, answer):
    assert typed(question, text) == answer


def test_two_entries_are_compared_question_by_question():
    first = {"q1": "5", "q3": ["a", "c"], "q6": "vườn  đẹp"}
    second = {"q1": "4", "q3": ("c", "a"), "q5": 2, "q6": "vườn đẹp"}
    assert differences(survey(), canonical(survey(), first), canonical(survey(), second)) == (
        Difference(question=SCALE, first="5", second="4"),
        Difference(question=TIMES, first=None, second=2),
    )


def test_answers_are_kept_in_one_way():
    given_answers = {"q6": " a\n b ", "q3": ["c", "a"], "q1": "9", "q4": False, "khac": 1, "q5": True}
    assert list(canonical(survey(), given_answers).items()) == [("q3", ("a", "c")), ("q4", False), ("q6", "a\nb")]
    assert {key: error.code for key, error in errors(survey(), given_answers).items()} == {
        "q1": "survey.no_such_option",
        "q5": "survey.out_of_bounds",
    }


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "q1": st.sampled_from([c.value for c in SCALE.options]),
        "q2": st.sampled_from([c.value for c in PLACE.options]),
        "q3": st.lists(st.sampled_from([c.value for c in MANY.options]), unique=True),
        "q4": st.booleans(),
        "q5": st.integers(0, 31),
        "q6": st.text(max_size=20),
    },
).map(lambda raw: canonical(survey(), raw))


@given(sheets=st.lists(ANSWERS, max_size=30), minimum=st.integers(1, 10))
def test_a_figure_stands_between_its_bounds_and_never_below_the_minimum(sheets, minimum):
    share, mean = results(survey(minimum=minimum), sheets)
    counted = sum(sheet.get("q1", "0") != "0" for sheet in sheets)
    for found, low, high in ((share, 0, 100), (mean, 1, 5)):
        assert found.sheets == counted
        assert (found.value is None) == (counted < minimum) == (found.gap is Gap.TOO_FEW)
        assert found.value is None or low <= found.value <= high


@given(sheets=st.lists(ANSWERS, max_size=30), seed=st.randoms(use_true_random=False))
def test_the_order_of_the_sheets_does_not_matter(sheets, seed):
    mixed = list(sheets)
    seed.shuffle(mixed)
    assert (results(survey(), sheets), tally(survey(), sheets)) == (results(survey(), mixed), tally(survey(), mixed))


@given(sheets=st.lists(ANSWERS, max_size=30))
def test_counts_of_a_single_choice_add_up_to_its_answers(sheets):
    by_key = {count.question.key: count for count in tally(survey(), sheets)}
    for key in ("q1", "q2", "q4", "q5"):
        assert sum(number for _, number in by_key[key].counts) == by_key[key].answered


@given(first=ANSWERS, second=ANSWERS)
def test_entries_differ_exactly_where_their_answers_do(first, second):
    found = differences(survey(), first, second)
    assert {d.question.key for d in found} == {k for k in {*first, *second} if first.get(k) != second.get(k)}
    assert [(d.first, d.second) for d in differences(survey(), second, first)] == [(d.second, d.first) for d in found]


@given(answers=ANSWERS)
def test_what_is_typed_again_from_kept_answers_is_the_same(answers):
    for question in survey().questions:
        again = typed(question, as_typed(question, answers.get(question.key)))
        kept = canonical(survey(), {question.key: again}) if not isinstance(again, FieldError) else None
        own = answers.get(question.key)
        flat = " ".join(own.split()) if question is WORDS and isinstance(own, str) else own
        assert (kept or {}).get(question.key) == (flat or None if isinstance(flat, str) else flat)
    assert shown(TRUTH, None) == "–"
