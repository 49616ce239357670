"""Time stamps and validation data: still fit for an archive, understood, and as strict as a bare signature."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.serialization import Encoding

from documents.keys import TestKeys
from documents.pdfcheck import problems_of
from documents.signing import PaperSigner
from documents.stamping import Level, OutsideStamps, TestStamps
from documents.verify import Integrity, StampFacts, Trust, verify_pdf
from engine.errors import SigningFailed
from engine.ports.outside import Rendered
from tests.documents.conftest import AT, SECRETARY
from tests.documents.office import OfficeKeys
from tests.documents.samples import ORGANISATION

STAMP = StampFacts(
    name="Máy chủ dấu thời gian thử nghiệm", issuer="CA cấp phát thử nghiệm", at=AT, trust=Trust.TEST, problem=""
)


def at_level(level: Level, rendered: Rendered, keys: TestKeys) -> bytes:
    signer = PaperSigner(keys, level=level, stamps=TestStamps(keys))
    return signer.sign(rendered.pdf, person=SECRETARY, organisation=ORGANISATION, at=AT)


@pytest.fixture(scope="module")
def archived(rendered: Rendered, keys: TestKeys) -> bytes:
    return at_level(Level.ARCHIVE, rendered, keys)


@pytest.mark.parametrize("level", [Level.TIME, Level.LONG])
def test_each_signature_has_its_stamp(level: Level, rendered: Rendered, keys: TestKeys) -> None:
    signed = at_level(level, rendered, keys)
    answer = verify_pdf(signed)
    assert (answer.integrity, answer.trust, answer.stamps) == (Integrity.UNCHANGED, Trust.TEST, ())
    assert [(s.field, s.at, s.sound, s.stamp) for s in answer.signatures] == [
        ("person-1", AT, True, STAMP),
        ("organisation", AT, True, STAMP),
    ]
    assert problems_of(signed) == ()
    assert (b"/DSS" in signed) is (level is Level.LONG)


def test_an_archive_stamp_closes_the_file(archived: bytes, rendered: Rendered, keys: TestKeys) -> None:
    answer = verify_pdf(archived)
    assert (answer.integrity, answer.stamps, answer.exit_code()) == (Integrity.UNCHANGED, (STAMP,), 0)
    assert problems_of(archived) == ()
    assert archived.startswith(rendered.pdf)
    assert at_level(Level.ARCHIVE, rendered, keys) == archived
    moment = "09:15:30 ngày 28/11/2027 (giờ Việt Nam), theo “Máy chủ dấu thời gian thử nghiệm” (thử nghiệm)."
    lines = answer.lines()
    assert (lines[2], lines[5]) == (f"  Dấu thời gian: {moment}", f"Dấu thời gian của cả tệp: {moment}")


#: One test of thousands of files takes minutes; in parts it says how far it is, and a busy machine does not cut it off.
_PARTS = 8


@pytest.mark.parametrize("tail", [b"\n", b"%%EOF\n"])
def test_nothing_may_follow_the_archive_stamp(archived: bytes, tail: bytes) -> None:
    assert verify_pdf(archived + tail).exit_code() == 1


def test_without_its_archive_stamp_a_file_still_stands_and_without_a_signature_it_does_not(archived: bytes) -> None:
    ends = [n + 6 for n in range(len(archived)) if archived.startswith(b"%%EOF\n", n)]
    # rendered | person | validation data | organisation | stamp
    answers = [verify_pdf(archived[:end]) for end in ends]
    assert [(a.integrity, len(a.stamps)) for a in answers] == [
        (Integrity.UNSIGNED, 0),
        (Integrity.INCOMPLETE, 0),
        (Integrity.CHANGED, 0),
        (Integrity.UNCHANGED, 0),
        (Integrity.UNCHANGED, 1),
    ]


def test_one_changed_byte_of_an_archived_file_is_refused(archived: bytes) -> None:
    assert accepted(archived, range(7, len(archived), len(archived) // 5)) == []


def test_one_changed_byte_of_a_time_stamp_is_refused(archived: bytes) -> None:
    start = archived.rindex(b"/Contents <") + 11
    end = archived.index(b"00000000>", start)
    assert accepted(archived, range(start, end, (end - start) // 3)) == []


def test_the_last_container_does_not_claim_the_padding_behind_it(rendered: Rendered, keys: TestKeys) -> None:
    signed = at_level(Level.TIME, rendered, keys)
    at = signed.rindex(b"/Contents <3082") + 15
    longer = int(signed[at : at + 4], 16) + 16
    claimed = signed[:at] + f"{longer:04X}".encode() + signed[at + 4 :]
    assert [verify_pdf(file).exit_code() for file in (signed, claimed)] == [0, 1]


@pytest.mark.long
@pytest.mark.parametrize("part", range(_PARTS))
@pytest.mark.parametrize("level", [Level.TIME, Level.ARCHIVE])
def test_no_changed_byte_is_accepted(level: Level, part: int, rendered: Rendered, keys: TestKeys) -> None:
    signed = at_level(level, rendered, keys)
    # What was rendered is covered by every signature: one byte in 997; of what lies behind it one in 41.
    places = [*range(5, len(rendered.pdf), 997), *range(len(rendered.pdf), len(signed), 41)]
    assert accepted(signed, places[part::_PARTS]) == []


def accepted(data: bytes, places: "range | list[int]") -> list[int]:
    changed = ((n, data[:n] + bytes([data[n] ^ 1]) + data[n + 1 :]) for n in places)
    return [n for n, other in changed if verify_pdf(other).exit_code() != 1]


class Authority(BaseHTTPRequestHandler):
    """A time-stamp authority and a place of revocation lists, over real HTTP."""

    keys: TestKeys
    now: datetime
    revoked: bytes = b""

    def do_POST(self) -> None:
        from documents.pyhanko_parts import standing_authority

        asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["content-length"])))
        made = standing_authority(self.keys.timestamping, self.now, "1.2.3").request_tsa_response(asked)
        self._answer("application/timestamp-reply", made.dump())

    def do_GET(self) -> None:
        self._answer("application/pkix-crl", self.revoked)

    def _answer(self, kind: str, data: bytes) -> None:
        self.send_response(200 if data else 503)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def authority(keys: TestKeys, now: datetime) -> Iterator[tuple[str, type[Authority]]]:
    handler = type("Handler", (Authority,), {"keys": keys, "now": now})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", handler
    server.shutdown()
    server.server_close()


def test_an_authority_at_an_address_is_asked(rendered: Rendered, keys: TestKeys) -> None:
    later = AT + timedelta(minutes=3)
    with authority(keys, later) as (url, _):
        signer = PaperSigner(keys, level=Level.ARCHIVE, stamps=OutsideStamps(url))
        signed = signer.sign(rendered.pdf, person=SECRETARY, organisation=ORGANISATION, at=AT)
    answer = verify_pdf(signed)
    assert (answer.integrity, [s.stamp.at for s in answer.signatures if s.stamp], answer.stamps[0].at) == (
        Integrity.UNCHANGED,
        [later, later],
        later,
    )
    assert problems_of(signed) == ()


def test_an_authority_that_does_not_answer_is_asked_again_later(rendered: Rendered, keys: TestKeys) -> None:
    signer = PaperSigner(keys, level=Level.TIME, stamps=OutsideStamps("http://127.0.0.1:9/"))
    with pytest.raises(SigningFailed, match="không lấy được dấu thời gian") as failure:
        signer.sign(rendered.pdf, person=SECRETARY, organisation=None, at=AT)
    assert failure.value.retry_after == 120


@pytest.mark.parametrize(("revoked_on", "code"), [(AT - timedelta(days=1), 1), (AT + timedelta(hours=1), 0)])
def test_a_certificate_that_was_revoked_before_it_signed_is_refused(
    rendered: Rendered, keys: TestKeys, revoked_on: datetime, code: int
) -> None:
    with authority(keys, AT) as (url, handler):
        office = OfficeKeys(lists_at=url)
        key = office.organisation(ORGANISATION)
        number = key.certificate.serial_number
        handler.revoked = office.revocation_list(number, revoked_on, AT + timedelta(hours=2)).public_bytes(Encoding.DER)
        signer = PaperSigner(OneKey(key), level=Level.LONG, stamps=OutsideStamps(url), test=False)
        signed = signer.sign(rendered.pdf, person=SECRETARY, organisation=ORGANISATION, at=AT)
    assert verify_pdf(signed, [office.root, keys.root.certificate]).exit_code() == code


class OneKey:
    """Everybody signs with the same key."""

    def __init__(self, key: object) -> None:
        self.key = key

    def person(self, *_: object) -> object:
        return self.key

    def organisation(self, *_: object) -> object:
        return self.key
