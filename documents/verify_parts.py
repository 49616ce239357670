"""Which of a signature's bytes does nobody vouch for? Strict checks on one embedded signature.

A CMS container has parts that its signature does not cover: padding, spare certificates, version numbers.
Each is compared with the one value it may have, so that no byte of a file can change unnoticed.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from documents.keys import TEST_POLICY

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature


class Trust(StrEnum):
    """Who vouches for the signer's certificate."""

    TRUSTED, TEST, UNKNOWN = "trusted", "test", "unknown"


CHANGED = "nội dung tệp đã đổi sau chữ ký này"
MALFORMED = "phần chứa chữ ký có dữ liệu lạ"
BROKEN = "chữ ký không khớp với nội dung đã ký"
CHAIN = "chuỗi chứng thư không hợp lệ tại thời điểm ký"
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
    exact = content.dump().hex().encode()
    room = len(written) - 2 - len(exact)
    forms = (exact, exact.upper())
    if room < 0 or written not in tuple(b"<" + form + b"0" * room + b">" for form in forms):
        return MALFORMED
    return "" if _is_plain(signature, content["content"]) else MALFORMED


def _is_plain(signature: "EmbeddedPdfSignature", data: Any) -> bool:
    info = data["signer_infos"][0]
    signer = signature.signer_cert
    same_signer = info["sid"].chosen["issuer"].dump() == signer.issuer.dump()
    digests = [algorithm["algorithm"].native for algorithm in data["digest_algorithms"]]
    return (
        len(data["signer_infos"]) == 1
        and same_signer
        and data["version"].native == "v1"
        and info["version"].native == "v1"
        and digests == [info["digest_algorithm"]["algorithm"].native]
        and data["crls"].native is None
        and data["encap_content_info"]["content"].native is None
        and data.dump(force=True) == data.copy().dump()
    )


def judge(signature: "EmbeddedPdfSignature", trusted: Sequence[x509.Certificate], at: datetime) -> tuple[Trust, str]:
    """Who vouches for the signer, and what is wrong (empty: nothing) with signature or chain at time `at`."""
    own_root = _own_root(signature)
    roots = [c.public_bytes(Encoding.DER) for c in trusted]
    if roots and not _status_problem(signature, roots, at):
        return _trust_of(signature), ""
    if own_root is None and _trust_of(signature) is Trust.TEST:
        return Trust.TEST, CHAIN  # test certificates always bring their root: a missing one was tampered with
    if own_root is None:
        return Trust.UNKNOWN, "" if _holds(signature) else BROKEN
    problem = _status_problem(signature, [own_root], at)
    return (Trust.TEST if _trust_of(signature) is Trust.TEST else Trust.UNKNOWN), problem


def _trust_of(signature: "EmbeddedPdfSignature") -> Trust:
    """A test certificate stays one, whatever list its root is on."""
    try:
        policies = _crypto(signature.signer_cert).extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return Trust.TRUSTED
    return Trust.TEST if any(p.policy_identifier == TEST_POLICY for p in policies) else Trust.TRUSTED


def _own_root(signature: "EmbeddedPdfSignature") -> bytes | None:
    """The self-signed root that came with the signature, None when none came; `ValueError` for stray certificates."""
    certificates = [_crypto(c) for c in signature.other_embedded_certs]
    current, used = _crypto(signature.signer_cert), 0
    while current.issuer != current.subject:
        above = next((c for c in certificates if c.subject == current.issuer and _issued(current, c)), None)
        if above is None or used > len(certificates):
            break
        current, used = above, used + 1
    self_signed = current.issuer == current.subject
    if used != len(certificates) or (self_signed and not _issued(current, current)):
        raise ValueError(MALFORMED)
    return None if not self_signed else current.public_bytes(Encoding.DER)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _status_problem(signature: "EmbeddedPdfSignature", roots: list[bytes], at: datetime) -> str:
    from asn1crypto.x509 import Certificate
    from pyhanko.sign.validation.pdf_embedded import async_validate_pdf_signature
    from pyhanko_certvalidator.context import ValidationContext

    from documents.pyhanko_parts import run

    context = ValidationContext(
        trust_roots=[Certificate.load(root) for root in roots],
        other_certs=signature.other_embedded_certs,
        moment=at,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    status = run(async_validate_pdf_signature(signature, context, skip_diff=True))
    if not (status.intact and status.valid):
        return BROKEN
    return "" if status.trusted else CHAIN


def _holds(signature: "EmbeddedPdfSignature") -> bool:
    """Whether the signature fits content and certificate, whoever issued that."""
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    intact, valid = validate_sig_integrity(
        signature.signer_info,
        signature.signer_cert,
        expected_content_type="data",
        actual_digest=signature.compute_digest(),
    )
    return bool(intact and valid)


def names_of(signature: "EmbeddedPdfSignature") -> dict[str, str]:
    """What the certificate says about its holder and its issuer."""
    certificate = _crypto(signature.signer_cert)
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
