"""What does WeasyPrint leave out that PDF/UA-1 and a later signature need?

The PDF/UA mark inside the one RDF block, `Scope` on table heads, and empty signature fields that are
tagged as forms before anybody signs: a field made by the signer would break PDF/UA (7.18.4).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pydyf
from weasyprint.pdf.metadata import NS, DocumentMetadata

from documents.breaking import NO_BREAK
from documents.layout import SEAL, SEAL_PLACE, Sheet

A4_HEIGHT = 841.8897637795277
CSS_PX = 0.75  #: pt per CSS px
PRINT_AND_LOCKED = 132

_EXTENSION = """
<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
  xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Indicates, which part of ISO 14289 standard is followed</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


class Metadata(DocumentMetadata):
    """WeasyPrint's metadata with the PDF/UA mark inside the same RDF block (a second block is ignored by readers)."""

    def generate_rdf_metadata(self, variant: str, version: int, conformance: str) -> bytes:
        """The RDF block as UTF-8 bytes."""
        rdf = ET.fromstring(super().generate_rdf_metadata(variant, version, conformance))  # noqa: S314 - made one line above
        mark = ET.SubElement(rdf, f"{{{NS['rdf']}}}Description", {f"{{{NS['rdf']}}}about": ""})
        ET.SubElement(mark, f"{{{NS['pdfuaid']}}}part").text = "1"
        rdf.append(ET.fromstring(_EXTENSION))  # noqa: S314 - a constant
        return bytes(ET.tostring(rdf, encoding="utf-8"))


for prefix, uri in {
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
}.items():
    ET.register_namespace(prefix, uri)


def metadata_of(sheet: Sheet, moment: datetime, attachments: Sequence[Any]) -> Metadata:
    """Title, author, day and attachments of a document."""
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Metadata(
        title=sheet.document_title,
        authors=[_plain(" ".join(sheet.organisation))],
        description=_plain(sheet.subject or sheet.letter_subject) or None,
        created=stamp,
        modified=stamp,
        attachments=list(attachments),
        lang="vi",
    )


def _plain(text: str) -> str:
    return text.replace(NO_BREAK, " ")


def finish(document: Any, pdf: Any, sheet: Sheet, *, sealed: bool) -> None:
    """Add table scopes and the signature fields just before the file is written."""
    tidy(pdf)
    for item in pdf.objects:
        if isinstance(item, pydyf.Dictionary) and item.get("S") == "/TH":
            item["A"]["Scope"] = "/Column"
    # WeasyPrint names every attachment twice.
    pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    places = [place for n in range(1, len(sheet.signatures) + 1) if (place := _place(document, f"person-{n}"))]
    if not places:
        return
    fields = [
        (f"person-{n}", f"Chữ ký số của {s.name}, {s.position}", page, box)
        for n, (s, (page, box)) in enumerate(zip(sheet.signatures[-len(places) :], places, strict=True), start=1)
    ]
    if sealed:
        page, box = places[-1]
        fields.append(("organisation", f"Chữ ký số của {_plain(' '.join(sheet.organisation))}", page, _seal_box(box)))
    _add_fields(pdf, fields)


def tidy(pdf: Any) -> None:
    """Drop the empty resource lists that WeasyPrint always writes."""
    for item in pdf.objects:
        holder = item.extra if isinstance(item, pydyf.Stream) else item
        resources = holder.get("Resources", holder) if isinstance(holder, dict) else None
        for key in ("Pattern", "Shading"):
            if isinstance(resources, dict) and key in resources and not resources[key]:
                del resources[key]


Box = tuple[float, float, float, float]  # left, bottom, right, top in pt


def _place(document: Any, name: str) -> tuple[int, Box] | None:
    for number, page in enumerate(document.pages):
        if name in page.anchors:
            left, top, right, bottom = page.anchors[name]
            height = page.height * CSS_PX
            return number, (left * CSS_PX, height - bottom * CSS_PX, right * CSS_PX, height - top * CSS_PX)
    return None


def _seal_box(box: Box) -> Box:
    """Left of the signature, over a third of it. Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, II.8."""
    left, bottom, right, top = box
    inner = left + (right - left) / 6  # the handwriting itself fills the middle two thirds
    seal_right = inner + (right - left) * 2 / 3 / 3
    across, middle = seal_right - SEAL / 2, (bottom + top) / 2
    half = SEAL_PLACE / 2
    return across - half, middle - half, across + half, middle + half


def _add_fields(pdf: Any, fields: Sequence[tuple[str, str, int, Box]]) -> None:
    form = pydyf.Dictionary({"Fields": pydyf.Array(), "SigFlags": 3})
    pdf.catalog["AcroForm"] = form
    pages = [o for o in pdf.objects if isinstance(o, pydyf.Dictionary) and o.get("Type") == "/Page"]
    root = _object(pdf, pdf.catalog["StructTreeRoot"])
    parents = _object(pdf, root["ParentTree"])
    document = _object(pdf, root["K"][0])
    for name, label, page_number, box in fields:
        page = pages[page_number]
        widget = _widget(pdf, name, label, page, box)
        widget["StructParent"] = max(parents["Nums"][::2], default=-1) + 1
        element = _form_element(pdf, label, page, widget, document)
        parents["Nums"].extend([widget["StructParent"], element.reference])
        document["K"].append(element.reference)
        page.setdefault("Annots", pydyf.Array()).append(widget.reference)
        form["Fields"].append(widget.reference)
    root["ParentTreeNextKey"] = max(parents["Nums"][::2]) + 1


def _widget(pdf: Any, name: str, label: str, page: Any, box: Box) -> Any:
    width, height = box[2] - box[0], box[3] - box[1]
    blank = pydyf.Stream([], {"Type": "/XObject", "Subtype": "/Form", "BBox": pydyf.Array([0, 0, width, height])})
    pdf.add_object(blank)
    widget = pydyf.Dictionary(
        {
            "Type": "/Annot",
            "Subtype": "/Widget",
            "FT": "/Sig",
            "T": pydyf.String(name),
            "TU": pydyf.String(label),
            "Rect": pydyf.Array([round(v, 3) for v in box]),
            "F": PRINT_AND_LOCKED,
            "P": page.reference,
            "AP": pydyf.Dictionary({"N": blank.reference}),
        }
    )
    pdf.add_object(widget)
    return widget


def _form_element(pdf: Any, label: str, page: Any, widget: Any, parent: Any) -> Any:
    link = pydyf.Dictionary({"Type": "/OBJR", "Obj": widget.reference, "Pg": page.reference})
    pdf.add_object(link)
    element = pydyf.Dictionary(
        {
            "Type": "/StructElem",
            "S": "/Form",
            "Alt": pydyf.String(label),
            "K": link.reference,  # not an array: only so may a later signature replace the widget (pyHanko's difference rules)
            "Pg": page.reference,
            "P": parent.reference,
        }
    )
    pdf.add_object(element)
    return element


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]
