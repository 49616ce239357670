"""Only harmless files come in; each hostile one is refused with its reason."""

import io
import zipfile
from collections.abc import Callable
from hashlib import sha256

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from documents.spreadsheets import Workbooks
from documents.uploads import UploadGate, kind_of, safe_name
from engine.errors import Invalid
from engine.ports.outside import AcceptedFile, Rendered


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, kind)
    return out.getvalue()


def code_of(data: bytes, name: str, **options: object) -> str:
    with pytest.raises(Invalid) as refusal:
        UploadGate(**options).check(data, name, field="evidence")
    assert list(refusal.value.fields) == ["evidence"]
    return refusal.value.fields["evidence"].code


def repacked(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return out.getvalue()


def test_our_own_documents_and_plain_pictures_come_in(rendered: Rendered, signed: bytes) -> None:
    sheet = Workbooks().write("Danh sách", ("STT",), ((1,),))
    files = {
        "a.pdf": signed,
        "b.docx": rendered.docx,
        "c.xlsx": sheet,
        "d.JPEG": picture("JPEG"),
        "e.png": picture("PNG"),
    }
    accepted = [UploadGate().check(data, name) for name, data in files.items()]
    assert [(f.kind, f.size, f.sha256) for f in accepted] == [
        (kind, len(data), sha256(data).hexdigest())
        for kind, data in zip(("pdf", "docx", "xlsx", "jpg", "png"), files.values(), strict=True)
    ]
    assert accepted[3] == AcceptedFile(
        kind="jpg",
        media_type="image/jpeg",
        name="d.jpg",
        size=len(files["d.JPEG"]),
        sha256=sha256(files["d.JPEG"]).hexdigest(),
    )


def test_size_kind_and_name_are_checked_first(signed: bytes) -> None:
    assert [
        code_of(b"", "a.pdf"),
        code_of(signed, "a.pdf", max_bytes=1000),
        code_of(b"MZ" + bytes(100), "a.pdf"),
        code_of(b"<html><script>", "a.pdf"),
        code_of(b"GIF89a" + bytes(50), "a.png"),
        code_of(signed, "a.docx"),
        code_of(signed, "pdf"),
    ] == [
        "file_empty",
        "file_too_large",
        "file_kind",
        "file_kind",
        "file_kind",
        "file_other_than_named",
        "file_other_than_named",
    ]
    with pytest.raises(Invalid) as refusal:
        UploadGate().check(signed, "a.pdf", kinds={"xlsx"})
    assert refusal.value.fields["file"].facts == {"allowed": ("xlsx",)}


REMOTE = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="http://x/" TargetMode="External"/></Relationships>'
)


def macro(parts: dict[str, bytes]) -> None:
    parts["word/vbaProject.bin"] = b"x"


def macro_type(parts: dict[str, bytes]) -> None:
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"openxmlformats-officedocument.wordprocessingml.document.main", b"ms-word.document.macroEnabled.main"
    )


def template(parts: dict[str, bytes]) -> None:
    parts["word/_rels/settings.xml.rels"] = REMOTE % b"attachedTemplate"


def hyperlink(parts: dict[str, bytes]) -> None:
    parts["word/_rels/settings.xml.rels"] = REMOTE % b"hyperlink"


def embedded(parts: dict[str, bytes]) -> None:
    parts["word/embeddings/oleObject1.bin"] = b"x"


def bomb(parts: dict[str, bytes]) -> None:
    parts["word/media/a.png"] = bytes(30_000_000)


def laughs(parts: dict[str, bytes]) -> None:
    parts["word/comments.xml"] = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


def escape(parts: dict[str, bytes]) -> None:
    parts["word/../../etc/x.xml"] = b"<a/>"


def not_word(parts: dict[str, bytes]) -> None:
    del parts["[Content_Types].xml"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (macro, "file_macro"),
        (macro_type, "file_macro"),
        (template, "file_remote"),
        (embedded, "file_embedded"),
        (bomb, "file_bomb"),
        (laughs, "file_bomb"),
        (escape, "file_broken"),
        (not_word, "file_kind"),
    ],
)
def test_hostile_word_files_are_refused(
    rendered: Rendered, change: Callable[[dict[str, bytes]], None], code: str
) -> None:
    assert code_of(repacked(rendered.docx, change), "a.docx") == code


def test_hyperlinks_in_word_files_are_fine(rendered: Rendered) -> None:
    assert UploadGate().check(repacked(rendered.docx, hyperlink), "a.docx").kind == "docx"


def test_zip_containers_begin_and_end_with_themselves(rendered: Rendered) -> None:
    assert code_of(rendered.docx + b"<script>", "a.docx") == "file_polyglot"
    assert code_of(rendered.docx[:-40], "a.docx") == "file_kind"


def pdf_with(change: Callable[[pikepdf.Pdf], None], **save: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        change(pdf)
        pdf.save(out, **save)
    return out.getvalue()


def script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def launch(pdf: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="x.exe")
    pdf.pages[0].Annots = pikepdf.Array([pikepdf.Dictionary(Type=pikepdf.Name.Annot, A=action)])


def attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["x.exe"] = b"MZ"


def nothing(pdf: pikepdf.Pdf) -> None:
    pass


def test_active_pdfs_are_refused(signed: bytes) -> None:
    locked = pikepdf.Encryption(owner="a", user="b")
    assert [
        code_of(pdf_with(script), "a.pdf"),
        code_of(pdf_with(launch), "a.pdf"),
        code_of(pdf_with(attachment), "a.pdf"),
        code_of(pdf_with(nothing, encryption=locked), "a.pdf"),
        code_of(pdf_with(nothing) + picture("PNG") * 20, "a.pdf"),
        code_of(b"%PDF-1.7\nrubbish", "a.pdf"),
        code_of(b"<html>" + signed, "a.pdf"),
    ] == ["file_active", "file_active", "file_embedded", "file_encrypted", "file_polyglot", "file_broken", "file_kind"]
    assert UploadGate().check(pdf_with(nothing), "a.pdf").kind == "pdf"


def test_pictures_decode_and_hide_nothing(rendered: Rendered) -> None:
    huge = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(huge, "PNG")
    assert [
        code_of(picture("PNG")[:60], "a.png"),
        code_of(picture("JPEG") + rendered.docx, "a.jpg"),
        code_of(huge.getvalue(), "a.png"),
    ] == ["file_broken", "file_polyglot", "file_bomb"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\x\\Báo cáo quý 2.pdf", "Báo cáo quý 2.pdf"),
        ("a<b>\u202e.exe.pdf", "a_b__.exe.pdf"),
        (".pdf", "tep.pdf"),
        ("", "tep.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a__Set-Cookie_ x.pdf"),
    ],
)
def test_names_are_for_showing_only(name: str, safe: str) -> None:
    assert safe_name(name, "pdf") == safe


@given(st.binary(max_size=300), st.sampled_from([b"%PDF-", b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b""]))
def test_rubbish_is_refused_and_never_breaks_the_gate(rubbish: bytes, start: bytes) -> None:
    data = start + rubbish
    with pytest.raises(Invalid):
        UploadGate().check(data, f"a.{kind_of(data) or 'pdf'}")
