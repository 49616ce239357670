"""Tampering shows, and the issuer's trust is an answer of its own."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from documents.keys import TestKeys
from documents.pdf import pdf_of
from documents.signing import PaperSigner, sign_field
from documents.stamps import person_stamp
from documents.verify import Integrity, Trust, load_trusted, verify_pdf
from engine.errors import SigningFailed
from engine.ports.outside import Rendered, SignerName
from engine.rules.papers import cleaned
from tests.documents.conftest import AT, SECRETARY
from tests.documents.office import OfficeKeys
from tests.documents.samples import ORGANISATION, submission


def more_text(writer: IncrementalPdfFileWriter) -> None:
    stream = writer.add_object(generic.StreamObject(stream_data=b"0 0 300 300 re f"))
    writer.add_stream_to_page(0, stream)


def script(writer: IncrementalPdfFileWriter) -> None:
    action = generic.DictionaryObject(
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.pdf_string("1")}
    )
    writer.root["/OpenAction"] = action
    writer.update_root()


def other_attachment(writer: IncrementalPdfFileWriter) -> None:
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    file = names[1]["/EF"]["/F"]
    file._data = b'{"id":"x"}'
    file._encoded_data = None
    writer.mark_update(file.container_ref)


def other_title(writer: IncrementalPdfFileWriter) -> None:
    info = writer.trailer["/Info"]
    info["/Title"] = generic.pdf_string("Khác")
    writer.mark_update(info.container_ref)


def annotation(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 99, 99))),
        }
    )
    page["/Annots"].append(writer.add_object(note))
    writer.update_container(page["/Annots"])


def nothing(writer: IncrementalPdfFileWriter) -> None:
    writer.add_object(generic.NullObject())


@pytest.mark.parametrize("tamper", [more_text, script, other_attachment, other_title, annotation, nothing])
def test_nothing_can_be_appended_after_the_last_signature(
    signed: bytes, tamper: Callable[[IncrementalPdfFileWriter], None]
) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    tamper(writer)
    out = BytesIO()
    writer.write(out)
    assert out.getvalue() != signed
    answer = verify_pdf(out.getvalue())
    assert (answer.integrity, answer.exit_code()) == (Integrity.CHANGED, 1)


@pytest.mark.parametrize("tamper", [more_text, script, annotation])
def test_nothing_can_be_slipped_in_between_two_signatures(
    rendered: Rendered, keys: TestKeys, tamper: Callable[[IncrementalPdfFileWriter], None]
) -> None:
    from documents.signing import ORGANISATION_FIELD
    from documents.stamps import seal_stamp

    by_person = PaperSigner(keys).sign(rendered.pdf, person=SECRETARY, organisation=None, at=AT)
    writer = IncrementalPdfFileWriter(BytesIO(by_person))
    tamper(writer)
    out = BytesIO()
    writer.write(out)
    stamp, key = seal_stamp(ORGANISATION, test=True), keys.organisation(ORGANISATION)
    sealed = sign_field(out.getvalue(), ORGANISATION_FIELD, key, stamp, AT)
    answer = verify_pdf(sealed)
    assert (answer.integrity, [s.sound for s in answer.signatures]) == (Integrity.CHANGED, [False, True])


def test_a_removed_last_signature_shows_as_incomplete(signed: bytes) -> None:
    end = signed.index(b"%%EOF\n", signed.index(b"/Contents <")) + 6
    answer = verify_pdf(signed[:end])
    assert (answer.integrity, answer.exit_code(), len(answer.signatures)) == (Integrity.INCOMPLETE, 1, 1)


def test_a_branch_without_a_seal_needs_one_signature_only(keys: TestKeys) -> None:
    person = SignerName(id="u9", name="Nguyễn Thị Ngọc Ánh", position="Bí thư")
    pdf = PaperSigner(keys).sign(pdf_of(cleaned(submission())), person=person, organisation=None, at=AT)
    answer = verify_pdf(pdf)
    assert (answer.integrity, [(s.field, s.name) for s in answer.signatures]) == (
        Integrity.UNCHANGED,
        [("person-1", person.name)],
    )


@pytest.fixture(scope="module")
def office() -> OfficeKeys:
    return OfficeKeys()


@pytest.fixture(scope="module")
def by_office(rendered: Rendered, office: OfficeKeys) -> bytes:
    return PaperSigner(office).sign(rendered.pdf, person=SECRETARY, organisation=ORGANISATION, at=AT)


def test_an_issuer_is_trusted_only_when_it_is_on_the_list(by_office: bytes, office: OfficeKeys, keys: TestKeys) -> None:
    roots = load_trusted(office.root.public_bytes(serialization.Encoding.PEM))
    unlisted, listed, other = (
        verify_pdf(by_office),
        verify_pdf(by_office, roots),
        verify_pdf(by_office, [keys.root.certificate]),
    )
    assert [(a.integrity, a.trust, a.exit_code(), a.exit_code(strict=True)) for a in (unlisted, listed, other)] == [
        (Integrity.UNCHANGED, Trust.UNKNOWN, 2, 1),
        (Integrity.UNCHANGED, Trust.TRUSTED, 0, 0),
        (Integrity.UNCHANGED, Trust.UNKNOWN, 2, 1),
    ]


def test_test_certificates_stay_tests_even_when_their_root_is_listed(signed: bytes, keys: TestKeys) -> None:
    assert verify_pdf(signed, [keys.root.certificate]).trust is Trust.TEST


def test_certificates_are_judged_at_the_time_of_signing(rendered: Rendered) -> None:
    office = OfficeKeys(until=datetime(2027, 12, 1, tzinfo=UTC))
    signer = PaperSigner(office)
    in_time = signer.sign(rendered.pdf, person=SECRETARY, organisation=ORGANISATION, at=AT)
    late = AT + timedelta(days=30)
    with pytest.raises(SigningFailed, match="chứng thư đã hết hạn ngày 01/12/2027"):
        signer.sign(rendered.pdf, person=SECRETARY, organisation=ORGANISATION, at=late)
    too_late = sign_field(rendered.pdf, "person-1", office.organisation("x"), person_stamp("x", test=True), late)
    assert [verify_pdf(pdf, [office.root]).exit_code() for pdf in (in_time, too_late)] == [0, 1]


def flipped(pdf: bytes, place: int, bits: int) -> bytes:
    return pdf[:place] + bytes([pdf[place] ^ bits]) + pdf[place + 1 :]


def test_any_changed_byte_is_refused(signed: bytes) -> None:
    chance = random.Random(1)
    for _ in range(12):
        place, bits = chance.randrange(len(signed)), chance.randrange(1, 256)
        assert verify_pdf(flipped(signed, place, bits)).exit_code() == 1, (place, bits)


@pytest.mark.long
def test_every_byte_near_a_signature_counts_and_a_sample_of_the_rest(signed: bytes) -> None:
    places = set(range(0, len(signed), 211)) | set(range(len(signed) - 900, len(signed)))
    start = 0
    while (start := signed.find(b"/ByteRange", start + 1)) > 0:
        places |= set(range(start - 200, start + 200))
        places |= set(range(start, min(start + 12_000, len(signed)), 37))
    accepted = [place for place in sorted(places) if verify_pdf(flipped(signed, place, 0x01)).exit_code() != 1]
    assert accepted == []


def test_the_report_is_plain_vietnamese(signed: bytes) -> None:
    lines = verify_pdf(signed).lines()
    assert lines[:4] == (
        "Tệp còn nguyên vẹn từ khi ký.",
        (
            "Chữ ký của Trần Minh Đức, Bí thư, Đoàn phường An Biên, lúc 09:15:30 ngày 28/11/2027 (giờ Việt Nam); "
            "chứng thư do “CA cấp phát thử nghiệm” cấp."
        ),
        (
            "Chữ ký của Đoàn phường An Biên, lúc 09:15:30 ngày 28/11/2027 (giờ Việt Nam); "
            "chứng thư do “CA cấp phát thử nghiệm” cấp."
        ),
        "Chứng thư THỬ NGHIỆM: chữ ký không có giá trị pháp lý.",
    )


def test_keys_are_made_once_and_found_again(tmp_path: Path) -> None:
    first, second = TestKeys(tmp_path), TestKeys(tmp_path)
    made = first.person(SECRETARY, ORGANISATION)
    assert second.person(SECRETARY, ORGANISATION).certificate == made.certificate
    assert second.organisation(ORGANISATION).certificate != made.certificate
    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.rglob("*.p12")} == {"0o600"}
    assert load_trusted((tmp_path / "root.pem").read_bytes()) == (first.root.certificate,)
