"""How does a questionnaire get onto paper? Numbered sheets with a code of their own, or cards that carry the code alone.

What all sheets share is laid out once; number and code are drawn onto each copy. Laying every sheet out by itself takes a
second each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pydyf
import segno

from documents.layout import qr_png
from documents.pdf import check_fonts, fetch, font_config, printing
from documents.pdf_parts import A4_HEIGHT, tidy
from engine.ports.questionnaires import Card, PrintedForm, PrintedQuestion

_MM = 72 / 25.4
#: Of the sheets: where number and code are drawn, in mm from the left and the top of the page.
_CODE, _CODE_SIDE, _NUMBER, _FOOT = (169.0, 20.5), 26.0, (181.0, 18.4), (181.0, 289.2)
#: Of the cards: two columns and four rows.
_LEFT, _TOP, _WIDTH, _HEIGHT, _COLUMNS, _ROWS = 10.0, 10.0, 95.0, 69.0, 2, 4

_PAGE = """
html { font-family: Tinos; font-size: 12pt; line-height: 1.25; color: #000; }
body, p, h1, h2 { margin: 0; padding: 0; font-size: inherit; font-weight: normal; }
"""
_SHEET = """
@page { size: A4; margin: 14mm 15mm 16mm 20mm; @bottom-left { content: "Trang " counter(page) "/" counter(pages); font: 9pt Tinos; }
  @bottom-right { content: "$foot"; font: 9pt Tinos; padding-right: 15mm; white-space: nowrap; } }
.head { display: table; width: 100%; }
.head > div { display: table-cell; vertical-align: top; }
.head .code { width: 34mm; height: 33mm; text-align: right; padding-right: 15mm; white-space: nowrap; }
.number { font-weight: bold; font-size: 13pt; }
.lead { font-size: 11pt; }
h1 { font-weight: bold; font-size: 15pt; margin: 3mm 0 2mm; }
.note { font-style: italic; font-size: 11pt; margin-bottom: 3mm; }
h2 { font-weight: bold; margin: 4mm 0 1mm; break-after: avoid; }
.q { break-inside: avoid; margin-top: 3mm; }
.q .text { font-weight: bold; }
.q .how { font-style: italic; font-size: 10.5pt; }
.options { margin-top: 1mm; }
.option { display: inline-block; width: 48%; vertical-align: top; padding: 0.6mm 0; }
.long .option { display: block; width: auto; }
.box { display: inline-block; width: 4.6mm; height: 4.6mm; border: 0.8pt solid #000; text-align: center; line-height: 4.6mm; font-size: 9pt; margin-right: 2mm; color: #555; }
.line { border-bottom: 0.5pt dotted #000; height: 7mm; }
"""
_CARDS = """
@page { size: A4; margin: 10mm; }
.card { float: left; box-sizing: border-box; width: 94.8mm; height: 68.9mm; margin-bottom: 0.1mm; overflow: hidden; padding: 5mm; border: 0.4pt dashed #888; }
.card div { width: 50mm; font-size: 11pt; }
.card .title { font-weight: bold; font-size: 12pt; }
.card p { margin-bottom: 1.5mm; }
"""


@dataclass(frozen=True, slots=True)
class PaperQuestionnaires:
    """The `Questionnaires` port, with WeasyPrint."""

    def sheets(self, form: PrintedForm, cards: Sequence[Card]) -> bytes:
        """The whole questionnaire once for every card, each on pages of its own."""
        numbered = all(card.number for card in cards)
        css = _PAGE + _SHEET.replace("$foot", "Phiếu số" if numbered else "")
        return _printed(form, _sheet(form, numbered=numbered), css, [_stamps_of_sheet(card) for card in cards])

    def cards(self, form: PrintedForm, cards: Sequence[Card]) -> bytes:
        """Cards to cut out: title, unit, code and address; eight on a page."""
        on_page = _COLUMNS * _ROWS
        numbered = all(card.number for card in cards)
        body = _card(form, numbered=numbered) * on_page
        pages = [cards[first : first + on_page] for first in range(0, len(cards), on_page)]
        return _printed(form, body, _PAGE + _CARDS, [_stamps_of_cards(page) for page in pages])

    def code(self, url: str) -> bytes:
        """The address as a QR code (PNG)."""
        return qr_png(url)


def _printed(form: PrintedForm, body: str, css: str, copies: Sequence[Sequence[bytes]]) -> bytes:
    """One layout, once for each copy; `copies`: what is drawn onto the first page of a copy, and onto the further ones."""
    from weasyprint import CSS, HTML

    html = f'<html lang="vi"><head><title>{escape(form.title)} – {escape(form.unit)}</title></head><body>{body}</body></html>'
    with printing():
        document = HTML(string=html, url_fetcher=fetch, base_url="nowhere:").render(
            font_config=font_config(), stylesheets=[CSS(string=css, url_fetcher=fetch)]
        )
        pdf: bytes = document.write_pdf(pdf_identifier=b"questionnaire", finisher=lambda _, made: _copy(made, copies))
    check_fonts(document)
    return pdf


def _copy(pdf: Any, copies: Sequence[Sequence[bytes]]) -> None:
    """Repeat the pages that were laid out, each with what is drawn onto it; their contents are kept once."""
    tidy(pdf)
    pages = [pdf.objects[number] for number in pdf.pages["Kids"][::3]]
    plain = _named_font(pdf)
    before, after = _stream(pdf, b"q"), _stream(pdf, b"Q")
    pdf.pages["Kids"], pdf.pages["Count"] = pydyf.Array([]), 0
    resources = {id(page): _with_font(pdf, page, plain) for page in pages}
    for stamps in copies:
        for place, page in enumerate(pages):
            drawn = _stream(pdf, stamps[min(place, len(stamps) - 1)])
            contents = pydyf.Array([before, page["Contents"], after, drawn])
            pdf.add_page(
                pydyf.Dictionary(
                    {**page, "Contents": contents, "Resources": resources[id(page)], "Parent": pdf.pages.reference}
                )
            )


def _stream(pdf: Any, content: bytes) -> bytes:
    stream = pydyf.Stream([content], compress=True)
    pdf.add_object(stream)
    return bytes(stream.reference)


def _named_font(pdf: Any) -> bytes:
    """A font that every reader has: numbers and addresses need no others."""
    font = pydyf.Dictionary({"Type": "/Font", "Subtype": "/Type1", "BaseFont": "/Helvetica-Bold"})
    pdf.add_object(font)
    return bytes(font.reference)


def _with_font(pdf: Any, page: Any, font: bytes) -> Any:
    own = _found(pdf, page["Resources"])
    fonts = _found(pdf, own.get("Font", pydyf.Dictionary({})))
    return pydyf.Dictionary({**own, "Font": pydyf.Dictionary({**fonts, "FStamp": font})})


def _found(pdf: Any, value: Any) -> Any:
    return pdf.objects[int(value.split()[0])] if isinstance(value, bytes) else value


def _stamps_of_sheet(card: Card) -> list[bytes]:
    first = [*_code(card.url, *_CODE, _CODE_SIDE)]
    foot: list[str] = []
    if card.number:
        first += [_words(str(card.number), *_NUMBER, 13), _words(str(card.number), *_FOOT, 9)]
        foot = [_words(str(card.number), *_FOOT, 9)]
    return ["\n".join(lines).encode() for lines in (first, foot)]


def _stamps_of_cards(cards: Sequence[Card]) -> list[bytes]:
    lines: list[str] = []
    for place in range(_COLUMNS * _ROWS):
        left, top = _LEFT + place % _COLUMNS * _WIDTH, _TOP + place // _COLUMNS * _HEIGHT
        if place >= len(cards):
            lines.append(_box(left - 0.3, top - 0.3, _WIDTH + 0.6, _HEIGHT + 0.6, "1 g"))
            continue
        card = cards[place]
        lines += _code(card.url, left + 60, top + 5, 30)
        lines.append(_words(card.url, left + 5, top + _HEIGHT - 6, 8))
        if card.number:
            lines.append(_words(str(card.number), left + 78, top + 40, 12))
    return ["\n".join(lines).encode()]


def _code(url: str, left: float, top: float, side: float) -> Iterator[str]:
    """The squares of a QR code, runs of them as one rectangle."""
    rows = [bytes(row) for row in segno.make(url, error="m", micro=False).matrix]
    step = side / len(rows)
    yield "0 g"
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            width = 0
            while x + width < len(row) and row[x + width]:
                width += 1
            if width:
                yield _rectangle(left + x * step, top + y * step, width * step, step)
            x += width or 1
    yield "f"


def _box(left: float, top: float, width: float, height: float, colour: str) -> str:
    return f"{colour}\n{_rectangle(left, top, width, height)}\nf"


def _rectangle(left: float, top: float, width: float, height: float) -> str:
    x, y = left * _MM, A4_HEIGHT - (top + height) * _MM
    return f"{x:.2f} {y:.2f} {width * _MM:.2f} {height * _MM:.2f} re"


def _words(text: str, left: float, base: float, size: int) -> str:
    """Digits or an address; nothing else may come here."""
    plain = "".join(c for c in text if c.isascii() and c.isprintable() and c not in "()\\")
    return f"0 g BT /FStamp {size} Tf {left * _MM:.2f} {A4_HEIGHT - base * _MM:.2f} Td ({plain}) Tj ET"


def _sheet(form: PrintedForm, *, numbered: bool) -> str:
    number = "Phiếu số" if numbered else ""
    questions = "".join(_question(place, question) for place, question in _numbered(form.questions))
    return (
        '<div class="head"><div>'
        f'<p class="lead">{escape(form.lead)}</p><p class="lead">{escape(form.unit)}</p>'
        f"<h1>{escape(form.title)}</h1></div>"
        f'<div class="code"><p class="number">{number}</p></div></div>'
        f'<p>{escape(form.introduction)}</p><p class="note">{escape(form.note)}</p>{questions}'
    )


def _numbered(questions: Sequence[PrintedQuestion]) -> list[tuple[int, PrintedQuestion]]:
    found, place = [], 0
    for question in questions:
        place += bool(question.how)
        found.append((place, question))
    return found


def _question(place: int, question: PrintedQuestion) -> str:
    if not question.how:
        return f"<h2>{escape(question.text)}</h2>" + (f"<p>{escape(question.hint)}</p>" if question.hint else "")
    hint = f" {escape(question.hint)}" if question.hint else ""
    wide = any(len(label) > 34 for _, label in question.options)
    options = "".join(
        f'<div class="option"><span class="box">{escape(digit)}</span>{escape(label)}</div>'
        for digit, label in question.options
    )
    lines = '<div class="line"></div>' * question.lines
    return (
        f'<div class="q"><p class="text">{place}. {escape(question.text)}</p><p class="how">{escape(question.how)}{hint}</p>'
        f'<div class="options{" long" if wide else ""}">{options}</div>{lines}</div>'
    )


def _card(form: PrintedForm, *, numbered: bool) -> str:
    number = "<p>Phiếu có số, dùng được một lần.</p>" if numbered else ""
    return (
        f'<div class="card"><div><p class="title">{escape(form.title)}</p>'
        f"<p>{escape(form.unit)}</p>{number}<p>{escape(form.card)}</p></div></div>"
    )
