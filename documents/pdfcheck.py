"""Does a PDF still look like PDF/A-3a and PDF/UA-1, and is it harmless? A partial check, strict on what it sees.

A good guard against regressions, no proof of conformity: full validators are not to be had as a package. It
reads what our own writer and signer can get wrong: fonts (also in the appearances of signatures), colours,
metadata, tags, annotations, attachments, and everything that could run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
_PDFUA = "{http://www.aiim.org/pdfua/ns/id/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
#: Structure types that PDF 1.7 knows and our writer may use (ISO 32000-1, 14.8.4).
STRUCTURE_TYPES = frozenset(
    "Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct P H H1 H2 H3 H4 H5 H6 L LI Lbl LBody "
    "Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link Annot Figure Formula Form".split()
)
#: Colour operators of the output intent (sRGB): grey and RGB; CMYK would need an intent of its own.
_FOREIGN_COLOURS = {"k", "K"}
_ACTIVE = ("/JS", "/JavaScript", "/AA", "/OpenAction", "/XFA", "/RichMedia", "/Launch")
_ACTIVE_ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/Rendition",
    "/Movie",
    "/Sound",
    "/Named",
    "/URI",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that an archive would refuse."""

    code: str
    detail: str = ""


def problems_of(pdf: bytes) -> tuple[Problem, ...]:
    """Everything found wrong with a PDF, in the order of the checks; empty when nothing was found."""
    try:
        with pikepdf.open(BytesIO(pdf)) as document:
            checks = (
                _file,
                _metadata,
                _output_intent,
                _tags,
                _fonts_and_colours,
                _annotations,
                _attachments,
                _activity,
            )
            return tuple(problem for check in checks for problem in check(document))
    except pikepdf.PdfError as error:
        return (Problem("unreadable", str(error)[:200]),)


def _file(document: pikepdf.Pdf) -> Iterator[Problem]:
    if document.is_encrypted:
        yield Problem("encrypted")
    if "/ID" not in document.trailer:
        yield Problem("no-identifier")
    if document.check_pdf_syntax():
        yield Problem("syntax", document.check_pdf_syntax()[0])


def _metadata(document: pikepdf.Pdf) -> Iterator[Problem]:
    stream = document.Root.get("/Metadata")
    if stream is None:
        yield Problem("no-metadata")
        return
    packet = stream.read_bytes()
    blocks = list(ET.fromstring(packet[packet.index(b"<x:xmpmeta") : packet.rindex(b"<?xpacket")]))  # noqa: S314 - our own
    if [b.tag for b in blocks] != [f"{_RDF}RDF"]:
        yield Problem("metadata-blocks", str(len(blocks)))
        return
    said = {key: value for part in blocks[0] for key, value in (*part.attrib.items(), *((c.tag, c.text) for c in part))}
    marks = (said.get(f"{_PDFA}part"), said.get(f"{_PDFA}conformance"), said.get(f"{_PDFUA}part"))
    if marks != ("3", "A", "1"):
        yield Problem("metadata-marks", str(marks))
    title = "".join(text for found in blocks[0].iter(f"{_DC}title") for text in found.itertext()).strip()
    if not title or title != str(document.trailer.get("/Info", Dictionary()).get("/Title", "")):
        yield Problem("title", title)


def _output_intent(document: pikepdf.Pdf) -> Iterator[Problem]:
    intents = [i for i in document.Root.get("/OutputIntents", Array()) if i.get("/S") == Name.GTS_PDFA1]
    if len(intents) != 1 or int(intents[0].get("/DestOutputProfile", Dictionary(N=0)).get("/N", 0)) != 3:
        yield Problem("output-intent")


def _tags(document: pikepdf.Pdf) -> Iterator[Problem]:
    root = document.Root
    if not root.get("/MarkInfo", Dictionary()).get("/Marked", False) or "/StructTreeRoot" not in root:
        yield Problem("untagged")
        return
    if str(root.get("/Lang", "")) != "vi":
        yield Problem("language")
    if not root.get("/ViewerPreferences", Dictionary()).get("/DisplayDocTitle", False):
        yield Problem("title-not-shown")
    for element in _elements(root.StructTreeRoot):
        kind = str(element.S)[1:]
        if kind not in STRUCTURE_TYPES:
            yield Problem("structure-type", kind)
        if kind == "TH" and "/Scope" not in element.get("/A", Dictionary()):
            yield Problem("head-without-scope")
        if kind in ("Figure", "Form") and not str(element.get("/Alt", "")):
            yield Problem("no-alternative", kind)


def _elements(root: Any) -> Iterator[Any]:
    waiting = [root]
    while waiting:
        kids = waiting.pop().get("/K", Array())
        for kid in kids if isinstance(kids, Array) else [kids]:
            if isinstance(kid, Dictionary) and "/S" in kid:
                yield kid
                waiting.append(kid)


def _fonts_and_colours(document: pikepdf.Pdf) -> Iterator[Problem]:
    fonts: dict[tuple[int, int] | int, Any] = {}
    for content in _contents(document):
        resources = content.get("/Resources", Dictionary())
        named = dict(resources.get("/Font", Dictionary()).items())
        # Direct dictionaries count too: signers hide their fonts there.
        fonts |= {(font.objgen if font.is_indirect else id(font)): font for font in named.values()}
        yield from _operators(content, named)
    for font in fonts.values():
        yield from _font(font)


def _contents(document: pikepdf.Pdf) -> Iterator[Any]:
    """Pages, appearances of annotations, and the forms that they draw, each once."""
    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [page.obj for page in document.pages]
    while waiting:
        content = waiting.pop()
        if content.is_indirect and content.objgen in seen:
            continue
        seen.add(content.objgen)
        yield content
        waiting += [
            x
            for x in content.get("/Resources", Dictionary()).get("/XObject", Dictionary()).values()
            if x.get("/Subtype") == Name.Form
        ]
        appearances = [a.get("/AP", Dictionary()).get("/N") for a in content.get("/Annots", Array())]
        waiting += [a for a in appearances if isinstance(a, Stream)]


def _operators(content: Any, fonts: dict[str, Any]) -> Iterator[Problem]:
    current = None
    source = content if isinstance(content, Stream) else pikepdf.Page(content)
    for instruction in pikepdf.parse_content_stream(source):
        operands, name = instruction.operands, str(instruction.operator)
        if name in _FOREIGN_COLOURS:
            yield Problem("colour", name)
        if name == "Tf":
            current = fonts.get(str(operands[0]))
            if current is None:
                yield Problem("font-not-named", str(operands[0]))
        if (
            name in ("Tj", "TJ")
            and current is not None
            and current.get("/Subtype") == Name.Type0
            and _shows_nothing(operands[0])
        ):
            yield Problem("missing-letter", str(current.get("/BaseFont")))


def _shows_nothing(operand: Any) -> bool:
    """Whether the glyph of missing letters (0) is shown; codes have two bytes."""
    strings = [
        bytes(part)
        for part in (operand if isinstance(operand, Array) else [operand])
        if isinstance(part, pikepdf.String)
    ]
    return any(text[i : i + 2] == b"\0\0" for text in strings for i in range(0, len(text), 2))


def _font(font: Any) -> Iterator[Problem]:
    name = str(font.get("/BaseFont"))
    inner = font.DescendantFonts[0] if font.get("/Subtype") == Name.Type0 else font
    descriptor = inner.get("/FontDescriptor", Dictionary())
    program = next((descriptor[key] for key in ("/FontFile2", "/FontFile3", "/FontFile") if key in descriptor), None)
    if program is None:
        yield Problem("font-not-embedded", name)
        return
    if "/ToUnicode" not in font:
        yield Problem("font-without-unicode", name)
    if "/W" in inner and (wrong := _wrong_width(inner, program.read_bytes())):
        yield Problem("font-width", f"{name} {wrong}")


def _wrong_width(font: Any, program: bytes) -> str:
    """The first glyph whose width in /W is not that of the font program, within 1/1000 em."""
    from fontTools.ttLib import TTFont

    with TTFont(BytesIO(program)) as read:
        scale, order, metrics = 1000 / read["head"].unitsPerEm, read.getGlyphOrder(), read["hmtx"].metrics
        for glyph, width in _declared_widths(font.W):
            if glyph < len(order) and abs(metrics[order[glyph]][0] * scale - width) > 1:
                return f"{glyph}: {width}"
    return ""


def _declared_widths(widths: Any) -> Iterator[tuple[int, float]]:
    items = list(widths)
    while items:
        first, second = int(items.pop(0)), items.pop(0)
        if isinstance(second, Array):
            yield from ((first + n, float(width)) for n, width in enumerate(second))
        else:
            width = float(items.pop(0))
            yield from ((glyph, width) for glyph in range(first, int(second) + 1))


def _annotations(document: pikepdf.Pdf) -> Iterator[Problem]:
    for page in document.pages:
        annotations = page.obj.get("/Annots", Array())
        if len(annotations) and page.obj.get("/Tabs") != Name.S:
            yield Problem("tab-order")
        for annotation in annotations:
            kind, flags = str(annotation.Subtype), int(annotation.get("/F", 0))
            if kind == "/Widget" and _is_nowhere(annotation):
                continue  # a time stamp of the whole file: nothing of it is seen, so nothing is read out
            if not flags & 4 or flags & 0b100011:  # printed; neither invisible, hidden nor without view
                yield Problem("annotation-flags", f"{kind} {flags}")
            if kind != "/Link" and not isinstance(annotation.get("/AP", Dictionary()).get("/N"), Stream):
                yield Problem("annotation-appearance", kind)
            if "/StructParent" not in annotation or not ("/TU" in annotation or "/Contents" in annotation):
                yield Problem("annotation-untagged", kind)


def _is_nowhere(annotation: Any) -> bool:
    left, bottom, right, top = (float(v) for v in annotation.Rect)
    return left == right and bottom == top and "/FT" in annotation and Name.Sig == annotation.FT


def _attachments(document: pikepdf.Pdf) -> Iterator[Problem]:
    associated = [f.objgen for f in document.Root.get("/AF", Array())]
    if len(set(associated)) != len(associated):
        yield Problem("attachment-twice")
    for specification in (s for s in document.objects if isinstance(s, Dictionary) and s.get("/Type") == Name.Filespec):
        name, file = str(specification.get("/UF", "")), specification.EF.F
        if specification.objgen not in associated or "/AFRelationship" not in specification or not name:
            yield Problem("attachment-loose", name)
        if "/Subtype" not in file or "/ModDate" not in file.get("/Params", Dictionary()):
            yield Problem("attachment-kind", name)


def _activity(document: pikepdf.Pdf) -> Iterator[Problem]:
    for item in document.objects:
        if isinstance(item, Dictionary):
            found = next((key for key in _ACTIVE if key in item), None)
            if found or ("/S" in item and str(item.get("/S")) in _ACTIVE_ACTIONS):
                yield Problem("active", found or str(item.S))
