"""What does a virtual person write into a form? Known rows first, then the wishes of the act, then sample answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from engine.rules.cycle_models import Json
from engine.use_cases.rehearsal.script import Script

#: Widgets that virtual people pass over.
UNFILLED = frozenset({"file", "heading", "help"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """Fills forms from a script."""

    script: Script
    chance: Random
    today: date | None = None  #: on which a form is filled in

    def fill(
        self, form: str, schema: Mapping[str, Json], known: Mapping[str, object], wishes: Mapping[str, object]
    ) -> dict[str, object]:
        """Answers that the form accepts; fields that are only shown under a condition stay empty unless wished.

        A table that people fill themselves gets rows when nothing is known to stand in it.
        """
        answers: dict[str, object] = {}
        for name, spec in _properties(schema).items():
            if name in wishes:
                answers[name] = wishes[name]
            elif isinstance(known.get(name), list) and (known[name] or _ui(spec).get("fixed")):
                answers[name] = [self._row(form, spec, row) for row in _rows(known[name])]
            elif known.get(name) not in (None, "", []):
                answers[name] = known[name]
            elif "show_if" not in _ui(spec) and _ui(spec).get("widget") not in UNFILLED and not _read_only(spec):
                answers[name] = self._value(form, name, spec)
        return {name: value for name, value in answers.items() if value is not None}

    def _row(self, form: str, spec: Mapping[str, Json], row: Mapping[str, object]) -> dict[str, object]:
        columns = _properties(_mapping(spec.get("items")))
        # What stands beside the columns (which line it is) goes back as it came.
        known = {name: value for name, value in row.items() if value not in (None, "")}
        empty = {name: column for name, column in columns.items() if name not in known and not _read_only(column)}
        return {**known, **{name: self._value(form, name, column) for name, column in empty.items()}}

    def _value(self, form: str, name: str, spec: Mapping[str, Json]) -> object:
        samples = self.script.texts("samples", form, name) or self.script.texts("samples", name)
        choices = _choices(spec)
        if choices:
            wanted = [choice for choice in choices if choice in samples]
            return self.chance.choice(wanted) if wanted else choices[0]
        kind = spec.get("type")
        if kind == "boolean":
            return True
        if kind in ("integer", "number"):
            least, most = int(str(spec.get("minimum", 0))), int(str(spec.get("maximum", 20)))
            return self.chance.randint(least, max(least, min(most, least + 20)))
        if kind == "array":
            return self._list(form, name, spec)
        return self._text(spec, samples)

    def _text(self, spec: Mapping[str, Json], samples: Sequence[str]) -> str | None:
        if spec.get("format") == "date" and self.today is not None:
            # A sample is a number of days, counted from the day on which the form is filled in.
            return (self.today + timedelta(days=int(self.chance.choice(samples or ("0",))))).isoformat()
        if spec.get("format") in ("date", "email", "uri") or not samples:
            return samples[0] if samples else self._default_text(spec)
        return self.chance.choice(samples)[: int(str(spec.get("maxLength", 2000)))]

    def _default_text(self, spec: Mapping[str, Json]) -> str | None:
        if spec.get("format") is not None:
            return None
        texts = self.script.texts("samples", "text") or ("Đã thực hiện theo kế hoạch.",)
        return self.chance.choice(texts)[: int(str(spec.get("maxLength", 2000)))]

    def _list(self, form: str, name: str, spec: Mapping[str, Json]) -> list[object]:
        items = _mapping(spec.get("items"))
        columns = _properties(items)
        if not columns:
            return list(_choices(items)[:2])
        least, most = self.script.span("members", "count", default=(4, 9))
        return [self._new_row(form, columns) for _ in range(self.chance.randint(least, most))]

    def _new_row(self, form: str, columns: Mapping[str, Mapping[str, Json]]) -> dict[str, object]:
        row: dict[str, object] = {}
        for name, column in columns.items():
            if name == "full_name":
                row[name] = self.person()
            elif name == "birth_year":
                row[name] = self.chance.randint(*self.script.span("members", "birth_years", default=(1996, 2009)))
            elif "show_if" not in _ui(column):
                row[name] = self._value(form, name, column)
        return row

    def person(self) -> str:
        """A person's name from the script's parts."""
        parts = [self.script.texts("names", part) for part in ("family", "middle", "given")]
        return " ".join(self.chance.choice(names) for names in parts if names)


def _properties(schema: Mapping[str, Json]) -> Mapping[str, Mapping[str, Json]]:
    properties = _mapping(schema.get("properties"))
    return {name: _mapping(spec) for name, spec in properties.items()}


def _read_only(spec: Mapping[str, Json]) -> bool:
    return _ui(spec).get("widget") == "read_only" or _ui(spec).get("read_only") is True


def _ui(spec: Mapping[str, Json]) -> Mapping[str, Json]:
    return _mapping(spec.get("x-ui"))


def _choices(spec: Mapping[str, Json]) -> list[object]:
    if isinstance(listed := spec.get("enum"), Sequence) and not isinstance(listed, str):
        return list(listed)
    for word in ("oneOf", "anyOf"):
        options = spec.get(word)
        if isinstance(options, Sequence) and not isinstance(options, str):
            return [o["const"] for o in options if isinstance(o, Mapping) and "const" in o]
    return [spec["const"]] if "const" in spec else []


def _rows(value: object) -> list[Mapping[str, object]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
