"""Who says when a signature was there? Time-stamp authorities (RFC 3161), and what an archive needs to judge later.

Levels after ETSI EN 319 142: B-B has no stamp; B-T a stamp on each signature; B-LT also certificates and revocation
lists inside the file; B-LTA a stamp over the whole file besides.

Validation data never stands loose behind the last signature: where the server signs last they come before that
signature, else a document time stamp closes the file. So every byte is covered.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from documents.keys import TEST_POLICY, TestKeys
from documents.verify_parts import StampFacts, is_plain_stamp, stamp_facts, token_of
from engine.errors import SigningFailed

if TYPE_CHECKING:
    from pyhanko.sign.timestamps import TimeStamper

_TIMEOUT = 20
_TRY_AGAIN = 120
_MAX_LIST = 10_000_000


class Level(StrEnum):
    """How long a signature can be judged."""

    BASIC, TIME, LONG, ARCHIVE = "b-b", "b-t", "b-lt", "b-lta"


class Stamps(Protocol):
    """Where time stamps and revocation lists come from."""

    def authority(self, at: datetime) -> "TimeStamper":
        """Who stamps at that moment; an authority outside keeps its own clock."""
        ...

    def lists(self, certificates: Sequence[x509.Certificate], at: datetime) -> tuple[bytes, ...]:
        """The revocation lists (DER) that speak of these certificates."""
        ...


class TestStamps:
    """A time-stamp authority of the test PKI, in this process, on the given clock; plainly a test."""

    __test__ = False  # not a test case, whatever its name

    def __init__(self, keys: TestKeys) -> None:
        self._keys = keys

    def authority(self, at: datetime) -> "TimeStamper":
        """The test authority, its clock standing still at `at`."""
        from documents.pyhanko_parts import standing_authority

        return standing_authority(self._keys.timestamping, at, TEST_POLICY.dotted_string)

    def lists(self, certificates: Sequence[x509.Certificate], at: datetime) -> tuple[bytes, ...]:
        """Empty lists of root and issuing authority, of that day."""
        return tuple(made.public_bytes(Encoding.DER) for made in self._keys.revocation_lists(at))


class OutsideStamps:
    """An authority at an address, and the lists at the addresses that certificates name."""

    def __init__(self, url: str, fetch: Callable[[str], bytes] | None = None) -> None:
        self._url, self._fetch = url, fetch or _fetched

    def authority(self, at: datetime) -> "TimeStamper":
        """The authority; it does not ask what time we think it is."""
        from pyhanko.sign.timestamps import HTTPTimeStamper

        return HTTPTimeStamper(self._url, timeout=_TIMEOUT)

    def lists(self, certificates: Sequence[x509.Certificate], at: datetime) -> tuple[bytes, ...]:
        """The lists that the certificates name, each once; `SigningFailed` when one cannot be had."""
        found = dict.fromkeys(url for certificate in certificates for url in _list_addresses(certificate))
        return tuple(_checked(self._fetch(url), url) for url in found)


def _list_addresses(certificate: x509.Certificate) -> list[str]:
    """The first address of each distribution point over http."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    found = []
    for point in points:
        urls = [n.value for n in point.full_name or () if isinstance(n, x509.UniformResourceIdentifier)]
        found += [url for url in urls if url.startswith(("http://", "https://"))][:1]
    return found


def _fetched(url: str) -> bytes:
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310  # http(s) only, by `_list_addresses`
            return bytes(answer.read(_MAX_LIST + 1))
    except OSError as error:
        raise SigningFailed(f"không tải được danh sách thu hồi {url}", retry_after=_TRY_AGAIN) from error


def _checked(data: bytes, url: str) -> bytes:
    try:
        read = x509.load_pem_x509_crl if data.startswith(b"-----") else x509.load_der_x509_crl
        return read(data[:_MAX_LIST]).public_bytes(Encoding.DER)
    except ValueError as error:
        raise SigningFailed(f"danh sách thu hồi {url} không đọc được", retry_after=_TRY_AGAIN) from error


def with_validation_data(pdf: bytes, certificates: Sequence[x509.Certificate], lists: Sequence[bytes]) -> bytes:
    """Append certificates and revocation lists (a document security store)."""
    from asn1crypto import crl as asn1_crl
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    from documents.pyhanko_parts import QuietWriter

    writer = QuietWriter(BytesIO(pdf))
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in dict.fromkeys(certificates)],
        crls=[asn1_crl.CertificateList.load(made) for made in lists],
    )
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


async def with_document_stamp(pdf: bytes, authority: "TimeStamper") -> bytes:
    """Close the file with a time stamp over all of it."""
    from pyhanko.sign.signers.pdf_signer import PdfTimeStamper

    from documents.pyhanko_parts import QuietWriter

    name = f"dau-thoi-gian-{sha256(pdf).hexdigest()[:8]}"
    out = BytesIO()
    await PdfTimeStamper(authority, field_name=name).async_timestamp_pdf(
        QuietWriter(BytesIO(pdf)), "sha256", output=out, tight_size_estimates=False
    )
    return out.getvalue()


def certificates_in(pdf: bytes) -> list[x509.Certificate]:
    """Every certificate that came with a signature or a time stamp of the file."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    found: list[x509.Certificate] = []
    for signature in PdfFileReader(BytesIO(pdf)).embedded_signatures:
        token = token_of(signature)
        found += _of(signature.signed_data) + (_of(token["content"]) if token is not None else [])
    return list(dict.fromkeys(found))


def _of(data: Any) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(c.chosen.dump()) for c in data["certificates"] if c.name == "certificate"]


async def certificates_of(authority: "TimeStamper") -> list[x509.Certificate]:
    """The authority's own certificates, as it sends them along."""
    token = await authority.async_dummy_response("sha256")
    return _of(token["content"])


def stamp_digest(digest: bytes, stamps: Stamps, at: datetime) -> bytes:
    """An authority's token (DER) over a SHA-256 digest; `SigningFailed` when it does not answer."""
    from pyhanko.sign.timestamps import TimestampRequestError

    from documents.pyhanko_parts import run

    try:
        return bytes(run(stamps.authority(at).async_timestamp(digest, "sha256")).dump())
    except TimestampRequestError as error:
        raise SigningFailed(f"không lấy được dấu thời gian: {error}", retry_after=_TRY_AGAIN) from error


def read_stamp(token: bytes, digest: bytes, trusted: Sequence[x509.Certificate] = ()) -> StampFacts | None:
    """What a token says of a SHA-256 digest, judged; None for what is no token in its one form."""
    # Hostile bytes make the libraries fail in any way there is; all mean the same to the asker.
    try:
        read = asn1_cms.ContentInfo.load(token, strict=True)
        if read.dump(force=True) != token or not is_plain_stamp(read):
            return None
        return stamp_facts(read, lambda _: digest, trusted)
    except Exception:  # noqa: BLE001
        return None
