"""What was signed elsewhere comes back only as our file, signed by the right people."""

import pytest

from documents.elsewhere import check_returned
from documents.keys import TestKeys
from documents.signing import PaperSigner
from documents.verify import Trust
from engine.errors import Invalid
from engine.ports.outside import Rendered, SignerName
from tests.documents.conftest import AT, SECRETARY
from tests.documents.samples import ORGANISATION


def test_our_file_signed_by_both_comes_in(rendered: Rendered, signed: bytes) -> None:
    answer = check_returned(rendered.pdf, signed, signers=[SECRETARY.name, ORGANISATION])
    assert (answer.trust, len(answer.signatures)) == (Trust.TEST, 2)


def test_the_person_may_return_it_before_the_seal(rendered: Rendered, keys: TestKeys) -> None:
    by_person = PaperSigner(keys).sign(rendered.pdf, person=SECRETARY, organisation=None, at=AT)
    assert len(check_returned(rendered.pdf, by_person, signers=[SECRETARY.name]).signatures) == 1


@pytest.mark.parametrize(
    "code", ["not_our_file", "not_signed", "signature_broken", "signatures_missing", "other_signer"]
)
def test_everything_else_stays_out(rendered: Rendered, signed: bytes, keys: TestKeys, code: str) -> None:
    other = SignerName(id="u2", name="Lê Thị Hồng Thắm", position="Phó Bí thư")
    by_other = PaperSigner(keys).sign(rendered.pdf, person=other, organisation=None, at=AT)
    by_person = PaperSigner(keys).sign(rendered.pdf, person=SECRETARY, organisation=None, at=AT)
    returned = {
        "not_our_file": b"%PDF-1.7\n" + signed,
        "not_signed": rendered.pdf,
        "signature_broken": signed + b"\n",
        "signatures_missing": by_person,
        "other_signer": by_other,
    }[code]
    names = [SECRETARY.name] if code == "other_signer" else [SECRETARY.name, ORGANISATION]
    with pytest.raises(Invalid) as refusal:
        check_returned(rendered.pdf, returned, signers=names, field="scan")
    assert {name: error.code for name, error in refusal.value.fields.items()} == {"scan": code}
