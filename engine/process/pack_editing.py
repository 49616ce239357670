"""How is one value of a hand-written file changed so that every other byte stays, comments and order included?

A TOML file is cut into blocks, one for each table from its header to its last key. Only the block that is meant is taken up, changed
and put back; comments and blank lines between blocks belong to nobody and are never touched.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from engine.errors import BadPack, Finding
from engine.ports.pack_editing import Changes, Place, Plain
from engine.process.pack_files import is_shared_table, read_shared
from engine.process.pack_ready import ready
from engine.process.pack_toml import HEADER, Report, code_lines, parse, places
from engine.process.pack_zip import read_zip, write_zip
from engine.rules.cycle_models import CycleModel

_BOM: Final = "\ufeff"
_TRIVIA: Final = re.compile(r"\s*(#.*)?")
_OF_ALL: Final = "Tệp này là của cả hệ thống, không thuộc mô hình."
_BY_HAND: Final = "Không sửa được chỗ này qua trang: hãy tải tệp về, sửa rồi tải lên."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """The lines of one table, first inclusive and last exclusive, counted from 0."""

    table: str
    index: int
    first: int
    last: int


class TomlDesk:
    """`engine.ports.pack_editing.PackDesk` over the packs of this installation."""

    def rows(self, content: bytes, table: str) -> list[Mapping[str, object]]:
        """See `PackDesk.rows`."""
        data = _data("", content)
        if not table:
            return [{key: value for key, value in data.items() if not isinstance(value, dict | list)}]
        found = data.get(table, [])
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def edited(self, file: str, content: bytes, changes: Changes) -> bytes:
        """See `PackDesk.edited`."""
        wanted = {at: keys for at, keys in changes.items() if keys}
        if not wanted:
            return content
        return _rewritten(file, content, lambda text: _with(text, wanted), lambda data: _set(data, wanted))

    def without(self, file: str, content: bytes, table: str, index: int) -> bytes:
        """See `PackDesk.without`."""
        return _rewritten(file, content, lambda text: _cut(text, table, index), lambda data: data[table].pop(index))

    def with_row(self, file: str, content: bytes, table: str, after: int, cells: Mapping[str, Plain]) -> bytes:
        """See `PackDesk.with_row`."""
        row = {key: _stored(value) for key, value in cells.items() if value is not None}
        return _rewritten(
            file,
            content,
            lambda text: _grown(text, table, after, cells),
            lambda data: data.setdefault(table, []).insert(after + 1, row),
        )

    def place(self, content: bytes, line: int) -> Place | None:
        """See `PackDesk.place`."""
        found = [at for at, number in places(content.decode("utf-8-sig", "replace")).items() if number == line]
        return Place(table=found[0][0], index=found[0][1], key=found[0][2]) if found else None

    def unpack(self, content: bytes, name: str) -> tuple[str, dict[str, bytes]]:
        """See `PackDesk.unpack`."""
        return read_zip(content, name)

    def completed(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """See `PackDesk.completed`."""
        return {name: content for name, content in read_shared().items() if not is_shared_table(name)} | dict(files)

    def packed(self, key: str, files: Mapping[str, bytes]) -> bytes:
        """See `PackDesk.packed`."""
        return write_zip(key, files)

    def ready(self, key: str, files: Mapping[str, bytes]) -> tuple[CycleModel, list[Finding]]:
        """See `PackDesk.ready`."""
        if foreign := [name for name in sorted(files) if is_shared_table(name)]:
            raise BadPack([Finding(file=name, line=0, element="", reason=_OF_ALL) for name in foreign])
        tables = {name: content for name, content in read_shared().items() if is_shared_table(name)}
        return ready(tables | dict(files), key)


def _rewritten(
    file: str, content: bytes, edit: Callable[[str], str], wish: Callable[[dict[str, Any]], object]
) -> bytes:
    """Edit the text, and prove that it then says what was wished and nothing else."""
    expected, text = _data(file, content), content.decode("utf-8")
    bom = _BOM if text.startswith(_BOM) else ""
    try:
        wish(expected)
        found = (bom + edit(text.removeprefix(_BOM))).encode()
    except (ValueError, LookupError, TypeError, AttributeError, TOMLKitError) as error:
        raise _refusal(file) from error
    if _data(file, found) != expected:
        raise _refusal(file)
    return found


def _cut(text: str, table: str, index: int) -> str:
    lines = text.split("\n")
    block = next(b for b in _blocks(text) if (b.table, b.index) == (table, index))
    first, last = block.first, block.last
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    while last < len(lines) - 1 and not lines[last].strip():
        last += 1
    return "\n".join([*lines[:first], *lines[last:]])


def _grown(text: str, table: str, after: int, cells: Mapping[str, Plain]) -> str:
    lines = text.split("\n")
    block = next((b for b in _blocks(text) if (b.table, b.index) == (table, after)), None)
    document = tomlkit.document()
    for key, value in cells.items():
        if value is not None:
            document[key] = _item(value)
    new = [f"[[{table}]]", *tomlkit.dumps(document).removesuffix("\n").split("\n")]
    if block is not None:
        return "\n".join([*lines[: block.last], "", *new, *lines[block.last :]])
    return "\n".join([text.rstrip("\n"), "", *new, ""])


def _with(text: str, wanted: Changes) -> str:
    lines = text.split("\n")
    blocks = {(block.table, block.index): block for block in _blocks(text)}
    # From the end of the file upwards, so that places further up stay where they are.
    for at in sorted(wanted, key=lambda at: blocks[at].first, reverse=True):
        block = blocks[at]
        lines[block.first : block.last] = _changed("\n".join(lines[block.first : block.last]), wanted[at]).split("\n")
    return "\n".join(lines)


def _changed(block: str, keys: Mapping[str, Plain]) -> str:
    header, _, rest = block.partition("\n") if HEADER.match(block.partition("\n")[0]) else ("", "", block)
    document = tomlkit.parse(rest + "\n")
    for key, value in keys.items():
        if value is None:
            document.pop(key, None)
        else:
            document[key] = _item(value)
    body = tomlkit.dumps(document).removesuffix("\n")
    return f"{header}\n{body}" if header else body


def _item(value: Plain) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else tomlkit.float_(format(value.normalize(), "f"))
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    return tomlkit.item(list(value) if isinstance(value, tuple) else value)


def _blocks(text: str) -> list[_Block]:
    lines = text.split("\n")
    headers = [(number - 1, found) for number, line in code_lines(text) if (found := HEADER.match(line))]
    starts: list[tuple[str, int]] = [("", 0)]
    starts += [(re.sub(r"[\"' ]", "", found[2]), first) for first, found in headers]
    ends = [first for _, first in starts[1:]] + [len(lines)]
    counts: dict[str, int] = {}
    blocks = []
    for (table, first), end in zip(starts, ends, strict=True):
        last = end
        while last > first and _TRIVIA.fullmatch(lines[last - 1]):
            last -= 1
        blocks.append(_Block(table=table, index=counts.get(table, 0), first=first, last=last))
        counts[table] = counts.get(table, 0) + 1
    return blocks


def _set(data: dict[str, Any], wanted: Changes) -> None:
    for (table, index), keys in wanted.items():
        row = data if not table else data[table][index] if isinstance(data[table], list) else data[table]
        for key, value in keys.items():
            if value is None:
                row.pop(key, None)
            else:
                row[key] = _stored(value)


def _stored(value: Plain) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _data(file: str, content: bytes) -> dict[str, Any]:
    report = Report()
    document = parse(file, content, report, numbers=Decimal)
    if document is None:
        raise BadPack(report.findings)
    return document.data


def _refusal(file: str) -> BadPack:
    return BadPack([Finding(file=file, line=0, element="", reason=_BY_HAND)])
