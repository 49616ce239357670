"""What do all charts share? Escaped elements, a frame with title and table, and text that fits its place.

Every chart is drawn twice, for wide and for narrow screens; the style sheet shows one of them.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2s
from typing import NamedTuple

from markupsafe import Markup

WIDE, NARROW = 760, 320
#: Mean width of a character of 14 px text, in px; a little more than measured, so that nothing is cut.
CHARACTER = 7.6


class Table(NamedTuple):
    """The numbers behind a chart: header cells, then rows of texts or (text, address) links; `numeric` one bool a column."""

    header: tuple[str, ...]
    rows: tuple[tuple[str | tuple[str, str], ...], ...]
    numeric: tuple[bool, ...]


class Drawing(NamedTuple):
    """The elements of one picture and its height in px."""

    parts: tuple[Markup, ...]
    height: float


def element(name: str, content: object = "", **attributes: object) -> Markup:
    """One SVG element; `class_` is written class, `_` in names is written `-`; everything is escaped."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _number(value))
        for key, value in attributes.items()
        if value != ""
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, content)


def lines(text: str, width: float, most: int = 2) -> list[str]:
    """Break a text into at most `most` lines of `width` px; what does not fit ends with …"""
    room = max(4, int(width / CHARACTER))
    broken = [""]
    for word in text.split():
        if len(broken[-1]) + len(word) + 1 <= room or not broken[-1]:
            broken[-1] = f"{broken[-1]} {word}".strip()
        else:
            broken.append(word)
    kept = broken[:most]
    if len(broken) > most:
        kept[-1] += " …"
    return [line if len(line) <= room + 2 else f"{line[: room - 1]}…" for line in kept]


def text_lines(text: str, x: float, y: float, width: float, *, most: int = 2, class_: str = "") -> Markup:
    """A text of at most `most` lines whose first base line is at `y`."""
    return Markup("").join(
        element("text", line, x=x, y=y + 17 * number, class_=class_)
        for number, line in enumerate(lines(text, width, most))
    )


def figure(title: str, description: str, draw: Callable[[int], Drawing], table: Table) -> Markup:
    """The whole chart: heading, the two pictures, and the table behind "Xem số liệu"."""
    key = blake2s(f"{title}|{description}".encode(), digest_size=4).hexdigest()
    pictures = Markup("").join(
        _picture(title, description, f"c{key}{suffix}", draw(width), width) for suffix, width in _SIZES
    )
    return Markup(
        '<figure class="ck-chart"><figcaption class="ck-chart__title">{}</figcaption>{}'
        '<details class="ck-more"><summary>Xem số liệu<span class="govuk-visually-hidden">: {}</span></summary>'
        '<div class="ck-scroll" role="region" aria-label="Số liệu: {}" tabindex="0">{}</div></details></figure>'
    ).format(title, pictures, title, title, _table(table))


_SIZES = (("w", WIDE), ("n", NARROW))


def _picture(title: str, description: str, key: str, drawing: Drawing, width: int) -> Markup:
    return Markup(
        '<svg class="c-{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{}t {}d">'
        '<title id="{}t">{}</title><desc id="{}d">{}</desc>{}</svg>'
    ).format(
        "wide" if width == WIDE else "narrow", width, _number(drawing.height), key, key, key, title, key, description,
        Markup("").join(drawing.parts),
    )  # fmt: skip


def _table(table: Table) -> Markup:
    classes = [Markup(' class="ck-num"') if numeric else Markup("") for numeric in table.numeric]
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(c, t) for c, t in zip(classes, table.header, strict=True)
    )
    body = Markup("").join(Markup("<tr>{}</tr>").format(_cells(row, classes)) for row in table.rows)
    return Markup('<table class="ck-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(head, body)


def _cells(row: Sequence[str | tuple[str, str]], classes: Sequence[Markup]) -> Markup:
    return Markup("").join(
        Markup("<td{}>{}</td>").format(css, _cell(cell)) for css, cell in zip(classes, row, strict=True)
    )


def _cell(cell: str | tuple[str, str]) -> object:
    if isinstance(cell, str):
        return cell
    text, href = cell
    return Markup('<a href="{}">{}</a>').format(href, text) if href else text


def _number(value: object) -> object:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value
