"""The Word file says the same words, in real styles."""

import zipfile
from io import BytesIO

from docx import Document
from docx.oxml.ns import qn

from documents.formats import profile_for
from documents.layout import sheet_of
from engine.ports.outside import Rendered
from tests.documents.samples import decision


def words_of(docx: bytes) -> list[str]:
    document = Document(BytesIO(docx))
    texts = [t.text or "" for t in document.element.body.iter(qn("w:t"))]
    return " ".join(texts).split()


def test_the_words_of_the_sheet_are_all_there(rendered: Rendered) -> None:
    sheet = sheet_of(decision(), profile_for("youth-union", None))
    said = " ".join(words_of(rendered.docx))
    lines = [
        *sheet.superior,
        *sheet.organisation,
        sheet.number_line,
        sheet.place_line,
        sheet.title,
        sheet.subject,
        *sheet.bases,
        *sheet.recipients,
        sheet.annexes[0].title,
        "Chi đoàn Tổ dân phố số 12",
    ]
    assert [line for line in lines if " ".join(line.split()) not in said] == []


def test_styles_fields_and_repeated_heads_are_real(rendered: Rendered) -> None:
    document = Document(BytesIO(rendered.docx))
    used = {p.style.name for p in document.paragraphs}
    assert {"Đoạn văn", "Căn cứ", "Tên văn bản", "Dòng giữa"} <= used
    assert [
        s.element.xpath("./w:pgNumType/@w:start")
        if hasattr(s, "element")
        else s._sectPr.xpath("./w:pgNumType/@w:start")
        for s in document.sections
    ] == [["1"], ["1"]]
    assert len(document.element.body.findall(".//" + qn("w:tblHeader"))) == 1
    header = document.sections[0].header._element
    assert [i.text.strip() for i in header.iter(qn("w:instrText"))] == ["PAGE"]


def test_the_container_holds_no_time_and_nothing_active(rendered: Rendered) -> None:
    with zipfile.ZipFile(BytesIO(rendered.docx)) as archive:
        assert {m.date_time for m in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert [n for n in archive.namelist() if "vba" in n.lower() or n.endswith(".bin")] == []
