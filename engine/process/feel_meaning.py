"""What do the parts of an expression do when they are evaluated?

Three-valued logic, lookups that never touch an attribute, filters, quantifiers; every walk over a
list is paid from a budget, so no expression can run for ever.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from engine.process import feel_values as fv
from engine.process.feel_functions import Function
from engine.process.feel_lexer import BadExpression
from engine.process.feel_values import Months, Range, Unfit

MAX_WORK: Final = 100_000
#: For everything that one command, or one question to a decision, has to evaluate.
MAX_WORK_TOGETHER: Final = 400_000
Data = Mapping[str, Any]
Run = Callable[["Env"], Any]


class TooLong(Exception):
    """An evaluation that has used up what it may cost: a fault everywhere, never null."""


class Budget:
    """How much work one evaluation, or all of one command, may still do."""

    __slots__ = ("left",)

    def __init__(self, amount: int = MAX_WORK) -> None:
        self.left = amount

    def spend(self, amount: int = 1) -> None:
        self.left -= amount
        if self.left < 0:
            raise TooLong("biểu thức tính quá lâu")


class Env:
    """Where names are found: the innermost mapping first; `strict` stops on what FEEL answers with null."""

    __slots__ = ("budget", "facts", "maps", "now", "strict", "tested")

    def __init__(
        self,
        maps: Sequence[Data],
        facts: Data,
        now: datetime,
        *,
        strict: bool,
        budget: Budget | None = None,
        tested: Any = None,
    ) -> None:
        self.maps, self.facts, self.now, self.strict = maps, facts, now, strict
        self.budget = budget or Budget()
        self.tested = tested

    def inner(self, names: Data, tested: Any = None) -> "Env":
        """The same environment with further names in front."""
        return Env(
            (names, *self.maps),
            self.facts,
            self.now,
            strict=self.strict,
            budget=self.budget,
            tested=self.tested if tested is None else tested,
        )

    def find(self, name: str) -> tuple[bool, Any]:
        for names in self.maps:
            if name in names:
                return True, names[name]
        if name in self.facts:
            return True, self.facts[name]
        return False, None

    def lookup(self, name: str) -> Any:
        known, value = self.find(name)
        if not known and self.strict:
            raise Unfit(f"không có biến “{name}”")
        return value

    def lenient(self, work: Callable[[], Any]) -> Any:
        """The work's value; where FEEL says null, null unless strict."""
        if self.strict:
            return work()
        try:
            return work()
        except Unfit:
            return None


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled part; `name` when it is a plain variable, `null` when it is the literal."""

    run: Run
    name: str | None = None
    null: bool = False


def branch(condition: Code, yes: Code, no: Code) -> Code:
    def run(env: Env) -> Any:
        answer = condition.run(env)
        if env.strict and not isinstance(answer, bool):
            raise Unfit(f"điều kiện cho {fv.describe(answer)}, không phải đúng/sai")
        return yes.run(env) if answer is True else no.run(env)

    return Code(run)


def logic(codes: list[Code], *, decided: bool) -> Code:
    """Three-valued and/or of a chain: `decided` is the value that settles it without the rest."""
    if len(codes) == 1:
        return codes[0]

    def run(env: Env) -> bool | None:
        unknown = False
        for code in codes:
            answer = truth(env, code.run(env))
            if answer is decided:
                return decided
            unknown = unknown or answer is None
        return None if unknown else not decided

    return Code(run)


def truth(env: Env, value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if env.strict and value is not None:
        raise Unfit(f"cần đúng/sai, nhận được {fv.describe(value)}")
    return None


def invert(env: Env, value: Any) -> bool | None:
    answer = truth(env, value)
    return None if answer is None else not answer


def peek(env: Env, code: Code) -> Any:
    """The value, or null for a variable that does not exist: comparing with null may ask for it."""
    return env.find(code.name)[1] if code.name is not None else code.run(env)


def equality(left: Code, right: Code, same: bool) -> Code:
    if left.null or right.null:
        return Code(lambda env: (peek(env, left) is None and peek(env, right) is None) is same)

    def run(env: Env) -> bool | None:
        answer = fv.equal(left.run(env), right.run(env), env.budget.spend)
        if answer is None:
            return (not same) if env.strict else None
        return answer is same

    return Code(run)


def ordering(left: Code, right: Code, holds: Callable[[int], bool]) -> Code:
    return Code(lambda env: env.lenient(lambda: holds(fv.compare(left.run(env), right.run(env)))))


def chain(first: Code, rest: list[tuple[Callable[[Any, Any], Any], Code]]) -> Code:
    """Operations from left to right, without recursion: a sum may have thousands of terms."""
    if not rest:
        return first

    def compute(env: Env) -> Any:
        value = first.run(env)
        for operation, code in rest:
            value = operation(value, code.run(env))
            if isinstance(value, str):
                env.budget.spend(len(value) // 100)
        return value

    return Code(lambda env: env.lenient(lambda: compute(env)))


def modulo(left: Any, right: Any) -> Any:
    a, b = fv.number(left), fv.number(right)
    if b == 0:
        raise Unfit("chia cho số không")
    quotient = fv.divide(a, b)
    whole = int(quotient // 1) - (1 if quotient < 0 and quotient != int(quotient) else 0)
    return fv.subtract(a, fv.multiply(b, whole))


def call(function: Function, positional: list[Code], named: dict[str, Code]) -> Code:
    if named and positional:
        raise BadExpression("không trộn đối số có tên với đối số theo thứ tự")
    if reason := function.misuse(len(positional), tuple(named)):
        raise BadExpression(reason)

    def run(env: Env) -> Any:
        env.budget.spend()
        values = [code.run(env) for code in positional] or function.ordered(
            {name: code.run(env) for name, code in named.items()}
        )
        env.budget.spend(_size(*values) // 20)
        answer = env.lenient(lambda: function.run(env, values))
        env.budget.spend(_size(answer) // 5)
        return answer

    return Code(run)


def _size(*values: Any) -> int:
    """How much there is to walk over or to hold: items of lists, hundreds of signs of texts."""
    return sum(
        len(value) if isinstance(value, list | dict) else len(value) // 20 if isinstance(value, str) else 0
        for value in values
    )


_PARTS: Final[dict[str, Callable[[Any], Any]]] = {
    "year": lambda v: v.year if isinstance(v, date) else _none("year"),
    "month": lambda v: v.month if isinstance(v, date) else _none("month"),
    "day": lambda v: v.day if isinstance(v, date) else _none("day"),
    "weekday": lambda v: v.isoweekday() if isinstance(v, date) else _none("weekday"),
    "hour": lambda v: v.hour if isinstance(v, datetime | time) else _none("hour"),
    "minute": lambda v: v.minute if isinstance(v, datetime | time) else _none("minute"),
    "second": lambda v: v.second if isinstance(v, datetime | time) else _none("second"),
    "days": lambda v: abs(v).days if isinstance(v, timedelta) else _none("days"),
    "hours": lambda v: abs(v).seconds // 3600 if isinstance(v, timedelta) else _none("hours"),
    "minutes": lambda v: abs(v).seconds // 60 % 60 if isinstance(v, timedelta) else _none("minutes"),
    "seconds": lambda v: abs(v).seconds % 60 if isinstance(v, timedelta) else _none("seconds"),
    "years": lambda v: v.count // 12 if isinstance(v, Months) else _none("years"),
    "months": lambda v: v.count % 12 if isinstance(v, Months) else _none("months"),
}


def _none(name: str) -> Any:
    raise Unfit(f"giá trị không có phần “{name}”")


def member(env: Env, value: Any, name: str) -> Any:
    """The entry of a table of values, a part of a date or duration, or that of each item of a list."""
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        raise Unfit(f"không có “{name}” trong bảng giá trị")
    if isinstance(value, list):
        env.budget.spend(len(value))
        return [member(env, item, name) for item in value]
    if isinstance(value, Range) and name in ("start", "end"):
        return value.low if name == "start" else value.high
    if name in _PARTS:
        return _PARTS[name](value)
    raise Unfit(f"không lấy được “{name}” từ {fv.describe(value)}")


def member_of(code: Code, name: str) -> Code:
    return Code(lambda env: env.lenient(lambda: member(env, code.run(env), name)))


def filtered(code: Code, inner: Code) -> Code:
    """`list[n]` (the first is 1, the last -1), `list[condition]`, `table["key"]`."""

    def run(env: Env) -> Any:
        value = code.run(env)
        if isinstance(value, Mapping):
            key = inner.run(env)
            return env.lenient(lambda: member(env, value, key)) if isinstance(key, str) else None
        items = value if isinstance(value, list) else [] if value is None else [value]
        outer = _index(env, inner)
        if fv.is_number(outer):
            position = int(outer)
            return (
                items[position - 1]
                if 0 < position <= len(items)
                else items[position]
                if -len(items) <= position < 0
                else None
            )
        kept = []
        for item in items:
            env.budget.spend()
            names = {**item, "item": item} if isinstance(item, Mapping) else {"item": item}
            if _lenient(env).inner(names).run_condition(inner):
                kept.append(item)
        return kept

    return Code(run)


def _index(env: Env, inner: Code) -> Any:
    try:
        return inner.run(env)
    except Unfit:
        return None


class _Lenient(Env):
    __slots__ = ()

    def inner(self, names: Data, tested: Any = None) -> "_Lenient":
        return _Lenient((names, *self.maps), self.facts, self.now, strict=False, budget=self.budget, tested=self.tested)

    def run_condition(self, code: Code) -> bool:
        return code.run(self) is True


def _lenient(env: Env) -> _Lenient:
    return _Lenient(env.maps, env.facts, env.now, strict=False, budget=env.budget, tested=env.tested)


def combinations(env: Env, bindings: list[tuple[str, Code]]) -> Iterator[Env]:
    if not bindings:
        yield env
        return
    name, source = bindings[0]
    for item in _items(env, source.run(env)):
        env.budget.spend()
        yield from combinations(env.inner({name: item}), bindings[1:])


def _items(env: Env, value: Any) -> list[Any]:
    if isinstance(value, Range):
        return whole_numbers(env, value.low, value.high)
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def whole_numbers(env: Env, low: Any, high: Any) -> list[Any]:
    first, last = int(fv.number(low)), int(fv.number(high))
    env.budget.spend(abs(last - first) + 1)
    return list(range(first, last + 1)) if first <= last else list(range(first, last - 1, -1))


def at_literal(text: str) -> Any:
    for read in (fv.parse_date, fv.parse_datetime, fv.parse_time, fv.duration):
        try:
            return read(text)
        except Unfit:
            continue
    raise Unfit(f"“{text}” không phải ngày, giờ hay khoảng thời gian")


TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "number": fv.is_number,
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "date": lambda v: isinstance(v, date) and not isinstance(v, datetime),
    "time": lambda v: isinstance(v, time),
    "date and time": lambda v: isinstance(v, datetime),
    "days and time duration": lambda v: isinstance(v, timedelta),
    "years and months duration": lambda v: isinstance(v, Months),
    "list": lambda v: isinstance(v, list),
    "context": lambda v: isinstance(v, Mapping),
    "Any": lambda v: v is not None,
}
