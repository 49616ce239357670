"""Who vouches for a package as a whole? A seal over its tag manifest: a detached CMS signature in one exact form.

A package without a seal would only prove that nobody changed it by accident: whoever replaces all of it can make new
manifests. Where an authority is configured the seal bears its time stamp (RFC 3161) over the signature, so that it can be
told later that the seal stood while its certificate held. The seal names the organisation; whoever holds that organisation's key could still make another package, and
a test certificate can be made by anybody. The report says so.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from documents.keys import TEST_POLICY, SigningKey
from documents.stamping import Stamps, stamp_digest
from documents.verify_parts import StampFacts, Trust, is_plain_stamp, is_whole, stamp_facts

#: signing-certificate-v2 by its number: the library learns the name only when `tsp` is read before it is first used.
_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
BROKEN = "dấu niêm phong không khớp với bản kê"
MALFORMED = "tệp niêm phong có dữ liệu lạ"
CHAIN = "chuỗi chứng thư của dấu niêm phong không hợp lệ tại thời điểm niêm phong"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFacts:
    """Who sealed a package, and what is wrong with it (empty: nothing)."""

    name: str
    organisation: str
    issuer: str
    at: datetime | None
    trust: Trust
    problem: str
    stamp: StampFacts | None = None  #: who besides the organisation says when


def seal(data: bytes, key: SigningKey, at: datetime, stamps: Stamps | None = None) -> bytes:
    """Sign `data` as DER-encoded CMS, detached, dated `at`; `stamps`: whose time stamp it bears.

    Raises `SigningFailed` when the authority cannot be reached.
    """
    attributes = _attributes(data, key.certificate, at)
    signature = key.sign(attributes.dump())
    token = cms.ContentInfo.load(stamp_digest(sha256(signature).digest(), stamps, at)) if stamps is not None else None
    return bytes(_container(attributes, signature, (key.certificate, *key.chain), token).dump())


def check_seal(data: bytes, container: bytes, trusted: Sequence[x509.Certificate] = ()) -> SealFacts:
    """Say what a seal over `data` proves; `trusted` holds the roots of the installation's list."""
    # Hostile bytes make the libraries fail in any way there is; all mean the same to the asker.
    try:
        return _checked(data, container, trusted)
    except Exception:  # noqa: BLE001
        return SealFacts(name="", organisation="", issuer="", at=None, trust=Trust.UNKNOWN, problem=MALFORMED)


def certificates_in(pdf: bytes) -> list[x509.Certificate]:
    """Every certificate that came with the signatures of a PDF; none for what is no signed PDF."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    # What cannot be read brings no certificates; whether it should have is the verifier's question.
    try:
        signatures = PdfFileReader(BytesIO(pdf)).embedded_signatures
        found = [c for s in signatures for c in (s.signer_cert, *s.other_embedded_certs)]
        return [x509.load_der_x509_certificate(certificate.dump()) for certificate in found]
    except Exception:  # noqa: BLE001
        return []


def _checked(data: bytes, container: bytes, trusted: Sequence[x509.Certificate]) -> SealFacts:
    content = cms.ContentInfo.load(container, strict=True)["content"]
    info = content["signer_infos"][0]
    if not all(is_whole(c.chosen) for c in content["certificates"]):
        raise ValueError(MALFORMED)
    loaded = [x509.load_der_x509_certificate(c.chosen.dump()) for c in content["certificates"]]
    certificates = _in_order(loaded, info["sid"].chosen["serial_number"].native)
    signer, *above = certificates
    at = next(a["values"][0].native for a in info["signed_attrs"] if a["type"].native == "signing_time")
    signature = info["signature"].native
    facts = {
        "name": _first(signer.subject, NameOID.COMMON_NAME),
        "organisation": _first(signer.subject, NameOID.ORGANIZATION_NAME),
        "issuer": _first(signer.issuer, NameOID.COMMON_NAME),
        "at": at,
    }
    # Everything but signature and certificates follows from the data: built anew, it must be the same bytes.
    attributes, token = _attributes(data, signer, at), _token(info)
    if _container(attributes, signature, certificates, token).dump() != container:
        same = (
            info["signed_attrs"].dump()
            == _container(attributes, b"", certificates)["content"]["signer_infos"][0]["signed_attrs"].dump()
        )
        return SealFacts(**facts, trust=Trust.UNKNOWN, problem=MALFORMED if same else BROKEN)
    if not _is_signed(signer, signature, attributes.dump()):
        return SealFacts(**facts, trust=Trust.UNKNOWN, problem=BROKEN)
    stamp = stamp_facts(token, lambda name: hashlib.new(name, signature).digest(), trusted) if token else None
    trust, problem = _judged(signer, above, trusted, stamp.at if stamp else at)
    return SealFacts(**facts, trust=trust, problem=problem or (stamp.problem if stamp else ""), stamp=stamp)


def _token(info: Any) -> Any:
    """The time-stamp token beside a signature, None when there is none; `ValueError` where anything else stands there."""
    attributes = info["unsigned_attrs"]
    if not attributes.native:
        return None
    token = attributes[0]["values"][0]
    if not is_plain_stamp(token):
        raise ValueError(MALFORMED)
    return token


def _in_order(certificates: Sequence[x509.Certificate], serial: int) -> list[x509.Certificate]:
    """The signer's certificate and those above it, the nearest first; `ValueError` for stray ones."""
    chain = [next(c for c in certificates if c.serial_number == serial)]
    while chain[-1].issuer != chain[-1].subject:
        above = next((c for c in certificates if c.subject == chain[-1].issuer and c not in chain), None)
        if above is None:
            break
        chain.append(above)
    if len(chain) != len(certificates):
        raise ValueError(MALFORMED)
    return chain


def _attributes(data: bytes, certificate: x509.Certificate, at: datetime) -> Any:
    digest = certificate.fingerprint(hashes.SHA256())
    named = tsp.SigningCertificateV2({"certs": [{"cert_hash": digest}]})
    at = at.astimezone(UTC).replace(microsecond=0)
    kind = "utc_time" if at.year < 2050 else "general_time"  # as RFC 5652 has it
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({kind: at})]}),
            cms.CMSAttribute({"type": "message_digest", "values": [sha256(data).digest()]}),
            cms.CMSAttribute({"type": _CERTIFICATE, "values": [named]}),
        ]
    )


def _container(attributes: Any, signature: bytes, certificates: Sequence[x509.Certificate], token: Any = None) -> Any:
    plain = [asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in certificates]
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": plain[0].issuer, "serial_number": plain[0].serial_number}
                    )
                }
            ),
            "digest_algorithm": digest,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
            "signature": signature,
        }
    )
    if token is not None:
        info["unsigned_attrs"] = cms.CMSAttributes(
            [cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})]
        )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [digest],
            "encap_content_info": {"content_type": "data"},
            "certificates": plain,
            "signer_infos": [info],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": signed})


def _is_signed(certificate: x509.Certificate, signature: bytes, data: bytes) -> bool:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _judged(
    signer: x509.Certificate, above: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate], at: datetime
) -> tuple[Trust, str]:
    certificates = (signer, *above)
    linked = all(_is_issued(lower, upper) for lower, upper in zip(certificates, above, strict=False))
    top = certificates[-1]
    own_root = top if top.issuer == top.subject else None
    if not linked or (own_root is not None and not _is_issued(own_root, own_root)):
        return Trust.UNKNOWN, CHAIN
    test = _is_test(signer)
    if trusted and _holds(signer, above, trusted, at):
        return (Trust.TEST if test else Trust.TRUSTED), ""
    if own_root is None:
        # Test certificates always bring their root: a missing one was tampered with.
        return (Trust.TEST, CHAIN) if test else (Trust.UNKNOWN, "")
    holds = _holds(signer, above, [own_root], at)
    return (Trust.TEST if test else Trust.UNKNOWN), "" if holds else CHAIN


def _is_test(certificate: x509.Certificate) -> bool:
    """A test certificate stays one, whatever list its root is on."""
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return False
    return any(policy.policy_identifier == TEST_POLICY for policy in policies)


def _is_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _holds(
    signer: x509.Certificate, above: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime
) -> bool:
    """Whether the chain leads to one of the roots and held at that time."""
    from pyhanko_certvalidator import CertificateValidator
    from pyhanko_certvalidator.context import ValidationContext
    from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

    from documents.pyhanko_parts import run

    def plain(certificate: x509.Certificate) -> Any:
        return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))

    context = ValidationContext(
        trust_roots=[plain(root) for root in roots],
        other_certs=[plain(certificate) for certificate in above],
        moment=at,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    validator = CertificateValidator(
        plain(signer), intermediate_certs=[plain(c) for c in above], validation_context=context
    )
    try:
        run(validator.async_validate_usage(key_usage=set()))
    except (PathBuildingError, PathValidationError):
        return False
    return True


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = [str(attribute.value) for attribute in name.get_attributes_for_oid(oid)]
    return values[0] if values else ""
