"""One instance of the pack's diagram, moved by hand: dates pass, people act, operations are answered at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from engine.ports.process import Data, Definition, Step
from engine.process import packs
from engine.process.spiff import SpiffRuntime
from engine.rules.calendar import WorkingCalendar
from engine.rules.cycle_models import CycleModel, DeadlineGroup
from engine.rules.deadlines import Deadline, deadlines_of, facts_dates, local_day, start_of_day

RUNTIME = SpiffRuntime()
NO_HOLIDAYS = WorkingCalendar({})


@cache
def model() -> CycleModel:
    """The shipped pack of the annex's model 11, whatever its folder is called."""
    return next(m for m in map(packs.read_pack, packs.shipped()) if "mô hình 11" in m.source)


@cache
def definition() -> Definition:
    """The pack's diagrams, compiled."""
    return RUNTIME.compile({name: data for name, data in model().files.items() if packs.is_diagram(name)})


def group(key: str) -> DeadlineGroup:
    """A deadline group of the pack."""
    return next(g for g in model().groups if g.key == key)


@cache
def deadlines(key: str, year: int) -> Mapping[str, Deadline]:
    """The deadlines of one group in one cycle, without any holiday."""
    return deadlines_of(model().deadlines, group(key), year, NO_HOLIDAYS)


@dataclass(slots=True)
class Walk:
    """An instance with its own day; `marks` and `asked` are the operations carried out, in order."""

    process: str
    group: str = "others"
    year: int = 2027
    day: date = date(2026, 9, 1)
    settings: Mapping[str, bool] = field(default_factory=dict)
    answers: Mapping[str, Data] = field(default_factory=dict)  #: operation → variables it answers
    asked: list[str] = field(default_factory=list)
    step: Step = field(init=False)

    def __post_init__(self) -> None:
        start: Data = {
            "year": self.year,
            "unit_code": "CD-01",
            "unit_name": "Chi đoàn Tổ dân phố số 1",
            "cohort": group(self.group).cohorts[0],
            "group": self.group,
        }
        self._carry_out(RUNTIME.start(definition(), self.process, start, facts=self.facts, now=self.now))

    @property
    def now(self) -> datetime:
        """Ten o'clock of the walk's day."""
        return start_of_day(self.day) + timedelta(hours=10)

    @property
    def facts(self) -> Data:
        dates = facts_dates(deadlines(self.group, self.year), self.now, NO_HOLIDAYS, model().deadlines)
        return {"dates": {name: dict(days) for name, days in dates.items()}, "settings": dict(self.settings)}

    def until(self, day: date) -> "Walk":
        """Let the days pass; every timer fires on its own day."""
        while due := [t for t in self.step.timers if local_day(t.due) <= day]:
            first = min(t.due for t in due)
            self.day = max(self.day, local_day(first))
            tokens = [t.token for t in due if t.due == first]
            self._carry_out(
                RUNTIME.fire(definition(), self.process, self.step.state, tokens, facts=self.facts, now=self.now)
            )
        self.day = max(self.day, day)
        return self

    def does(self, node: str, **answers: object) -> "Walk":
        """Complete the open task of that node."""
        token = next(task.token for task in self.step.tasks if task.node == node)
        return self._complete(token, answers)

    def hears(self, message: str, **payload: object) -> "Walk":
        """Hand over a message that the instance waits for."""
        data: Data = payload  # type: ignore[assignment]  # tests hand over plain scalars
        self._carry_out(
            RUNTIME.deliver(
                definition(),
                self.process,
                self.step.state,
                "message",
                message,
                data,
                facts=self.facts,
                now=self.now,
            )
        )
        return self

    @property
    def open(self) -> list[str]:
        """Nodes of the open tasks, sorted."""
        return sorted(task.node for task in self.step.tasks)

    @property
    def waits_for(self) -> list[str]:
        """Names of the messages it waits for, sorted."""
        return sorted({s.name for s in self.step.subscriptions})

    @property
    def finished(self) -> tuple[str, ...]:
        """The end events reached last; empty while it runs."""
        return self.step.ends if self.step.ended else ()

    def _complete(self, token: str, variables: Mapping[str, object]) -> "Walk":
        data: Data = variables  # type: ignore[assignment]  # tests answer with plain scalars
        self._carry_out(
            RUNTIME.complete(definition(), self.process, self.step.state, token, data, facts=self.facts, now=self.now)
        )
        return self

    def _carry_out(self, step: Step) -> None:
        while step.operations:
            operation = step.operations[0]
            state = operation.parameters.get("state")
            self.asked.append(f"{operation.operation} {state}" if state else operation.operation)
            step = RUNTIME.complete(
                definition(),
                self.process,
                step.state,
                operation.token,
                self.answers.get(operation.operation, {}),
                facts=self.facts,
                now=self.now,
            )
        self.step = step
