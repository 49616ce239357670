"""When does a field matter? A tiny condition in JSON over the answers given so far.

    {"field": "loai", "is": "truong-hoc"}      {"field": "loai", "in": ["a", "b"]}
    {"field": "so_luong", "filled": true}      {"all": […]}  {"any": […]}  {"not": …}

The server decides; a script may hide fields beforehand. Values are compared as the answers hold them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.ports.process import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One test of a field (`values` or `filled`), or `all`, `any`, `not` of others."""

    kind: str  #: in | filled | all | any | not
    field: str = ""
    values: tuple[Value, ...] = ()
    filled: bool = True
    parts: tuple["Condition", ...] = ()

    def holds(self, answers: Mapping[str, Value]) -> bool:
        """Whether the condition is true of `answers`."""
        match self.kind:
            case "all":
                return all(part.holds(answers) for part in self.parts)
            case "any":
                return any(part.holds(answers) for part in self.parts)
            case "not":
                return not self.parts[0].holds(answers)
            case "filled":
                return is_filled(answers.get(self.field)) is self.filled
        answer = answers.get(self.field)
        given = answer if isinstance(answer, list) else [answer]
        return any(value in self.values for value in given)

    def fields(self) -> Iterator[str]:
        """Names of the fields it looks at."""
        if self.field:
            yield self.field
        for part in self.parts:
            yield from part.fields()

    def as_json(self, prefix: str) -> dict[str, Any]:
        """The same condition for the script in the page: `prefix` before field names, values as in HTML."""
        if self.kind in {"all", "any"}:
            return {self.kind: [part.as_json(prefix) for part in self.parts]}
        if self.kind == "not":
            return {"not": self.parts[0].as_json(prefix)}
        if self.kind == "filled":
            return {"field": prefix + self.field, "filled": self.filled}
        return {"field": prefix + self.field, "in": [_html(value) for value in self.values]}


def parse_condition(raw: object) -> Condition:
    """Read a condition; raises ValueError with a Vietnamese sentence when it is not one."""
    if not isinstance(raw, Mapping):
        raise ValueError("điều kiện phải là một đối tượng JSON")  # noqa: TRY004 - one kind of error for the caller
    keys = set(raw)
    if keys in ({"all"}, {"any"}) and isinstance(raw[next(iter(keys))], list):
        kind = next(iter(keys))
        return Condition(kind=kind, parts=tuple(parse_condition(part) for part in raw[kind]))
    if keys == {"not"}:
        return Condition(kind="not", parts=(parse_condition(raw["not"]),))
    if keys == {"field", "is"}:
        return Condition(kind="in", field=str(raw["field"]), values=(raw["is"],))
    if keys == {"field", "in"} and isinstance(raw["in"], list):
        return Condition(kind="in", field=str(raw["field"]), values=tuple(raw["in"]))
    if keys == {"field", "filled"} and isinstance(raw["filled"], bool):
        return Condition(kind="filled", field=str(raw["field"]), filled=raw["filled"])
    raise ValueError("điều kiện phải là field với is, in hoặc filled; hoặc all, any, not")


def is_filled(answer: Value) -> bool:
    """Whether an answer says anything: not missing, not an empty text, list or unticked box."""
    return answer is not None and answer is not False and answer not in ("", [], {})


def _html(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
