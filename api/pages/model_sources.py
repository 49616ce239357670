"""From which result that stands already may a criterion take its points? One choice among what the models here have."""

from collections.abc import Iterator, Mapping, Sequence

from api.pages.model_boxes import Box, Cells, listed
from api.pages.model_drafts import Draft
from engine.ports.store import UnitOfWork
from engine.rules.criteria import SourceKind
from engine.rules.cycle_models import CycleModel
from engine.rules.surveys import Measure as SurveyMeasure
from engine.rules.targets import Measure

Options = Sequence[tuple[str, str]]
FROM = "from"


def sources_of(uow: UnitOfWork, draft: Draft) -> Options:
    """Every result that a criterion of this draft could name: as a field's value, in words."""
    keys = uow.models.keys()
    others = [model for key in keys if key != draft.base.key and (model := uow.models.latest(key))]
    found = [*_surveys(draft.base), *(option for model in others for option in _results(model))]
    return [("", "Người chấm cho điểm"), *found]


def source_box(cells: Cells, options: Options) -> Box:
    """The field for `from`."""
    return listed(FROM, "Điểm lấy từ", _coded(cells.get(FROM)), options)


def _surveys(model: CycleModel) -> Iterator[tuple[str, str]]:
    for survey in model.surveys.values():
        for indicator in survey.indicators:
            if indicator.measure is SurveyMeasure.SHARE:
                yield (
                    f"{SourceKind.SURVEY} {survey.key}:{indicator.key}",
                    f"Khảo sát “{survey.title}”: {indicator.label}",
                )


def _results(model: CycleModel) -> Iterator[tuple[str, str]]:
    if model.criteria:
        yield f"{SourceKind.POINTS} {model.key}", f"{model.name}: điểm của đơn vị cùng năm"
    for title in model.titles:
        if title.holder == "unit":
            yield f"{SourceKind.TITLE} {model.key} {title.key}", f"{model.name}: đang giữ danh hiệu “{title.name}”"
    for indicator in model.indicators:
        if indicator.measure is Measure.PERCENT:
            yield f"{SourceKind.INDICATOR} {model.key} {indicator.key}", f"{model.name}: {indicator.label}"


def _coded(source: object) -> str:
    """What stands in the file, as a value of the field; `source_in` of the field's kind reads it."""
    if not isinstance(source, Mapping):
        return ""
    kind = next((kind for kind in SourceKind if kind.value in source), None)
    if kind is None:
        return ""
    model, key = str(source.get("model", "")), "" if kind is SourceKind.POINTS else str(source[kind.value])
    words = (kind, key, model) if kind is SourceKind.SURVEY else (kind, model, key)
    return " ".join(str(word) for word in words if word)
