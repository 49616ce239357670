"""Which papers do completed forms leave behind? Receipt, reports and minutes, the same on any later day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.process import packs
from engine.rules.cycle_models import Json
from engine.rules.dossiers import Submission
from engine.rules.papers import Paper, Paragraph, Table
from engine.rules.units import Unit
from engine.use_cases import cycles, drafting, printing, runs, units
from engine.use_cases.drafting import Template
from engine.use_cases.printing import paper_kept
from engine.use_cases.quoting import counted_rows, quoted
from engine.use_cases.wording import shown
from tests.factories import RUNTIME, YEAR, Town, the_model
from tests.use_cases import living
from tests.use_cases.living import meeting, vote

OTHERS = "others"


def handed_in(town: Town, code: str, act: str, group: str | None = None) -> Submission:
    """The latest form of that act about the unit."""
    found: Submission | None = town.ask(lambda uow: uow.dossiers.latest_submission(town.dossier(code, group).id, act))
    assert found is not None
    return found


def paper(town: Town, code: str, act: str, group: str | None = None) -> Paper:
    made = paper_kept(handed_in(town, code, act, group))
    assert made is not None
    return made


def said(made: Paper) -> list[str]:
    return [block.text for block in made.blocks if isinstance(block, Paragraph)]


def rows(made: Paper) -> list[tuple[str, ...]]:
    (table,) = (block for annex in made.annexes for block in annex.blocks if isinstance(block, Table))
    return list(table.rows)


def test_a_registration_leaves_a_receipt_that_needs_no_number_and_no_signature(any_town: Town) -> None:
    town = any_town.at("2026-11-12 14:05")
    town.does("P1-1", "register", members=living.members())
    made = paper(town, "P1-1", "register")
    assert (made.title, made.symbol, made.number, made.signatures, made.date) == (
        "Giấy tiếp nhận",
        "",
        None,
        (),
        town.now.date(),
    )
    assert said(made)[:3] == [
        "Đoàn phường Lê Chân đã nhận bản đăng ký của Chi đoàn Tổ dân phố số 1, do Nguyễn Văn P1-1 secretary gửi.",
        f"Mã tiếp nhận: {town.dossier('P1-1').receipt}. Thời điểm nhận: 14:05 ngày 12/11/2026.",
        "Bản đăng ký gửi muộn 3 ngày so với hạn 09/11/2026.",
    ]


def test_a_receipt_calls_nothing_late_that_waits_for_the_reading_of_the_dates(city: Town) -> None:
    with city.open() as uow:
        actor = city.actor("TD", "officer")
        cycles.open_cycle(uow, the_model().key, YEAR, reading_confirmed=False, dispatch="", settings={}, actor=actor, now=city.now)  # fmt: skip
    city.at("2026-11-10").does("P1-1", "register", members=living.members())
    assert (
        handed_in(city, "P1-1", "register").on_named_day,
        any("muộn" in line for line in said(paper(city, "P1-1", "register"))),
    ) == (
        True,
        False,
    )


def test_the_registration_report_counts_its_rows_and_lists_them(registered: Town) -> None:
    town = registered.at("2026-11-16")
    town.does("P1", "report", danh_gia="Đúng tiến độ.", de_nghi="")
    made = paper(town, "P1", "report")
    assert (made.title, made.symbol, [(s.name, s.position) for s in made.signatures]) == (
        "Báo cáo",
        "BC/ĐTN",
        [("Nguyễn Văn P1 secretary", "Bí thư")],
    )
    assert said(made)[1:] == [
        "Tổng số chi đoàn: 04. Đã đăng ký: 04, trong đó đăng ký muộn: 00. Chưa đăng ký: 00. Đã rút, không được tiếp nhận "
        "hoặc không còn chi đoàn: 00. Số đoàn viên đăng ký: 12.",
        "Đánh giá: Đúng tiến độ.",
    ]
    assert rows(made)[0] == ("1", "Chi đoàn Tổ dân phố số 1", "Địa bàn dân cư", "Đã tiếp nhận", "0", "3")


def test_the_minutes_hold_attendance_votes_and_results_as_they_stood_at_the_meeting(appraised: Town) -> None:
    votes = (vote("P1-1"), vote("P1-2"), vote("P1-4", "not_met", votes=(2, 7), reason="Chưa đủ điểm."))
    appraised.does(
        "P1",
        "meet",
        group=OTHERS,
        chu_tri="Trần Văn Chủ",
        thu_ky="Lê Thị Ký",
        dia_diem="Hội trường",
        thanh_phan="Trần Văn Chủ, Bí thư\r\nLê Thị Ký, Ủy viên\n\n",
        **meeting(*votes),
    )
    made = paper(appraised, "P1", "meet", OTHERS)
    assert said(made) == [
        "Địa điểm: Hội trường.",
        "Chủ trì: Trần Văn Chủ. Thư ký: Lê Thị Ký.",
        "Thành phần: được triệu tập 11 người; có mặt 9 người, gồm:",
        "Trần Văn Chủ, Bí thư",
        "Lê Thị Ký, Ủy viên",
        "Nội dung: xét công nhận Chi đoàn xã hội chủ nghĩa năm 2027 đối với 03 chi đoàn đã được thẩm định.",
        "Cuộc họp đã nghe kết quả thẩm định, thảo luận và biểu quyết từng chi đoàn; kết quả tại danh sách kèm theo: "
        "đạt 02, chưa đạt 01, hoãn xét 00.",
        "Biên bản lập xong lúc 09:00 ngày 10/11/2027, được những người dưới đây ký xác nhận.",
    ]
    assert [(s.position, s.name) for s in made.signatures] == [("Thư ký", "Lê Thị Ký"), ("Chủ trì", "Trần Văn Chủ")]
    assert rows(made) == [
        ("1", "Chi đoàn Tổ dân phố số 1", "96,00", "Hoàn thành xuất sắc", "9", "0", "Đạt", ""),
        ("2", "Chi đoàn Công ty Cơ khí", "84,00", "Hoàn thành tốt", "9", "0", "Đạt", ""),
        ("3", "Chi đoàn Tổ dân phố số 4", "40,00", "Chưa hoàn thành", "2", "7", "Chưa đạt", "Chưa đủ điểm."),
    ]


def test_a_paper_says_the_same_after_its_unit_was_renamed_and_its_superior_changed(any_town: Town) -> None:
    town = any_town.at("2026-11-05")
    town.does("P1-1", "register", members=living.members())
    before = paper(town, "P1-1", "register")
    with town.open() as uow:
        unit = uow.units.find_code("P1-1")
        assert isinstance(unit, Unit)
        units.rename_unit(uow, unit.id, "Chi đoàn mới", actor=town.actor("TD", "officer"), now=town.now)
        other = uow.units.find_code("P2")
        assert other is not None
        uow.units.save(replace(uow.units.get(unit.id), parent_id=other.id))
    assert paper(town, "P1-1", "register") == before


def test_tasks_that_name_no_paper_leave_none(registered: Town) -> None:
    assert handed_in(registered, "P1-1", "review").paper == {}


@pytest.mark.parametrize(
    ("unless", "answers", "left"),
    [
        ({}, {"outcome": "return"}, True),
        ({"unless": {"field": "outcome", "is": "return"}}, {"outcome": "accept"}, True),
        ({"unless": {"field": "outcome", "is": "return"}}, {}, True),
        ({"unless": {"field": "outcome", "is": "return"}}, {"outcome": "return"}, False),
    ],
)
def test_a_form_that_sends_something_back_leaves_no_paper(
    unless: dict[str, Json], answers: dict[str, object], left: bool
) -> None:
    assert Template(key="to-trinh", raw={"document": unless}).is_left_by(answers) == left


def test_a_template_may_only_name_what_is_there_when_the_form_is_handed_in(town: Town) -> None:
    model = the_model()
    form = model.files["documents/bien-ban-hop-xet.toml"].decode()
    slips = {
        '{ket_luan}"': '{ket_qua}"',
        'key = "votes_for"': 'key = "votes"',
        'column = "result", in = ["met"]': 'column = "ket_qua", in = ["met"]',
        "[document]\n": '[document]\nunless = {field = "outcome", is = "return"}\n',
    }
    for old, new in slips.items():
        form = form.replace(old, new)
    files = {**packs.read_shared(), **model.files, "documents/bien-ban-hop-xet.toml": form.encode()}
    broken = packs.read_model(files, model.key)
    definition = RUNTIME.compile({name: data for name, data in broken.files.items() if packs.is_diagram(name)})
    found = [(f.element, f.reason) for f in packs.check_model(broken, definition) if not f.warning]
    place = "documents/bien-ban-hop-xet.toml"
    assert found == [
        ("hop_xet", f"{place}: chỗ điền {{ket_qua}} không có trong biểu mẫu, số liệu đếm hay dữ kiện của phần mềm."),
        ("hop_xet", f"{place}: số liệu “met” cần cột “ket_qua” của bảng “rows” trong biểu mẫu."),
        ("hop_xet", f"{place}: phụ lục cần cột “votes” của bảng “rows” trong biểu mẫu."),
        ("hop_xet", f"{place}: “unless” nêu câu hỏi “outcome” hoặc câu trả lời “return” không có trong biểu mẫu."),
    ]


def test_the_words_that_a_template_may_name_are_those_that_there_are(town: Town) -> None:
    with town.look() as uow:
        instance = uow.instances.of_dossier(town.dossier("P1-1").id)[0]
        run = runs.look(uow, instance.id, now=town.now)
        assert set(drafting.words_of(run, run.unit, ())) == drafting.WORDS
        assert set(printing.MOMENT).isdisjoint(drafting.WORDS)


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        ({}, None, ""),
        ({}, True, "có"),
        ({}, 12500, "12.500"),
        ({}, 12.5, "12,5"),
        ({"oneOf": [{"const": "a", "title": "Đạt"}]}, "a", "Đạt"),
        ({"items": {"oneOf": [{"const": "a", "title": "Đạt"}]}}, ["a", "b"], "Đạt, b"),
        ({}, {"name": "anh.png", "sha256": "0"}, "anh.png"),
    ],
)
def test_answers_are_printed_as_people_read_them(schema: dict[str, object], value: object, text: str) -> None:
    assert shown(schema, value) == text  # type: ignore[arg-type]  # plain JSON


def test_counts_follow_their_rules() -> None:
    answers = {"rows": [{"s": "x", "n": 1}, {"s": "y", "n": "2.5"}, {"s": "x", "n": None}]}
    rules = [
        {},
        {"column": "s", "in": ["x"]},
        {"column": "s", "not_in": ["x"]},
        {"column": "n", "above": 1},
        {"sum": "n"},
    ]
    assert [counted_rows({"rows": "rows", **rule}, answers) for rule in rules] == ["03", "02", "01", "01", "3,5"]  # type: ignore[dict-item]  # plain JSON


def test_a_document_repeats_fields_counts_and_tables_of_a_form() -> None:
    column = {"type": "string", "oneOf": [{"const": "a", "title": "Đạt"}]}
    table = {
        "type": "array",
        "items": {"properties": {"unit": {"type": "string"}, "kq": column, "n": {"type": "integer"}}},
    }
    schema = {"properties": {"danh_gia": {"type": "string"}, "de_nghi": {"type": "string"}, "rows": table}}
    raw = {
        "document": {"paragraphs": ["Có {met} đơn vị đạt.", "Đánh giá: {danh_gia}", "Đề nghị: {de_nghi}"]},
        "count": {"met": {"rows": "rows", "column": "kq", "in": ["a"]}},
    }
    form = drafting.Template(key="bao-cao", raw=raw)  # type: ignore[arg-type]  # plain JSON
    answers = {
        "danh_gia": "Tốt.\nĐúng hạn.",
        "rows": [{"unit": "Đơn vị 1", "kq": "a", "n": 1200}, {"unit": "Đơn vị 2"}],
    }
    asked = quoted(form, schema, answers)  # type: ignore[arg-type]  # plain JSON
    assert asked.rows == {
        "rows": [
            {"number": "1", "unit": "Đơn vị 1", "kq": "Đạt", "n": "1.200"},
            {"number": "2", "unit": "Đơn vị 2", "kq": "", "n": ""},
        ]
    }
    assert form.said({**asked.words, **asked.counts}, asked.words.keys()) == (
        "Có 01 đơn vị đạt.",
        "Đánh giá: Tốt.",
        "Đúng hạn.",
    )
