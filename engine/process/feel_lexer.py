"""Which words and signs does an expression consist of?

One lexer for the surfaces people really write: FEEL, the `${…}` of Camunda 7 and Python-like
conditions. Names of several words are found when they are known (FEEL allows blanks in names).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

MAX_LENGTH: Final = 10_000
MAX_TOKENS: Final = 4_000


class BadExpression(ValueError):
    """An expression that cannot be compiled; the text is a Vietnamese reason."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  #: number text name sign end at
    value: Any
    at: int  #: position of its first character, from 0


_SIGNS: Final = (
    "**",
    "..",
    "==",
    "!=",
    "<=",
    ">=",
    "&&",
    "||",
    "->",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    ".",
    "+",
    "-",
    "*",
    "/",
    "%",
    "<",
    ">",
    "=",
    "!",
    ";",
)
_SIGN: Final = re.compile("|".join(re.escape(sign) for sign in _SIGNS))
_NUMBER: Final = re.compile(r"(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_NAME: Final = re.compile(r"[^\W\d]\w*")
_SPACE: Final = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)+", re.S)
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'', re.S)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\", "/": "/"}


def tokenize(text: str, names: frozenset[str], calls: tuple[str, ...]) -> list[Token]:
    """Cut an expression into tokens; `names` may hold blanks, `calls` are functions of several words."""
    if len(text) > MAX_LENGTH:
        raise BadExpression(f"biểu thức dài hơn {MAX_LENGTH} ký tự")
    spaced, called = _several_words(names), _several_words(calls)
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if blank := _SPACE.match(text, at):
            at = blank.end()
            continue
        token, at = _next(text, at, spaced, called)
        tokens.append(token)
        if len(tokens) > MAX_TOKENS:
            raise BadExpression("biểu thức quá phức tạp")
    tokens.append(Token("end", None, len(text)))
    return tokens


Names = Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]


@lru_cache(maxsize=64)
def _several_words(names: Iterable[str]) -> Names:
    """Names that are more than one word, by how they begin."""
    odd = [name for name in names if not _NAME.fullmatch(name) and name.strip()]
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    # The longest name wins, so that "điểm tổng kết" is not read as "điểm".
    for name in sorted(odd, key=len, reverse=True):
        pattern = re.compile(r"\s+".join(re.escape(word) for word in name.split()))
        found.setdefault(_beginning(name.strip(), 0), []).append((name, pattern))
    return found


def _beginning(text: str, at: int) -> str:
    found = _NAME.match(text, at)
    return found[0] if found else text[at]


def _next(text: str, at: int, spaced: Names, called: Names) -> tuple[Token, int]:
    if found := _STRING.match(text, at):
        return Token("text", _unescape(found[1] if found[1] is not None else found[2]), at), found.end()
    for name, pattern in spaced.get(_beginning(text, at), ()):
        if (found := pattern.match(text, at)) and not text[found.end() : found.end() + 1].isalnum():
            return Token("name", name, at), found.end()
    for name, pattern in called.get(_beginning(text, at), ()):
        if (found := pattern.match(text, at)) and text[found.end() :].lstrip().startswith("("):
            return Token("name", name, at), found.end()
    if found := _NUMBER.match(text, at):
        return Token("number", _number(found[0]), at), found.end()
    if found := _NAME.match(text, at):
        return Token("name", found[0], at), found.end()
    if text[at] == "@" and (found := _STRING.match(text, at + 1)):
        return Token("at", found[1] or found[2] or "", at), found.end()
    if found := _SIGN.match(text, at):
        return Token("sign", found[0], at), found.end()
    raise BadExpression(f"không hiểu ký tự “{text[at]}” ở vị trí {at + 1}")


def _number(text: str) -> int | Decimal:
    return int(text) if text.isdigit() and len(text) <= 34 else Decimal(text)


def _unescape(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        return _ESCAPES.get(found[2], "\\" + found[2])

    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", one, text, flags=re.S)
