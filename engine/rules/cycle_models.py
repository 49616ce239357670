"""What does a pack (a model's folder) declare? Every name, date, weight, role and sentence of a model.

`engine.process.packs` reads a folder into these values; nothing of a model stands in Python.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.rules.criteria import CriteriaSet
from engine.rules.deadlines import DeadlineRule
from engine.rules.figures import Indicator
from engine.rules.programme import Programme
from engine.rules.ranking_spec import RankingSpec
from engine.rules.surveys import Survey
from engine.rules.targets import Target

#: What a model's key, the name of its folder, may look like.
KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
#: What a user task may say it does (`act`); each is one page and one use case, a task without `act` is `fill`.
ACTS: Final = (
    "register", "review", "progress", "slip", "report", "acknowledge", "monitor", "synthesise", "request", "assess",
    "settle", "weigh", "meet", "decide", "sign", "answer_appeal", "archive", "verify", "explain", "cancel_decide", "fill",
)  # fmt: skip
#: What a service task may ask the system to do (`operation`), with the properties that it cannot do without.
OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "mark": ("state",),
    "publish_results": (),
    "count_met": (),
    "count": ("states", "into"),
    "draft_decision": ("document",),
    "issue_decision": (),
    "grant_titles": (),
    "issue_certificates": ("document",),
    "cancel_title": (),
    "notify": ("template",),
    "open_survey": ("survey",),
    "close_survey": ("survey",),
    "survey_result": ("survey",),
    "close": (),
    "freeze_criteria": (),
    "draft_ranking": (),
    "publish_ranking": (),
}

#: In which state a dossier may begin: something is to be handed in | it takes part anyway | only work is done on it.
BEGINNINGS: Final = ("draft", "accepted", "running")
#: Those that need the pack's `ranking.toml`.
RANKING: Final = frozenset({"draft_ranking", "publish_ranking"})

#: Plain JSON as a form or a template file holds it.
Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Who does the tasks of a lane: people with one of `roles` at the nearest unit of `unit_kind`.

    The unit is searched from the dossier's own unit upwards, itself included; then from the cycle's lead upwards;
    then among the bodies of which an installation has only one.
    """

    id: str  #: lane id in the diagram
    name: str
    unit_kind: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineGroup:
    """Cohorts that share their deadlines; each group is monitored and decided on its own."""

    key: str
    label: str
    cohorts: tuple[str, ...]
    year_label: str  #: with {year} and {previous}, e.g. "năm học {previous}–{year}"
    unit_kinds: tuple[str, ...] = ()  #: kinds of unit that belong to it whatever their cohort
    first_year: int | None = None  #: cycle year before which its units do not take part; None: in every year


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """When a process of the diagram is started, and for whom."""

    id: str  #: process id in the diagram
    label: str
    scope: str  #: unit: one per unit | group: one per unit and deadline group | demand: by a message
    unit_kind: str
    setting: str | None  #: started only when this setting of the cycle is true
    over: str | None = None  #: the process whose dossiers it gathers: of the units below, for the lead all
    begins: str | None = (
        None  #: state in which a dossier begins; None: a draft for who takes part, running for superiors
    )
    registration: str | None = None  #: what a unit hands in to take part, in lower case; None: a registration


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A switch of the model that the officer who opens a cycle may change."""

    key: str
    label: str
    default: bool | int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderLadder:
    """Days before (0 = the last day itself) and after the last day on which people are reminded."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    hour: int  #: local hour at which mails leave
    escalate: tuple[int, ...] = ()  #: days after the last day on which the unit's superior is told as well


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleSpec:
    """A title (danh hiệu) that the model confers."""

    key: str
    name: str
    holder: str  #: unit | member
    years: int | None  #: validity; None: until cancelled
    unit_kinds: tuple[str, ...] = ()  #: kinds of unit on which (or on whose members) it is conferred; empty: all


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleModel:
    """A deployed model (mô hình); immutable, known by `sha256` of its files."""

    key: str  #: folder name
    sha256: str
    name: str
    source: str  #: document and section, for people
    lead_unit_kind: str  #: the kind of unit whose officers open the cycle
    lanes: Mapping[str, Lane]
    groups: tuple[DeadlineGroup, ...]
    deadlines: tuple[DeadlineRule, ...]
    processes: tuple[ProcessSpec, ...]
    settings: tuple[Setting, ...]
    reminders: ReminderLadder
    titles: tuple[TitleSpec, ...]
    criteria: Mapping[int, CriteriaSet]  #: by first year of validity
    forms: Mapping[str, Mapping[str, Json]]  #: form key → JSON Schema with x-ui
    documents: Mapping[str, Mapping[str, Json]]  #: document key → texts, columns, profile
    rehearsal: Mapping[str, Json]
    files: Mapping[str, bytes]  #: relative path → content, for export and display
    targets: tuple[Target, ...] = ()  #: what the model is to reach, by year
    ranking: RankingSpec | None = None  #: how its units are ranked; None: they are not
    surveys: Mapping[str, Survey] = field(default_factory=dict)  #: questionnaires, by key
    indicators: tuple[Indicator, ...] = ()  #: what is counted for it
    programme: Programme | None = None  #: milestones and money
    first_year: int | None = None  #: cycle year before which there is none
    families: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: one code for several kinds of unit
    single: frozenset[str] = frozenset()  #: kinds of unit of which an installation has one

    def kinds(self, code: str) -> tuple[str, ...]:
        """The kinds of unit that a lane, process or document means by `code`: those of a family, else the kind itself."""
        return self.families.get(code, (code,))

    def group_of(self, cohort: str | None, kind: str = "") -> DeadlineGroup:
        """The deadline group of a cohort, else of a kind of unit; all other units are in the first group."""
        return next(
            (g for g in self.groups if cohort in g.cohorts),
            next((g for g in self.groups if kind in g.unit_kinds), self.groups[0]),
        )

    def year_name(self, group: str, year: int) -> str:
        """How a deadline group calls the cycle's year, e.g. "năm học 2026–2027"; an unknown group just says the year."""
        labels = (g.year_label for g in self.groups if g.key == group)
        return next(labels, "{year}").format(year=year, previous=year - 1)

    def part_of(self, cohort: str | None, kind: str) -> str | None:
        """As what a unit takes part: its cohort or its kind where a deadline group names it; None: as a superior, or not."""
        if cohort and any(cohort in group.cohorts for group in self.groups):
            return cohort
        return kind if any(kind in group.unit_kinds for group in self.groups) else None

    def takes_part(self, cohort: str | None, kind: str, year: int) -> bool:
        """Whether such a unit takes part in the cycle of `year`: a deadline group names it and holds by then."""
        if self.part_of(cohort, kind) is None:
            return False
        return (self.group_of(cohort, kind).first_year or year) <= year

    def criteria_for(self, year: int) -> CriteriaSet | None:
        """The criteria set in force for cycle `year`: the latest that starts in or before it."""
        years = [first for first in self.criteria if first <= year]
        return self.criteria[max(years)] if years else None

    def process(self, process_id: str) -> ProcessSpec:
        """The declaration of a process."""
        return next(p for p in self.processes if p.id == process_id)

    def indicator(self, key: str) -> Indicator | None:
        """What is counted under this key; None: the pack knows no such indicator."""
        return next((found for found in self.indicators if found.key == key), None)
