"""What does a document repeat of a form that was handed in? Its fields and tables as people read them, and counts of rows."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from engine.rules.cycle_models import Json
from engine.rules.text import number_text
from engine.use_cases.acts import Answers, number, table
from engine.use_cases.drafting import Answered, Template, Words, counted
from engine.use_cases.wording import Schema, columns_of, properties, shown


def quoted(form: Template, schema: Schema, answers: Answers) -> Answered:
    """What a template may repeat of a form's answers: fields, the counts that it asks for, tables."""
    fields = properties(schema)
    return Answered(
        words={name: shown(spec, answers.get(name)) for name, spec in fields.items()},
        counts={name: counted_rows(count, answers) for name, count in form.counts().items()},
        rows={name: _rows(spec, table(answers, name)) for name, spec in fields.items() if columns_of(spec)},
    )


def counted_rows(count: Schema, answers: Answers) -> str:
    """How many rows of a table match, or what a column of them adds up to: a `[count]` of the template."""
    rows = [row for row in table(answers, str(count.get("rows", ""))) if _matches(count, row)]
    summed = count.get("sum")
    if summed is None:
        return counted(len(rows))
    total = sum((number(row.get(str(summed)), str(summed)) or Decimal(0) for row in rows), Decimal(0))
    return counted(int(total)) if total == int(total) else number_text(total)


def _matches(count: Schema, row: Mapping[str, object]) -> bool:
    value = row.get(str(count.get("column", "")))
    tests: Mapping[str, Callable[[Json], bool]] = {
        "in": lambda wanted: isinstance(wanted, Sequence) and value in wanted,
        "not_in": lambda wanted: isinstance(wanted, Sequence) and value not in wanted,
        "above": lambda least: (number(value, "") or Decimal(0)) > Decimal(str(least)),
    }
    return all(test(count[name]) for name, test in tests.items() if name in count)


def _rows(spec: Schema, rows: Sequence[Mapping[str, object]]) -> list[Words]:
    columns = columns_of(spec)
    return [
        {"number": str(n), **{key: shown(column, row.get(key)) for key, column in columns.items()}}
        for n, row in enumerate(rows, 1)
    ]
