"""How does a paper become a PDF that an archive accepts (PDF/A-3a and PDF/UA-1 in one file)?

WeasyPrint lays out and tags; `pdf_parts` adds what it lacks: the PDF/UA mark, table scopes and
tagged, empty signature fields. Nothing is fetched: fonts come from `fonts/`, everything else is text.
The same paper gives the same bytes, in any process.
"""

import atexit
import base64
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from documents.formats import Margins, Profile, profile_of
from documents.layout import PAGE_PER_HOLDER, AnnexSheet, Sheet, column_shares, qr_png, sheet_of
from engine.ports.outside import Rendered
from engine.rules.papers import BLOCKS, Block, Items, Paper, Table, canonical_json, cleaned, content_sha256

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration

TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(__file__).parent / "fonts"
FACES = {
    "Tinos-Regular.ttf": "font-weight: normal; font-style: normal",
    "Tinos-Bold.ttf": "font-weight: bold; font-style: normal",
    "Tinos-Italic.ttf": "font-weight: normal; font-style: italic",
    "Tinos-BoldItalic.ttf": "font-weight: bold; font-style: italic",
}
CONTENT_NAME = "noi-dung.json"

# Pango's font map is shared by all renders of a process and is not safe to use from two threads.
_lock = threading.Lock()


class FontsMissing(RuntimeError):
    """The Tinos fonts were not built into `documents/fonts/`; the front-end build copies them there."""


class PaperRenderer:
    """The `Renderer` port: papers to PDF and DOCX."""

    def render(self, paper: Paper) -> Rendered:
        """Render as PDF and DOCX; unsafe text raises `Invalid`, an unknown profile `NotFound`."""
        from documents.word import docx_of

        paper = cleaned(paper)
        pdf, docx = pdf_of(paper), docx_of(paper)
        return Rendered(
            pdf=pdf,
            docx=docx,
            content=canonical_json(paper),
            pdf_sha256=sha256(pdf).hexdigest(),
            docx_sha256=sha256(docx).hexdigest(),
            content_sha256=content_sha256(paper),
        )


def pdf_of(paper: Paper) -> bytes:
    """Print a cleaned paper as PDF/A-3a and PDF/UA-1, its canonical JSON attached, signature fields empty."""
    from weasyprint import Attachment

    from documents.pdf_parts import finish, metadata_of

    profile = profile_of(paper)
    sheet = sheet_of(paper, profile)
    content = canonical_json(paper)
    moment = _moment(paper)
    with _lock, _no_collection():
        document = _html(markup_of(paper, sheet, profile)).render(
            font_config=font_config(),
            stylesheets=[_profile_css(profile, sheet.notices), *_annex_css(sheet)],
        )
        attachment = Attachment(
            string=content,
            name=CONTENT_NAME,
            relationship="Data",
            description="Nội dung văn bản (JSON chuẩn tắc)",
            created=moment,
            modified=moment,
            url_fetcher=fetch,
        )
        document.metadata = metadata_of(sheet, moment, [attachment])
        pdf: bytes = document.write_pdf(
            pdf_variant="pdf/a-3a",
            pdf_identifier=_identifier(paper),
            finisher=lambda d, p: finish(d, p, sheet, sealed=paper.sealed),
        )
    check_fonts(document)
    return pdf


@contextmanager
def printing() -> Iterator[None]:
    """Lay something out while nobody else does."""
    with _lock, _no_collection():
        yield


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python's garbage collector away from the millions of small objects of a long table: a sixth of the time."""
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


def print_html(html: str, css: str) -> bytes:
    """Print a small piece of our own markup as PDF with the shipped fonts; used for signature appearances."""
    from weasyprint import CSS

    from documents.pdf_parts import tidy

    with _lock:
        document = _html(html).render(font_config=font_config(), stylesheets=[CSS(string=css, url_fetcher=fetch)])
        pdf: bytes = document.write_pdf(
            pdf_variant="pdf/a-3u", pdf_identifier=b"appearance", finisher=lambda _, made: tidy(made)
        )
    check_fonts(document)
    return pdf


def markup_of(paper: Paper, sheet: Sheet, profile: Profile) -> str:
    """The HTML of a sheet; every text escaped."""
    template = "certificate.html" if paper.kind in PAGE_PER_HOLDER else "paper.html"
    first = sheet.awards[0] if sheet.awards else None
    return str(
        _environment()
        .get_template(template)
        .render(
            sheet=sheet,
            profile=profile,
            blocks=[_view(b, profile.page.width) for b in sheet.blocks],
            annexes=[_annex_view(a, profile.page) for a in sheet.annexes],
            qr=f"data:image/png;base64,{base64.b64encode(qr_png(sheet.check_url)).decode()}" if sheet.check_url else "",
            first_page=lambda award: award is first,
        )
    )


_NAMES = {block: name for name, block in BLOCKS.items()}


def _annex_view(annex: AnnexSheet, page: Margins) -> dict[str, Any]:
    width = page.landscape_width if annex.landscape else page.width
    return _fields(annex) | {"blocks": [_view(b, width) for b in annex.blocks]}


def _view(block: Block, width: int) -> dict[str, Any]:
    """A block as its template sees it; `width` of the text in mm."""
    view = {"block": _NAMES[type(block)]} | _fields(block)
    if isinstance(block, Items):
        view["items_"] = block.items  # `items` is a method of the dict that the template reads
    if isinstance(block, Table):
        view["shares"] = column_shares(block, width)
    return view


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["css"] = css_text
    return environment


def css_text(text: str) -> str:
    """Text inside a quoted CSS string: quotes, backslashes and line ends as escapes."""
    return "".join(f"\\{ord(c):06x}" if c in "\"'\\\n<>&{};" else c for c in text)


def fetch(url: str, *_: object, **__: object) -> Any:
    """Serve the shipped fonts and `data:`; everything else stops the rendering."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    if url.startswith("font:") and url.removeprefix("font:") in FACES:
        return URLFetcherResponse(url, (FONTS / url.removeprefix("font:")).read_bytes(), {"Content-Type": "font/ttf"})
    if url.startswith("data:"):
        return URLFetcher(allowed_protocols={"data"}).fetch(url)
    raise FatalURLFetchingError(f"forbidden: {url[:100]}")


def _html(markup: str) -> Any:
    from weasyprint import HTML

    return HTML(string=markup, url_fetcher=fetch, base_url="nowhere:")


@cache
def font_config() -> "FontConfiguration":
    """The process's one font configuration with the four faces loaded; `FontsMissing` when they are not built."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    missing = [name for name in FACES if not (FONTS / name).is_file()]
    if missing:
        raise FontsMissing(f"missing in {FONTS.name}/: {', '.join(missing)}; run the front-end build")
    configuration = FontConfiguration()
    rules = "".join(
        f"@font-face {{ font-family: Tinos; src: url(font:{name}); {face} }}\n" for name, face in FACES.items()
    )
    CSS(string=rules, font_config=configuration, url_fetcher=fetch)
    # Freed while the interpreter still stands; its destructor needs modules that vanish at the end.
    atexit.register(font_config.cache_clear)
    return configuration


def _profile_css(profile: Profile, notices: tuple[str, ...]) -> Any:
    sample, notice = (notices[0] if len(notices) > 1 else "", notices[-1] if notices else "")
    values = {name: getattr(part, name) for part in (profile.page, profile.size) for name in part.__slots__}
    values |= {
        "sample": css_text(sample),
        "notice": css_text(notice),
        "left_width": profile.head.left_width,
        "indent": profile.body.indent,
        "line_height": profile.body.line_height,
        "basis_style": "italic" if profile.body.bases_italic else "normal",
        "capacity_weight": "bold" if profile.signature_bold else "normal",
        "label_style": _label_style(profile),
    }
    text = Template((TEMPLATES / "paper.css").read_text("utf-8")).substitute(values)
    return _parsed(text)


@lru_cache(maxsize=32)
def _parsed(css: str) -> Any:
    from weasyprint import CSS

    return CSS(string=css, font_config=font_config(), url_fetcher=fetch)


def _label_style(profile: Profile) -> str:
    label = profile.recipients
    styles = {
        "font-weight: bold;": label.bold,
        "font-style: italic;": label.italic,
        "text-decoration: underline;": label.underlined,
    }
    return " ".join(style for style, wanted in styles.items() if wanted)


def _annex_css(sheet: Sheet) -> list[Any]:
    return [_one_annex_css(n, annex.landscape) for n, annex in enumerate(sheet.annexes, start=1)]


@cache
def _one_annex_css(number: int, landscape: bool) -> Any:
    """Number the pages of each annex by itself, from 1, hidden on its first page (Phụ lục I, III.1.đ)."""
    from weasyprint import CSS

    size = "size: A4 landscape;" if landscape else ""
    name = f"annex{number}"
    first = f"@page {name}:nth(1 of {name}) {{ counter-reset: page 1; @top-center {{ content: none; }} }}"
    return CSS(string=f"@page {name} {{ {size} }} {first} .a{number} {{ page: {name}; }}", url_fetcher=fetch)


def _moment(paper: Paper) -> datetime:
    """The document's own day, so that the same paper gives the same bytes."""
    day = paper.date or datetime(2000, 1, 1, tzinfo=UTC).date()
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _identifier(paper: Paper) -> bytes:
    return sha256(f"{paper.id}/{paper.revision}".encode()).hexdigest()[:32].encode()


def check_fonts(document: Any) -> None:
    """Fail when any font but the shipped ones was used: a letter was missing, or a file was not read."""
    foreign = {font.family for font in document.fonts.values() if b"Tinos" not in _bytes(font.family)}
    if foreign:
        raise FontsMissing(f"foreign fonts used: {foreign}")


def _bytes(name: str | bytes) -> bytes:
    return name.encode() if isinstance(name, str) else name
