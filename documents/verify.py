"""What does a signed PDF prove? Unchanged or not; signed by whom and when; whose certificates: three answers.

Signatures are judged at their own time, offline, strictly: the last signature must cover the whole file to
its last byte, earlier ones may only be followed by further signatures in prepared fields, and the signature
container itself must hold nothing that no signature covers. A library's "valid" alone is not enough: it stays
true with rubbish after the end of the file.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

from asn1crypto import cms as asn1_cms
from cryptography import x509

from documents.verify_parts import (
    StampFacts,
    Trust,
    container_problem,
    coverage_problem,
    is_stamp,
    judge,
    names_of,
    revoked_problem,
    signing_time,
    stamp_facts,
    token_of,
)
from engine.errors import Invalid
from engine.rules.papers import Paper, content_sha256, paper_from_json

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

# What the libraries would log (with a trace) about a tampered file is this module's answer.
for _name in ("pyhanko.sign", "pyhanko.pdf_utils", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

#: Vietnam has one zone and no summer time.
ICT = timezone(timedelta(hours=7))


class Integrity(StrEnum):
    """Whether the file is as it was signed."""

    UNCHANGED, CHANGED, INCOMPLETE, UNSIGNED, UNREADABLE = (
        "unchanged",
        "changed",
        "incomplete",
        "unsigned",
        "unreadable",
    )


INTEGRITY_TEXTS = {
    Integrity.UNCHANGED: "Tệp còn nguyên vẹn từ khi ký.",
    Integrity.CHANGED: "Tệp ĐÃ BỊ THAY ĐỔI sau khi ký, hoặc chữ ký không đúng.",
    Integrity.INCOMPLETE: "Tệp chưa có đủ chữ ký.",
    Integrity.UNSIGNED: "Tệp không có chữ ký số.",
    Integrity.UNREADABLE: "Tệp không đọc được như một văn bản PDF.",
}
TRUST_TEXTS = {
    Trust.TRUSTED: "Chứng thư do tổ chức tin cậy cấp.",
    Trust.TEST: "Chứng thư THỬ NGHIỆM: chữ ký không có giá trị pháp lý.",
    Trust.UNKNOWN: "Không rõ tổ chức cấp chứng thư (không có trong danh sách tin cậy).",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """One signature, as its certificate names the signer."""

    field: str
    name: str
    position: str
    organisation: str
    issuer: str
    at: datetime
    sound: bool
    trust: Trust
    problem: str  #: Vietnamese; empty when sound
    stamp: StampFacts | None = None  #: who besides the signer says when


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Separate answers about one file."""

    sha256: str
    integrity: Integrity
    trust: Trust  #: the weakest of all signatures
    signatures: tuple[SignatureFacts, ...]
    paper: Paper | None  #: the attached content, when there is one
    content_sha256: str | None
    stamps: tuple[StampFacts, ...] = ()  #: over the whole file, in the order in which they were put

    def exit_code(self, *, strict: bool = False) -> int:
        """0 accepted (test certificates with a warning), 1 changed or unsigned, 2 unknown issuer; strict: 0 or 1."""
        if self.integrity is not Integrity.UNCHANGED:
            return 1
        if self.trust is Trust.TRUSTED:
            return 0
        if strict:
            return 1
        return 0 if self.trust is Trust.TEST else 2

    def lines(self) -> tuple[str, ...]:
        """The report in Vietnamese, line by line."""
        head = (INTEGRITY_TEXTS[self.integrity],)
        trust = (TRUST_TEXTS[self.trust],) if self.signatures else ()
        return (*head, *signer_lines(self), *trust, *_paper_lines(self.paper), f"SHA-256 của tệp: {self.sha256}")


def signer_lines(found: Verification) -> tuple[str, ...]:
    """Who signed and when, and who stamped the whole file, in Vietnamese."""
    signers = tuple(line for signature in found.signatures for line in _signature_lines(signature))
    return (*signers, *(f"Dấu thời gian của cả tệp: {stamp_line(stamp)}" for stamp in found.stamps))


def verify_pdf(pdf: bytes, trusted: Sequence[x509.Certificate] = ()) -> Verification:
    """Say what a PDF's signatures prove; `trusted` holds the roots of the installation's list."""
    # Hostile bytes make the libraries fail in any way there is; all mean the same to the asker.
    try:
        read = _read(pdf)
    except Exception:  # noqa: BLE001
        return _answer(pdf, Integrity.UNREADABLE, (), None)
    if not read.embedded:
        return _answer(pdf, Integrity.UNSIGNED, (), read.paper)
    try:
        signatures, stamps = _all_facts(pdf, read.embedded, trusted)
    except Exception:  # noqa: BLE001
        return _answer(pdf, Integrity.CHANGED, (), read.paper)
    if not signatures:
        return _answer(pdf, Integrity.UNSIGNED, (), read.paper)
    integrity = Integrity.INCOMPLETE if read.open_fields else Integrity.UNCHANGED
    if not all(f.sound for f in signatures) or any(stamp.problem for stamp in stamps):
        integrity = Integrity.CHANGED
    return replace(_answer(pdf, integrity, signatures, read.paper), stamps=stamps)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    embedded: "list[EmbeddedPdfSignature]"
    open_fields: int
    paper: Paper | None


def _read(pdf: bytes) -> _Read:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import enumerate_sig_fields

    if not pdf.startswith(b"%PDF-"):
        raise ValueError(pdf[:8])
    reader = PdfFileReader(BytesIO(pdf))
    return _Read(
        embedded=list(reader.embedded_signatures),
        open_fields=sum(1 for _ in enumerate_sig_fields(reader, filled_status=False)),
        paper=_attached(reader),
    )


def _answer(pdf: bytes, integrity: Integrity, facts: tuple[SignatureFacts, ...], paper: Paper | None) -> Verification:
    order = (Trust.UNKNOWN, Trust.TEST, Trust.TRUSTED)
    return Verification(
        sha256=sha256(pdf).hexdigest(),
        integrity=integrity,
        trust=min((f.trust for f in facts), key=order.index, default=Trust.UNKNOWN),
        signatures=facts,
        paper=paper,
        content_sha256=content_sha256(paper) if paper else None,
    )


def _all_facts(
    pdf: bytes, embedded: "list[EmbeddedPdfSignature]", trusted: Sequence[x509.Certificate]
) -> tuple[tuple[SignatureFacts, ...], tuple[StampFacts, ...]]:
    last = embedded[-1]
    signatures = tuple(_facts(pdf, s, trusted, last=s is last) for s in embedded if not is_stamp(s))
    stamps = tuple(_closing(pdf, s, trusted, last=s is last) for s in embedded if is_stamp(s))
    return signatures, stamps


def _facts(
    pdf: bytes, signature: "EmbeddedPdfSignature", trusted: Sequence[x509.Certificate], *, last: bool
) -> SignatureFacts:
    at, stamp = signing_time(signature), _stamp(signature, trusted)
    # Cheap checks first: comparing the whole file before and after a signature takes longest.
    trust, problem = judge(signature, trusted, stamp.at if stamp else at)
    problem = problem or (stamp.problem if stamp else "") or revoked_problem(signature, stamp.at if stamp else at)
    problem = problem or container_problem(pdf, signature) or coverage_problem(pdf, signature, last=last)
    names = names_of(signature.signed_data)
    return SignatureFacts(
        field=signature.field_name,
        name=names["name"],
        position=names["position"],
        organisation=names["organisation"],
        issuer=names["issuer"],
        at=at,
        sound=not problem,
        trust=trust,
        problem=problem,
        stamp=stamp,
    )


def _stamp(signature: "EmbeddedPdfSignature", trusted: Sequence[x509.Certificate]) -> StampFacts | None:
    """The time stamp on a signature; it covers the signature's own bytes."""
    token = token_of(signature)
    if token is None:
        return None
    signed = signature.signer_info["signature"].native
    return stamp_facts(token, lambda algorithm: hashlib.new(algorithm, signed).digest(), trusted)


def _closing(
    pdf: bytes, signature: "EmbeddedPdfSignature", trusted: Sequence[x509.Certificate], *, last: bool
) -> StampFacts:
    """A time stamp over the whole file."""
    token = asn1_cms.ContentInfo.load(signature.pkcs7_content)
    facts = stamp_facts(token, lambda _: signature.compute_digest(), trusted)
    problem = facts.problem or container_problem(pdf, signature) or coverage_problem(pdf, signature, last=last)
    return replace(facts, problem=problem)


def _attached(reader: Any) -> Paper | None:
    """The paper whose canonical JSON is attached; None for files of others."""
    from documents.pdf import CONTENT_NAME

    try:
        names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
        for specification in list(names)[1::2]:
            if specification.get_object()["/UF"] == CONTENT_NAME:
                return paper_from_json(specification.get_object()["/EF"]["/F"].data)
    except (KeyError, IndexError, TypeError, Invalid):
        return None
    return None


def _signature_lines(signature: SignatureFacts) -> tuple[str, ...]:
    at = signature.at.astimezone(ICT)
    who = ", ".join(filter(None, dict.fromkeys((signature.name, signature.position, signature.organisation))))
    line = (
        f"Chữ ký của {who}, lúc {at:%H:%M:%S} ngày {at:%d/%m/%Y} (giờ Việt Nam); chứng thư do “{signature.issuer}” cấp."
    )
    stamped = (f"  Dấu thời gian: {stamp_line(signature.stamp)}",) if signature.stamp else ()
    return (line, *stamped, f"  Không đạt: {signature.problem}") if signature.problem else (line, *stamped)


def stamp_line(stamp: StampFacts) -> str:
    """When and by whom it was stamped, in Vietnamese."""
    at = stamp.at.astimezone(ICT)
    trust = {Trust.TRUSTED: "", Trust.TEST: " (thử nghiệm)", Trust.UNKNOWN: " (không rõ tổ chức cấp)"}[stamp.trust]
    return f"{at:%H:%M:%S} ngày {at:%d/%m/%Y} (giờ Việt Nam), theo “{stamp.name}”{trust}."


def _paper_lines(paper: Paper | None) -> tuple[str, ...]:
    from documents.layout import document_title

    if paper is None:
        return ()
    issued = f" ngày {paper.date:%d/%m/%Y}" if paper.date else ""
    return (f"Nội dung đính kèm: {document_title(paper)}{issued}.", f"SHA-256 của nội dung: {content_sha256(paper)}")


def load_trusted(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Read the roots of a trust list (one PEM file); `ValueError` when it holds none."""
    return tuple(x509.load_pem_x509_certificates(pem))
