"""How does a text in a diagram become something safe to evaluate?

Accepted surfaces: FEEL (also with a leading `=`), `${…}` of Camunda 7, and Python-like conditions.
Everything is compiled at deployment; nothing of a diagram is ever run as Python.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from engine.process import feel_values as fv
from engine.process.feel import Parser
from engine.process.feel_functions import Missing
from engine.process.feel_lexer import BadExpression
from engine.process.feel_meaning import Budget, Code, Env, TooLong
from engine.process.feel_values import Test, Unfit

Data = Mapping[str, Any]


class Fault(Exception):
    """An expression that fails on the values it meets; a Vietnamese reason."""


class Thrown(Exception):
    """A script's `raise_error("CODE")`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Where an expression is evaluated: variables (innermost first), facts, and the instant `now`."""

    maps: Sequence[Data]
    facts: Data
    now: datetime
    strict: bool = True
    budget: Budget | None = None  #: shared with others; without one the evaluation has its own

    def env(self) -> Env:
        return Env(self.maps, self.facts, self.now, strict=self.strict, budget=self.budget)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `used` are the variables it reads."""

    text: str
    code: Code
    used: frozenset[str]

    def value(self, at: Evaluation) -> Any:
        """The raw value; raise `Fault`."""
        return self._run(at.env())

    def _run(self, env: Env) -> Any:
        try:
            env.budget.spend(len(self.text) // 100 + 1)
            return self.code.run(env)
        except (Unfit, Missing, TooLong) as error:
            raise Fault(f"biểu thức “{_shortened(self.text)}”: {error}") from None
        except (RecursionError, OverflowError, ArithmeticError, ValueError, TypeError, KeyError, AttributeError):
            # Values of a kind no operation was written for; the door must never break on them.
            raise Fault(f"biểu thức “{_shortened(self.text)}” không tính được với các giá trị này") from None

    def variable(self, at: Evaluation) -> Any:
        """The value as a process variable may hold it."""
        try:
            return fv.storable(self.value(at))
        except RecursionError:
            raise Fault(f"biểu thức “{_shortened(self.text)}”: giá trị lồng nhau quá sâu") from None
        except Unfit as error:
            raise Fault(f"biểu thức “{_shortened(self.text)}”: {error}") from None

    def holds(self, at: Evaluation) -> bool:
        """The value as a condition; anything but true or false is a `Fault`."""
        value = self.value(at)
        if not isinstance(value, bool):
            raise Fault(f"điều kiện “{_shortened(self.text)}” cho {fv.describe(value)}, không phải đúng/sai")
        return value

    def passes(self, tested: Any, at: Evaluation) -> bool:
        """Whether a value passes this unary test of a decision table."""
        env = at.env()
        env.tested = tested
        test = self._run(env)
        try:
            if isinstance(test, Test):
                return bool(test.check(tested))
            return fv.contains(tested, test) is True
        except Unfit:
            return False
        except (Missing, TooLong) as error:
            raise Fault(str(error)) from None


@dataclass(frozen=True, slots=True)
class Template:
    """A text with `${…}` inside, or a plain text."""

    parts: tuple[str | Expression, ...]

    def text(self, at: Evaluation) -> str:
        """The text with its expressions filled in; raise `Fault`."""
        try:
            return "".join(part if isinstance(part, str) else fv.to_text(part.value(at)) for part in self.parts)
        except Unfit as error:
            raise Fault(str(error)) from None

    @property
    def plain(self) -> bool:
        return all(isinstance(part, str) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Script:
    """Assignments, in order; an assignment to no name only evaluates (it may raise an error code)."""

    lines: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Value:
    """What a property or parameter says: an expression, a text with holes, or a plain text."""

    content: Expression | Template

    def variable(self, at: Evaluation) -> Any:
        """Its value as a process variable may hold it."""
        return self.content.variable(at) if isinstance(self.content, Expression) else self.content.text(at)


_WRAPPED: Final = re.compile(r"^\s*[$#]\{(.*)\}\s*$", re.S)
_HOLE: Final = re.compile(r"[$#]\{([^{}]*)\}")


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "…"


def bare(text: str) -> str:
    """The expression without the wrapping of its dialect (`=…`, `${…}`)."""
    text = text.strip()
    if text.startswith("=") and not text.startswith("=="):
        return text[1:].strip()
    wrapped = _WRAPPED.match(text)
    return wrapped[1].strip() if wrapped and "${" not in wrapped[1] else text


@lru_cache(maxsize=4096)
def compile_condition(text: str, names: frozenset[str] = frozenset(), *, words: bool = False) -> Expression:
    """Compile an expression (condition, timer, cardinality …); raise `BadExpression`.

    `names` are variables whose name holds blanks; with `words` any words in a row are such a name.
    """
    parser = Parser(bare(text), names, words=words)
    code = parser.expression()
    parser.end()
    return Expression(text.strip(), code, frozenset(parser.used))


def compile_name(name: str) -> Expression:
    """An expression that looks one variable up, whatever signs its name holds."""
    return Expression(name, Code(lambda env: env.lookup(name), name=name), frozenset({name}))


@lru_cache(maxsize=4096)
def compile_tests(text: str, names: frozenset[str] = frozenset()) -> Expression:
    """Compile a decision table's input cell (unary tests); raise `BadExpression`."""
    parser = Parser(text.strip() or "-", names)
    return Expression(text.strip(), parser.unary_tests(), frozenset(parser.used))


@lru_cache(maxsize=4096)
def compile_template(text: str) -> Template:
    """Compile a text with `${…}` holes; raise `BadExpression`."""
    pieces = _HOLE.split(text)
    if any("${" in piece or "#{" in piece for piece in pieces[::2]):
        raise BadExpression("phần ${…} không đóng hoặc lồng ngoặc nhọn")
    parts = [
        compile_condition(piece) if number % 2 else piece for number, piece in enumerate(pieces) if number % 2 or piece
    ]
    return Template(tuple(parts))


@lru_cache(maxsize=4096)
def compile_value(text: str) -> Value:
    """Compile what a property says: `=expr` or `${expr}` is evaluated, anything else is text; raise `BadExpression`."""
    wrapped = _WRAPPED.match(text)
    if text.lstrip().startswith("=") or (wrapped and "{" not in wrapped[1]):
        return Value(compile_condition(text))
    return Value(compile_template(text))


@lru_cache(maxsize=1024)
def compile_script(text: str, result: str = "") -> Script:
    """Compile assignments `name = expression`, one per line or `;`, and `raise_error("CODE")`; raise `BadExpression`.

    With `result` the text may be one expression, whose value becomes that variable.
    """
    lines = [_compile_line(line) for line in _statements(bare(text) if result else text)]
    if result and lines and not lines[-1][0] and "raise_error" not in lines[-1][1].text:
        lines[-1] = (result, lines[-1][1])
    if any(not name and "raise_error" not in expression.text for name, expression in lines):
        raise BadExpression('kịch bản chỉ gồm các phép gán “tên = biểu thức” và raise_error("MÃ")')
    return Script(tuple(lines))


def _statements(text: str) -> list[str]:
    """Cut at `;` and at line ends outside brackets and quotes; comments with # are dropped."""
    found, current, depth, quote = [], "", 0, ""
    for sign in text + "\n":
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        if sign in ";\n" and not quote and depth <= 0:
            found.append(current)
            current = ""
        else:
            current += sign
    if quote or depth > 0:
        raise BadExpression("kịch bản thiếu dấu đóng ngoặc hoặc dấu nháy")
    return [line.strip() for line in found if line.strip() and not line.strip().startswith(("#", "//"))]


_ASSIGNMENT: Final = re.compile(r"^([^\W\d]\w*)\s*(?<![=<>!])=(?!=)\s*(.+)$", re.S)
_RAISE: Final = re.compile(r"^raise_error\(\s*(.+?)\s*\)$", re.S)


def _compile_line(line: str) -> tuple[str, Expression]:
    if found := _RAISE.match(line):
        inner = compile_condition(found[1])

        def run(env: Env) -> Any:
            raise Thrown(fv.to_text(inner.code.run(env)))

        return "", Expression(line, Code(run), inner.used)
    if found := _ASSIGNMENT.match(line):
        return found[1], compile_condition(found[2])
    return "", compile_condition(line)


def to_instant(value: Any) -> datetime:
    """A timer's date as an instant in UTC: a naive time is local, a date begins at midnight; raise `Fault`."""
    try:
        if isinstance(value, str):
            value = fv.parse_datetime(value) if "T" in value else fv.parse_date(value)
        if isinstance(value, date):
            return fv.instant(value).astimezone(UTC)
    except (Unfit, OverflowError) as error:
        raise Fault(str(error)) from None
    raise Fault(f"mốc thời gian là {fv.describe(value)}, cần ngày hoặc ngày giờ")
