"""How is a rendered PDF signed so that it stays PDF/A-3a and PDF/UA-1?

PAdES (baseline B), first the person, then the organisation, each into the tagged field that the renderer
prepared. Appearances are tiny PDFs with the shipped fonts: any other font would break PDF/A.
The signing time is the given one, never the machine's.
"""

from datetime import datetime
from functools import lru_cache
from html import escape
from io import BytesIO

from documents.keys import KeyProvider, SigningKey
from documents.layout import SEAL
from engine.errors import SigningFailed
from engine.ports.outside import SignerName

PERSON_FIELD, ORGANISATION_FIELD = "person-", "organisation"


class PaperSigner:
    """The `Signer` port: PAdES signatures with the keys of a provider."""

    def __init__(self, keys: KeyProvider) -> None:
        self._keys = keys

    def sign(self, pdf: bytes, *, person: SignerName, organisation: str | None, at: datetime) -> bytes:
        """Add the person's signature, then the organisation's; `SigningFailed` when a field or a key is missing."""
        if at.tzinfo is None:
            raise SigningFailed("thời điểm ký không có múi giờ", retry_after=None)
        field = _person_field(pdf, person)
        of = organisation or ""
        signed = _sign(pdf, field, self._keys.person(person, of), _person_stamp(person.name), at)
        if organisation is None:
            return signed
        return _sign(signed, ORGANISATION_FIELD, self._keys.organisation(organisation), _seal_stamp(organisation), at)


def _person_field(pdf: bytes, person: SignerName) -> str:
    """The empty field that was prepared for this person, else the last one for a person."""
    empty = {name: label for name, label in _empty_fields(pdf).items() if name.startswith(PERSON_FIELD)}
    if not empty:
        raise SigningFailed("văn bản không còn ô chữ ký trống", retry_after=None)
    named = [name for name, label in empty.items() if person.name in label]
    return named[-1] if named else max(empty)


def _empty_fields(pdf: bytes) -> dict[str, str]:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import enumerate_sig_fields

    fields = enumerate_sig_fields(PdfFileReader(BytesIO(pdf)), filled_status=False)
    return {name: str(ref.get_object().get("/TU", "")) for name, _, ref in fields}


def _sign(pdf: bytes, field: str, key: SigningKey, stamp: bytes, at: datetime) -> bytes:
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import SigningError

    from documents.pyhanko_parts import run

    try:
        return run(_signed(pdf, field, key, stamp, at))
    except (SigningError, PdfError) as error:
        raise SigningFailed(f"không ký được vào ô {field}: {error}") from error


async def _signed(pdf: bytes, field: str, key: SigningKey, stamp: bytes, at: datetime) -> bytes:
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
    from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

    from documents.pyhanko_parts import KeySigner, QuietWriter, stamp_style

    meta = PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    writer = QuietWriter(BytesIO(pdf))
    signer = PdfSigner(meta, KeySigner(key), stamp_style=stamp_style(stamp))
    session = signer.init_signing_session(writer, existing_fields_only=True)
    session.system_time = at
    reserved = await session.estimate_signature_container_size(None, tight=True)
    prepared = session.prepare_tbs_document(validation_info=None, bytes_reserved=reserved)
    output = BytesIO()
    digest, _ = prepared.digest_tbs_document(output=output)
    done = await prepared.perform_signature(
        document_digest=digest.document_digest, pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=at)
    )
    await done.post_signature_processing(output)
    return output.getvalue()


@lru_cache(maxsize=512)
def _person_stamp(name: str) -> bytes:
    """The signature's picture: the name in blue, as handwriting would be (Phụ lục I, II.7)."""
    from documents.pdf import print_html

    words = name.split()
    html = f"<html lang=vi><title>{escape(name)}</title><p class=hand>{escape(words[-1] if words else '')}</p><p>{escape(name)}<br>(ký số thử nghiệm)</p>"
    css = (
        "@page { size: 64mm 30mm; margin: 0 } body, p { margin: 0; text-align: center; font: 8pt/1.1 Tinos; color: #0033a0 }"
        ".hand { font: italic 26pt/1.2 Tinos; margin-top: 4mm }"
    )
    return print_html(html, css)


@lru_cache(maxsize=512)
def _seal_stamp(organisation: str) -> bytes:
    """The seal's picture: red, round, plainly a test (Phụ lục I, II.8)."""
    from documents.pdf import print_html

    side = SEAL / 72 * 25.4
    html = (
        f"<html lang=vi><title>{escape(organisation)}</title><div class=ring><div class=inner>"
        f"<p class=name>{escape(organisation.upper())}</p><p class=star>*</p><p>DẤU THỬ NGHIỆM</p></div></div>"
    )
    css = (
        f"@page {{ size: {side}mm {side}mm; margin: 0 }} body, p {{ margin: 0; text-align: center; font: bold 6.5pt/1.15 Tinos; color: #d00000 }}"
        f".ring {{ width: {side - 1.5}mm; height: {side - 1.5}mm; margin: 0.75mm; border: 1.2pt solid #d00000; border-radius: 50%; box-sizing: border-box; padding: 0.8mm }}"
        ".inner { border: 0.5pt solid #d00000; border-radius: 50%; height: 100%; box-sizing: border-box; padding: 7mm 4.5mm 0 }"
        ".name { height: 9mm; overflow: hidden } .star { font-size: 16pt; line-height: 0.8 }"
    )
    return print_html(html, css)
