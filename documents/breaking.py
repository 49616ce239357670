"""Where may a line of a document's head be broken? Not within a word of two syllables, nor within a name."""

import re
import tomllib
from functools import cache
from pathlib import Path

DATA = Path(__file__).with_name("typography.toml")
#: A space at which no line ends.
NO_BREAK = "\u00a0"
#: Longest run of characters that stays on one line: more would not fit a narrow head.
LONGEST = 20
_COUNTED = re.compile(r"\bsố \d[\d/.-]*", re.IGNORECASE)
_LAST = re.compile(r"\S+ \S+$")


def kept_together(line: str) -> str:
    """The line with unbreakable spaces inside its words and names; its letters stay as they are."""
    return _compounds().sub(lambda found: _glued(found[0]), _with_names(line))


def ended_well(line: str) -> str:
    """The line with numbers beside what they count ("số 1") and without a single word on its last row."""
    line = _COUNTED.sub(lambda found: found[0].replace(" ", NO_BREAK), line)
    return _LAST.sub(lambda found: _glued(found[0]), line)


def _with_names(line: str) -> str:
    """Glue the name at the end of the line, and the word before it that says of what it is the name."""
    found = _names().search(line)
    if found is None:
        return line
    whole, name = found[0], found["name"]
    if len(whole) <= LONGEST:
        return line[: found.start()] + _glued(whole)
    return line[: found.start("name")] + _glued(name) if len(name) <= LONGEST else line


def _glued(text: str) -> str:
    return text.replace(" ", NO_BREAK) if len(text) <= LONGEST else text


@cache
def _names() -> re.Pattern[str]:
    kinds = "|".join(re.escape(word) for word in sorted(_data("before_names"), key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{kinds}) (?P<name>(?!.*(?<!\w)(?:{kinds}) ).+)$", re.IGNORECASE)


@cache
def _compounds() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(_data("together"), key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


def _data(name: str) -> list[str]:
    words: list[str] = tomllib.loads(DATA.read_text("utf-8"))[name]
    return words
