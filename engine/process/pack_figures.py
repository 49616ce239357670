"""Do a model's figures fit together? What forms write must be declared, and what indicators count from must be there."""

from collections.abc import Iterator

from engine.ports.process import Definition, Node
from engine.process.pack_files import TARGETS_FILE
from engine.process.pack_toml import Report
from engine.rules.cycle_models import CycleModel
from engine.rules.figures import KEYWORD, QUARTERS, Indicator, Mark, Origin, Part, marks, quarter_of
from engine.rules.surveys import Measure as SurveyMeasure
from engine.rules.targets import Measure

#: What a survey's figure is as a figure of a target.
_MEASURES = {SurveyMeasure.SHARE: Measure.PERCENT, SurveyMeasure.MEAN: Measure.COUNT}
_NUMBERS = ("number", "integer")
#: The column of a table's rows that says whose figure a row is.
UNIT_COLUMN = "code"


def check_figures(model: CycleModel, definition: Definition, report: Report) -> None:
    """Report what is wrong with a model's indicators and with the fields of its forms that write figures."""
    for reason, key in _about_indicators(model):
        report.add(TARGETS_FILE, 0, f"indicator.{key}", reason)
    nodes = [node for info in definition.processes.values() for node in info.nodes.values()]
    for form, schema in model.forms.items():
        asking = [node for node in nodes if node.form_key == form]
        for mark in marks(schema):
            for reason in _about_mark(model, mark, asking):
                report.add(f"forms/{form}.json", 0, mark.place, reason)


def _about_indicators(model: CycleModel) -> Iterator[tuple[str, str]]:
    titles = {title.key for title in model.titles}
    for own in model.indicators:
        if own.origin is Origin.TITLED_UNITS and own.title not in titles:
            yield f"Không có [[title]] “{own.title}” trong model.toml.", own.key
        if own.origin is Origin.HANDING_UNITS and own.form not in model.forms:
            yield f"Thiếu biểu mẫu forms/{own.form}.json.", own.key
        if own.origin is Origin.SURVEY:
            yield from ((reason, own.key) for reason in _about_survey(model, own))
    for target in model.targets:
        if target.title and target.title not in titles:
            yield f"Không có [[title]] “{target.title}” trong model.toml.", target.indicator


def _about_survey(model: CycleModel, own: Indicator) -> Iterator[str]:
    """What is wrong with an indicator that a survey counts; a confidential one is for few, a target for everybody."""
    key, _, name = own.survey.partition(":")
    survey = model.surveys.get(key)
    found = next((i for i in survey.indicators if name in ("", i.key)), None) if survey is not None else None
    if survey is None:
        yield f"Thiếu phiếu khảo sát surveys/{key}.toml."
    elif found is None:
        yield f"Phiếu surveys/{key}.toml không có [[indicator]] “{name}”."
    elif own.measure is not _MEASURES[found.measure]:
        yield f"Chỉ số của khảo sát cần measure = “{_MEASURES[found.measure].value}”."
    if survey is not None and survey.confidential:
        yield f"Khảo sát surveys/{key}.toml là khảo sát kín: không dùng làm chỉ tiêu được."


def _about_mark(model: CycleModel, mark: Mark, nodes: list[Node]) -> Iterator[str]:
    own = model.indicator(mark.indicator)
    if own is None:
        yield f"{KEYWORD}: chỉ số “{mark.indicator}” không có trong targets.toml."
        return
    if not nodes:
        yield f"{KEYWORD}: không việc nào của sơ đồ dùng biểu mẫu này, nên không có số liệu nào được ghi."
    if mark.schema.get("type") not in _NUMBERS:
        yield f"{KEYWORD}: chỉ trường số (number, integer) mới ghi được số liệu."
    if own.origin is not None and (own.origin, mark.part) != (Origin.REGISTERED_MEMBERS, Part.WHOLE):
        yield f"{KEYWORD}: chỉ số “{own.key}” được đếm từ chu kỳ (from), biểu mẫu không ghi vào được."
    if mark.part is Part.BASELINE and own.measure is not Measure.REDUCTION:
        yield f"{KEYWORD}: chỉ số “{own.key}” không tính mức giảm nên không có số gốc (baseline)."
    if own.quarterly:
        for node in nodes:
            if node_quarter(model, node) is None:
                yield f"{KEYWORD}: chỉ số “{own.key}” tính theo quý, mà việc “{node.id}” không cho biết quý nào."


def node_quarter(model: CycleModel, node: Node) -> int | None:
    """The quarter that a task's form is about: its property `quarter`, else that of its deadline."""
    said = node.properties.get("quarter", "")
    if said.isdecimal() and int(said) in QUARTERS:
        return int(said)
    name = node.properties.get("deadline", "")
    found = [period.quarter for rule in model.deadlines if (period := quarter_of(rule, name)) is not None]
    return found[0] if found else None
