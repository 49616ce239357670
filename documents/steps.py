"""How does somebody sign whose key the server never sees? In two steps: bytes go out, a signature comes back.

The file is prepared with an empty container; what the signer signs are the "signed attributes" (DER), which name the
file's digest and the signer's certificate. Back comes the bare signature or a whole CMS container.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from documents.elsewhere import check_returned
from documents.keyring import names_problem, same_holder, test_problem, time_problem
from documents.keys import KeyProvider
from documents.signing import ORGANISATION_FIELD, PaperSigner, check_moment, person_field
from documents.stamping import Level, Stamps
from documents.stamps import person_stamp, seal_stamp
from documents.verify import verify_pdf
from documents.verify_parts import MALFORMED, Trust
from engine.errors import FieldError, Invalid
from engine.ports.outside import Pictures, SignerName

if TYPE_CHECKING:
    from asn1crypto import cms

#: Room for the container in hex digits: certificates, signature, and a time stamp of an authority outside.
_ROOM = 2 * 16_384
_NO_PICTURES = Pictures()


class OfficeSigner(PaperSigner):
    """A signer whose people may also sign by themselves; `trusted` holds the roots that their certificates lead to.

    Without a list only a trial installation takes certificates: anybody could make one with another's name.
    """

    def __init__(
        self,
        keys: KeyProvider,
        *,
        level: Level = Level.BASIC,
        stamps: Stamps | None = None,
        test: bool = True,
        trusted: Sequence[x509.Certificate] = (),
    ) -> None:
        super().__init__(keys, level=level, stamps=stamps, test=test)
        self._trusted = tuple(trusted)

    def certificates(self, data: bytes, *, name: str, at: datetime) -> str:
        """The signer's certificate and its issuers as PEM text.

        `Invalid` at `file`: `not_a_certificate`; `certificate_refused` (reason) for another's, an expired, or a test's.
        """
        found = read_certificates(data)
        certificate = found[0]
        problem = names_problem(certificate, name) or time_problem(certificate, at)
        if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
            problem = problem or "chứng thư không dùng khóa RSA"
        if problem or not self.test:
            problem = problem or test_problem(certificate)
        if problem:
            raise _refusal("certificate_refused", reason=problem)
        return b"".join(c.public_bytes(Encoding.PEM) for c in found).decode()

    def prepare(
        self,
        pdf: bytes,
        *,
        person: SignerName | None,
        organisation: str,
        certificates: str,
        at: datetime,
        pictures: Pictures = _NO_PICTURES,
    ) -> tuple[bytes, Mapping[str, object]]:
        """The file with an empty container for the person's signature (None: the organisation's), and what is known of it."""
        from pyhanko.sign.signers.pdf_cms import ExternalSigner

        from documents.pyhanko_parts import session_of

        check_moment(at)
        if person is not None:
            field, stamp = person_field(pdf, person), person_stamp(person.name, pictures.person, test=self.test)
        else:
            field, stamp = ORGANISATION_FIELD, seal_stamp(organisation, pictures.seal, test=self.test)
        session = session_of(pdf, field, ExternalSigner(None, None), stamp, at, None)
        output = BytesIO()
        made = session.prepare_tbs_document(validation_info=None, bytes_reserved=_ROOM)
        digest, _ = made.digest_tbs_document(output=output)
        facts = {
            "field": field,
            "digest": digest.document_digest.hex(),
            "start": digest.reserved_region_start,
            "end": digest.reserved_region_end,
            "certificates": certificates,
            "at": at.isoformat(),
        }
        return output.getvalue(), facts

    def to_sign(self, facts: Mapping[str, object]) -> bytes:
        """The signed attributes (DER) that the holder of the certificate signs with RSA PKCS#1 v1.5 over SHA-256."""
        from documents.pyhanko_parts import run

        made: bytes = run(_attributes(_digest(facts), _pem(facts)[0])).dump()
        return made

    def assemble(
        self, prepared: bytes, facts: Mapping[str, object], answer: bytes, *, at: datetime, stamped: bool = True
    ) -> bytes:
        """The prepared file with what came back: a bare signature (binary, base64 or hex), or a CMS container.

        `Invalid` at `file`: `signature_wrong` (does not fit bytes or certificate), `signature_too_long`.
        """
        from documents.pyhanko_parts import run

        container = _container(answer)
        made = container if container is not None else run(_from_bare(_digest(facts), _pem(facts), _bare(answer)))
        authority = self.authority(at) if stamped else None
        if authority is not None:
            run(_stamped(made, authority))
        written: bytes = made.dump().hex().upper().encode()
        start, end = int(str(facts["start"])), int(str(facts["end"]))
        if len(written) > end - start - 2:
            raise _refusal("signature_too_long")
        return prepared[: start + 1] + written + prepared[start + 1 + len(written) :]

    def check_answer(self, prepared: bytes, facts: Mapping[str, object], answer: bytes, *, name: str) -> None:
        """Refuse (`Invalid` at `file`) a signature that is wrong, another's, or of an issuer that nobody knows."""
        at = datetime.fromisoformat(str(facts["at"]))
        made = self.assemble(prepared, facts, answer, at=at, stamped=False)
        found = verify_pdf(made, self._trusted).signatures
        last = found[-1] if found else None
        if last is None or last.problem:
            raise _refusal("signature_refused", reason=last.problem if last else MALFORMED)
        if not same_holder(name, last.name):
            raise _refusal("other_signer_named", expected=name, found=last.name)
        self._check_trust(last.trust)

    def check_returned(self, given: bytes, returned: bytes, *, signers: Sequence[str], also: str = "") -> int:
        """How many have signed a file that came back from another tool; see `elsewhere.check_returned`."""
        answer = check_returned(given, returned, signers=signers, also=also, trusted=self._trusted)
        self._check_trust(answer.trust)
        return len(answer.signatures)

    def _check_trust(self, trust: Trust) -> None:
        if trust is Trust.TEST and not self.test:
            raise _refusal("test_certificate")
        if trust is Trust.UNKNOWN and not self.test:
            raise _refusal("untrusted_issuer")


def _refusal(code: str, **facts: object) -> Invalid:
    return Invalid({"file": FieldError(code, facts)})


def _digest(facts: Mapping[str, object]) -> bytes:
    return bytes.fromhex(str(facts["digest"]))


def _pem(facts: Mapping[str, object]) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(str(facts["certificates"]).encode()))


def read_certificates(data: bytes) -> tuple[x509.Certificate, ...]:
    """The signer's certificate and its issuers from PEM, DER or PKCS#7; `Invalid` (`not_a_certificate`) else."""
    try:
        if b"-----BEGIN CERTIFICATE" in data:
            return tuple(x509.load_pem_x509_certificates(data))
        if b"-----BEGIN PKCS7" in data:
            return _signer_first(pkcs7.load_pem_pkcs7_certificates(data))
        try:
            return (x509.load_der_x509_certificate(data),)
        except ValueError:
            return _signer_first(pkcs7.load_der_pkcs7_certificates(data))
    except (ValueError, IndexError) as error:
        raise _refusal("not_a_certificate") from error


async def _attributes(digest: bytes, certificate: x509.Certificate) -> "cms.CMSAttributes":
    from pyhanko.sign.signers.pdf_cms import ExternalSigner

    from documents.pyhanko_parts import asn1_certificate

    signer = ExternalSigner(asn1_certificate(certificate), None)
    return await signer.signed_attrs(digest, "sha256", use_pades=True)


async def _from_bare(digest: bytes, certificates: Sequence[x509.Certificate], signature: bytes) -> "cms.ContentInfo":
    from pyhanko.sign.signers.pdf_cms import ExternalSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    from documents.pyhanko_parts import asn1_certificate

    attributes = await _attributes(digest, certificates[0])
    key = certificates[0].public_key()
    try:
        if not isinstance(key, rsa.RSAPublicKey):
            raise InvalidSignature
        key.verify(signature, attributes.dump(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise _refusal("signature_wrong") from error
    issuers = SimpleCertificateStore()
    issuers.register_multiple([asn1_certificate(c) for c in certificates[1:]])
    signer = ExternalSigner(asn1_certificate(certificates[0]), issuers, signature_value=signature)
    return await signer.async_sign_prescribed_attributes("sha256", attributes)


async def _stamped(container: "cms.ContentInfo", authority: Any) -> None:
    """Add a time stamp on the signature unless the signer's own tool did."""
    from asn1crypto import cms

    info = container["content"]["signer_infos"][0]
    if info["unsigned_attrs"].native:
        return
    token = await authority.async_timestamp(sha256(info["signature"].native).digest(), "sha256")
    info["unsigned_attrs"] = cms.CMSAttributes([{"type": "signature_time_stamp_token", "values": [token]}])


def _container(answer: bytes) -> "cms.ContentInfo | None":
    """The CMS container that came back; None when it is none."""
    from asn1crypto import cms, pem

    try:
        data = pem.unarmor(answer)[2] if pem.detect(answer) else answer
        made = cms.ContentInfo.load(data, strict=True)
        if made["content_type"].native != "signed_data":
            return None
        return made if len(made["content"]["signer_infos"]) == 1 else None
    except (ValueError, TypeError, KeyError):
        return None


def _bare(answer: bytes) -> bytes:
    """A bare signature from what a tool or a person hands over."""
    text = b"".join(answer.split())
    if not text.isascii():
        return answer
    try:
        return bytes.fromhex(text.decode())
    except ValueError:
        pass
    try:
        return b64decode(text, validate=True)
    except NotBase64:
        return answer


def _signer_first(certificates: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The holder's certificate before its issuers: the one that issued none of the others."""
    issuers = {c.issuer for c in certificates if c.issuer != c.subject}
    leaf = next((c for c in certificates if c.subject not in issuers), certificates[0])
    return (leaf, *(c for c in certificates if c is not leaf))
