"""What may an office write into a template beyond plain words? Places to fill, conditions, and loops over a list's rows.

Jinja in a sandbox, and of its language only what is listed here: a text is parsed and every part of it checked before
it is ever run, so there are no attributes of Python objects, no calls, no arithmetic, no loop inside a loop. What
a text may cost is bounded by its own length, the rows of a list and the longest text of a document.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.errors import BadTemplate, Finding
from engine.rules.papers import MAX_TEXT

Words = Mapping[str, str]
#: Longest text of one field, and most parts of its language in it.
LONGEST, MOST_PARTS = 5_000, 400
#: What may be asked of the loop itself.
LOOP = frozenset({"first", "last", "index", "length"})
_PLACE = re.compile(r"(?<!\{)\{([a-z_][a-z0-9_]*)\}(?!\})")
_BRACES = re.compile(r"[{}]")
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.For,
    nodes.Getattr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Filter,
)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Nothing of Python can be reached: rows are asked by their columns only, nothing is ever called."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The column of a row, or what may be asked of the loop."""
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The column of a row; undefined else."""
        if isinstance(obj, Mapping) and argument in obj:
            return obj[argument]
        return self.undefined(obj=type(obj).__name__, name=str(argument))

    def call(self, *_: Any, **__: Any) -> Any:
        """Refuse."""
        raise TemplateError("không gọi hàm trong mẫu")


def listed(rows: Sequence[Words], column: str) -> str:
    """One column of all rows as people list things: "A, B và C"."""
    cells = [row[column] for row in rows]
    return " và ".join(filter(None, (", ".join(cells[:-1]), *cells[-1:])))


def figure(text: str) -> int:
    """A count as it is written ("03", "1.234") as a number, to be compared."""
    digits = text.replace(".", "").strip()
    return int(digits) if digits.isdecimal() and len(digits) < 16 else 0


def _environment() -> _Sandbox:
    made = _Sandbox(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, cache_size=200)
    made.globals.clear()
    made.tests.clear()
    made.filters.clear()
    made.filters.update({"liet_ke": listed, "so": figure, "dem": len})
    return made


_ENVIRONMENT = _environment()


def is_more_than_places(text: str) -> bool:
    """Whether a text uses the language rather than plain places to fill."""
    return any(mark in text for mark in ("{{", "{%", "{#"))


def fault_in(text: str, known: Collection[str], lists: Mapping[str, Collection[str]]) -> str:
    """What is wrong with an office's text, as a sentence; empty when it can be filled.

    `known` are the names of places, `lists` the columns of each list that may be gone through.
    """
    if len(text) > LONGEST:
        return f"dài quá {LONGEST} ký tự"
    if not is_more_than_places(text):
        return _plain_fault(text, known)
    try:
        tree = _ENVIRONMENT.parse(_with_places(text))
        _Check(known, lists).read(tree)
        _ENVIRONMENT.from_string(_with_places(text))
    except _NotAllowed as error:
        return str(error)
    except TemplateSyntaxError as error:
        return f"dòng {error.lineno} chưa viết đúng: {{{{ … }}}}, {{% if … %}} … {{% endif %}}, {{% for … %}} … {{% endfor %}} phải đủ cặp"
    except (RecursionError, SyntaxError, ValueError, MemoryError):
        return "viết lồng nhau quá nhiều tầng"
    return ""


def phrase(text: str, words: Words, lists: Mapping[str, Sequence[Words]]) -> str:
    """Fill a text; `BadTemplate` when it names what there is not, or would grow beyond the longest text."""
    columns = {name: rows[0].keys() if rows else _Anything() for name, rows in lists.items()}
    reason = fault_in(text, words.keys(), columns)
    if reason:
        raise _bad(text, reason)
    said, length = [], 0
    try:
        for part in _ENVIRONMENT.from_string(_with_places(text)).generate({**words, **lists}):
            length += len(part)
            if length > MAX_TEXT:
                raise _bad(text, f"điền xong dài quá {MAX_TEXT} ký tự")
            said.append(part)
    except (TemplateError, TypeError, KeyError, RecursionError) as error:
        raise _bad(text, f"không điền được: {error}") from error
    return "".join(said)


class _NotAllowed(Exception):
    """A part of the language that templates may not use."""


class _Anything:
    """The columns of a list without rows: whatever is asked, nothing will ask it."""

    def __contains__(self, _: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Check:
    """Walks a parsed text and refuses what is not allowed."""

    def __init__(self, known: Collection[str], lists: Mapping[str, Collection[str]]) -> None:
        self._known, self._lists, self._left = known, lists, MOST_PARTS

    def read(self, node: nodes.Node, row: tuple[str, str] | None = None) -> None:
        """Check a part; `row` is the name of the loop's row and the list that it is of."""
        self._left -= 1
        if self._left < 0:
            raise _NotAllowed("viết quá nhiều điều kiện, vòng lặp trong một mục")
        if not isinstance(node, _ALLOWED):
            raise _NotAllowed("chỉ dùng được chỗ điền, điều kiện và vòng lặp theo danh sách")
        if isinstance(node, nodes.For):
            self._loop(node, row)
            return
        if isinstance(node, nodes.Filter):
            self._filter(node, row)
            return
        if isinstance(node, nodes.Getattr):
            self._column(node, row)
            return
        if isinstance(node, nodes.Name):
            self._name(node.name)
        for child in node.iter_child_nodes():
            self.read(child, row)

    def _name(self, name: str) -> None:
        if name in self._lists:
            raise _NotAllowed(f"danh sách {name} phải được đi qua từng dòng, hoặc viết {name}|liet_ke(…)")
        if name not in self._known:
            raise _NotAllowed(f"chỗ điền {{{name}}} không có trong văn bản này")

    def _loop(self, node: nodes.For, row: tuple[str, str] | None) -> None:
        if row is not None or node.recursive:
            raise _NotAllowed("không đặt vòng lặp trong vòng lặp")
        name = node.iter.name if isinstance(node.iter, nodes.Name) else ""
        if name not in self._lists:
            raise _NotAllowed(f"không có danh sách {name or 'này'}")
        if not isinstance(node.target, nodes.Name) or node.target.name in self._known or node.target.name == "loop":
            raise _NotAllowed("đặt cho dòng của danh sách một tên khác")
        inside = (node.target.name, name)
        for child in (*node.body, *([node.test] if node.test is not None else [])):
            self.read(child, inside)
        for child in node.else_:
            self.read(child)

    def _column(self, node: nodes.Getattr, row: tuple[str, str] | None) -> None:
        of = node.node.name if isinstance(node.node, nodes.Name) else ""
        if row is None or of not in (row[0], "loop"):
            raise _NotAllowed("dấu chấm chỉ dùng cho cột của dòng trong vòng lặp")
        if of == "loop" and node.attr not in LOOP:
            raise _NotAllowed(f"không có loop.{node.attr}")
        if of != "loop" and node.attr not in self._lists[row[1]]:
            raise _NotAllowed(f"danh sách {row[1]} không có cột {node.attr}")

    def _filter(self, node: nodes.Filter, row: tuple[str, str] | None) -> None:
        if node.name not in _ENVIRONMENT.filters or node.kwargs or node.dyn_args or node.dyn_kwargs or not node.node:
            raise _NotAllowed("chỉ có |liet_ke, |dem và |so")
        columns = [arg.value for arg in node.args if isinstance(arg, nodes.Const)]
        if node.name == "so":
            if node.args:
                raise _NotAllowed("viết |so, không có gì trong ngoặc")
            self.read(node.node, row)
            return
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        if name not in self._lists:
            raise _NotAllowed(f"|{node.name} chỉ dùng cho danh sách")
        if len(columns) != len(node.args) or len(columns) != (node.name == "liet_ke"):
            raise _NotAllowed('viết |liet_ke("tên cột") hoặc |dem')
        if columns and columns[0] not in self._lists[name]:
            raise _NotAllowed(f"danh sách {name} không có cột {columns[0]}")


def _plain_fault(text: str, known: Collection[str]) -> str:
    unknown = [name for name in _PLACE.findall(text) if name not in known]
    if unknown:
        return f"chỗ điền {{{unknown[0]}}} không có trong văn bản này"
    if _BRACES.search(_PLACE.sub("", text)):
        return "dấu ngoặc nhọn chỉ dùng cho chỗ điền, ví dụ {unit_name}"
    return ""


def _with_places(text: str) -> str:
    """Plain places written the way of the language."""
    return _PLACE.sub(r"{{ \1 }}", text)


def _bad(text: str, reason: str) -> BadTemplate:
    return BadTemplate([Finding(file="", line=0, element=text[:60], reason=reason)])
