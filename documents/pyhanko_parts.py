"""What do we change in pyHanko? It must not read the clock, nor load a key for every signature."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from typing import Any, TypeVar

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic, layout
from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from documents.keys import SigningKey

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
        registry.register_multiple([_certificate(c) for c in key.chain])
        super().__init__(signing_cert=_certificate(key.certificate), cert_registry=registry)
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """Sign; a dry run only needs the length."""
        if dry_run:
            return bytes((self._key.certificate.public_key().key_size + 7) // 8)  # type: ignore[union-attr]
        return self._key.sign(data)


def _certificate(certificate: Any) -> Any:
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
