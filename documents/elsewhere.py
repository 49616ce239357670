"""May a PDF that was signed outside (token, remote service) come back? Only when it is our file, signed further.

Every PAdES signature appends to the file, so the returned file must begin with exactly the bytes that were
given out; then nothing of what we rendered can have changed.
"""

from collections.abc import Sequence

from cryptography import x509

from documents.verify import Integrity, Verification, verify_pdf
from engine.errors import FieldError, Invalid


def check_returned(
    given: bytes,
    returned: bytes,
    *,
    signers: Sequence[str],
    trusted: Sequence[x509.Certificate] = (),
    field: str = "file",
) -> Verification:
    """Accept a file that was signed elsewhere; `signers` names whom its certificates must name, in this order.

    `Invalid` at `field`: `not_our_file`, `not_signed`, `signature_broken`, `signatures_missing` (an incomplete
    file is fine when no more than `signers` were asked for), `other_signer` (expected, found).
    """
    if not returned.startswith(given):
        raise Invalid({field: FieldError("not_our_file", {})})
    answer = verify_pdf(returned, trusted)
    if answer.integrity is Integrity.UNSIGNED:
        raise Invalid({field: FieldError("not_signed", {})})
    if answer.integrity in (Integrity.CHANGED, Integrity.UNREADABLE):
        raise Invalid({field: FieldError("signature_broken", {})})
    found = [signature.name for signature in answer.signatures]
    if len(found) < len(signers):
        raise Invalid({field: FieldError("signatures_missing", {"expected": len(signers), "found": len(found)})})
    if found != list(signers):
        raise Invalid({field: FieldError("other_signer", {"expected": tuple(signers), "found": tuple(found)})})
    return answer
