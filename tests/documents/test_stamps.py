"""The office's own pictures stand on the page as the decree describes them, and nothing else comes in with them."""

from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from documents.keys import TestKeys
from documents.pdfcheck import problems_of
from documents.signing import PaperSigner
from documents.stamps import Picture, clean_picture, person_stamp, seal_stamp
from documents.verify import Integrity, verify_pdf
from engine.errors import Invalid
from engine.ports.outside import Pictures, Rendered
from tests.documents.conftest import AT, SECRETARY
from tests.documents.samples import ORGANISATION
from tests.documents.test_pdf import text_of

RED, BLUE = (208, 0, 0, 255), (0, 51, 160, 255)
CLEAR = (0, 0, 0, 0)


def picture(
    ink: tuple[int, int, int, int], size: int = 400, paper: tuple[int, int, int, int] = CLEAR, **more: object
) -> bytes:
    made = Image.new("RGBA", (size, size), paper)
    ImageDraw.Draw(made).ellipse((20, 20, size - 20, size - 20), outline=ink, width=size // 20)
    out = BytesIO()
    made.save(out, "PNG", **more)
    return out.getvalue()


def test_a_picture_is_written_anew_without_what_was_hidden_in_it() -> None:
    hidden = PngImagePlugin.PngInfo()
    hidden.add_text("Comment", "nguyen van bi mat")
    cleaned = clean_picture(picture(RED, pnginfo=hidden, dpi=(300, 300)) + b"<script>", Picture.SEAL)
    assert b"bi mat" not in cleaned
    assert b"script" not in cleaned
    with Image.open(BytesIO(cleaned)) as read:
        assert (read.size, read.mode, [round(d) for d in read.info["dpi"]]) == ((400, 400), "RGBA", [300, 300])


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (b"GIF89a", Picture.SEAL, "picture_kind"),
        (b"\x89PNG\r\n\x1a\nrubbish", Picture.SEAL, "picture_kind"),
        (picture(RED)[:-400], Picture.SEAL, "picture_kind"),
        (picture(RED, 2100), Picture.SEAL, "picture_size"),
        (picture(RED, paper=(255, 255, 255, 255)), Picture.SEAL, "picture_background"),
        (picture(CLEAR), Picture.SEAL, "picture_background"),
        (picture(BLUE), Picture.SEAL, "picture_colour"),
        (picture((0, 0, 0, 255)), Picture.SIGNATURE, "picture_colour"),
        (picture(RED), Picture.SIGNATURE, "picture_colour"),
    ],
)
def test_other_pictures_stay_out(data: bytes, kind: Picture, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        clean_picture(data, kind, field="anh")
    assert {name: error.code for name, error in refusal.value.fields.items()} == {"anh": code}


def test_pictures_stand_in_their_true_size_and_the_file_stays_fit_for_an_archive(
    rendered: Rendered, keys: TestKeys
) -> None:
    seal = clean_picture(picture(RED, 425, dpi=(300, 300)), Picture.SEAL)  # 36 mm
    hand = clean_picture(picture(BLUE, 400), Picture.SIGNATURE)
    signed = PaperSigner(keys).sign(
        rendered.pdf,
        person=SECRETARY,
        organisation=ORGANISATION,
        at=AT,
        pictures=Pictures(person=hand, seal=seal),
    )
    assert verify_pdf(signed).integrity is Integrity.UNCHANGED
    assert problems_of(signed) == ()
    assert [round(width) for width in drawn_widths(signed)] == [30, 36]


def drawn_widths(pdf: bytes) -> list[float]:
    """Width in mm of the picture in each signature's appearance, in the order of the fields."""
    found = []
    with pikepdf.open(BytesIO(pdf)) as document:
        for field in document.Root.AcroForm.Fields:
            stamp = field.AP.N.Resources.XObject.Stamp
            scale = 1.0
            for operands, operator in pikepdf.parse_content_stream(stamp):
                if str(operator) == "cm":
                    scale *= abs(float(operands[0]))
            found.append(scale / 72 * 25.4)
    return found


def test_a_real_signature_without_pictures_draws_no_seal_and_speaks_of_no_test(tmp_path: Path) -> None:
    def words(pdf: bytes) -> str:
        return " ".join(text_of(pdf, tmp_path).split())

    assert [words(stamp("Đoàn phường An Biên", test=False)) for stamp in (person_stamp, seal_stamp)] == [
        "Biên Đoàn phường An Biên (đã ký số)",
        "Đoàn phường An Biên (đã ký số)",
    ]
