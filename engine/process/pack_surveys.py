"""What do a pack's `surveys/<key>.toml` say, and can their forms be asked on paper, by link and in a spreadsheet alike?"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from engine.process.pack_tables import Codes
from engine.process.pack_toml import Document, Report, Table
from engine.rules.cycle_models import Json
from engine.rules.surveys import NO, YES, Choice, Indicator, Measure, Question, QuestionKind, Survey

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: An answer is typed as one digit.
_MOST_OPTIONS: Final = 9
_MOST_QUESTIONS: Final = 60
#: What a printed sheet cannot do, or what would be no question of a survey.
_NOT_ON_PAPER: Final = ("show_if", "required_if", "prefill", "read_only", "most_field", "least_field")
_TEXT_WIDGETS: Final = (None, "text", "textarea")


def read_survey(
    document: Document, key: str, forms: Mapping[str, Mapping[str, Json]], deadlines: Collection[str], known: Codes
) -> Survey:
    """Read one questionnaire; `key` is the name of its file, `deadlines` the names that the pack declares."""
    table = document.table("survey")
    form = table.text("form", key)
    if table.known and form not in forms:
        table.wrong("form", f"Thiếu biểu mẫu forms/{form}.json: các câu hỏi của phiếu nằm trong tệp đó.")
    questions = tuple(_questions(form, forms.get(form, {}), document.report))
    survey = Survey(
        key=key,
        title=table.text("title"),
        introduction=table.text("introduction"),
        asked=table.text("asked"),
        form=form,
        unit_kinds=known.unit_kinds(table, "unit_kinds"),
        sample=table.whole("sample", 1, 1_000_000),
        minimum=table.whole("minimum", 1, 1_000_000),
        deadline=table.maybe_text("deadline"),
        confidential=table.truth("confidential", default=False),
        source=table.text("source"),
        questions=questions,
        indicators=_indicators(document, questions),
    )
    _check(table, survey, deadlines)
    table.finish()
    document.top().finish()
    document.finish()
    return survey


def _check(table: Table, survey: Survey, deadlines: Collection[str]) -> None:
    if not _KEY.fullmatch(survey.key.replace("-", "_")):
        table.wrong("", "Tên tệp của phiếu: chữ thường không dấu, số và “-”, bắt đầu bằng chữ, dài nhất 40 ký tự.")
    if table.known and not survey.unit_kinds:
        table.wrong("unit_kinds", "Cần ít nhất một loại đơn vị nơi phiếu được hỏi.")
    if survey.minimum > survey.sample:
        table.wrong("minimum", "Cỡ mẫu tối thiểu không được lớn hơn cỡ mẫu dự kiến “sample”.")
    if survey.deadline is not None and survey.deadline not in deadlines:
        table.wrong("deadline", f"Hạn “{survey.deadline}” chưa được khai bằng [[deadline]] trong model.toml.")


def _indicators(document: Document, questions: tuple[Question, ...]) -> tuple[Indicator, ...]:
    tables = document.tables("indicator")
    found = tuple(_indicator(table, {q.key: q for q in questions}) for table in tables)
    seen: set[str] = set()
    for table, indicator in zip(tables, found, strict=True):
        if indicator.key in seen:
            table.wrong("key", f"“{indicator.key}” được khai hai lần.")
        seen.add(indicator.key)
        table.finish()
    return found


def _indicator(table: Table, questions: Mapping[str, Question]) -> Indicator:
    key = table.text("key")
    if key and not _KEY.fullmatch(key):
        table.wrong("key", "“key” chỉ gồm chữ thường không dấu, số và gạch dưới, bắt đầu bằng chữ.")
    indicator = Indicator(
        key=key,
        label=table.text("label"),
        measure=Measure(table.choice("measure", [m.value for m in Measure])),
        questions=table.texts("questions"),
        at_least=table.maybe_whole("at_least", -1000, 1_000_000),
        values=table.texts("values", ()),
        left_out=table.texts("left_out", ()),
    )
    if not indicator.questions:
        table.wrong("questions", "Cần ít nhất một câu hỏi.")
    if indicator.measure is Measure.MEAN:
        for name in ("at_least", "values"):
            if name in table.data:
                table.wrong(name, f'“{name}” chỉ dùng khi measure = "share"; điểm trung bình không có mức.')
    elif (indicator.at_least is None) == (not indicator.values):
        table.wrong(
            "at_least", "Tỷ lệ cần đúng một trong hai: “at_least” (từ mức mấy trở lên) hoặc “values” (các lựa chọn)."
        )
    for name in indicator.questions:
        question = questions.get(name)
        if question is None:
            table.wrong("questions", f"Biểu mẫu không có câu hỏi “{name}”.")
        else:
            _check_question(table, indicator, question)
    return indicator


def _check_question(table: Table, indicator: Indicator, question: Question) -> None:
    """Whether answers to this question can become the figure."""
    name, possible = question.key, _possible(question)
    if question.kind is QuestionKind.TEXT:
        table.wrong("questions", f"Câu “{name}” trả lời bằng chữ nên không tính được thành số.")
        return
    for key, values in (("values", indicator.values), ("left_out", indicator.left_out)):
        for value in values:
            if question.kind is not QuestionKind.WHOLE and value not in possible:
                table.wrong(key, f"Câu “{name}” không có lựa chọn “{value}”; chỉ có: {', '.join(possible)}.")
    if indicator.measure is Measure.MEAN or indicator.at_least is not None:
        _check_scale(table, indicator, question)


def _check_scale(table: Table, indicator: Indicator, question: Question) -> None:
    if question.kind is QuestionKind.WHOLE:
        highest = question.high
    else:
        scale = question.scale if question.kind is QuestionKind.CHOICE else {}
        left = [v for v in _possible(question) if v not in scale and v not in indicator.left_out]
        if left or not scale:
            table.wrong(
                "questions",
                f"Câu “{question.key}” không phải thang điểm: mỗi lựa chọn cần “const” là số nguyên "
                f"(“1”, “2” …) hoặc được bỏ ra bằng “left_out”.",
            )
            return
        highest = max(scale.values())
    if indicator.at_least is not None and indicator.at_least > highest:
        table.wrong("at_least", f"Câu “{question.key}” không có mức nào từ {indicator.at_least} trở lên.")


def _possible(question: Question) -> list[str]:
    if question.kind is QuestionKind.YES_NO:
        return [YES, NO]
    return [choice.value for choice in question.options]


def _questions(form: str, schema: Mapping[str, Json], report: Report) -> Iterator[Question]:
    properties = schema.get("properties", {})
    file, count = f"forms/{form}.json", 0
    for name, raw in properties.items() if isinstance(properties, Mapping) else ():
        field: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
        ui: Mapping[str, Any] = field.get("x-ui") if isinstance(field.get("x-ui"), Mapping) else {}  # type: ignore[assignment]  # just looked
        if ui.get("widget") in ("heading", "help"):
            continue
        for key in _NOT_ON_PAPER:
            if key in ui:
                report.add(file, 0, name, f"Phiếu khảo sát cũng được in ra giấy nên không dùng được “{key}”.")
        question = _question(file, name, field, ui.get("widget"), report)
        if question is not None:
            count += 1
            yield question
    if schema and not count:
        report.add(file, 0, "", "Phiếu khảo sát chưa có câu hỏi nào.")
    if count > _MOST_QUESTIONS:
        report.add(file, 0, "", f"Phiếu khảo sát có {count} câu; nhiều nhất là {_MOST_QUESTIONS}.")


def _question(file: str, name: str, field: Mapping[str, Any], widget: object, report: Report) -> Question | None:
    text, kind = str(field.get("title", "")), field.get("type")
    if kind == "string" and ("oneOf" in field or "enum" in field):
        options = _options(file, name, field, report)
        return Question(key=name, text=text, kind=QuestionKind.CHOICE, options=options)
    items = field.get("items")
    if kind == "array" and isinstance(items, Mapping) and ("oneOf" in items or "enum" in items):
        return Question(key=name, text=text, kind=QuestionKind.CHOICES, options=_options(file, name, items, report))
    if kind == "boolean" and widget in (None, "yes_no"):
        return Question(key=name, text=text, kind=QuestionKind.YES_NO)
    if kind == "integer" and widget in (None, "integer"):
        low, high = field.get("minimum"), field.get("maximum")
        if isinstance(low, int) and isinstance(high, int) and 0 <= low < high:
            return Question(key=name, text=text, kind=QuestionKind.WHOLE, low=low, high=high)
        report.add(file, 0, name, "Câu hỏi bằng số cần “minimum” (từ 0) và “maximum”.")
        return None
    if kind == "string" and widget in _TEXT_WIDGETS and "format" not in field:
        return Question(key=name, text=text, kind=QuestionKind.TEXT)
    report.add(
        file,
        0,
        name,
        "Phiếu khảo sát chỉ có: chọn một (“oneOf”), chọn nhiều (“items.oneOf”), có/không, số nguyên, và chữ.",
    )
    return None


def _options(file: str, name: str, field: Mapping[str, Any], report: Report) -> tuple[Choice, ...]:
    raw = field.get("oneOf", field.get("enum"))
    listed = [_pair(item) for item in raw] if isinstance(raw, list) else []
    if not 2 <= len(listed) <= _MOST_OPTIONS:
        report.add(
            file, 0, name, f"Câu hỏi chọn cần từ 2 đến {_MOST_OPTIONS} lựa chọn: mỗi lựa chọn nhập bằng một phím số."
        )
    if len({value for value, _ in listed}) < len(listed):
        report.add(file, 0, name, "Hai lựa chọn có cùng “const”.")
    # A scale keeps its own digits, whatever its order on the sheet: "5" is typed for "Rất hài lòng" wherever it stands.
    own = all(len(value) == 1 and value.isascii() and value.isdecimal() for value, _ in listed)
    return tuple(
        Choice(value=value, label=label, digit=value if own else str(place))
        for place, (value, label) in enumerate(listed, start=1)
    )


def _pair(item: object) -> tuple[str, str]:
    if isinstance(item, Mapping):
        return str(item.get("const")), str(item.get("title", item.get("const")))
    return str(item), str(item)
