"""Questionnaires of a pack: read whole, and every slip named so that its author can mend it."""

from pathlib import Path

import pytest

from api.forms import check_form
from engine.errors import BadPack
from engine.process import packs
from engine.process.pack_diff import as_line, compare
from engine.process.spiff import SpiffRuntime
from engine.rules.surveys import Choice, Indicator, Measure, Question, QuestionKind

TWELFTH = next(p for p in (Path(__file__).parent / "packs").iterdir() if (p / "surveys").is_dir())
FILES = packs.read_shared() | packs.read_folder(TWELFTH)
KEY = "y-kien"
TABLE, FORM = f"surveys/{KEY}.toml", f"forms/{KEY}.json"


def changed(file: str, old: str, new: str) -> dict[str, bytes]:
    text = FILES[file].decode()
    assert text.count(old) >= 1, old
    return FILES | {file: text.replace(old, new, 1).encode()}


def findings(files: dict[str, bytes]) -> list[tuple[str, int, str, str]]:
    with pytest.raises(BadPack) as refused:
        packs.read_model(files, "vuon")
    return [(f.file, f.line, f.element, f.reason) for f in refused.value.findings]


def line_of(file: str, text: str) -> int:
    return next(n for n, line in enumerate(FILES[file].decode().splitlines(), start=1) if text in line)


def test_a_questionnaire_is_read_whole():
    survey = packs.read_model(FILES, "vuon").surveys[KEY]
    assert (survey.key, survey.title, survey.asked, survey.form, survey.unit_kinds) == (
        KEY,
        "Lấy ý kiến về vườn cây",
        "Người đến thăm vườn",
        KEY,
        ("branch",),
    )
    assert (survey.sample, survey.minimum, survey.deadline, survey.confidential) == (20, 3, "register", False)
    assert [(q.key, q.kind) for q in survey.questions] == [
        ("hai_long", QuestionKind.CHOICE),
        ("sach_se", QuestionKind.CHOICE),
        ("thich", QuestionKind.CHOICES),
        ("den_lai", QuestionKind.YES_NO),
        ("so_lan", QuestionKind.WHOLE),
        ("gop_y", QuestionKind.TEXT),
    ]
    assert survey.question("so_lan") == Question(
        key="so_lan", text="Bạn đến vườn mấy lần trong tháng?", kind=QuestionKind.WHOLE, low=0, high=31
    )
    assert survey.question("hai_long").options[0] == Choice(value="5", label="Rất hài lòng", digit="5")
    assert survey.question("sach_se").options[0] == Choice(value="co", label="Sạch", digit="1")
    assert survey.indicators[0] == Indicator(
        key="hai_long",
        label="Tỷ lệ hài lòng với vườn cây",
        measure=Measure.SHARE,
        questions=("hai_long",),
        at_least=4,
        left_out=("0",),
    )


SLIPS = [
    (TABLE, "sample = 20", "sampel = 20", "survey.sampel", "Không biết khóa “sampel”."),
    (TABLE, "sample = 20", "sample = 0", "survey.sample", "“sample” phải là một số nguyên từ 1 đến 1000000."),
    (TABLE, "minimum = 3", "minimum = 30", "survey.minimum", "Cỡ mẫu tối thiểu không được lớn hơn cỡ mẫu dự kiến “sample”."),
    (TABLE, 'unit_kinds = ["branch"]', "unit_kinds = []", "survey.unit_kinds", "Cần ít nhất một loại đơn vị nơi phiếu được hỏi."),
    (TABLE, 'unit_kinds = ["branch"]', 'unit_kinds = ["moon"]', "survey.unit_kinds", "Mã “moon” không có trong _shared/organisation.toml."),
    (TABLE, 'deadline = "register"', 'deadline = "x"', "survey.deadline", "Hạn “x” chưa được khai bằng [[deadline]] trong model.toml."),
    (TABLE, 'deadline = "register"', 'form = "la"', "survey.form", "Thiếu biểu mẫu forms/la.json: các câu hỏi của phiếu nằm trong tệp đó."),
    (TABLE, "at_least = 4", "at_least = 6", "indicator.hai_long.at_least", "Câu “hai_long” không có mức nào từ 6 trở lên."),
    (TABLE, "at_least = 4\n", "", "indicator.hai_long.at_least", "Tỷ lệ cần đúng một trong hai: “at_least” (từ mức mấy trở lên) hoặc “values” (các lựa chọn)."),
    (TABLE, 'measure = "mean"', 'measure = "median"', "indicator.diem.measure", "“measure” phải là một trong: mean, share."),
    (TABLE, 'measure = "mean"', 'measure = "mean"\nat_least = 4', "indicator.diem.at_least", '“at_least” chỉ dùng khi measure = "share"; điểm trung bình không có mức.'),
    (TABLE, 'key = "sach"', 'key = "Sạch"', "indicator.Sạch.key", "“key” chỉ gồm chữ thường không dấu, số và gạch dưới, bắt đầu bằng chữ."),
    (TABLE, 'key = "sach"', 'key = "diem"', "indicator.diem.key", "“diem” được khai hai lần."),
    (TABLE, 'questions = ["sach_se"]', 'questions = ["sach"]', "indicator.sach.questions", "Biểu mẫu không có câu hỏi “sach”."),
    (TABLE, 'questions = ["sach_se"]', "questions = []", "indicator.sach.questions", "Cần ít nhất một câu hỏi."),
    (TABLE, 'questions = ["sach_se"]', 'questions = ["gop_y"]', "indicator.sach.questions", "Câu “gop_y” trả lời bằng chữ nên không tính được thành số."),
    (TABLE, 'values = ["co", "tam"]', 'values = ["sạch"]', "indicator.sach.values", "Câu “sach_se” không có lựa chọn “sạch”; chỉ có: co, tam, khong."),
    (TABLE, 'values = ["co", "tam"]', "at_least = 2", "indicator.sach.questions", "Câu “sach_se” không phải thang điểm: mỗi lựa chọn cần “const” là số nguyên (“1”, “2” …) hoặc được bỏ ra bằng “left_out”."),
    (TABLE, "[survey]", "[khao_sat]", "survey", "Thiếu bảng [survey]."),
    (FORM, '"maximum": 31', '"multipleOf": 1', "so_lan", "Câu hỏi bằng số cần “minimum” (từ 0) và “maximum”."),
    (FORM, '{"type": "boolean", ', '{"type": "boolean", "x-ui": {"show_if": {"field": "sach_se", "is": "co"}}, ', "den_lai", "Phiếu khảo sát cũng được in ra giấy nên không dùng được “show_if”."),
    (FORM, '{"type": "boolean", ', '{"type": "string", "format": "date", ', "den_lai", "Phiếu khảo sát chỉ có: chọn một (“oneOf”), chọn nhiều (“items.oneOf”), có/không, số nguyên, và chữ."),
    (FORM, '"const": "tam"', '"const": "co"', "sach_se", "Hai lựa chọn có cùng “const”."),
]  # fmt: skip


@pytest.mark.parametrize("file,old,new,element,reason", SLIPS)
def test_slips_are_named(file, old, new, element, reason):
    assert (file, element, reason) in [(f, e, why) for f, _, e, why in findings(changed(file, old, new))]


def test_a_slip_is_named_with_its_line():
    found = findings(changed(TABLE, "at_least = 4", "at_least = 6"))
    assert [(f, line) for f, line, *_ in found] == [(TABLE, line_of(TABLE, "at_least = 4"))]


def test_more_options_than_digits_are_refused():
    many = ", ".join(f'{{"const": "{n}", "title": "{n}"}}' for n in range(10, 20))
    found = findings(changed(FORM, '{"const": "co", "title": "Sạch"}', many))
    reason = "Câu hỏi chọn cần từ 2 đến 9 lựa chọn: mỗi lựa chọn nhập bằng một phím số."
    assert (FORM, "sach_se", reason) in [(f, e, why) for f, _, e, why in found]


def test_the_form_of_a_questionnaire_is_a_form_of_the_pages():
    assert check_form(FILES[FORM], file=FORM) == ()


def judged(files: dict[str, bytes]) -> list[tuple[str, str]]:
    model = packs.read_model(files, "vuon")
    definition = SpiffRuntime().compile({name: data for name, data in model.files.items() if packs.is_diagram(name)})
    return [(f.element, f.reason) for f in packs.check_model(model, definition)]


def test_the_form_of_a_questionnaire_counts_as_used():
    assert judged(FILES) == []


def test_a_diagram_names_only_questionnaires_that_there_are():
    named = 'name="act" value="review" /><camunda:property name="survey" value="la" />'
    found = judged(changed("cycle.bpmn", 'name="act" value="review" />', named))
    assert found == [("tra_loi", "Thiếu phiếu khảo sát surveys/la.toml.")]


def test_another_minimum_is_a_difference_between_versions():
    old, new = packs.read_model(FILES, "vuon"), packs.read_model(changed(TABLE, "minimum = 3", "minimum = 5"), "vuon")
    assert [as_line(change) for change in compare(old, new)] == [f"~ phiếu khảo sát {KEY}: minimum: “3” → “5”"]
