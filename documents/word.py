"""How does the same sheet become an editable Word file?

Real styles, page fields, repeated table heads; the words are those of the `Sheet`, as in the PDF.
The same paper gives the same bytes.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from documents.formats import Profile, profile_of
from documents.layout import AnnexSheet, Sheet, SignatureBlock, column_shares, sheet_of
from documents.word_parts import (
    add_field,
    add_picture,
    clear_borders,
    deterministic,
    rule,
    set_fonts,
    set_language,
    set_page_numbers,
    set_widths,
    table_xml,
)
from engine.rules.papers import Article, Award, Block, Facts, Heading, Items, Paper, Paragraph, Table

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.styles.style import ParagraphStyle
    from docx.table import _Cell

A4 = (210, 297)  # mm
RED = RGBColor(0xB0, 0, 0)
BODY, BASIS, TITLE, CENTRED, SMALL = "Đoạn văn", "Căn cứ", "Tên văn bản", "Dòng giữa", "Nơi nhận"


def docx_of(paper: Paper) -> bytes:
    """Write a cleaned paper as DOCX; one section for the text, one per annex."""
    profile = profile_of(paper)
    sheet = sheet_of(paper, profile)
    return deterministic(_Writer(sheet, profile).written(), sheet, paper)


class _Writer:
    """Fills one Word document from a sheet."""

    def __init__(self, sheet: Sheet, profile: Profile) -> None:
        self.sheet, self.profile = sheet, profile
        self.document: WordDocument = Document()
        self.width = A4[0] - profile.page.left - profile.page.right
        _make_styles(self.document, profile)

    def written(self) -> "WordDocument":
        """The whole document."""
        self._page(self.document.sections[0], landscape=bool(self.sheet.awards))
        self._margins_text()
        if self.sheet.awards:
            for n, award in enumerate(self.sheet.awards):
                self._award(award, first=n == 0)
            return self.document
        self._head()
        self._opening()
        for block in self.sheet.blocks:
            self._block(block)
        self._closing()
        for annex in self.sheet.annexes:
            self._annex(annex)
        return self.document

    def _page(self, section: Any, *, landscape: bool) -> None:
        page = self.profile.page
        width, height = (A4[1], A4[0]) if landscape else A4
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Mm(width), Mm(height)
        section.top_margin, section.bottom_margin = Mm(page.top), Mm(page.bottom)
        section.left_margin, section.right_margin = Mm(page.left), Mm(page.right)
        section.header_distance = section.footer_distance = Mm(8)
        section.different_first_page_header_footer = True
        set_page_numbers(section)
        self.width = width - page.left - page.right

    def _margins_text(self) -> None:
        """Notices on every page; the page number on all but the first."""
        section = self.document.sections[0]
        notices = self.sheet.notices
        for header, numbered in ((section.header, True), (section.first_page_header, False)):
            line = header.paragraphs[0]
            line.alignment = ALIGN.CENTER
            if numbered and not self.sheet.awards:
                add_field(line, "PAGE", Pt(self.profile.size.page_number))
            if len(notices) > 1:
                self._notice(header.add_paragraph(), notices[0], ALIGN.RIGHT)
        for footer in (section.footer, section.first_page_footer):
            if notices:
                self._notice(footer.paragraphs[0], notices[-1], ALIGN.CENTER)

    def _notice(self, line: WordParagraph, text: str, align: ALIGN) -> None:
        line.alignment = align
        run = line.add_run(text)
        run.italic, run.font.size, run.font.color.rgb = True, Pt(9), RED

    def _head(self) -> None:
        size, head = self.profile.size, self.profile.head
        left, right = self._columns((head.left_width, 100 - head.left_width))
        for line in self.sheet.superior:
            _line(left, line, size.superior)
        for line in self.sheet.organisation:
            _line(left, line, size.organisation, bold=True)
        if head.mark:
            _line(left, head.mark, 13)
        else:
            rule(left.add_paragraph(), indent=Mm(self.width * head.left_width / 100 * 0.3))
        if self.sheet.number_line:
            _line(left, self.sheet.number_line, size.number)
        if self.sheet.letter_subject:
            _line(left, self.sheet.letter_subject, 12)
        for n, line in enumerate(self.sheet.motto):
            _line(right, line, size.motto_second if n else size.motto, bold=True)
        rule(right.add_paragraph(), indent=Mm(self.width * (100 - head.left_width) / 100 * 0.15))
        _line(right, self.sheet.place_line, size.place, italic=True)

    def _opening(self) -> None:
        sheet = self.sheet
        if sheet.title:
            self._add(sheet.title, TITLE)
        if sheet.subject:
            self._add(sheet.subject, CENTRED, bold=True)
            rule(self.document.add_paragraph(), indent=Mm(self.width * 0.33))
        if len(sheet.addressees) == 1:
            self._add(f"{sheet.addressees_label} {sheet.addressees[0]}", CENTRED)
        elif sheet.addressees:
            self._add(sheet.addressees_label, CENTRED)
            for n, name in enumerate(sheet.addressees, start=1):
                self._add(f"- {name}{'.' if n == len(sheet.addressees) else ';'}", BODY)
        if sheet.decider:
            self._add(sheet.decider, CENTRED, bold=True)
        for basis in sheet.bases:
            self._add(basis, BASIS)
        if sheet.proclaim:
            self._add(sheet.proclaim, CENTRED, bold=True)

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph():
                self._add(block.text, CENTRED if block.centred else BODY, bold=block.bold, italic=block.italic)
            case Heading():
                self.document.add_heading(block.text, min(block.level + 1, 4))
            case Article():
                self._article(block)
            case Items():
                for text in block.items:
                    self._add(f"- {text}", BODY)
            case Facts():
                for name, value in block.rows:
                    self._add(f"{name}: ", BODY).add_run(value).bold = True
            case Table():
                self._table(block)
            case Award():
                pass

    def _article(self, article: Article) -> None:
        first, *rest = article.paragraphs
        line = _styled(self.document.add_paragraph(), BODY)
        line.add_run(f"Điều {article.number}." + (f" {article.title}." if article.title else "")).bold = True
        line.add_run(f" {first}")
        for text in rest:
            self._add(text, BODY)

    def _table(self, table: Table) -> None:
        if table.caption:
            self._add(table.caption, CENTRED, italic=True)
        xml = table_xml(table, column_shares(table, self.width), self.width, self.profile.size.table)
        body = self.document.element.body
        body.insert(len(body) - 1, xml)

    def _closing(self) -> None:
        self.document.add_paragraph().paragraph_format.keep_with_next = True
        if len(self.sheet.signatures) > 1:
            share = 100 // len(self.sheet.signatures)
            for cell, signature in zip(
                self._columns([share] * len(self.sheet.signatures)), self.sheet.signatures, strict=True
            ):
                self._signature(cell, signature)
        left, right = self._columns((48, 52))
        self._recipients(left)
        if len(self.sheet.signatures) == 1:
            self._signature(right, self.sheet.signatures[0])

    def _recipients(self, cell: "_Cell") -> None:
        label = self.profile.recipients
        if self.sheet.recipients:
            line = _line(
                cell, self.sheet.recipients_label, self.profile.size.recipients_label, align=ALIGN.LEFT, bold=label.bold
            )
            line.runs[0].italic, line.runs[0].underline = label.italic, label.underlined
        for recipient in self.sheet.recipients:
            _line(cell, recipient, self.profile.size.recipients, align=ALIGN.LEFT)
        self._check(cell)

    def _check(self, cell: "_Cell") -> None:
        if self.sheet.check_url:
            add_picture(_line(cell, "", 11, align=ALIGN.LEFT), self.sheet.check_url, Mm(22))
            _line(cell, f"Xác minh: {self.sheet.check_url}", 8, align=ALIGN.LEFT)

    def _signature(self, cell: "_Cell", signature: SignatureBlock, *, in_gap: str = "") -> None:
        size, bold = self.profile.size.signature, self.profile.signature_bold
        for line in signature.lines:
            _line(cell, line, size, bold=bold)
        for text in ("", in_gap, "", ""):
            _line(cell, text, 9 if text else size, italic=bool(text))
        _line(cell, signature.name, size, bold=True)

    def _annex(self, annex: AnnexSheet) -> None:
        self._page(self.document.add_section(WD_SECTION.NEW_PAGE), landscape=annex.landscape)
        self._add(annex.label, TITLE)
        self._add(annex.title, CENTRED, bold=True)
        if annex.subject:
            self._add(annex.subject, CENTRED, italic=True)
        for block in annex.blocks:
            self._block(block)

    def _award(self, award: Award, *, first: bool) -> None:
        sheet = self.sheet
        for n, line in enumerate(sheet.motto):
            self._add(line, CENTRED, bold=True).paragraph_format.page_break_before = not first and n == 0
        self._add(" ".join(sheet.organisation), CENTRED, bold=True)
        _sized(self._add(sheet.title, TITLE), 34)
        self._add(award.lead, CENTRED)
        _sized(self._add(award.holder, CENTRED, bold=True), 24)
        for text in award.lines:
            self._add(text, CENTRED)
        left, right = self._columns((45, 55))
        for text in award_lines(sheet, award):
            _line(left, text, 12, align=ALIGN.LEFT)
        self._check(left)
        _line(right, sheet.place_line, 14, italic=True)
        for signature in sheet.signatures[-1:]:
            self._signature(right, signature, in_gap="" if first else sheet.covered_by_first)

    def _add(self, text: str, style: str, *, bold: bool = False, italic: bool = False) -> WordParagraph:
        line = _styled(self.document.add_paragraph(), style)
        run = line.add_run(text)
        # None leaves the choice to the style.
        run.bold, run.italic = bold or None, italic or None
        return line

    def _columns(self, shares: Sequence[int]) -> list["_Cell"]:
        table = self.document.add_table(rows=1, cols=len(shares))
        clear_borders(table)
        set_widths(table, [Mm(self.width * share / 100) for share in shares])
        return list(table.rows[0].cells)


def award_lines(sheet: Sheet, award: Award) -> tuple[str, ...]:
    """What stands at the foot of a certificate: the holder's register number, and the number of the file."""
    register = (f"Số vào sổ: {award.register_number}",) if award.register_number else ()
    return register + ((sheet.number_line,) if sheet.number_line else ())


def _line(
    cell: "_Cell", text: str, size: int, *, align: ALIGN = ALIGN.CENTER, bold: bool = False, italic: bool = False
) -> WordParagraph:
    """One line in a cell of the head or the foot; the cell's first, empty paragraph is used up first."""
    fresh = len(cell.paragraphs) == 1 and not cell.paragraphs[0].text and not cell.paragraphs[0].runs
    line: WordParagraph = cell.paragraphs[0] if fresh else cell.add_paragraph()
    _styled(line, CENTRED if align is ALIGN.CENTER else SMALL)
    line.paragraph_format.space_before = Pt(0)
    line.paragraph_format.keep_with_next = True
    run = line.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    return line


def _styled(line: WordParagraph, style: str) -> WordParagraph:
    """Give a style by its id: python-docx would search all styles by name, for half of the whole time."""
    line._p.get_or_add_pPr().style = style.replace(" ", "")
    return line


def _sized(line: WordParagraph, size: int) -> None:
    for run in line.runs:
        run.font.size = Pt(size)


def _make_styles(document: "WordDocument", profile: Profile) -> None:
    set_language(document, "vi-VN")
    normal = cast("ParagraphStyle", document.styles["Normal"])
    set_fonts(normal, "Times New Roman", Pt(profile.size.body))
    normal.paragraph_format.space_after = Pt(0)
    body = _style(document, BODY, align=ALIGN.JUSTIFY, before=6)
    body.paragraph_format.first_line_indent = Mm(profile.body.indent)
    line = Pt(profile.size.body * profile.body.line_height)
    body.paragraph_format.line_spacing = line
    basis = _style(document, BASIS, align=ALIGN.JUSTIFY, before=6)
    basis.paragraph_format.first_line_indent = Mm(profile.body.indent)
    basis.paragraph_format.line_spacing = line
    basis.font.italic = profile.body.bases_italic
    title = _style(document, TITLE, align=ALIGN.CENTER, before=12)
    title.font.bold, title.font.size = True, Pt(profile.size.title)
    _style(document, CENTRED, align=ALIGN.CENTER, before=3)
    _style(document, SMALL, align=ALIGN.LEFT, before=0)
    for level in (2, 3, 4):
        heading = cast("ParagraphStyle", document.styles[f"Heading {level}"])
        set_fonts(heading, "Times New Roman", Pt(profile.size.body))
        heading.paragraph_format.first_line_indent = Mm(profile.body.indent)
        heading.paragraph_format.line_spacing, heading.paragraph_format.space_before = line, Pt(8)
        heading.font.color.rgb, heading.font.bold = RGBColor(0, 0, 0), True


def _style(document: "WordDocument", name: str, *, align: ALIGN, before: int) -> "ParagraphStyle":
    from docx.enum.style import WD_STYLE_TYPE

    style = cast("ParagraphStyle", document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH))
    style.base_style = document.styles["Normal"]
    style.quick_style = True
    style.paragraph_format.alignment = align
    style.paragraph_format.space_before = Pt(before)
    return style
