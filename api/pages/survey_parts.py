"""What do the pages of surveys share? Figures and their gaps in words, rows of results, the head of a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.texts import label
from api.texts.words import day, number, percent
from engine.rules.survey_rounds import RoundState, SurveyRound
from engine.rules.surveys import NO, YES, Count, Measure, Origin, QuestionKind, Result
from engine.rules.text import sort_key
from engine.use_cases.surveys import Held, Standing

#: Ways by which answers come, in the order in which they are shown.
WAYS: tuple[tuple[str, tuple[Origin, ...]], ...] = (
    ("Qua liên kết, QR", (Origin.LINK, Origin.OPEN_LINK)),
    ("Phiếu giấy", (Origin.PAPER,)),
    ("Excel", (Origin.SHEET,)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One answer of a question: how often it was given."""

    label: str
    count: int
    share: str
    value: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountView:
    """One question as its answers are shown."""

    text: str
    answered: str
    mean: str
    bars: tuple[Bar, ...]


def address_of(held: SurveyRound) -> str:
    """The page of a round."""
    return f"/chu-ky/{held.cycle_id}/khao-sat/{held.key}"


def figure_text(result: Result) -> str:
    """A figure as people read it; without one the reason."""
    if result.value is None:
        return gap_text(result)
    # Trailing zeros say nothing: 100%, not 100,00%.
    text = number(result.value.normalize() + 0)
    return f"{text}%" if result.indicator.measure is Measure.SHARE else text


def gap_text(result: Result) -> str:
    """Why there is no figure."""
    if result.gap is None:
        return ""
    known = label("survey_gap", result.gap.value)
    return f"{known} ({number(result.sheets)}/{number(result.minimum)})" if result.indicator.key else known


def way_counts(origins: Mapping[Origin, int]) -> tuple[int, ...]:
    """How many answers came by each way."""
    return tuple(sum(origins.get(origin, 0) for origin in members) for _, members in WAYS)


def sample_text(found: Held, standing: Standing) -> tuple[str, str]:
    """Whether a unit has enough sheets, with the tone of its tag."""
    if standing.sheets >= found.survey.sample:
        return "Đủ mẫu", "good"
    if standing.sheets >= found.survey.minimum:
        return "Đủ mẫu tối thiểu", "info"
    return f"Không đủ mẫu ({number(standing.sheets)}/{number(found.survey.minimum)})", "warn"


def state_tag(held: SurveyRound | None) -> tuple[str, str]:
    """The state of a round, with the tone of its tag."""
    if held is None:
        return "Chưa mở", "quiet"
    return ("Đang nhận phiếu", "info") if held.state is RoundState.OPEN else ("Đã khép", "good")


def period_text(held: SurveyRound) -> str:
    """When answers are taken."""
    return f"từ {day(held.first_day)}" + (f" đến hết {day(held.last_day)}" if held.last_day else " đến khi khép")


def count_views(counts: Sequence[Count], minimum: int) -> list[CountView]:
    """The questions with their answers; a percentage stands only where the minimum sample answered."""
    return [_count_view(count, minimum) for count in counts if count.question.kind is not QuestionKind.TEXT]


def texts_of(found: Held, standing: Standing) -> list[tuple[str, list[str]]]:
    """What people wrote, question by question, in the order of the alphabet; nothing below the minimum sample."""
    if standing.sheets < found.survey.minimum:
        return []
    asked = [q for q in found.survey.questions if q.kind is QuestionKind.TEXT]
    written = [(q.text, [str(sheet[q.key]) for sheet in standing.kept if q.key in sheet]) for q in asked]
    return [(text, sorted(words, key=sort_key)) for text, words in written if words]


def _count_view(count: Count, minimum: int) -> CountView:
    labels = {choice.value: choice.label for choice in count.question.options} | {YES: "Có", NO: "Không"}
    enough = count.answered >= max(1, minimum)
    return CountView(
        text=count.question.text,
        answered=f"{number(count.answered)} phiếu trả lời",
        mean=f"trung bình {number(count.mean, 2)}" if enough and count.mean is not None else "",
        bars=tuple(
            Bar(
                label=labels.get(value, value),
                count=times,
                share=percent(times, count.answered) if enough else "",
                value=times,
                most=max(1, count.answered),
            )
            for value, times in count.counts
        ),
    )
