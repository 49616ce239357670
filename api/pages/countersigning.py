"""How does a person hand in a signature that the server cannot make? What waits, what is to be signed, what came back.

Cryptography is done before the transaction that keeps its result: nobody else waits for it.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor, narrowed, write
from api.assembly import House
from api.pages.asking import refused
from api.pages.decisions import readable
from api.pages.shell import page, said
from api.pages.uploads import PDF, download
from api.texts import label
from api.texts.words import instant
from engine.errors import FieldError, Invalid, WrongState
from engine.ports.outside import Pictures, SignerName
from engine.ports.store import UnitOfWork
from engine.rules.signings import SigningStep, Way
from engine.use_cases import countersigning
from engine.use_cases.countersigning import Waiting
from engine.use_cases.issuing import signer_name

router = APIRouter()
DecisionPath = Annotated[int, Path(ge=1)]
WAITING = "/van-ban/cho-ky"
_SMALL, _LARGE = 100_000, 20_000_000
_SCANS = frozenset({"pdf", "jpg", "png"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """One document that waits for this person."""

    href: str
    title: str
    meta: tuple[str, ...]


@router.get(WAITING)
def listing(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """List what waits for this person's signature, seal or scan."""
    found = countersigning.open_for(uow, me.actor)
    rows = [
        WaitingRow(
            href=f"/van-ban/{decision.id}/ky",
            title=f"{decision.symbol}: {decision.subject}",
            meta=(
                label("signing_step", signing.step),
                label("signing_way", signing.way),
                f"từ {instant(signing.since)}",
            ),
        )
        for signing, decision in found
    ]
    return page(
        request,
        "van_ban/to_sign.html",
        me,
        uow,
        page_title="Văn bản chờ ký",
        breadcrumbs=[("Văn bản", "/van-ban"), ("Chờ ký", None)],
        rows=rows,
    )


@router.get("/van-ban/{decision_id:int}/ky")
def one(request: Request, decision_id: DecisionPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what is to be signed, and how it is handed in."""
    again = request.query_params.get("lai") == "1"
    return _page(request, me, uow, _seen(uow, me, decision_id), house.clock(), again=again)


@router.get("/van-ban/{decision_id:int}/ky/tep")
def file(decision_id: DecisionPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the file as it is to be signed, or printed."""
    seen = _seen(uow, me, decision_id)
    return download(house.archive.get(seen.signing.given_sha256), f"{_name(seen)}-chua-ky.pdf", PDF)


@router.get("/van-ban/{decision_id:int}/ky/du-lieu.json")
def data(decision_id: DecisionPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out what a token has to sign, with what it is."""
    seen = _seen(uow, me, decision_id)
    until, signed = seen.ready_until(), house.desk.to_sign(_facts(seen))
    told = {
        "document": seen.decision.symbol,
        "signer": seen.holder,
        "algorithm": "RSASSA-PKCS1-v1_5, SHA-256",
        "signed_attributes": b64encode(signed).decode(),
        "signed_attributes_sha256": sha256(signed).hexdigest(),
        "document_sha256": seen.signing.prepared["digest"],
        "expires_at": until.isoformat() if until else "",
    }
    content = json.dumps(told, ensure_ascii=False, indent=2).encode()
    return download(content, f"{_name(seen)}-can-ky.json", "application/json")


@router.get("/van-ban/{decision_id:int}/ky/du-lieu.der")
def bare_data(decision_id: DecisionPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the very bytes that are signed (DER)."""
    seen = _seen(uow, me, decision_id)
    return download(house.desk.to_sign(_facts(seen)), f"{_name(seen)}-can-ky.der", "application/octet-stream")


@router.get("/van-ban/{decision_id:int}/ky/phan-duoc-ky.bin")
def covered(decision_id: DecisionPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the part of the file that a whole container (CMS) covers."""
    seen = _seen(uow, me, decision_id)
    facts = _facts(seen)
    prepared = house.archive.get(seen.signing.prepared_sha256)
    content = prepared[: int(str(facts["start"]))] + prepared[int(str(facts["end"])) :]
    return download(content, f"{_name(seen)}-phan-duoc-ky.bin", "application/octet-stream")


@router.post("/van-ban/{decision_id:int}/ky/chung-thu")
async def make_ready(request: Request, decision_id: DecisionPath, me: Me, form: Form, house: TheHouse) -> Response:
    """Take the signer's certificate and make the bytes ready that their token signs."""

    def work(seen: Waiting, sent: bytes, _: str) -> Done:
        now = house.clock()
        certificates = house.desk.certificates(sent, name=seen.holder, at=now)
        prepared, facts = house.desk.prepare(
            house.archive.get(seen.signing.given_sha256),
            person=_person(seen),
            organisation=seen.issuer.name,
            certificates=certificates,
            at=now,
            pictures=_pictures(house, seen),
        )
        digest = house.archive.put(prepared)
        return lambda uow: countersigning.make_ready(uow, seen, digest, facts, actor=me.actor, now=now)

    return await _handed_in(request, decision_id, me, form, house, (Way.TWO_STEP, _SMALL), work, "da-chuan-bi")


@router.post("/van-ban/{decision_id:int}/ky/chu-ky")
async def take_signature(request: Request, decision_id: DecisionPath, me: Me, form: Form, house: TheHouse) -> Response:
    """Take what the token made."""

    def work(seen: Waiting, sent: bytes, _: str) -> Done:
        prepared = house.archive.get(seen.signing.prepared_sha256)
        house.desk.check_answer(prepared, _facts(seen), sent, name=seen.holder)
        digest = house.archive.put(sent)
        return lambda uow: countersigning.answer(uow, seen, digest, actor=me.actor, now=house.clock())

    return await _handed_in(request, decision_id, me, form, house, (Way.TWO_STEP, _SMALL), work, "da-nhan-chu-ky")


@router.post("/van-ban/{decision_id:int}/ky/tep")
async def take_file(request: Request, decision_id: DecisionPath, me: Me, form: Form, house: TheHouse) -> Response:
    """Take the file that was signed with another tool."""

    def work(seen: Waiting, sent: bytes, _: str) -> Done:
        given = house.archive.get(seen.signing.given_sha256)
        also = seen.issuer.name if seen.may_seal_too else ""
        count = house.desk.check_returned(given, sent, signers=seen.signers, also=also)
        sealed, digest = count > len(seen.signers), house.archive.put(sent)
        return lambda uow: countersigning.answer(uow, seen, digest, sealed=sealed, actor=me.actor, now=house.clock())

    return await _handed_in(request, decision_id, me, form, house, (Way.ELSEWHERE, _LARGE), work, "da-nhan-chu-ky")


@router.post("/van-ban/{decision_id:int}/ky/ban-quet")
async def take_scan(request: Request, decision_id: DecisionPath, me: Me, form: Form, house: TheHouse) -> Response:
    """Take the scan of the paper that was signed and stamped by hand."""

    def work(seen: Waiting, sent: bytes, name: str) -> Done:
        checked = house.gate.check(sent, name, kinds=_SCANS)
        digest = house.archive.put(sent)
        return lambda uow: countersigning.scanned(
            uow, seen, digest, checked.name, checked.media_type, actor=me.actor, now=house.clock()
        )

    return await _handed_in(request, decision_id, me, form, house, (Way.PAPER, _LARGE), work, "da-nhan-ban-quet")


#: Keeps in a transaction what was checked before it.
Done = Callable[[UnitOfWork], object]
#: Checks what was sent: the document, the file's bytes and its name.
Work = Callable[[Waiting, bytes, str], Done]


async def _handed_in(
    request: Request,
    decision_id: int,
    me: Visitor,
    form: Posted,
    house: House,
    asked: tuple[Way, int],
    work: Work,
    done: str,
) -> Response:
    way, limit = asked
    sent, name = await _sent(form, limit)
    try:
        keep = await run_in_threadpool(_checked, house, me, decision_id, way, sent, name, work)
    except Invalid as refusal:
        errors = refused(refusal)
        return await run_in_threadpool(_again, request, house, me, decision_id, errors)
    await write(request, keep)
    return said(f"/van-ban/{decision_id}{'/ky' if done == 'da-chuan-bi' else ''}", done)


async def _sent(form: Posted, limit: int) -> tuple[bytes, str]:
    files: list[UploadFile] = list(form.files("tep"))
    if not files:
        return b"", ""
    return await files[0].read(limit + 1), files[0].filename or ""


def _checked(house: House, me: Visitor, decision_id: int, way: Way, sent: bytes, name: str, work: Work) -> Done:
    with house.read_uow() as uow:
        narrowed(uow, me.actor)
        seen = _seen(uow, me, decision_id)
    if seen.signing.way is not way:
        raise WrongState("not_waiting_to_be_signed", decision=decision_id)
    if not sent:
        raise Invalid({"file": FieldError("form.file_empty", {"title": "Tệp"})})
    if len(sent) > (_SMALL if way is Way.TWO_STEP else _LARGE):
        raise Invalid({"file": FieldError("file_too_large", {})})
    return work(seen, sent, name)


def _again(request: Request, house: House, me: Visitor, decision_id: int, errors: dict[str, str]) -> HTMLResponse:
    with house.read_uow() as uow:
        narrowed(uow, me.actor)
        return _page(request, me, uow, _seen(uow, me, decision_id), house.clock(), errors, status=422)


def _seen(uow: UnitOfWork, me: Visitor, decision_id: int) -> Waiting:
    """The document when it waits for this person; `NotPermitted`, `WrongState` else."""
    seen = countersigning.waiting(uow, readable(uow, me, decision_id).id)
    countersigning.check_may_sign(me.actor, seen.signing, seen.decision)
    return seen


def _facts(seen: Waiting) -> dict[str, object]:
    if not seen.signing.prepared_sha256:
        raise WrongState("not_made_ready", decision=seen.decision.id)
    return dict(seen.signing.prepared)


def _person(seen: Waiting) -> SignerName | None:
    return signer_name(seen.decision, seen.signer) if seen.signing.step is SigningStep.PERSON else None


def _pictures(house: House, seen: Waiting) -> Pictures:
    person, seal = seen.ways.person_picture, seen.ways.seal_picture
    return Pictures(person=house.archive.get(person) if person else b"", seal=house.archive.get(seal) if seal else b"")


def _name(seen: Waiting) -> str:
    return seen.decision.file_name.rpartition("/")[2]


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    seen: Waiting,
    now: datetime,
    errors: dict[str, str] | None = None,
    *,
    again: bool = False,
    status: int = 200,
) -> HTMLResponse:
    until = seen.ready_until()
    return page(
        request,
        "van_ban/sign.html",
        me,
        uow,
        status=status,
        page_title=f"Ký văn bản {seen.decision.symbol}",
        has_errors=bool(errors),
        breadcrumbs=[("Văn bản", "/van-ban"), (seen.decision.symbol, f"/van-ban/{seen.decision.id}"), ("Ký", None)],
        decision=seen.decision,
        way=seen.signing.way.value,
        step=seen.signing.step.value,
        holder=seen.holder,
        may_seal_too=seen.may_seal_too,
        ready=until is not None and now <= until and not again,
        expired=until is not None and now > until,
        until=until,
        error=(errors or {}).get("file", ""),
    )
