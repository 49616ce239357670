"""May a PDF that was signed outside (token, remote service) come back? Only when it is our file, signed further.

Every PAdES signature appends to the file, so the returned file must begin with exactly the bytes that were given out.
What was appended may be signatures, time stamps and validation data, and nothing else: else a tool could show the
signer other words than ours.
"""

from collections.abc import Sequence
from io import BytesIO

from cryptography import x509

from documents.keyring import same_holder
from documents.verify import Integrity, Verification, verify_pdf
from engine.errors import FieldError, Invalid


def check_returned(
    given: bytes,
    returned: bytes,
    *,
    signers: Sequence[str],
    also: str = "",
    trusted: Sequence[x509.Certificate] = (),
    field: str = "file",
) -> Verification:
    """Accept a file that was signed elsewhere; `signers` names whom its certificates must name, in this order, `also`
    who may have signed after them.

    `Invalid` at `field`: `not_our_file`, `not_signed`, `signature_refused` (reason), `returned_changed` (what was
    appended is more than signatures), `signatures_missing` (expected, found), `other_signer_named` (expected, found),
    `own_field` (the tool made a place of its own, ours is still empty).
    """
    if not returned.startswith(given):
        raise _refusal(field, "not_our_file")
    answer = verify_pdf(returned, trusted)
    if answer.integrity is Integrity.UNSIGNED or returned == given:
        raise _refusal(field, "not_signed")
    if answer.integrity in (Integrity.CHANGED, Integrity.UNREADABLE):
        reasons = [s.problem for s in answer.signatures if s.problem] + [s.problem for s in answer.stamps if s.problem]
        raise _refusal(field, "signature_refused", reason=reasons[0] if reasons else "tệp không đọc được")
    if not _only_signed(given, returned):
        raise _refusal(field, "returned_changed")
    _check_signers(answer, signers, also, field)
    if {signature.field for signature in answer.signatures} - _fields(given):
        raise _refusal(field, "own_field")
    return answer


def _check_signers(answer: Verification, signers: Sequence[str], also: str, field: str) -> None:
    found = answer.signatures
    signers = (*signers, also) if also and len(found) > len(signers) else signers
    for signature, name in zip(found, signers, strict=False):
        if not same_holder(name, signature.name):
            raise _refusal(field, "other_signer_named", expected=name, found=signature.name)
    if len(found) < len(signers):
        raise _refusal(field, "signatures_missing", expected=len(signers), found=len(found))
    if len(found) > len(signers):
        raise _refusal(field, "other_signer_named", expected=signers[-1], found=found[-1].name)


def _only_signed(given: bytes, returned: bytes) -> bool:
    """Whether nothing but signatures was appended to what was given out."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel

    last = PdfFileReader(BytesIO(given)).xrefs.total_revisions - 1
    found = DEFAULT_DIFF_POLICY.review_file(PdfFileReader(BytesIO(returned)), last)
    return bool(getattr(found, "modification_level", ModificationLevel.OTHER) <= ModificationLevel.FORM_FILLING)


def _fields(pdf: bytes) -> set[str]:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import enumerate_sig_fields

    return {name for name, _, _ in enumerate_sig_fields(PdfFileReader(BytesIO(pdf)))}


def _refusal(field: str, code: str, **facts: object) -> Invalid:
    return Invalid({field: FieldError(code, facts)})
