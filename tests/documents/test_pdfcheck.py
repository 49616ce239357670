"""The partial checker finds nothing in our files, and each single defect that is put in."""

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String, pdfa

from documents.pdf import pdf_of
from documents.pdfcheck import Problem, problems_of
from engine.ports.outside import Rendered
from engine.rules.papers import Paper, cleaned
from tests.documents.kinds import ALL


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_every_kind_is_clean_and_an_independent_validator_approves_it(make: Callable[[], Paper]) -> None:
    pdf = pdf_of(cleaned(make()))
    assert problems_of(pdf) == ()
    assert _approved(pdf) == []


def test_a_signed_file_is_clean_too(signed: bytes) -> None:
    assert problems_of(signed) == ()
    assert _approved(signed) == []


def _approved(pdf: bytes) -> list[str]:
    """What pikepdf's allow-list validator finds when form, attachment and level A, which it does not know, are set aside."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        for key in ("/AcroForm", "/AF", "/Names", "/Extensions"):
            if key in document.Root:
                del document.Root[key]
        packet = document.Root.Metadata.read_bytes()
        start = packet.index(b"<rdf:Description", packet.index(b"pdfuaid:part") - 200)
        packet = packet[:start] + packet[packet.index(b"</rdf:RDF>") :]
        document.Root.Metadata.write(packet.replace(b'conformance="A"', b'conformance="B"'))
        for page in document.pages:
            for annotation in page.obj.get("/Annots", Array()):
                if annotation.get("/FT") == Name.Sig:
                    # What the signature looks like is checked as a plain stamp.
                    for key in ("/FT", "/T", "/TU", "/V", "/P", "/StructParent"):
                        if key in annotation:
                            del annotation[key]
                    annotation.Subtype = Name.Stamp
        return [f"{f.rule} {f.message}" for f in pdfa.save(document, out, "3b").findings]


def no_intent(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.OutputIntents


def no_metadata(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Metadata


def no_mark(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Metadata.write(pdf.Root.Metadata.read_bytes().replace(b"pdfuaid:part", b"pdfuaid:teil"))


def other_title(pdf: pikepdf.Pdf) -> None:
    pdf.trailer.Info.Title = "Khác"


def no_language(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Lang


def untagged(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.MarkInfo


def unknown_type(pdf: pikepdf.Pdf) -> None:
    pdf.Root.StructTreeRoot.K[0].S = Name.Weird


def _fonts(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    return list(pdf.pages[0].obj.Resources.Font.values())


def loose_font(pdf: pikepdf.Pdf) -> None:
    del _fonts(pdf)[0].DescendantFonts[0].FontDescriptor.FontFile2


def no_unicode(pdf: pikepdf.Pdf) -> None:
    del _fonts(pdf)[0].ToUnicode


def wrong_width(pdf: pikepdf.Pdf) -> None:
    widths = _fonts(pdf)[0].DescendantFonts[0].W
    widths[1][0] = widths[1][0] + 30


def helvetica(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.Resources.Font["/Helv"] = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)


def cmyk(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(b"0 0 0 1 k")


def missing_letter(pdf: pikepdf.Pdf) -> None:
    name = next(iter(pdf.pages[0].obj.Resources.Font.keys())).encode()
    pdf.pages[0].contents_add(b"BT " + name + b" 12 Tf <0000> Tj ET")


def script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=String("1")))


def not_printed(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.Annots[0].F = 0


def no_appearance(pdf: pikepdf.Pdf) -> None:
    del pdf.pages[0].obj.Annots[0].AP


def no_label(pdf: pikepdf.Pdf) -> None:
    del pdf.pages[0].obj.Annots[0].TU


def no_relation(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.AF[0].AFRelationship


def no_scope(pdf: pikepdf.Pdf) -> None:
    for item in pdf.objects:
        if isinstance(item, Dictionary) and item.get("/S") == Name.TH:
            del item.A.Scope
            return


@pytest.mark.parametrize(
    ("defect", "code"),
    [
        (no_intent, "output-intent"),
        (no_metadata, "no-metadata"),
        (no_mark, "metadata-marks"),
        (other_title, "title"),
        (no_language, "language"),
        (untagged, "untagged"),
        (unknown_type, "structure-type"),
        (no_scope, "head-without-scope"),
        (loose_font, "font-not-embedded"),
        (no_unicode, "font-without-unicode"),
        (wrong_width, "font-width"),
        (helvetica, "font-not-embedded"),
        (cmyk, "colour"),
        (missing_letter, "missing-letter"),
        (script, "active"),
        (not_printed, "annotation-flags"),
        (no_appearance, "annotation-appearance"),
        (no_label, "annotation-untagged"),
        (no_relation, "attachment-loose"),
    ],
)
def test_each_defect_is_found(rendered: Rendered, defect: Callable[[pikepdf.Pdf], None], code: str) -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(rendered.pdf)) as document:
        defect(document)
        document.save(out)
    assert {p.code for p in problems_of(out.getvalue())} - {"active"} | ({"active"} if code == "active" else set()) == {
        code
    }


def test_what_is_no_pdf_is_unreadable() -> None:
    assert [p.code for p in problems_of(b"%PDF-1.7")] == ["unreadable"]
    assert Problem("unreadable") != Problem("syntax")
