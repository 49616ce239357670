"""Which of a signature's bytes does nobody vouch for? Strict checks on one embedded signature.

A CMS container has parts that its signature does not cover: padding, spare certificates, version numbers.
Each is compared with the one value it may have, so that no byte of a file can change unnoticed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from documents.keys import is_test

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature


class Trust(StrEnum):
    """Who vouches for the signer's certificate."""

    TRUSTED, TEST, UNKNOWN = "trusted", "test", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class StampFacts:
    """One time stamp: who says when."""

    name: str
    issuer: str
    at: datetime
    trust: Trust
    problem: str  #: Vietnamese; empty when sound


CHANGED = "nội dung tệp đã đổi sau chữ ký này"
MALFORMED = "phần chứa chữ ký có dữ liệu lạ"
BROKEN = "chữ ký không khớp với nội dung đã ký"
CHAIN = "chuỗi chứng thư không hợp lệ tại thời điểm ký"
REVOKED = "chứng thư đã bị thu hồi trước khi ký"
UNTIMED = "chữ ký không ghi thời điểm ký"


def signing_time(signature: "EmbeddedPdfSignature") -> datetime:
    """When the signer says it was signed; `ValueError` when the signature does not say."""
    at = signature.self_reported_timestamp
    if at is None:
        raise ValueError(UNTIMED)
    return datetime.fromtimestamp(at.timestamp(), tz=at.tzinfo)


def coverage_problem(pdf: bytes, signature: "EmbeddedPdfSignature", *, last: bool) -> str:
    """Empty when nothing but further signatures follows what was signed, and nothing at all after the last one."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    signature.compute_integrity_info()
    if last:
        start, length, after, rest = signature.byte_range
        whole = signature.coverage == SignatureCoverageLevel.ENTIRE_FILE
        return "" if whole and start == 0 and after + rest == len(pdf) and length < after else CHANGED
    if signature.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return CHANGED
    level = getattr(signature.diff_result, "modification_level", ModificationLevel.OTHER)
    return "" if level <= ModificationLevel.FORM_FILLING else CHANGED


def container_problem(pdf: bytes, signature: "EmbeddedPdfSignature") -> str:
    """Empty when the container is written in its one way and every certificate in it belongs to the signer's chain."""
    _, length, after, _ = signature.byte_range
    written = pdf[length:after]
    content = asn1_cms.ContentInfo.load(signature.pkcs7_content)
    # Written anew: as it was read, a container that claims to be longer would have the padding behind it as its own.
    exact = content.copy().dump(force=True).hex().encode()
    room = len(written) - 2 - len(exact)
    forms = (exact, exact.upper())
    if room < 0 or written not in tuple(b"<" + form + b"0" * room + b">" for form in forms):
        return MALFORMED
    return "" if _is_plain(content, stamp=is_stamp(signature)) else MALFORMED


def is_stamp(signature: "EmbeddedPdfSignature") -> bool:
    """Whether it is a time stamp over the file, not a signature of somebody."""
    return str(signature.sig_object_type) == "/DocTimeStamp"


def token_of(signature: "EmbeddedPdfSignature") -> Any:
    """The time-stamp token on a signature; None when there is none."""
    attributes = signature.signer_info["unsigned_attrs"]
    return attributes[0]["values"][0] if attributes.native else None


def is_plain_stamp(token: Any) -> bool:
    """Whether a time-stamp token is written in its one way and holds nothing that its authority does not vouch for."""
    return _is_plain(token, stamp=True)


def _is_plain(container: Any, *, stamp: bool) -> bool:
    """Whether a container holds one signature and nothing that neither it nor its chain vouches for."""
    data = container["content"]
    info = data["signer_infos"][0]
    signer, others = _certificates(data)
    digests = [algorithm["algorithm"].native for algorithm in data["digest_algorithms"]]
    own_root(signer, others)
    return (
        container["content_type"].native == "signed_data"
        and len(data["signer_infos"]) == 1
        and info["sid"].name == "issuer_and_serial_number"
        and data["version"].native == ("v3" if stamp else "v1")
        and info["version"].native == "v1"
        and digests == [info["digest_algorithm"]["algorithm"].native]
        and _algorithms_are_plain(info, data)
        and data["crls"].native is None
        and _holds_what_it_should(data["encap_content_info"], stamp=stamp)
        and _unsigned_is_plain(info, stamp=stamp)
        and all(is_whole(certificate.chosen) for certificate in data["certificates"])
        and data.dump(force=True) == data.copy().dump()
    )


def is_whole(certificate: Any) -> bool:
    """Whether a certificate's signature is whole bytes: a signature that ends in a zero bit could also be told without it."""
    said: bytes = certificate["signature_value"].contents
    return said[:1] == b"\0"


def _algorithms_are_plain(info: Any, data: Any) -> bool:
    """Whether parameters, which no signature covers, say nothing."""
    digests = [info["digest_algorithm"], *data["digest_algorithms"]]
    signing = info["signature_algorithm"]
    plain = signing["algorithm"].native != "rsassa_pss"
    return all(d["parameters"].native is None for d in digests) and (not plain or signing["parameters"].native is None)


def _holds_what_it_should(content: Any, *, stamp: bool) -> bool:
    kind, empty = content["content_type"].native, content["content"].native is None
    return (kind, empty) == (("tst_info", False) if stamp else ("data", True))


def _unsigned_is_plain(info: Any, *, stamp: bool) -> bool:
    """Whether nothing but one time stamp stands beside the signature, and nothing beside a time stamp's."""
    attributes = info["unsigned_attrs"]
    if not attributes.native:
        return not attributes.contents or attributes.native is None
    if stamp or len(attributes) != 1 or attributes[0]["type"].native != "signature_time_stamp_token":
        return False
    values = attributes[0]["values"]
    return len(values) == 1 and _is_plain(values[0], stamp=True)


def _certificates(data: Any) -> tuple[x509.Certificate, list[x509.Certificate]]:
    """The signer's certificate, and the others that came along; `ValueError` when the signer's is missing."""
    sid = data["signer_infos"][0]["sid"].chosen
    found = [c.chosen for c in data["certificates"] if c.name == "certificate"]
    signers = [
        c for c in found if c.issuer.dump() == sid["issuer"].dump() and c.serial_number == sid["serial_number"].native
    ]
    if len(signers) != 1 or len(found) != len(data["certificates"]):
        raise ValueError(MALFORMED)
    return _crypto(signers[0]), [_crypto(c) for c in found if c is not signers[0]]


def judge(signature: "EmbeddedPdfSignature", trusted: Sequence[x509.Certificate], at: datetime) -> tuple[Trust, str]:
    """Who vouches for the signer, and what is wrong (empty: nothing) with signature or chain at time `at`."""
    signer, others = _certificates(signature.signed_data)

    def status(roots: Sequence[bytes]) -> tuple[bool, bool]:
        return _status(signature, roots, at)

    return _judged(signer, others, trusted, status)


def judge_stamp(token: Any, imprint: "Imprint", trusted: Sequence[x509.Certificate]) -> tuple[Trust, str, datetime]:
    """Who vouches for a time stamp, what is wrong with it, and which moment it states (UTC)."""
    data = token["content"]
    signer, others = _certificates(data)
    at: datetime = data["encap_content_info"]["content"].parsed["gen_time"].native

    def status(roots: Sequence[bytes]) -> tuple[bool, bool]:
        return _stamp_status(data, imprint, others, roots, at)

    return *_judged(signer, others, trusted, status), at


def stamp_facts(token: Any, imprint: "Imprint", trusted: Sequence[x509.Certificate]) -> StampFacts:
    """What a time stamp says, judged."""
    trust, problem, at = judge_stamp(token, imprint, trusted)
    names = names_of(token["content"])
    return StampFacts(name=names["name"], issuer=names["issuer"], at=at, trust=trust, problem=problem)


#: Name of a digest algorithm → the digest of what was stamped.
Imprint = Callable[[str], bytes]
#: Roots (DER) → whether the signature fits, and whether its chain leads to one of them.
Status = Callable[[Sequence[bytes]], tuple[bool, bool]]


def _judged(
    signer: x509.Certificate, others: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate], status: Status
) -> tuple[Trust, str]:
    root = own_root(signer, others)
    mine = Trust.TEST if is_test(signer) else Trust.UNKNOWN
    if trusted and status([c.public_bytes(Encoding.DER) for c in trusted]) == (True, True):
        # A test certificate stays one, whatever list its root is on.
        return (Trust.TEST if is_test(signer) else Trust.TRUSTED), ""
    if root is None and mine is Trust.TEST:
        return mine, CHAIN  # test certificates always bring their root: a missing one was tampered with
    fits, leads = status([root] if root is not None else [])
    if not fits:
        return mine, BROKEN
    return mine, "" if leads or root is None else CHAIN


def own_root(signer: x509.Certificate, others: Sequence[x509.Certificate]) -> bytes | None:
    """The self-signed root (DER) that came along, None when none came; `ValueError` for stray certificates."""
    current, used = signer, 0
    while current.issuer != current.subject:
        above = next((c for c in others if c.subject == current.issuer and _issued(current, c)), None)
        if above is None or used > len(others):
            break
        current, used = above, used + 1
    self_signed = current.issuer == current.subject
    if used != len(others) or (self_signed and not _issued(current, current)):
        raise ValueError(MALFORMED)
    return None if not self_signed else current.public_bytes(Encoding.DER)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _context(roots: Sequence[bytes], others: Sequence[x509.Certificate], at: datetime) -> Any:
    from asn1crypto.x509 import Certificate
    from pyhanko_certvalidator.context import ValidationContext

    return ValidationContext(
        trust_roots=[Certificate.load(root) for root in roots],
        other_certs=[Certificate.load(c.public_bytes(Encoding.DER)) for c in others],
        moment=at,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )


def _status(signature: "EmbeddedPdfSignature", roots: Sequence[bytes], at: datetime) -> tuple[bool, bool]:
    from pyhanko.sign.validation.pdf_embedded import async_validate_pdf_signature

    from documents.pyhanko_parts import run

    context = _context(roots, _certificates(signature.signed_data)[1], at)
    status = run(async_validate_pdf_signature(signature, context, skip_diff=True))
    return status.intact and status.valid, status.trusted


def revoked_problem(signature: "EmbeddedPdfSignature", at: datetime) -> str:
    """Empty unless a revocation list in the file says that a certificate of the chain had been revoked at time `at`."""
    signer, others = _certificates(signature.signed_data)
    for certificate in (signer, *others):
        issuers = [c for c in others if c.subject == certificate.issuer]
        for found in _lists(signature.reader, issuers):
            entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is not None and entry.revocation_date_utc <= at:
                return REVOKED
    return ""


def _lists(reader: Any, issuers: Sequence[x509.Certificate]) -> list[x509.CertificateRevocationList]:
    """The revocation lists in the file that one of these issuers signed."""
    if "/DSS" not in reader.root or "/CRLs" not in reader.root["/DSS"]:
        return []
    found = [x509.load_der_x509_crl(crl.get_object().data) for crl in reader.root["/DSS"]["/CRLs"]]
    keys = [(issuer.subject, issuer.public_key()) for issuer in issuers]
    return [made for made in found if any(made.issuer == name and _signed_list(made, key) for name, key in keys)]


def _signed_list(made: x509.CertificateRevocationList, key: Any) -> bool:
    try:
        return made.is_signature_valid(key)
    except TypeError:
        return False


def _stamp_status(
    data: Any, imprint: Imprint, others: Sequence[x509.Certificate], roots: Sequence[bytes], at: datetime
) -> tuple[bool, bool]:
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
    from pyhanko.sign.validation.status import TimestampSignatureStatus

    from documents.pyhanko_parts import run

    found = run(validate_tst_signed_data(data, _context(roots, others, at), imprint))
    status = TimestampSignatureStatus(**found)
    return status.intact and status.valid, status.trusted


def names_of(data: Any) -> dict[str, str]:
    """What a container's certificate says about its holder and its issuer."""
    certificate, _ = _certificates(data)
    return {
        "name": _first(certificate.subject, NameOID.COMMON_NAME),
        "position": _first(certificate.subject, NameOID.TITLE),
        "organisation": _first(certificate.subject, NameOID.ORGANIZATION_NAME),
        "issuer": _first(certificate.issuer, NameOID.COMMON_NAME),
    }


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = [str(attribute.value) for attribute in name.get_attributes_for_oid(oid)]
    return values[0] if values else ""


def _crypto(certificate: Any) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.dump())
