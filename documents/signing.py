"""How is a rendered PDF signed so that it stays PDF/A-3a and PDF/UA-1?

PAdES, first the person, then the organisation, each into the tagged field that the renderer prepared. The signing
time is the given one, never the machine's. Steps may be hours apart and made by others: see `steps`.
"""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cryptography import x509

from documents.keyring import time_problem
from documents.keys import KeyProvider, SigningKey
from documents.stamping import (
    Level,
    Stamps,
    certificates_in,
    certificates_of,
    with_document_stamp,
    with_validation_data,
)
from documents.stamps import person_stamp, seal_stamp
from engine.errors import SigningFailed
from engine.ports.outside import Pictures, SignerName

if TYPE_CHECKING:
    from pyhanko.sign.timestamps import TimeStamper

PERSON_FIELD, ORGANISATION_FIELD = "person-", "organisation"
_NO_PICTURES = Pictures()


class PaperSigner:
    """The `Signer` port: PAdES signatures with the keys of a provider.

    `test`: the keys are of the test PKI, and appearances say so. Levels above B-B need `stamps`.
    """

    def __init__(
        self, keys: KeyProvider, *, level: Level = Level.BASIC, stamps: Stamps | None = None, test: bool = True
    ) -> None:
        if level is not Level.BASIC and stamps is None:
            raise ValueError(f"{level} needs time stamps")
        self._keys, self._level, self._stamps, self.test = keys, level, stamps, test

    def sign(
        self,
        pdf: bytes,
        *,
        person: SignerName,
        organisation: str | None,
        at: datetime,
        pictures: Pictures = _NO_PICTURES,
    ) -> bytes:
        """Add the person's signature, then the organisation's; `SigningFailed` when a field or a key is missing."""
        key = self._keys.person(person, organisation or "")
        seal = self._keys.organisation(organisation) if organisation is not None else None
        if seal is None or organisation is None:
            ready = self._with_data(pdf, [key], at)
            return self.close(self._personal(ready, person, key, at, pictures), at=at)
        by_person = self._personal(pdf, person, key, at, pictures)
        ready = self._with_data(by_person, [seal], at)
        return self.close(self._sealed(ready, organisation, seal, at, pictures), at=at)

    def sign_person(
        self, pdf: bytes, *, person: SignerName, organisation: str, at: datetime, pictures: Pictures = _NO_PICTURES
    ) -> bytes:
        """Add the person's signature only."""
        return self._personal(pdf, person, self._keys.person(person, organisation), at, pictures)

    def seal(self, pdf: bytes, *, organisation: str, at: datetime, pictures: Pictures = _NO_PICTURES) -> bytes:
        """Add the organisation's signature only."""
        return self._sealed(pdf, organisation, self._keys.organisation(organisation), at, pictures)

    def close(self, pdf: bytes, *, at: datetime) -> bytes:
        """Do what the level asks once all have signed: validation data and a time stamp over the whole file."""
        if self._stamps is None or self._level in (Level.BASIC, Level.TIME):
            return pdf
        from documents.pyhanko_parts import has_validation_data

        with_data = has_validation_data(pdf)
        if with_data and self._level is Level.LONG:
            return pdf
        ready = pdf if with_data else self._with_data(pdf, [], at)
        return _run(with_document_stamp(ready, self._stamps.authority(at)), "dấu thời gian")

    def authority(self, at: datetime) -> "TimeStamper | None":
        """Who stamps signatures; None at the basic level."""
        return self._stamps.authority(at) if self._stamps is not None and self._level is not Level.BASIC else None

    def _personal(self, pdf: bytes, person: SignerName, key: SigningKey, at: datetime, pictures: Pictures) -> bytes:
        stamp = person_stamp(person.name, pictures.person, test=self.test)
        return self._put(pdf, person_field(pdf, person), key, stamp, at)

    def _sealed(self, pdf: bytes, organisation: str, key: SigningKey, at: datetime, pictures: Pictures) -> bytes:
        return self._put(pdf, ORGANISATION_FIELD, key, seal_stamp(organisation, pictures.seal, test=self.test), at)

    def _put(self, pdf: bytes, field: str, key: SigningKey, stamp: bytes, at: datetime) -> bytes:
        check_moment(at)
        if problem := time_problem(key.certificate, at):
            raise SigningFailed(problem, retry_after=None)
        return sign_field(pdf, field, key, stamp, at, authority=self.authority(at))

    def _with_data(self, pdf: bytes, keys: Sequence[SigningKey], at: datetime) -> bytes:
        """Put the validation data of all who signed, and of who will sign now, into the file."""
        if self._stamps is None or self._level in (Level.BASIC, Level.TIME):
            return pdf
        own = [certificate for key in keys for certificate in (key.certificate, *key.chain)]
        stamping = _run(certificates_of(self._stamps.authority(at)), "dấu thời gian")
        everyone: list[x509.Certificate] = [*certificates_in(pdf), *own, *stamping]
        return with_validation_data(pdf, everyone, self._stamps.lists(everyone, at))


def check_moment(at: datetime) -> None:
    """Refuse a moment without a zone."""
    if at.tzinfo is None:
        raise SigningFailed("thời điểm ký không có múi giờ", retry_after=None)


def person_field(pdf: bytes, person: SignerName) -> str:
    """The empty field that was prepared for this person, else the last one for a person."""
    empty = {name: label for name, label in empty_fields(pdf).items() if name.startswith(PERSON_FIELD)}
    if not empty:
        raise SigningFailed("văn bản không còn ô chữ ký trống", retry_after=None)
    named = [name for name, label in empty.items() if person.name in label]
    return named[-1] if named else max(empty)


def empty_fields(pdf: bytes) -> dict[str, str]:
    """Name and label of the fields that nobody has signed yet."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import enumerate_sig_fields

    fields = enumerate_sig_fields(PdfFileReader(BytesIO(pdf)), filled_status=False)
    return {name: str(ref.get_object().get("/TU", "")) for name, _, ref in fields}


def sign_field(
    pdf: bytes, field: str, key: SigningKey, stamp: bytes, at: datetime, *, authority: "TimeStamper | None" = None
) -> bytes:
    """Sign one prepared field; `SigningFailed` when it is not there or no time stamp can be had."""
    return _run(_signed(pdf, field, key, stamp, at, authority), f"ô {field}")


def _run(work: Any, what: str) -> bytes | Any:
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.timestamps import TimestampRequestError

    from documents.pyhanko_parts import run

    try:
        return run(work)
    except TimestampRequestError as error:
        raise SigningFailed(f"không lấy được dấu thời gian: {error}", retry_after=120) from error
    except (SigningError, PdfError) as error:
        raise SigningFailed(f"không ký được vào {what}: {error}") from error


#: How many hex digits the container of a key takes: always as many, without a time stamp.
_rooms: dict[tuple[x509.Certificate, ...], int] = {}


async def _room(session: Any, key: SigningKey, authority: "TimeStamper | None") -> int:
    if authority is not None:
        # An authority outside does not always answer with the same length.
        return int(await session.estimate_signature_container_size(None, tight=False))
    known = (key.certificate, *key.chain)
    if known not in _rooms:
        _rooms[known] = int(await session.estimate_signature_container_size(None, tight=True))
    return _rooms[known]


async def _signed(
    pdf: bytes, field: str, key: SigningKey, stamp: bytes, at: datetime, authority: "TimeStamper | None"
) -> bytes:
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    from documents.pyhanko_parts import KeySigner, session_of

    session = session_of(pdf, field, KeySigner(key), stamp, at, authority)
    reserved = await _room(session, key, authority)
    prepared = session.prepare_tbs_document(validation_info=None, bytes_reserved=reserved)
    output = BytesIO()
    digest, _ = prepared.digest_tbs_document(output=output)
    done = await prepared.perform_signature(
        document_digest=digest.document_digest, pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=at)
    )
    await done.post_signature_processing(output)
    return output.getvalue()
