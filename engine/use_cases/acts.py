"""What does completing a task mean? The shape that every act has, and how answers are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol

from engine.errors import FieldError, Invalid
from engine.ports.process import Data, Value
from engine.ports.store import UnitOfWork
from engine.rules.dossiers import WorkItem
from engine.rules.units import Actor
from engine.use_cases.runs import Run

Answers = Mapping[str, object]

#: Longest text that a form's answer may bring into the process; longer ones stay in the submission.
MAX_VARIABLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an act did: its event in the history, what the sentence needs, variables for the diagram."""

    event: str
    facts: Mapping[str, object] = field(default_factory=dict)
    variables: Data = field(default_factory=dict)


class Act(Protocol):
    """Do the act on the dossier; `run.dossier` is replaced by what was saved."""

    def __call__(
        self, uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime
    ) -> Effect: ...


def outcome(answers: Answers, *allowed: str, default: str | None = None) -> str:
    """The chosen outcome; `default` when none was asked. Unknown ones are refused, so is none without a default."""
    chosen = answers.get("outcome", default)
    if chosen not in allowed:
        raise Invalid({"outcome": FieldError("choice", {"allowed": allowed})})
    return str(chosen)


def reason(answers: Answers, *, required: bool) -> str:
    """The reason given; refused when it is required and empty."""
    text = str(answers.get("reason") or "").strip()
    if required and not text:
        raise Invalid({"reason": FieldError("reason_required", {})})
    return text


def table(answers: Answers, name: str) -> list[Mapping[str, object]]:
    """The rows of a table answer; none when the form has no such table."""
    rows = answers.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, Sequence) else []


def number(value: object, field_name: str) -> Decimal | None:
    """A number as it was answered; None when empty."""
    if value in (None, ""):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise Invalid({field_name: FieldError("number", {})}) from error


def whole(value: object) -> int:
    """A count; 0 when empty or no number."""
    return int(value) if isinstance(value, int | Decimal) or (isinstance(value, str) and value.isdigit()) else 0


def variables(answers: Answers) -> dict[str, Value]:
    """The short scalar answers, as variables for the diagram."""
    return {name: value for name, value in answers.items() if isinstance(value, bool | int | Decimal | date)} | {
        name: value for name, value in answers.items() if isinstance(value, str) and len(value) <= MAX_VARIABLE
    }
