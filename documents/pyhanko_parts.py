"""What do we change in pyHanko? It must not read the clock, nor load a key for every signature."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, TypeVar

from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic, layout
from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfSigningSession
from pyhanko.sign.timestamps import DummyTimeStamper, TimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from documents.keys import LoadedKey, SigningKey

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end, also when the calling thread already has an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


class QuietWriter(IncrementalPdfFileWriter):
    """An incremental writer that leaves the document's metadata, and so the machine's clock, alone."""

    def _update_meta(self) -> None:
        pass

    @classmethod
    def _handle_id(cls, prev: PdfFileReader) -> generic.ArrayObject:
        # The changing half of the file's /ID from what is signed, not from chance: equal input, equal output.
        stream = prev.stream
        stream.seek(0)
        changing = sha256(stream.read()).digest()[:16]
        first = generic.ByteStringObject(prev.document_id[0])
        return generic.ArrayObject([first, generic.ByteStringObject(changing)])


class KeySigner(Signer):
    """Signs with a key that stays loaded, or with its provider."""

    def __init__(self, key: SigningKey) -> None:
        registry = SimpleCertificateStore()
        registry.register_multiple([asn1_certificate(c) for c in key.chain])
        super().__init__(signing_cert=asn1_certificate(key.certificate), cert_registry=registry)
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """Sign; a dry run only needs the length."""
        if dry_run:
            return bytes((self._key.certificate.public_key().key_size + 7) // 8)  # type: ignore[union-attr]
        return self._key.sign(data)


def asn1_certificate(certificate: Any) -> Any:
    """The same certificate as pyHanko knows it."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


class StampPage(ImportedPdfPage):
    """The first page of a PDF in memory as an appearance."""

    def __init__(self, pdf: bytes) -> None:
        super().__init__("stamp", page_ix=0)
        self._pdf = pdf

    def render(self) -> bytes:
        """Import the page; name it always alike, so that equal signatures give equal bytes."""
        form = self._ensure_writer.import_page_as_xobject(PdfFileReader(BytesIO(self._pdf)), page_ix=0)
        self.resources.xobject["/Stamp"] = form
        left, bottom, right, top = form.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        return b"/Stamp Do"


def stamp_style(pdf: bytes) -> StaticStampStyle:
    """A stamp that fills its field with the given page, without border or haze."""
    middle = layout.AxisAlignment.ALIGN_MID
    fit = layout.SimpleBoxLayoutRule(x_align=middle, y_align=middle, margins=layout.Margins.uniform(0))
    return StaticStampStyle(border_width=0, background=StampPage(pdf), background_layout=fit, background_opacity=1.0)


def session_of(
    pdf: bytes, field: str, signer: Signer, stamp: bytes, at: datetime, authority: TimeStamper | None
) -> PdfSigningSession:
    """A signing session for one prepared field at the given moment."""
    meta = PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    made = PdfSigner(meta, signer, timestamper=authority, stamp_style=stamp_style(stamp))
    session = made.init_signing_session(QuietWriter(BytesIO(pdf)), existing_fields_only=True)
    session.system_time = at
    return session


def has_validation_data(pdf: bytes) -> bool:
    """Whether the file brings certificates and revocation lists."""
    return "/DSS" in PdfFileReader(BytesIO(pdf)).root


def standing_authority(key: LoadedKey, at: datetime, policy: str) -> TimeStamper:
    """A time-stamp authority in this process whose clock stands still."""
    private = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    chain = [asn1_certificate(c) for c in key.chain]
    return _TestAuthority(
        asn1_certificate(key.certificate), PrivateKeyInfo.load(private), policy, certs_to_embed=chain, fixed_dt=at
    )


class _TestAuthority(DummyTimeStamper):
    """Numbers its stamps by what they stamp, so that equal input gives equal output."""

    def __init__(self, certificate: Any, key: Any, policy: str, **more: Any) -> None:
        super().__init__(certificate, key, include_nonce=False, **more)
        self._policy = policy

    def _build_tst_info(self, message_imprint: tsp.MessageImprint, dt: datetime, req: tsp.TimeStampReq) -> tsp.TSTInfo:
        made = super()._build_tst_info(message_imprint, dt.astimezone(UTC), req)
        made["policy"] = self._policy
        made["serial_number"] = int.from_bytes(message_imprint["hashed_message"].native[:8], "big")
        return made
