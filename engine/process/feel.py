"""What does an expression mean? A parser that turns text into closures, and nothing else.

No Python code is made or run: an expression can only look names up, compute with `feel_values` and
call what `feel_functions` lists. `a.b` looks a key up in a table of values, never an attribute.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from engine.process import feel_values as fv
from engine.process.feel_functions import CALLS, FUNCTIONS, Function
from engine.process.feel_lexer import BadExpression, Token, tokenize
from engine.process.feel_values import Months, Range, Test, Unfit

MAX_DEPTH: Final = 40
MAX_WORK: Final = 100_000
Data = Mapping[str, Any]
Run = Callable[["Env"], Any]
_CONSTANTS: Final = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_RESERVED: Final = frozenset("if then else and or not in between for some every satisfies return is instance of".split())
_COMPARE: Final[dict[str, Callable[[int], bool]]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
    "lt": lambda order: order < 0,
    "le": lambda order: order <= 0,
    "gt": lambda order: order > 0,
    "ge": lambda order: order >= 0,
}
_EQUALS: Final = {"=": True, "==": True, "eq": True, "!=": False, "ne": False}


class Budget:
    """How much work one evaluation may still do."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_WORK

    def spend(self, amount: int = 1) -> None:
        self.left -= amount
        if self.left < 0:
            raise Unfit("biểu thức tính quá lâu")


class Env:
    """Where names are found: the innermost mapping first; `strict` stops on what FEEL answers with null."""

    __slots__ = ("budget", "facts", "maps", "now", "strict", "tested")

    def __init__(
        self, maps: Sequence[Data], facts: Data, now: datetime, *, strict: bool, budget: Budget | None = None, tested: Any = None
    ) -> None:
        self.maps, self.facts, self.now, self.strict = maps, facts, now, strict
        self.budget = budget or Budget()
        self.tested = tested

    def inner(self, names: Data, tested: Any = None) -> "Env":
        """The same environment with further names in front."""
        return Env(
            (names, *self.maps), self.facts, self.now, strict=self.strict, budget=self.budget, tested=self.tested if tested is None else tested
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


class Parser:
    """A recursive-descent parser; each method returns the compiled part it read."""

    def __init__(self, text: str, names: frozenset[str]) -> None:
        self.tokens = tokenize(text, names, CALLS)
        self.at, self.depth = 0, 0
        self.used: set[str] = set()  #: variables the expression reads
        self.bound: list[str] = []
        self.in_range = False

    # Tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, *values: str) -> bool:
        return self.token.kind in ("sign", "name") and self.token.value in values

    def ahead(self, offset: int, *values: str) -> bool:
        token = self.tokens[min(self.at + offset, len(self.tokens) - 1)]
        return token.kind in ("sign", "name") and token.value in values

    def take(self, *values: str) -> bool:
        if self.peek(*values):
            self.at += 1
            return True
        return False

    def expect(self, value: str) -> None:
        if not self.take(value):
            raise BadExpression(f"thiếu “{value}” ở vị trí {self.token.at + 1}")

    def end(self) -> None:
        if self.token.kind != "end":
            raise BadExpression(f"không hiểu “{self.token.value}” ở vị trí {self.token.at + 1}")

    # Whole expressions

    def expression(self) -> Code:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BadExpression("biểu thức lồng nhau quá sâu")
        code = self._ternary()
        self.depth -= 1
        return code

    def _ternary(self) -> Code:
        code = self._choice()
        if self.take("?"):
            yes = self.expression()
            self.expect(":")
            return _branch(code, yes, self.expression())
        if self.take("if"):
            condition = self.disjunction()
            self.expect("else")
            return _branch(condition, code, self.expression())
        return code

    def _choice(self) -> Code:
        if self.take("if"):
            condition = self.expression()
            self.expect("then")
            yes = self.expression()
            self.expect("else")
            return _branch(condition, yes, self.expression())
        if self.peek("for") and not self.ahead(1, "(", "."):
            return self._for()
        if self.peek("some", "every") and self.tokens[self.at + 1].kind == "name":
            return self._quantified()
        return self.disjunction()

    def _binding(self) -> tuple[str, Code]:
        if self.token.kind != "name":
            raise BadExpression(f"cần tên biến ở vị trí {self.token.at + 1}")
        name = self.token.value
        self.at += 1
        self.expect("in")
        source = self.expression()
        if self.take(".."):
            high = self.expression()
            low = source
            source = Code(lambda env: _whole_numbers(env, low.run(env), high.run(env)))
        return name, source

    def _bindings(self, closing: str) -> list[tuple[str, Code]]:
        self.at += 1
        bindings = [self._binding()]
        while self.take(","):
            bindings.append(self._binding())
        self.expect(closing)
        self.bound += [name for name, _ in bindings]
        return bindings

    def _for(self) -> Code:
        bindings = self._bindings("return")
        body = self.expression()
        del self.bound[len(self.bound) - len(bindings) :]

        def run(env: Env) -> Any:
            results: list[Any] = []
            for inner in _combinations(env, bindings):
                results.append(body.run(inner.inner({"partial": results})))
            return results

        return Code(run)

    def _quantified(self) -> Code:
        every = self.token.value == "every"
        bindings = self._bindings("satisfies")
        body = self.expression()
        del self.bound[len(self.bound) - len(bindings) :]

        def run(env: Env) -> bool:
            answers = (body.run(inner) is True for inner in _combinations(env, bindings))
            return all(answers) if every else any(answers)

        return Code(run)

    # Logic and comparison

    def disjunction(self) -> Code:
        code = self._conjunction()
        while self.take("or", "||"):
            code = _logic(code, self._conjunction(), decided=True)
        return code

    def _conjunction(self) -> Code:
        code = self._negation()
        while self.take("and", "&&"):
            code = _logic(code, self._negation(), decided=False)
        return code

    def _negation(self) -> Code:
        if (self.peek("not") and not self.ahead(1, "in")) or self.peek("!"):
            self.at += 1
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise BadExpression("biểu thức lồng nhau quá sâu")
            inner = self._negation()
            self.depth -= 1
            return Code(lambda env: _not(env, inner.run(env)))
        if self.peek("empty") and self.tokens[self.at + 1].kind == "name":
            self.at += 1
            inner = self.comparison()
            return Code(lambda env: _peek(env, inner) in (None, "", [], {}))
        return self.comparison()

    def comparison(self) -> Code:
        left = self.sum()
        while True:
            token = self.token
            if token.kind in ("sign", "name") and token.value in _EQUALS:
                self.at += 1
                left = _equality(left, self.sum(), _EQUALS[token.value])
            elif token.kind in ("sign", "name") and token.value in _COMPARE:
                self.at += 1
                left = _ordering(left, self.sum(), _COMPARE[token.value])
            elif self.take("between"):
                left = self._between(left)
            elif self.peek("in") or (self.peek("not") and self.ahead(1, "in")):
                left = self._membership(left)
            elif self.take("is"):
                same = not self.take("not")
                left = _equality(left, self.sum(), same)
            elif self.peek("instance") and self.ahead(1, "of"):
                self.at += 2
                left = self._instance(left)
            else:
                return left

    def _between(self, value: Code) -> Code:
        low = self.sum()
        self.expect("and")
        high = self.sum()
        return Code(lambda env: env.lenient(lambda: Range(low.run(env), high.run(env), True, True).holds(value.run(env))))

    def _membership(self, value: Code) -> Code:
        wanted = not self.take("not")
        self.expect("in")
        test = self._tests_in_parentheses() if self.peek("(") and not self._is_range() else self.unary_test(plain=True)

        def run(env: Env) -> Any:
            found = env.lenient(lambda: fv.contains(value.run(env), test.run(env)))
            return None if found is None else found is wanted

        return Code(run)

    def _instance(self, value: Code) -> Code:
        for kind in sorted(_TYPES, key=len, reverse=True):
            words = kind.split()
            if [token.value for token in self.tokens[self.at : self.at + len(words)]] == words:
                self.at += len(words)
                return Code(lambda env: _TYPES[kind](value.run(env)))
        raise BadExpression(f"không có kiểu “{self.token.value}”")

    # Unary tests

    def unary_tests(self) -> Code:
        """Tests of a decision table's cell: `-`, or a list of tests, or `not(…)`."""
        if self.take("-") and self.token.kind == "end":
            return Code(lambda env: Test(lambda value: True))
        self.at = 0
        if self.peek("not") and self.ahead(1, "("):
            self.at += 1
            inner = self._tests_in_parentheses()
            self.end()
            return Code(lambda env: Test(lambda value: _not(env, fv.contains(value, inner.run(env)))))
        tests = self._test_list()
        self.end()
        return tests

    def _tests_in_parentheses(self) -> Code:
        self.expect("(")
        tests = self._test_list()
        self.expect(")")
        return tests

    def _test_list(self) -> Code:
        tests = [self.unary_test()]
        while self.take(",", ";"):
            tests.append(self.unary_test())
        return tests[0] if len(tests) == 1 else Code(lambda env: [test.run(env) for test in tests])

    def unary_test(self, *, plain: bool = False) -> Code:
        token = self.token
        if token.kind == "sign" and (token.value in _COMPARE or token.value in _EQUALS):
            self.at += 1
            right = self.sum()
            if token.value in _EQUALS:
                same = _EQUALS[token.value]
                return Code(lambda env: Test(lambda value: fv.equal(value, right.run(env)) is same or (not same and fv.equal(value, right.run(env)) is None)))
            holds = _COMPARE[token.value]
            return Code(lambda env: Test(lambda value: value is not None and holds(fv.compare(value, right.run(env)))))
        start = self.at
        code = self.sum() if plain else self.expression()
        asks = any(t.kind == "sign" and t.value == "?" for t in self.tokens[start : self.at])
        return Code(lambda env: Test(lambda value: code.run(env.inner({}, tested=value)) is True)) if asks else code

    # Arithmetic

    def sum(self) -> Code:
        code = self._product()
        while self.peek("+", "-"):
            operation = fv.add if self.token.value == "+" else fv.subtract
            self.at += 1
            code = _binary(code, self._product(), operation)
        return code

    def _product(self) -> Code:
        code = self._power()
        while self.peek("*", "/", "%"):
            operation = {"*": fv.multiply, "/": fv.divide, "%": _modulo}[self.token.value]
            self.at += 1
            code = _binary(code, self._power(), operation)
        return code

    def _power(self) -> Code:
        code = self._sign()
        while self.take("**"):
            code = _binary(code, self._sign(), fv.power)
        return code

    def _sign(self) -> Code:
        signs = 0
        while self.take("-"):
            signs += 1
        code = self._postfix()
        return Code(lambda env: env.lenient(lambda: fv.negate(code.run(env)))) if signs % 2 else code

    def _postfix(self) -> Code:
        code = self._primary()
        while True:
            if self.peek(".") and self.tokens[self.at + 1].kind == "name":
                name = self.tokens[self.at + 1].value
                self.at += 2
                if self.peek("("):
                    code = self._method(code, name)
                else:
                    code = _member(code, name)
            elif self.peek("[") and not self._is_range() and not self._closes_range():
                self.at += 1
                code = _filter(code, self.expression())
                self.expect("]")
            else:
                return code

    def _method(self, target: Code, name: str) -> Code:
        """`text.function(…)` of other dialects: the listed function with the value as first argument."""
        function = FUNCTIONS.get(name)
        if function is None:
            raise BadExpression(f"không có hàm “{name}”")
        return _call(function, [target, *self._arguments()[0]], {})

    # Primaries

    def _primary(self) -> Code:
        token = self.token
        if token.kind in ("number", "text"):
            self.at += 1
            return Code(lambda env: token.value)
        if token.kind == "at":
            self.at += 1
            return Code(lambda env: env.lenient(lambda: _at_literal(token.value)))
        if token.kind == "name":
            return self._name(token.value)
        if self.peek("("):
            return self._range() if self._is_range() else self._group()
        if self.peek("["):
            return self._range() if self._is_range() else self._list()
        if self.peek("]"):
            return self._range()
        if self.peek("{"):
            return self._context()
        if self.take("?"):
            return Code(lambda env: env.tested)
        what = "hết biểu thức" if token.kind == "end" else f"“{token.value}”"
        raise BadExpression(f"không mong đợi {what} ở vị trí {token.at + 1}")

    def _name(self, name: str) -> Code:
        self.at += 1
        if name in _CONSTANTS:
            value = _CONSTANTS[name]
            return Code(lambda env: value, null=value is None)
        if self.peek("("):
            function = FUNCTIONS.get(name)
            if function is None:
                raise BadExpression(f"không có hàm “{name}”")
            positional, named = self._arguments()
            return _call(function, positional, named)
        if name in _RESERVED:
            raise BadExpression(f"không mong đợi “{name}” ở vị trí {self.tokens[self.at - 1].at + 1}")
        if name not in self.bound:
            self.used.add(name)
        return Code(lambda env: env.lookup(name), name=name)

    def _arguments(self) -> tuple[list[Code], dict[str, Code]]:
        self.expect("(")
        positional: list[Code] = []
        named: dict[str, Code] = {}
        while not self.take(")"):
            label = self._label()
            if label is None:
                positional.append(self.expression())
            else:
                named[label] = self.expression()
            if not self.peek(")"):
                self.expect(",")
        return positional, named

    def _label(self) -> str | None:
        at, words = self.at, []
        while self.tokens[at].kind == "name":
            words.append(self.tokens[at].value)
            at += 1
        if words and self.tokens[at].kind == "sign" and self.tokens[at].value == ":":
            self.at = at + 1
            return " ".join(words)
        return None

    def _group(self) -> Code:
        self.expect("(")
        code = self.expression()
        self.expect(")")
        return Code(code.run)

    def _list(self) -> Code:
        self.expect("[")
        items: list[Code] = []
        while not self.take("]"):
            items.append(self.unary_test())
            if not self.peek("]"):
                self.expect(",")
        return Code(lambda env: [item.run(env) for item in items])

    def _context(self) -> Code:
        self.expect("{")
        entries: list[tuple[str, Code]] = []
        while not self.take("}"):
            entries.append(self._entry())
            if not self.peek("}"):
                self.expect(",")

        def run(env: Env) -> dict[str, Any]:
            made: dict[str, Any] = {}
            for key, code in entries:
                made[key] = code.run(env.inner(made))
            return made

        return Code(run)

    def _entry(self) -> tuple[str, Code]:
        if self.token.kind == "text":
            key = self.token.value
            self.at += 1
            self.expect(":")
        else:
            key = self._label() or ""
        if not key:
            raise BadExpression(f"cần tên ở vị trí {self.token.at + 1}")
        self.bound.append(key)
        return key, self.expression()

    def _is_range(self) -> bool:
        """Whether the bracket at hand opens an interval: `..` stands at its own level."""
        depth = 0
        for token in self.tokens[self.at :]:
            if token.kind == "sign":
                if token.value in ("(", "[", "{"):
                    depth += 1
                elif token.value in (")", "]", "}"):
                    depth -= 1
                    if depth <= 0:
                        return False
                elif token.value == ".." and depth == 1:
                    return True
        return False

    def _closes_range(self) -> bool:
        """Whether a `[` after the upper end of an interval closes it: then no filter can follow."""
        following = self.tokens[self.at + 1]
        return self.in_range and (following.kind == "end" or (following.kind in ("sign", "name") and following.value in (",", ")", "and", "or", "]")))

    def _range(self) -> Code:
        low_closed = self.token.value == "["
        self.at += 1
        low = self.sum()
        self.expect("..")
        outer, self.in_range = self.in_range, True
        high = self.sum()
        self.in_range = outer
        if not self.peek("]", ")", "["):
            raise BadExpression(f"khoảng không đóng ở vị trí {self.token.at + 1}")
        high_closed = self.token.value == "]"
        self.at += 1
        return Code(lambda env: Range(low.run(env), high.run(env), low_closed, high_closed))


# Meaning of the parts


def _branch(condition: Code, yes: Code, no: Code) -> Code:
    def run(env: Env) -> Any:
        answer = condition.run(env)
        if env.strict and not isinstance(answer, bool):
            raise Unfit(f"điều kiện cho {fv.describe(answer)}, không phải đúng/sai")
        return yes.run(env) if answer is True else no.run(env)

    return Code(run)


def _logic(left: Code, right: Code, *, decided: bool) -> Code:
    """Three-valued and/or: `decided` is the value that settles it without the other side."""

    def run(env: Env) -> bool | None:
        first = _truth(env, left.run(env))
        if first is decided:
            return decided
        second = _truth(env, right.run(env))
        if second is decided:
            return decided
        return None if first is None or second is None else not decided

    return Code(run)


def _truth(env: Env, value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if env.strict and value is not None:
        raise Unfit(f"cần đúng/sai, nhận được {fv.describe(value)}")
    return None


def _not(env: Env, value: Any) -> bool | None:
    truth = _truth(env, value)
    return None if truth is None else not truth


def _peek(env: Env, code: Code) -> Any:
    """The value, or null for a variable that does not exist: comparing with null may ask for it."""
    return env.find(code.name)[1] if code.name is not None else code.run(env)


def _equality(left: Code, right: Code, same: bool) -> Code:
    if left.null or right.null:
        return Code(lambda env: (_peek(env, left) is None and _peek(env, right) is None) is same)

    def run(env: Env) -> bool | None:
        answer = fv.equal(left.run(env), right.run(env))
        if answer is None:
            return (not same) if env.strict else None
        return answer is same

    return Code(run)


def _ordering(left: Code, right: Code, holds: Callable[[int], bool]) -> Code:
    return Code(lambda env: env.lenient(lambda: holds(fv.compare(left.run(env), right.run(env)))))


def _binary(left: Code, right: Code, operation: Callable[[Any, Any], Any]) -> Code:
    return Code(lambda env: env.lenient(lambda: operation(left.run(env), right.run(env))))


def _modulo(left: Any, right: Any) -> Any:
    a, b = fv.number(left), fv.number(right)
    if b == 0:
        raise Unfit("chia cho số không")
    quotient = fv.divide(a, b)
    whole = int(quotient // 1) - (1 if quotient < 0 and quotient != int(quotient) else 0)
    return fv.subtract(a, fv.multiply(b, whole))


def _call(function: Function, positional: list[Code], named: dict[str, Code]) -> Code:
    if named and positional:
        raise BadExpression("không trộn đối số có tên với đối số theo thứ tự")
    if reason := function.misuse(len(positional), tuple(named)):
        raise BadExpression(reason)

    def run(env: Env) -> Any:
        env.budget.spend()
        values = [code.run(env) for code in positional] or function.ordered({name: code.run(env) for name, code in named.items()})
        return env.lenient(lambda: function.run(env, values))

    return Code(run)


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


def _member(code: Code, name: str) -> Code:
    return Code(lambda env: env.lenient(lambda: member(env, code.run(env), name)))


def _filter(code: Code, inner: Code) -> Code:
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
            return items[position - 1] if 0 < position <= len(items) else items[position] if -len(items) <= position < 0 else None
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


def _combinations(env: Env, bindings: list[tuple[str, Code]]) -> Iterator[Env]:
    if not bindings:
        yield env
        return
    name, source = bindings[0]
    for item in _items(env, source.run(env)):
        env.budget.spend()
        yield from _combinations(env.inner({name: item}), bindings[1:])


def _items(env: Env, value: Any) -> list[Any]:
    if isinstance(value, Range):
        return _whole_numbers(env, value.low, value.high)
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _whole_numbers(env: Env, low: Any, high: Any) -> list[Any]:
    first, last = int(fv.number(low)), int(fv.number(high))
    env.budget.spend(abs(last - first) + 1)
    return list(range(first, last + 1)) if first <= last else list(range(first, last - 1, -1))


def _at_literal(text: str) -> Any:
    for read in (fv.parse_date, fv.parse_datetime, fv.parse_time, fv.duration):
        try:
            return read(text)  # type: ignore[operator]  # four readers of different results
        except Unfit:
            continue
    raise Unfit(f"“{text}” không phải ngày, giờ hay khoảng thời gian")


_TYPES: Final[dict[str, Callable[[Any], bool]]] = {
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
