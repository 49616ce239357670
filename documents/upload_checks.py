"""What may an accepted file not hold? One check per kind; each raises `Rejected` with the reason's code."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import ParseError, fromstring

MAX_MEMBERS = 2_000
MAX_UNPACKED = 100_000_000
MAX_RATIO = 200  #: of one member larger than a megabyte
MAX_PIXELS = 50_000_000
MAX_PDF_OBJECTS = 200_000
MAX_PDF_PAGES = 2_000

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
#: Parts of an office file that carry programs or other files.
_ACTIVE_PARTS = re.compile(r"vba|macrosheets|activex|/ctrlprops/|customui", re.IGNORECASE)
_EMBEDDED_PARTS = re.compile(
    r"/embeddings/|oleobject|externallinks|\.(exe|dll|js|vbs|hta|lnk|zip|html?)$", re.IGNORECASE
)
#: Keys of a PDF that do something when it is opened, printed or clicked.
_ACTIVE_KEYS = ("/JS", "/JavaScript", "/AA", "/XFA", "/RichMedia", "/Rendition", "/3DD")
_ACTIVE_ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/Rendition",
    "/Movie",
    "/Sound",
    "/GoToR",
    "/GoToE",
}
_PNG_END = b"IEND\xaeB`\x82"


class Rejected(Exception):
    """The file is refused for the reason `code`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def check_docx(data: bytes) -> None:
    """A Word document without macros, embedded files or remote parts."""
    _check_office(data, _WORD)


def check_xlsx(data: bytes) -> None:
    """An Excel workbook without macros, embedded files, external links or remote parts."""
    _check_office(data, _SHEET)


def _check_office(data: bytes, main_type: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_directory(archive, data)
            parts = {m.filename: archive.read(m) for m in archive.infolist() if m.filename.endswith((".xml", ".rels"))}
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise Rejected("file_broken") from error
    _check_types(parts["[Content_Types].xml"], main_type)
    for name, content in parts.items():
        # Office writes UTF-8 without a document type; entities are the way of XML bombs.
        if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise Rejected("file_bomb", part=name)
        if name.endswith(".rels"):
            _check_links(content)


def _check_directory(archive: zipfile.ZipFile, data: bytes) -> None:
    members = archive.infolist()
    names = [m.filename for m in members]
    unpacked = sum(m.file_size for m in members)
    dense = any(m.file_size > 1_000_000 and m.file_size > MAX_RATIO * max(m.compress_size, 1) for m in members)
    if (
        len(members) > MAX_MEMBERS
        or unpacked > MAX_UNPACKED
        or dense
        or sum(m.compress_size for m in members) > len(data)
    ):
        raise Rejected("file_bomb")
    if any(m.flag_bits & 1 for m in members):
        raise Rejected("file_encrypted")
    if len(set(names)) != len(names) or any(n.startswith("/") or "\\" in n or ".." in n.split("/") for n in names):
        raise Rejected("file_broken")
    end = data.rfind(b"PK\x05\x06")
    first = min((m.header_offset for m in members), default=1)
    if first != 0 or end + 22 + len(archive.comment) != len(data):
        raise Rejected("file_polyglot")
    if active := next((n for n in names if _ACTIVE_PARTS.search(n)), None):
        raise Rejected("file_macro", part=active)
    if embedded := next((n for n in names if _EMBEDDED_PARTS.search(n)), None):
        raise Rejected("file_embedded", part=embedded)


def _check_types(content: bytes, main_type: str) -> None:
    if b"macroEnabled" in content:
        raise Rejected("file_macro")
    if main_type.encode() not in content:
        raise Rejected("file_kind", allowed=())


def _check_links(content: bytes) -> None:
    """Only hyperlinks may point outside: templates, images and frames would be fetched when it is opened."""
    try:
        links = fromstring(content)  # noqa: S314 - document types are refused above
    except ParseError as error:
        raise Rejected("file_broken") from error
    for link in links:
        outside = link.get("TargetMode", "").lower() == "external"
        if outside and not link.get("Type", "").endswith("/hyperlink"):
            raise Rejected("file_remote", target=link.get("Target", "")[:200])


def check_image(data: bytes) -> None:
    """A picture that decodes, is not too large, and is nothing else besides."""
    from PIL import Image, UnidentifiedImageError

    if zipfile.is_zipfile(io.BytesIO(data)) or b"%PDF-" in data[:1024]:
        raise Rejected("file_polyglot")
    # Pillow is told elsewhere (by WeasyPrint) to read cut-off pictures, for the whole process.
    if not (data.endswith(_PNG_END) if data.startswith(b"\x89PNG") else b"\xff\xd9" in data):
        raise Rejected("file_broken")
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            warnings.simplefilter("error")
            if picture.width * picture.height > MAX_PIXELS:
                raise Rejected("file_bomb")
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Rejected("file_bomb") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning) as error:
        raise Rejected("file_broken") from error


def check_pdf(data: bytes) -> None:
    """A PDF without encryption, scripts, actions, forms of its own or embedded files (our own content excepted)."""
    import pikepdf

    if zipfile.is_zipfile(io.BytesIO(data)) or b"%%EOF" not in data[-1024:]:
        raise Rejected("file_polyglot" if b"%%EOF" in data else "file_broken")
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            if pdf.is_encrypted:
                raise Rejected("file_encrypted")
            if len(pdf.objects) > MAX_PDF_OBJECTS or len(pdf.pages) > MAX_PDF_PAGES:
                raise Rejected("file_bomb")
            _check_objects(pdf.objects)
            _check_attachments(pdf.attachments)
    except pikepdf.PasswordError as error:
        raise Rejected("file_encrypted") from error
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, LookupError) as error:
        raise Rejected("file_broken") from error


def _check_objects(objects: Iterable[Any]) -> None:
    import pikepdf

    for item in objects:
        for holder in _dictionaries(item, pikepdf):
            found = next((key for key in _ACTIVE_KEYS if key in holder), None)
            if found or str(holder.get("/S", "")) in _ACTIVE_ACTIONS:
                raise Rejected("file_active", part=found or str(holder.get("/S")))


def _dictionaries(item: Any, pikepdf: Any) -> Iterable[Any]:
    """The direct dictionaries of one object, at any depth; indirect ones come by themselves."""
    waiting = [(item, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > 50:
            raise Rejected("file_bomb")
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
            yield value
            waiting += [(v, depth + 1) for _, v in value.items() if not getattr(v, "is_indirect", False)]
        elif isinstance(value, pikepdf.Array):
            waiting += [(v, depth + 1) for v in value if not getattr(v, "is_indirect", False)]


def _check_attachments(attachments: Any) -> None:
    from documents.pdf import CONTENT_NAME

    strange = [name for name in attachments if name != CONTENT_NAME]
    if strange:
        raise Rejected("file_embedded", part=strange[0][:200])
