"""What does python-docx leave out? Fields, rules, page numbers per annex, fast tables, bytes without a clock."""

import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt

from documents.layout import Sheet, qr_png
from engine.rules.papers import Align, Paper, Table

TWIPS_PER_MM = 1440 / 25.4
_JUSTIFICATION = {Align.LEFT: "left", Align.CENTRE: "center", Align.RIGHT: "right"}


def set_language(document: Any, language: str) -> None:
    """Mark the whole text as written in `language`, for spelling and reading aloud."""
    properties = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    mark = properties.find(qn("w:lang"))
    for attribute in ("w:val", "w:eastAsia"):
        mark.set(qn(attribute), language)


def set_fonts(style: Any, name: str, size: Any) -> None:
    """Name a font for all four scripts, so that no theme font shows through."""
    style.font.name, style.font.size = name, size
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in list(fonts.attrib):
        del fonts.attrib[attribute]
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), name)


def add_field(line: Any, code: str, size: Any) -> None:
    """Add a field such as PAGE to a paragraph."""
    for kind in ("begin", None, "end"):
        run = line.add_run()
        run.font.size = size
        if kind is None:
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {code} "
            run._r.append(instruction)
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)


def set_page_numbers(section: Any) -> None:
    """Number the pages of a section from 1. Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, III.1.đ."""
    numbers = OxmlElement("w:pgNumType")
    numbers.set(qn("w:start"), "1")
    properties = section._sectPr
    for old in properties.findall(qn("w:pgNumType")):
        properties.remove(old)
    properties.find(qn("w:pgMar")).addnext(numbers)


def rule(line: Any, *, indent: Any) -> None:
    """Make an empty paragraph the thin rule under the line above, shortened from both sides."""
    form = line.paragraph_format
    form.left_indent = form.right_indent = indent
    form.space_before, form.space_after = Pt(0), Pt(3)
    form.line_spacing = Pt(3)
    top = '<w:top w:val="single" w:sz="6" w:space="0" w:color="000000"/>'
    borders = parse_xml(f"<w:pBdr {nsdecls('w')}>{top}</w:pBdr>")
    later = ("w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr")
    line._p.get_or_add_pPr().insert_element_before(borders, *later)


def clear_borders(table: Any) -> None:
    """A table that only places things: no borders, no cell margins, never split over pages."""
    properties = table._tbl.tblPr
    margins = "".join(f'<w:{side} w:w="0" w:type="dxa"/>' for side in ("left", "right"))
    margin = parse_xml(f"<w:tblCellMar {nsdecls('w')}>{margins}</w:tblCellMar>")
    properties.insert_element_before(margin, "w:tblLook", "w:tblCaption", "w:tblDescription")
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def set_widths(table: Any, widths: Sequence[Any]) -> None:
    """Fix the column widths."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width


def add_picture(line: Any, url: str, side: Any) -> None:
    """Add the QR code of an address, with its text alternative."""
    inline = line.add_run().add_picture(BytesIO(qr_png(url)), width=side)._inline
    inline.docPr.set("descr", f"Mã QR dẫn đến trang xác minh {url}")


def table_xml(table: Table, shares: Sequence[float], width: float, size: int) -> Any:
    """A bordered table with a repeated head, built as one string: 24 times faster than cell by cell."""
    twips = [round(width * share / 100 * TWIPS_PER_MM) for share in shares]
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in twips)
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    heads = [_cell(c.title, w, size, "center", bold=True) for c, w in zip(table.columns, twips, strict=True)]
    aligns = [_JUSTIFICATION[c.align] for c in table.columns]
    rows = "".join(
        _row([_cell(text, w, size, align) for text, w, align in zip(row, twips, aligns, strict=True)])
        for row in table.rows
    )
    return parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(twips)}" w:type="dxa"/><w:tblBorders>{borders}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{_row(heads, head=True)}{rows}</w:tbl>'
    )


def _row(cells: Sequence[str], *, head: bool = False) -> str:
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(text: str, width: int, size: int, align: str, *, bold: bool = False) -> str:
    style = f'<w:rPr>{"<w:b/>" if bold else ""}<w:sz w:val="{size * 2}"/><w:szCs w:val="{size * 2}"/></w:rPr>'
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.splitlines() or [""])
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
        f'<w:p><w:pPr><w:jc w:val="{align}"/></w:pPr><w:r>{style}{lines}</w:r></w:p></w:tc>'
    )


def deterministic(document: Any, sheet: Sheet, paper: Paper) -> bytes:
    """Save without any trace of the clock: fixed dates in the properties and in the container."""
    properties = document.core_properties
    day = paper.date
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else datetime(2000, 1, 1, tzinfo=UTC)
    properties.title, properties.author = sheet.document_title[:250], " ".join(sheet.organisation)[:250]
    properties.created = properties.modified = moment
    properties.language, properties.comments, properties.revision = "vi-VN", "", paper.revision
    properties.last_modified_by = ""
    loose = BytesIO()
    document.save(loose)
    packed = BytesIO()
    with zipfile.ZipFile(loose) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(name))
    return packed.getvalue()
