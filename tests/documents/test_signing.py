"""A decision is signed by the person, then by the organisation, and every later change shows."""

from datetime import timedelta

import pytest

from documents.keys import TestKeys
from documents.signing import PaperSigner
from documents.verify import Integrity, SignatureFacts, Trust, verify_pdf
from engine.errors import SigningFailed
from engine.ports.outside import Rendered
from engine.rules.papers import content_sha256
from tests.documents.conftest import AT, SECRETARY
from tests.documents.samples import ORGANISATION, decision


def test_person_and_organisation_sign_at_the_given_time(signed: bytes) -> None:
    answer = verify_pdf(signed)
    issuer = "CA cấp phát thử nghiệm"
    assert (answer.integrity, answer.trust, answer.exit_code(), answer.exit_code(strict=True)) == (
        Integrity.UNCHANGED,
        Trust.TEST,
        0,
        1,
    )
    common = {
        "organisation": ORGANISATION,
        "issuer": issuer,
        "at": AT,
        "sound": True,
        "trust": Trust.TEST,
        "problem": "",
    }
    assert answer.signatures == (
        SignatureFacts(field="person-1", name=SECRETARY.name, position=SECRETARY.position, **common),
        SignatureFacts(field="organisation", name=ORGANISATION, position="", **common),
    )


def test_the_attached_content_is_the_paper(signed: bytes) -> None:
    answer = verify_pdf(signed)
    assert answer.paper == decision()
    assert answer.content_sha256 == content_sha256(decision())


def test_equal_input_gives_equal_signed_bytes(rendered: Rendered, signed: bytes, keys: TestKeys) -> None:
    again = PaperSigner(keys).sign(rendered.pdf, person=SECRETARY, organisation=ORGANISATION, at=AT)
    later = PaperSigner(keys).sign(
        rendered.pdf, person=SECRETARY, organisation=ORGANISATION, at=AT + timedelta(seconds=1)
    )
    assert (again == signed, later == signed) == (True, False)


def test_signing_appends_and_leaves_the_rendered_bytes_alone(rendered: Rendered, signed: bytes) -> None:
    assert signed.startswith(rendered.pdf)


def test_a_body_without_a_seal_signs_by_its_person_only(rendered: Rendered, keys: TestKeys) -> None:
    by_person = PaperSigner(keys).sign(rendered.pdf, person=SECRETARY, organisation=None, at=AT)
    # This paper has a field for the seal, so it is not complete yet.
    assert verify_pdf(by_person).integrity is Integrity.INCOMPLETE


def test_a_signed_field_is_not_signed_twice(signed: bytes, keys: TestKeys) -> None:
    with pytest.raises(SigningFailed):
        PaperSigner(keys).sign(signed, person=SECRETARY, organisation=ORGANISATION, at=AT)


def test_a_time_without_zone_is_refused(rendered: Rendered, keys: TestKeys) -> None:
    with pytest.raises(SigningFailed):
        PaperSigner(keys).sign(rendered.pdf, person=SECRETARY, organisation=None, at=AT.replace(tzinfo=None))


def test_unsigned_and_other_files_are_told_apart(rendered: Rendered) -> None:
    assert [
        verify_pdf(data).integrity for data in (rendered.pdf, b"", b"<html>", rendered.docx, rendered.pdf[:2000])
    ] == [
        Integrity.UNSIGNED,
        Integrity.UNREADABLE,
        Integrity.UNREADABLE,
        Integrity.UNREADABLE,
        Integrity.UNREADABLE,
    ]


@pytest.mark.parametrize("tail", [b"\n", b"\0", b"%%EOF\n", b"\n%PDF-1.7\n"])
def test_rubbish_after_the_end_is_a_change(signed: bytes, tail: bytes) -> None:
    assert verify_pdf(signed + tail).exit_code() == 1


def test_one_changed_byte_anywhere_is_refused(signed: bytes) -> None:
    step = len(signed) // 12
    accepted = [place for place in range(5, len(signed), step) if verify_pdf(_flipped(signed, place)).exit_code() != 1]
    assert accepted == []


def test_one_changed_byte_in_the_signature_container_is_refused(signed: bytes) -> None:
    start = signed.rindex(b"/Contents <") + 11
    places = [*range(start, start + 6000, 809), signed.index(b">", start) - 2]
    assert [place for place in places if verify_pdf(_flipped(signed, place)).exit_code() != 1] == []


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
