"""What was signed elsewhere comes back only as our file, signed by the right people."""

from io import BytesIO

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

from documents.elsewhere import check_returned
from documents.keys import TestKeys
from documents.pyhanko_parts import KeySigner
from documents.signing import PaperSigner
from documents.verify import Trust
from engine.errors import Invalid
from engine.ports.outside import Rendered, SignerName
from tests.documents.conftest import AT, SECRETARY
from tests.documents.samples import ORGANISATION
from tests.documents.test_verify import more_text


def test_our_file_signed_by_both_comes_in(rendered: Rendered, signed: bytes) -> None:
    answer = check_returned(rendered.pdf, signed, signers=[SECRETARY.name, ORGANISATION])
    assert (answer.trust, len(answer.signatures)) == (Trust.TEST, 2)


def test_the_person_may_return_it_before_the_seal(rendered: Rendered, keys: TestKeys) -> None:
    by_person = PaperSigner(keys).sign(rendered.pdf, person=SECRETARY, organisation=None, at=AT)
    assert len(check_returned(rendered.pdf, by_person, signers=[SECRETARY.name]).signatures) == 1


def sign_person(pdf: bytes, keys: TestKeys) -> bytes:
    return PaperSigner(keys).sign_person(pdf, person=SECRETARY, organisation=ORGANISATION, at=AT)


def appended(pdf: bytes) -> bytes:
    """The file with a black square on its first page, put there before anybody signed."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    more_text(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def in_own_field(pdf: bytes, keys: TestKeys) -> bytes:
    """The file as a tool signs it that makes a place of its own."""
    writer, out = IncrementalPdfFileWriter(BytesIO(pdf)), BytesIO()
    meta = PdfSignatureMetadata(field_name="Signature1", subfilter=SigSeedSubFilter.PADES)
    PdfSigner(meta, KeySigner(keys.person(SECRETARY, ORGANISATION))).sign_pdf(writer, output=out)
    return out.getvalue()


@pytest.mark.parametrize(
    "code",
    [
        "not_our_file",
        "not_signed",
        "signature_refused",
        "signatures_missing",
        "other_signer_named",
        "returned_changed",
        "own_field",
    ],
)
def test_everything_else_stays_out(rendered: Rendered, signed: bytes, keys: TestKeys, code: str) -> None:
    other = SignerName(id="u2", name="Lê Thị Hồng Thắm", position="Phó Bí thư")
    by_other = PaperSigner(keys).sign(rendered.pdf, person=other, organisation=None, at=AT)
    by_person = PaperSigner(keys).sign(rendered.pdf, person=SECRETARY, organisation=None, at=AT)
    returned = {
        "not_our_file": b"%PDF-1.7\n" + signed,
        "not_signed": rendered.pdf,
        "signature_refused": signed + b"\n",
        "signatures_missing": by_person,
        "other_signer_named": by_other,
        "returned_changed": sign_person(appended(rendered.pdf), keys),
        "own_field": in_own_field(rendered.pdf, keys),
    }[code]
    names = (
        [SECRETARY.name]
        if code in ("other_signer_named", "returned_changed", "own_field")
        else [SECRETARY.name, ORGANISATION]
    )
    with pytest.raises(Invalid) as refusal:
        check_returned(rendered.pdf, returned, signers=names, field="scan")
    assert {name: error.code for name, error in refusal.value.fields.items()} == {"scan": code}
