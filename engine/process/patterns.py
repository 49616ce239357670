"""Does a text match a pattern that a stranger wrote, in time that grows with both and no faster?

Regular expressions of `matches` and `replace`, without the backtracking that makes some patterns
take for ever: all ways through the pattern are followed at once, one character after the other.
Read: characters, `.`, classes, `\\d \\w \\s` and their opposites, `^ $`, groups, `|`, `* + ? {m,n}`, lazy or not.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_PATTERN: Final = 200
MAX_PROGRAM: Final = 1_500
MAX_NESTING: Final = 30
#: Steps through a pattern that cost as much as one step of an expression.
STEPS_A_UNIT: Final = 10

Spend = Callable[[int], None]
Place = tuple[int, ...]  #: start and end of the whole match and of each group, -1 where a group took no part


class BadPattern(ValueError):
    """A pattern that cannot be read; the text is a Vietnamese reason."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Which characters fit at one place."""

    ranges: tuple[tuple[str, str], ...] = ()
    kinds: str = ""  #: letters of `\\d \\w \\s`, capital for the opposite
    negated: bool = False
    any_case: bool = False

    def has(self, sign: str) -> bool:
        found = self._has(sign)
        if not found and self.any_case:
            found = self._has(sign.lower()) or self._has(sign.upper())
        return found is not self.negated

    def _has(self, sign: str) -> bool:
        if any(low <= sign <= high for low, high in self.ranges):
            return True
        return any((_KINDS[kind.lower()](sign)) is kind.islower() for kind in self.kinds)


_KINDS: Final[dict[str, Callable[[str], bool]]] = {
    "d": str.isdecimal,
    "w": lambda sign: sign.isalnum() or sign == "_",
    "s": str.isspace,
}
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r"}
_REPEAT: Final = re.compile(r"\{(\d{1,3})(,(\d{0,3}))?\}")

# A program is a list of instructions with relative jumps:
# ("sign", Signs) ("split", first, second) ("jump", by) ("save", slot) ("begin",) ("end",) ("line begin",) ("line end",)
Step = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    steps: tuple[Step, ...]
    groups: int

    def search(self, text: str, start: int, spend: Spend) -> Place | None:
        """Where it first matches from `start` on, as Perl would choose; None when nowhere."""
        ready: list[tuple[int, Place]] = []
        best: Place | None = None
        blank = (-1,) * (2 * self.groups + 2)
        for at in range(start, len(text) + 1):
            if best is None:
                ready = self._follow([*ready, (0, blank)], text, at)
            spend(len(ready))
            following: list[tuple[int, Place]] = []
            for step, place in ready:
                if step == len(self.steps):
                    # What stands behind is a worse choice.
                    best = (place[0], at, *place[2:])
                    break
                signs = self.steps[step][1]
                if at < len(text) and isinstance(signs, Signs) and signs.has(text[at]):
                    following.append((step + 1, place))
            ready = self._follow(following, text, at + 1) if best is not None else following
            if best is not None and not ready:
                break
        return best

    def _follow(self, threads: list[tuple[int, Place]], text: str, at: int) -> list[tuple[int, Place]]:
        """Every place at which a character or the end is asked for, the better choice first."""
        found: list[tuple[int, Place]] = []
        seen: set[int] = set()
        todo = threads[::-1]
        while todo:
            step, place = todo.pop()
            if step in seen:
                continue
            seen.add(step)
            if step == len(self.steps):
                found.append((step, place))
                continue
            kind, *to = self.steps[step]
            if kind == "sign":
                found.append((step, place if place[0] >= 0 else (at, *place[1:])))
            elif kind == "split":
                todo += [(step + to[1], place), (step + to[0], place)]  # type: ignore[operator]  # both are numbers
            elif kind == "jump":
                todo.append((step + to[0], place))  # type: ignore[operator]
            elif kind == "save":
                slot: int = to[0]  # type: ignore[assignment]
                todo.append((step + 1, (*place[:slot], at, *place[slot + 1 :])))
            elif _stands(str(kind), text, at):
                todo.append((step + 1, place))
        return found

    def all(self, text: str, spend: Spend) -> Iterator[Place]:
        """All matches that do not overlap, from left to right."""
        at = 0
        while at <= len(text):
            place = self.search(text, at, spend)
            if place is None:
                return
            yield place
            at = place[1] if place[1] > place[0] else place[1] + 1


def _stands(kind: str, text: str, at: int) -> bool:
    if kind == "begin":
        return at == 0
    if kind == "end":
        return at == len(text)
    if kind == "line begin":
        return at == 0 or text[at - 1] == "\n"
    return at == len(text) or text[at] == "\n"


@lru_cache(maxsize=512)
def compile_pattern(source: str, flags: str = "") -> Pattern:
    """Compile a pattern; `flags`: `i` any case, `s` the dot takes line ends, `m` `^ $` at each line. Raise `BadPattern`."""
    if len(source) > MAX_PATTERN:
        raise BadPattern(f"mẫu tìm kiếm dài quá {MAX_PATTERN} ký tự")
    if set(flags) - set("ism"):
        raise BadPattern(f"không có cờ “{flags}”")
    reader = _Reader(source, flags)
    steps = reader.choice(0)
    if reader.at < len(source):
        raise BadPattern("mẫu tìm kiếm thừa dấu đóng ngoặc")
    return Pattern((("save", 0), *steps), reader.groups)


class _Reader:
    """A recursive-descent reader; each method returns instructions."""

    def __init__(self, source: str, flags: str) -> None:
        self.source, self.flags, self.at, self.groups = source, flags, 0, 0

    def peek(self, text: str) -> bool:
        return self.source.startswith(text, self.at)

    def take(self, text: str) -> bool:
        if self.peek(text):
            self.at += len(text)
            return True
        return False

    def choice(self, depth: int) -> list[Step]:
        if depth > MAX_NESTING:
            raise BadPattern("mẫu tìm kiếm lồng nhau quá sâu")
        steps = self._chain(depth)
        while self.take("|"):
            other = self._chain(depth)
            steps = [("split", 1, len(steps) + 2), *steps, ("jump", len(other) + 1), *other]
        return steps

    def _chain(self, depth: int) -> list[Step]:
        steps: list[Step] = []
        while self.at < len(self.source) and not self.peek("|") and not self.peek(")"):
            steps += self._repeated(self._one(depth))
            if len(steps) > MAX_PROGRAM:
                raise BadPattern("mẫu tìm kiếm quá phức tạp")
        return steps

    def _repeated(self, steps: list[Step]) -> list[Step]:
        for sign, least, most in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self.take(sign):
                return self._times(steps, least, most)
        if found := _REPEAT.match(self.source, self.at):
            self.at = found.end()
            least = int(found[1])
            most = least if found[2] is None else int(found[3]) if found[3] else None
            if most is not None and most < least:
                raise BadPattern("mẫu tìm kiếm có số lần lặp ngược")
            return self._times(steps, least, most)
        return steps

    def _times(self, steps: list[Step], least: int, most: int | None) -> list[Step]:
        lazy = self.take("?")
        if any(self.peek(sign) for sign in "*+?"):
            raise BadPattern("mẫu tìm kiếm có dấu lặp đứng sau dấu lặp")
        if len(steps) * max(least, most or 0) > MAX_PROGRAM:
            raise BadPattern("mẫu tìm kiếm quá phức tạp")
        if most is None:
            tail = [_split(1, len(steps) + 2, lazy), *steps, ("jump", -len(steps) - 1)]
        else:
            tail = []
            for _ in range(most - least):
                inner = [*steps, *tail]
                tail = [_split(1, len(inner) + 1, lazy), *inner]
        return [*(step for _ in range(least) for step in steps), *tail]

    def _one(self, depth: int) -> list[Step]:
        sign = self.source[self.at]
        self.at += 1
        if sign == "(":
            return self._group(depth)
        if sign == "[":
            return [("sign", self._class())]
        if sign == ".":
            taken = Signs(negated=True) if "s" in self.flags else Signs((("\n", "\n"), ("\r", "\r")), negated=True)
            return [("sign", taken)]
        if sign in "^$":
            place = "begin" if sign == "^" else "end"
            return [(f"line {place}" if "m" in self.flags else place,)]
        if sign in "*+?" or (sign == "{" and _REPEAT.match(self.source, self.at - 1)):
            raise BadPattern("mẫu tìm kiếm có dấu lặp không đứng sau gì")
        if sign == "\\":
            return [("sign", self._signs(*self._escape()))]
        return [("sign", self._signs((sign, sign), ""))]

    def _signs(self, one: tuple[str, str] | None, kinds: str) -> Signs:
        return Signs((one,) if one else (), kinds, any_case="i" in self.flags)

    def _group(self, depth: int) -> list[Step]:
        slots: tuple[int, int] | None = None
        if not self.take("?:"):
            if self.peek("?"):
                raise BadPattern("mẫu tìm kiếm có loại nhóm không được hỗ trợ")
            self.groups += 1
            slots = (2 * self.groups, 2 * self.groups + 1)
        inner = self.choice(depth + 1)
        if not self.take(")"):
            raise BadPattern("mẫu tìm kiếm thiếu dấu đóng ngoặc")
        return inner if slots is None else [("save", slots[0]), *inner, ("save", slots[1])]

    def _escape(self) -> tuple[tuple[str, str] | None, str]:
        """What stands behind a backslash: one character, or a kind of characters."""
        if self.at >= len(self.source):
            raise BadPattern("mẫu tìm kiếm kết thúc bằng dấu gạch chéo ngược")
        sign = self.source[self.at]
        self.at += 1
        if sign in "dwsDWS":
            return None, sign
        if sign.isalnum() and sign not in _ESCAPED:
            raise BadPattern(f"mẫu tìm kiếm có “\\{sign}” không được hỗ trợ")
        sign = _ESCAPED.get(sign, sign)
        return (sign, sign), ""

    def _class(self) -> Signs:
        negated = self.take("^")
        ranges: list[tuple[str, str]] = []
        kinds, first = "", True
        while not self.peek("]") or first:
            first = False
            one, kind = self._member()
            kinds += kind
            if one is None:
                continue
            if self.peek("-") and not self.peek("-]"):
                self.at += 1
                other, _ = self._member()
                if other is None or other[1] < one[0]:
                    raise BadPattern("mẫu tìm kiếm có khoảng ký tự ngược")
                one = (one[0], other[1])
            ranges.append(one)
        self.at += 1
        return Signs(tuple(ranges), kinds, negated, "i" in self.flags)

    def _member(self) -> tuple[tuple[str, str] | None, str]:
        if self.at >= len(self.source):
            raise BadPattern("mẫu tìm kiếm thiếu dấu đóng ngoặc vuông")
        sign = self.source[self.at]
        self.at += 1
        return self._escape() if sign == "\\" else ((sign, sign), "")


def _split(first: int, second: int, lazy: bool) -> Step:
    return ("split", second, first) if lazy else ("split", first, second)
