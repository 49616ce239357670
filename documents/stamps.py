"""What does a signature look like on the page? Tiny PDFs with the shipped fonts: any other font would break PDF/A.

An office gives its own pictures, as the decree describes them: the handwritten signature in blue, the seal in red and
in its true size, both PNG without background. Without them names are written; a real organisation's seal is never
drawn by a program. Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, II.7 and II.8.
"""

import base64
from enum import StrEnum
from functools import lru_cache
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

from documents.layout import SEAL, SEAL_PLACE
from engine.errors import FieldError, Invalid

if TYPE_CHECKING:
    from PIL.Image import Image

#: Larger pictures say no more on paper: 45 mm at 600 dots an inch is 1,063.
MAX_SIDE, MAX_BYTES = 2000, 2_000_000
_PLACE_MM, _SEAL_MM = SEAL_PLACE / 72 * 25.4, SEAL / 72 * 25.4


class Picture(StrEnum):
    """What a picture shows."""

    SIGNATURE, SEAL = "signature", "seal"


def clean_picture(data: bytes, kind: Picture, *, field: str = "file") -> bytes:
    """The picture written anew as PNG without anything hidden in it; its size in mm stays.

    `Invalid` at `field`: `picture_kind` (no PNG), `picture_size` (limit in pixels), `picture_background` (not
    transparent), `picture_colour` (a signature is blue, a seal is red).
    """
    from PIL import Image, UnidentifiedImageError

    if not data.startswith(b"\x89PNG\r\n\x1a\n") or len(data) > MAX_BYTES:
        raise Invalid({field: FieldError("picture_kind", {"limit": f"{MAX_BYTES // 1_000_000} MB"})})
    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as opened:
            # Loading alone accepts half a file once WeasyPrint is in the process.
            opened.verify()
        with Image.open(BytesIO(data), formats=["PNG"]) as opened:
            if max(opened.size) > MAX_SIDE or min(opened.size) < 20:
                raise Invalid({field: FieldError("picture_size", {"limit": MAX_SIDE})})
            dots = opened.info.get("dpi")
            picture = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Invalid({field: FieldError("picture_kind", {"limit": f"{MAX_BYTES // 1_000_000} MB"})}) from error
    _check_ink(picture, kind, field)
    written = BytesIO()
    bare = Image.new("RGBA", picture.size)
    bare.paste(picture)
    bare.save(written, "PNG", **({"dpi": dots} if dots else {}))
    return written.getvalue()


def _check_ink(picture: "Image", kind: Picture, field: str) -> None:
    """Refuse a picture with a background, or in another colour than the decree's."""
    raw = picture.resize((64, 64)).tobytes()
    dots = [raw[n : n + 4] for n in range(0, len(raw), 4)]
    ink = [dot for dot in dots if dot[3] > 100]
    if not ink or len(ink) > 0.95 * len(dots):
        raise Invalid({field: FieldError("picture_background", {})})
    red, blue = (sum(dot[n] for dot in ink) / len(ink) for n in (0, 2))
    stronger = red - blue if kind is Picture.SEAL else blue - red
    if stronger < 20:
        raise Invalid({field: FieldError("picture_colour", {"picture": kind})})


@lru_cache(maxsize=512)
def person_stamp(name: str, picture: bytes = b"", *, test: bool) -> bytes:
    """The person's signature: the given picture, else the name in blue, as handwriting would be."""
    if picture:
        return _pictured(name, picture, (64.0, 30.0), 40.0)
    from documents.pdf import print_html

    words = name.split()
    note = "<br>(ký số thử nghiệm)" if test else "<br>(đã ký số)"
    html = f"<html lang=vi><title>{escape(name)}</title><p class=hand>{escape(words[-1] if words else '')}</p><p>{escape(name)}{note}</p>"
    css = (
        "@page { size: 64mm 30mm; margin: 0 } body, p { margin: 0; text-align: center; font: 8pt/1.1 Tinos; color: #0033a0 }"
        ".hand { font: italic 26pt/1.2 Tinos; margin-top: 4mm }"
    )
    return print_html(html, css)


@lru_cache(maxsize=512)
def seal_stamp(organisation: str, picture: bytes = b"", *, test: bool) -> bytes:
    """The organisation's seal: the given picture; a drawn one, plainly a test; or words, never a drawn real seal."""
    from documents.pdf import print_html

    side, edge = _SEAL_MM, (_PLACE_MM - _SEAL_MM) / 2
    page = f"@page {{ size: {_PLACE_MM}mm {_PLACE_MM}mm; margin: {edge}mm }}"
    if picture:
        return _pictured(organisation, picture, (_PLACE_MM, _PLACE_MM), _SEAL_MM)
    title = f"<html lang=vi><title>{escape(organisation)}</title>"
    if not test:
        html = f"{title}<p class=words>{escape(organisation)}<br>(đã ký số)</p>"
        css = (
            f"{page} body, p {{ margin: 0; font: bold 8pt/1.2 Tinos; color: #d00000; text-align: center }}"
            ".words { margin-top: 11mm; border: 0.6pt solid #d00000; padding: 1.5mm }"
        )
        return print_html(html, css)
    html = (
        f"{title}<div class=ring><div class=inner>"
        f"<p class=name>{escape(organisation.upper())}</p><p class=star>*</p><p>DẤU THỬ NGHIỆM</p></div></div>"
    )
    css = (
        f"{page} body, p {{ margin: 0; text-align: center; font: bold 6.5pt/1.15 Tinos; color: #d00000 }}"
        f".ring {{ width: {side - 1.5}mm; height: {side - 1.5}mm; margin: 0.75mm; border: 1.2pt solid #d00000; border-radius: 50%; box-sizing: border-box; padding: 0.8mm }}"
        ".inner { border: 0.5pt solid #d00000; border-radius: 50%; height: 100%; box-sizing: border-box; padding: 7mm 4.5mm 0 }"
        ".name { height: 9mm; overflow: hidden } .star { font-size: 16pt; line-height: 0.8 }"
    )
    return print_html(html, css)


def _pictured(name: str, picture: bytes, place: tuple[float, float], usual: float) -> bytes:
    """A page of the place's size in mm with the picture in its middle: as large as it says of itself, else `usual`."""
    from documents.pdf import print_html

    width, height = place
    wide, high = _size(picture, place, usual)
    data = base64.b64encode(picture).decode()
    html = f'<html lang=vi><title>{escape(name)}</title><img alt="{escape(name)}" src="data:image/png;base64,{data}">'
    css = (
        f"@page {{ size: {width}mm {height}mm; margin: 0 }} body {{ margin: 0 }}"
        f"img {{ display: block; width: {wide:.3f}mm; height: {high:.3f}mm; image-rendering: crisp-edges;"
        f" margin: {(height - high) / 2:.3f}mm auto 0 }}"
    )
    return print_html(html, css)


def _size(picture: bytes, place: tuple[float, float], usual: float) -> tuple[float, float]:
    """Width and height in mm: what the picture says of itself, made smaller where the place is."""
    from PIL import Image

    with Image.open(BytesIO(picture), formats=["PNG"]) as opened:
        across, down = opened.size
        dots = opened.info.get("dpi")
    # Screens write 72 or 96 whatever they show; nobody scans a seal so coarsely.
    told = (across / dots[0] * 25.4, down / dots[1] * 25.4) if dots and min(dots) >= 150 else None
    wide, high = told or (usual, usual * down / across)
    shrink = min(1.0, place[0] / wide, place[1] / high)
    return wide * shrink, high * shrink
