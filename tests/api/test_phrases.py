"""What an office may write into a template: places, conditions, loops over a list's rows; and nothing else, at bounded cost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.texts.phrases import LONGEST, fault_in, phrase
from engine.errors import BadTemplate
from engine.rules.papers import MAX_TEXT

WORDS = {"unit_name": "Đoàn phường An Biên", "count": "03", "reason": ""}
ROWS = [{"number": str(n), "unit": f"Chi đoàn {n}", "items": "x"} for n in (1, 2, 3)]
LISTS = {"ds_branches": ROWS, "ds_empty": []}
COLUMNS = {"ds_branches": {"number", "unit", "items"}, "ds_empty": {"unit"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{unit_name} có {count} chi đoàn", "Đoàn phường An Biên có 03 chi đoàn"),
        ("{{ unit_name }}: {count}", "Đoàn phường An Biên: 03"),
        ('{{ ds_branches|liet_ke("unit") }}', "Chi đoàn 1, Chi đoàn 2 và Chi đoàn 3"),
        ('{{ ds_empty|liet_ke("unit") }}', ""),
        ("{% for d in ds_branches %}{{ d.number }}. {{ d.unit }}{% if not loop.last %}; {% endif %}{% endfor %}",
         "1. Chi đoàn 1; 2. Chi đoàn 2; 3. Chi đoàn 3"),
        ('{% for d in ds_branches if d.number != "2" %}{{ d.number }}{% endfor %}', "13"),
        ("{% for d in ds_empty %}{{ d.unit }}{% else %}không có{% endfor %}", "không có"),
        ("{% if count|so > 1 %}các chi đoàn{% else %}chi đoàn{% endif %}", "các chi đoàn"),
        ("{% if ds_branches|dem == 3 and not reason %}đủ{% endif %}", "đủ"),
        ("{{ 'một' if count == '01' else 'nhiều' }}", "nhiều"),
        # A column may be called like a method of a row: the column counts.
        ("{% for d in ds_branches %}{{ d.items }}{% endfor %}", "xxx"),
    ],
)  # fmt: skip
def test_a_text_is_filled(text: str, said: str) -> None:
    assert (fault_in(text, WORDS, COLUMNS), phrase(text, WORDS, LISTS)) == ("", said)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ten_don_vi}", "chỗ điền {ten_don_vi} không có trong văn bản này"),
        ("{{ ten_don_vi }}", "chỗ điền {ten_don_vi} không có trong văn bản này"),
        ("{Tên}", "dấu ngoặc nhọn chỉ dùng cho chỗ điền, ví dụ {unit_name}"),
        ("{unit_name", "dấu ngoặc nhọn chỉ dùng cho chỗ điền, ví dụ {unit_name}"),
        ("{{ ds_branches }}", "danh sách ds_branches phải được đi qua từng dòng, hoặc viết ds_branches|liet_ke(…)"),
        ('{{ ds_branches|liet_ke("score") }}', "danh sách ds_branches không có cột score"),
        ("{% for d in ds_branches %}{{ d.score }}{% endfor %}", "danh sách ds_branches không có cột score"),
        ("{% for d in unit_name %}{% endfor %}", "không có danh sách unit_name"),
        ("{% for count in ds_branches %}{% endfor %}", "đặt cho dòng của danh sách một tên khác"),
        ("{% for d in ds_branches %}{{ d }}{% endfor %}", "chỗ điền {d} không có trong văn bản này"),
        ("{% for d in ds_branches %}{% endfor %}{{ d.unit }}", "dấu chấm chỉ dùng cho cột của dòng trong vòng lặp"),
        ("{% for d in ds_branches %}{{ loop.previtem }}{% endfor %}", "không có loop.previtem"),
        ("{{ unit_name.upper }}", "dấu chấm chỉ dùng cho cột của dòng trong vòng lặp"),
        ("{{ unit_name|upper }}", "chỉ có |liet_ke, |dem và |so"),
        ("{% if count %}", "dòng 1 chưa viết đúng: "),
        ("x" * (LONGEST + 1), f"dài quá {LONGEST} ký tự"),
    ],
)  # fmt: skip
def test_what_cannot_be_filled_is_said_plainly(text: str, reason: str) -> None:
    assert fault_in(text, WORDS, COLUMNS).startswith(reason)
    if len(text) <= LONGEST and ("{{" in text or "{%" in text):
        with pytest.raises(BadTemplate):
            phrase(text, WORDS, LISTS)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ unit_name.__class__ }}",
        "{{ unit_name['__class__'] }}",
        "{{ unit_name|attr('__class__') }}",
        "{% for d in ds_branches %}{{ d.__class__ }}{% endfor %}",
        "{% for d in ds_branches %}{{ loop.__init__ }}{% endfor %}",
        "{% for d in ds_branches %}{{ d['unit'].__class__ }}{% endfor %}",
        "{{ self }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler }}{{ lipsum.__globals__ }}",
        "{{ range(9) }}",
        "{{ unit_name.format(x=1) }}",
        "{{ unit_name() }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ unit_name ~ unit_name }}",
        "{{ [1, 2][0] }}",
        "{{ {'a': 1} }}",
        "{{ count is defined }}",
        "{{ unit_name[0] }}",
        "{% set x = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% block b %}{% endblock %}",
        "{% filter dem %}{% endfilter %}",
        "{% raw %}{% endraw %}{% with a = 1 %}{% endwith %}",
        "{% for d in ds_branches %}{% for e in ds_branches %}{% endfor %}{% endfor %}",
        "{% for d in ds_branches recursive %}{% endfor %}",
        "{% for a, b in ds_branches %}{% endfor %}",
        "{{ ds_branches|liet_ke(unit_name) }}",
        "{{ ds_branches|liet_ke(column='unit') }}",
        "{{ ds_branches|dem|liet_ke('unit') }}",
        "{{ " + "(" * 1200 + "1" + ")" * 1200 + " }}",
        "{{ " + "not " * 1100 + "count }}",
        "{% if count %}" * 150 + "{% endif %}" * 150,
        "{{ count }}" * 420,
    ],
)  # fmt: skip
def test_nothing_else_is_let_in(text: str) -> None:
    before = time.process_time()
    assert fault_in(text, WORDS, COLUMNS)
    with pytest.raises(BadTemplate):
        phrase(text, WORDS, LISTS)
    assert time.process_time() - before < 2


def test_what_grows_beyond_a_document_is_refused_and_stops_early() -> None:
    many = {"ds_branches": [{"unit": "Chi đoàn " * 5}] * 5_000}
    text = "{% for d in ds_branches %}" + "{{ d.unit }}" * 100 + "{% endfor %}"
    before = time.process_time()
    with pytest.raises(BadTemplate, match=f"dài quá {MAX_TEXT}"):
        phrase(text, WORDS, many)
    assert time.process_time() - before < 2


def test_a_word_is_never_read_as_a_template() -> None:
    sly = {**WORDS, "unit_name": "{{ 7 * 7 }} {count} {% raw %}"}
    assert phrase("{{ unit_name }}; {unit_name}", sly, LISTS) == "; ".join([sly["unit_name"]] * 2)


@given(st.text(alphabet="{}%# |.d_so\"'()ifelnr[]*~+\n", max_size=60))
def test_any_text_is_filled_or_refused_with_a_reason(text: str) -> None:
    try:
        said = phrase(text, WORDS, LISTS)
    except BadTemplate as error:
        assert error.findings[0].reason
    else:
        assert (fault_in(text, WORDS, COLUMNS), len(said) <= MAX_TEXT) == ("", True)
