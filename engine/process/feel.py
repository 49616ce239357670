"""What does an expression mean? A parser that turns text into closures, and nothing else.

No Python code is made or run: an expression can only look names up, compute with `feel_values` and
call what `feel_functions` lists. `a.b` looks a key up in a table of values, never an attribute.
"""

from collections.abc import Callable
from typing import Any, Final

from engine.process import feel_values as fv
from engine.process.feel_functions import CALLS, FUNCTIONS
from engine.process.feel_lexer import BadExpression, Token, tokenize
from engine.process.feel_meaning import (
    TYPES,
    Code,
    Env,
    at_literal,
    branch,
    call,
    chain,
    combinations,
    equality,
    filtered,
    invert,
    logic,
    member_of,
    modulo,
    ordering,
    peek,
    whole_numbers,
)
from engine.process.feel_values import Range, Test

MAX_DEPTH: Final = 40
_CONSTANTS: Final = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_RESERVED: Final = frozenset(
    "if then else and or not in between for some every satisfies return is instance of".split()
)
_WORDS_BETWEEN: Final = _RESERVED | {"eq", "ne", "lt", "le", "gt", "ge"}
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


class Parser:
    """A recursive-descent parser; each method returns the compiled part it read."""

    def __init__(self, text: str, names: frozenset[str], *, words: bool = False) -> None:
        self.tokens, self.text = tokenize(text, names, CALLS), text
        self.words = words  #: words that follow one another are one name
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
            return branch(code, yes, self.expression())
        if self.take("if"):
            condition = self.disjunction()
            self.expect("else")
            return branch(condition, code, self.expression())
        return code

    def _choice(self) -> Code:
        if self.take("if"):
            condition = self.expression()
            self.expect("then")
            yes = self.expression()
            self.expect("else")
            return branch(condition, yes, self.expression())
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
            source = Code(lambda env: whole_numbers(env, low.run(env), high.run(env)))
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
        start = self.at
        body = self.expression()
        del self.bound[len(self.bound) - len(bindings) :]
        looks_back = any(t.kind == "name" and t.value == "partial" for t in self.tokens[start : self.at])

        def run(env: Env) -> Any:
            results: list[Any] = []
            for inner in combinations(env, bindings):
                results.append(body.run(_with_partial(inner, results) if looks_back else inner))
            return results

        return Code(run)

    def _quantified(self) -> Code:
        every = self.token.value == "every"
        bindings = self._bindings("satisfies")
        body = self.expression()
        del self.bound[len(self.bound) - len(bindings) :]

        def run(env: Env) -> bool:
            answers = (body.run(inner) is True for inner in combinations(env, bindings))
            return all(answers) if every else any(answers)

        return Code(run)

    # Logic and comparison

    def disjunction(self) -> Code:
        codes = [self._conjunction()]
        while self.take("or", "||"):
            codes.append(self._conjunction())
        return logic(codes, decided=True)

    def _conjunction(self) -> Code:
        codes = [self._negation()]
        while self.take("and", "&&"):
            codes.append(self._negation())
        return logic(codes, decided=False)

    def _negation(self) -> Code:
        if (self.peek("not") and not self.ahead(1, "in")) or self.peek("!"):
            self.at += 1
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise BadExpression("biểu thức lồng nhau quá sâu")
            inner = self._negation()
            self.depth -= 1
            return Code(lambda env: invert(env, inner.run(env)))
        if self.peek("empty") and self.tokens[self.at + 1].kind == "name":
            self.at += 1
            inner = self.comparison()
            return Code(lambda env: peek(env, inner) in (None, "", [], {}))
        return self.comparison()

    def comparison(self) -> Code:
        left = self.sum()
        while True:
            token = self.token
            if token.kind in ("sign", "name") and token.value in _EQUALS:
                self.at += 1
                left = equality(left, self.sum(), _EQUALS[token.value])
            elif token.kind in ("sign", "name") and token.value in _COMPARE:
                self.at += 1
                left = ordering(left, self.sum(), _COMPARE[token.value])
            elif self.take("between"):
                left = self._between(left)
            elif self.peek("in") or (self.peek("not") and self.ahead(1, "in")):
                left = self._membership(left)
            elif self.take("is"):
                same = not self.take("not")
                left = equality(left, self.sum(), same)
            elif self.peek("instance") and self.ahead(1, "of"):
                self.at += 2
                left = self._instance(left)
            else:
                return left

    def _between(self, value: Code) -> Code:
        low = self.sum()
        self.expect("and")
        high = self.sum()
        return Code(
            lambda env: env.lenient(lambda: Range(low.run(env), high.run(env), True, True).holds(value.run(env)))
        )

    def _membership(self, value: Code) -> Code:
        wanted = not self.take("not")
        self.expect("in")
        test = self._tests_in_parentheses() if self.peek("(") and not self._is_range() else self.unary_test(plain=True)

        def run(env: Env) -> Any:
            tests = test.run(env)
            env.budget.spend(len(tests) // 10 if isinstance(tests, list) else 0)
            found = env.lenient(lambda: fv.contains(value.run(env), tests))
            return None if found is None else found is wanted

        return Code(run)

    def _instance(self, value: Code) -> Code:
        for kind in sorted(TYPES, key=len, reverse=True):
            words = kind.split()
            if [token.value for token in self.tokens[self.at : self.at + len(words)]] == words:
                self.at += len(words)
                return _checked(value, TYPES[kind])
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
            return Code(lambda env: Test(lambda value: invert(env, fv.contains(value, inner.run(env)))))
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
                return Code(
                    lambda env: Test(
                        lambda value: (
                            fv.equal(value, right.run(env)) is same
                            or (not same and fv.equal(value, right.run(env)) is None)
                        )
                    )
                )
            holds = _COMPARE[token.value]
            return Code(lambda env: Test(lambda value: value is not None and holds(fv.compare(value, right.run(env)))))
        start = self.at
        code = self.sum() if plain else self.expression()
        asks = any(t.kind == "sign" and t.value == "?" for t in self.tokens[start : self.at])
        return Code(lambda env: Test(lambda value: code.run(env.inner({}, tested=value)) is True)) if asks else code

    # Arithmetic

    def sum(self) -> Code:
        first = self._product()
        rest: list[tuple[Callable[[Any, Any], Any], Code]] = []
        while self.peek("+", "-"):
            operation = fv.add if self.token.value == "+" else fv.subtract
            self.at += 1
            rest.append((operation, self._product()))
        return chain(first, rest)

    def _product(self) -> Code:
        first = self._power()
        rest: list[tuple[Callable[[Any, Any], Any], Code]] = []
        while self.peek("*", "/", "%"):
            operation = {"*": fv.multiply, "/": fv.divide, "%": modulo}[self.token.value]
            self.at += 1
            rest.append((operation, self._power()))
        return chain(first, rest)

    def _power(self) -> Code:
        first = self._sign()
        rest: list[tuple[Callable[[Any, Any], Any], Code]] = []
        while self.take("**"):
            rest.append((fv.power, self._sign()))
        return chain(first, rest)

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
                    code = member_of(code, name)
            elif self.peek("[") and not self._is_range() and not self._closes_range():
                self.at += 1
                code = filtered(code, self.expression())
                self.expect("]")
            else:
                return code

    def _method(self, target: Code, name: str) -> Code:
        """`text.function(…)` of other dialects: the listed function with the value as first argument."""
        function = FUNCTIONS.get(name)
        if function is None:
            raise BadExpression(f"không có hàm “{name}”")
        return call(function, [target, *self._arguments()[0]], {})

    # Primaries

    def _primary(self) -> Code:
        token = self.token
        if token.kind in ("number", "text"):
            self.at += 1
            return Code(lambda env: token.value)
        if token.kind == "at":
            self.at += 1
            return Code(lambda env: env.lenient(lambda: at_literal(token.value)))
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
            return call(function, positional, named)
        if name in _RESERVED:
            raise BadExpression(f"không mong đợi “{name}” ở vị trí {self.tokens[self.at - 1].at + 1}")
        if self.words:
            name = self._whole_name()
        if name not in self.bound:
            self.used.add(name)
        return Code(lambda env: env.lookup(name), name=name)

    def _whole_name(self) -> str:
        """The name at hand with all words and numbers behind it that no operator separates."""
        start = self.tokens[self.at - 1].at
        while self.token.kind in ("name", "number") and self.token.value not in _WORDS_BETWEEN:
            self.at += 1
        return " ".join(self.text[start : self.token.at].split())

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
        return self.in_range and (
            following.kind == "end"
            or (following.kind in ("sign", "name") and following.value in (",", ")", "and", "or", "]"))
        )

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


def _with_partial(env: Env, results: list[Any]) -> Env:
    # A copy: a list that held itself could be walked for ever.
    env.budget.spend(len(results) // 5)
    return env.inner({"partial": list(results)})


def _checked(value: Code, check: Callable[[Any], bool]) -> Code:
    return Code(lambda env: check(value.run(env)))
