"""The PDF is what an archive asks for, and the same paper gives the same bytes."""

import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pikepdf import pdfa

from documents.pdf import CONTENT_NAME, PaperRenderer, css_text, fetch, pdf_of
from engine.errors import Invalid, NotFound
from engine.ports.outside import Rendered
from engine.rules.papers import canonical_json, cleaned
from tests.documents.samples import administrative, decision

#: What pikepdf's validator of PDF/A-3b does not know: form fields, attachments, the PDF/UA mark, level A.
NOT_KNOWN_TO_THE_VALIDATOR = {
    "interactive forms (/AcroForm) are not supported",
    "embedded files are not supported",
    "XMP namespace pdfaExtension=http://www.aiim.org/pdfa/ns/extension/ is not permitted",
    "XMP namespace pdfaProperty=http://www.aiim.org/pdfa/ns/property# is not permitted",
    "XMP namespace pdfaSchema=http://www.aiim.org/pdfa/ns/schema# is not permitted",
    "XMP property pdfuaid:part is not permitted",
    "XMP property pdfaExtension:schemas is not permitted",
    "pdfaid:conformance is 'A', expected 'B'",
}


def text_of(pdf: bytes, tmp_path: Path, *options: str) -> str:
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", *options, path, "-"], check=True, capture_output=True, text=True
    ).stdout


def test_the_same_paper_gives_the_same_bytes_in_another_process(rendered: Rendered) -> None:
    script = (
        "import sys; from documents.pdf import PaperRenderer; from tests.documents.samples import decision;"
        "r = PaperRenderer().render(decision()); sys.stdout.write(r.pdf_sha256 + ' ' + r.docx_sha256)"
    )
    other = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert other == f"{rendered.pdf_sha256} {rendered.docx_sha256}"


def test_the_content_is_attached_as_it_is_hashed(rendered: Rendered) -> None:
    with pikepdf.open(BytesIO(rendered.pdf)) as pdf:
        assert {name: file.get_file().read_bytes() for name, file in pdf.attachments.items()} == {
            CONTENT_NAME: canonical_json(decision())
        }


@pytest.mark.parametrize("which", ["rendered", "signed"])
def test_an_independent_validator_finds_nothing_but_what_it_does_not_know(
    which: str, request: pytest.FixtureRequest
) -> None:
    made = request.getfixturevalue(which)
    report = pdfa.validate_written(BytesIO(made.pdf if which == "rendered" else made), "3b")
    assert {f.message for f in report.findings} == NOT_KNOWN_TO_THE_VALIDATOR


def test_first_page_reads_as_the_profile_orders(rendered: Rendered, tmp_path: Path) -> None:
    words = " ".join(text_of(rendered.pdf, tmp_path, "-l", "1").split())
    for part in (
        "ĐOÀN TNCS HỒ CHÍ MINH",
        "***",
        "Số: 07-QĐ/ĐTN",
        "Hải Phòng, ngày 28 tháng 11 năm 2027",
        "QUYẾT ĐỊNH:",
        "Điều 1.",
        "từ ≥ 80%",
        "TM. BAN CHẤP HÀNH",
        "BÍ THƯ",
        "Trần Minh Đức",
        "Nơi nhận:",
        "- Lưu: VP.",
        "MẪU – không có giá trị pháp lý",
        "Ký số bằng chứng thư thử nghiệm – không có giá trị pháp lý",
    ):
        assert part in words, part


def test_a_draft_leaves_room_for_the_clerk_to_write_the_number(tmp_path: Path) -> None:
    pdf = pdf_of(cleaned(replace(decision(), number=None)))
    (line,) = (x for x in text_of(pdf, tmp_path, "-l", "1").splitlines() if "QĐ/ĐTN" in x)
    assert re.search(r"Số:\s{3,}-QĐ/ĐTN", line)


def test_an_administrative_decision_has_the_national_motto_and_a_slash(tmp_path: Path) -> None:
    words = " ".join(text_of(pdf_of(cleaned(administrative())), tmp_path).split())
    for part in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 07/QĐ-UBND",
        "KT. CHỦ TỊCH",
        "PHÓ CHỦ TỊCH",
    ):
        assert part in words, part


@pytest.mark.parametrize("rows", [0, 1, 20, 45, 90])
def test_the_signature_is_never_alone_on_a_page(rows: int, tmp_path: Path) -> None:
    paper = decision(2)
    long = replace(paper, blocks=(*paper.blocks, *[paper.blocks[1]] * (rows // 5)))
    pages = text_of(pdf_of(cleaned(long)), tmp_path).split("\f")
    page = next(p for p in pages if "TM. BAN CHẤP HÀNH" in p)
    body = page[: page.index("TM. BAN CHẤP HÀNH")]
    assert "hủy bỏ" in body or "thi hành" in body


def test_pages_of_the_annex_are_numbered_from_one_and_the_first_stays_bare(tmp_path: Path) -> None:
    pages = text_of(pdf_of(cleaned(decision(60))), tmp_path).split("\f")
    tops = [page.splitlines()[0].split()[0] for page in pages[1:4]]
    assert tops == ["MẪU", "2", "3"]


def test_markup_in_the_text_stays_text(tmp_path: Path) -> None:
    hostile = "<img src=file:///etc/passwd> & \"' </p><link rel=attachment href=file:///etc/passwd>"
    paper = replace(decision(1), subject=hostile, bases=(hostile,), place="'; } @import 'file:///etc/passwd")
    pdf = pdf_of(cleaned(paper))
    with pikepdf.open(BytesIO(pdf)) as read:
        assert list(read.attachments) == [CONTENT_NAME]
    assert "<img src=file:///etc/passwd>" in " ".join(text_of(pdf, tmp_path).split())


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://127.0.0.1/", "font:../pdf.py", "FILE:///etc/passwd", "ftp://x/"]
)
def test_nothing_is_fetched(url: str) -> None:
    from weasyprint.urls import FatalURLFetchingError

    with pytest.raises(FatalURLFetchingError):
        fetch(url)


def test_unsafe_text_and_unknown_profiles_are_refused() -> None:
    with pytest.raises(Invalid):
        PaperRenderer().render(replace(decision(), subject="a\u202eb"))
    with pytest.raises(NotFound):
        PaperRenderer().render(replace(decision(), profile="nowhere"))


def test_css_strings_cannot_be_left() -> None:
    assert css_text("a'b\"c\\d\ne}") == "a\\000027b\\000022c\\00005cd\\00000ae\\00007d"
