"""What may machines do with models and running processes? Check, try, deploy, compare, operate; shapes in docs/engine.md.

Who asks is the signed-in person: a POST carries the token of GET /api/session in the header `X-CSRF-Token`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from api.actor import Asker, Me, TheHouse, Uow, form_token, narrowed
from api.assembly import House
from api.explaining import wait_lines
from api.routes.exact import Asked, answer, body_of, plain, reading
from engine.errors import FieldError, Invalid, NotPermitted
from engine.ports.process import Data
from engine.ports.store import UnitOfWork
from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierId, InstanceId
from engine.rules.permissions import check_may_design, check_may_operate
from engine.rules.units import Actor
from engine.use_cases import correlation, incidents, instances, owning, versions, waiting

router = APIRouter(prefix="/api")
#: Rows of one answer of a report.
PAGE = 200

Files = Annotated[dict[str, str], Field(default_factory=dict, max_length=200)]
Texts = Annotated[dict[str, str], Field(default_factory=dict, max_length=2000)]
Values = Annotated[dict[str, object], Field(default_factory=dict)]
#: Of a row, in an address.
Number = Annotated[int, Path(ge=1, lt=10**18)]
After = Annotated[int, Query(ge=0, lt=10**18)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]


class FilesAsked(Asked):
    """Diagrams and tables: file name → XML text."""

    files: Files


class SimulateAsked(Asked):
    """A try in virtual time: `files`, or the `version` of a deployed model."""

    files: Files
    version: str = ""
    starts: Annotated[list[dict[str, object]], Field(default_factory=list, max_length=1000)]
    horizon_s: object = 0
    auto: bool = False


class DecideAsked(Asked):
    """A question to a decision table: `files`, or the `version` of a deployed model."""

    files: Files
    version: str = ""
    decision: str = ""
    inputs: Values


class SwitchAsked(Asked):
    """Running processes to another version; `mapping`: node id of the old diagram → of the new one."""

    version: Short
    mapping: Texts
    reason: str = ""
    after: Annotated[int, Field(ge=0, lt=10**18)] = 0


class ReasonAsked(Asked):
    """Why something is done; kept in the audit log."""

    reason: Reason


class MoveAsked(ReasonAsked):
    """Which waiting token goes to which step."""

    token: Short
    step: Short


class RetryAsked(Asked):
    """Which kind of incidents is tried again."""

    kind: Short


class MessageAsked(Asked):
    """A message from outside; the same `message_id` is taken once."""

    name: Short
    key: Short
    message_id: Short
    payload: Values
    keep_s: Annotated[int, Field(ge=0, le=10 * 366 * 86400)] = 366 * 86400


@router.get("/session")
def session(request: Request, me: Me) -> JSONResponse:
    """Who is signed in, and the token that a POST has to carry: `{"name", "csrf"}`."""
    return answer({"name": me.full_name, "csrf": form_token(request, me)})


# ---- diagrams and tables


@router.post("/processes/validate")
def validate(asked: Annotated[FilesAsked, Depends(reading(FilesAsked))], actor: Asker, house: TheHouse) -> JSONResponse:
    """`{"files"}` → `{"ok", "findings": [{"file", "line", "element", "reason", "warning"}]}`."""
    check_may_design(actor)
    found = house.findings(_bytes(asked.files))
    return answer({"ok": all(finding.warning for finding in found), "findings": found})


@router.post("/processes/simulate")
def simulate(
    asked: Annotated[SimulateAsked, Depends(reading(SimulateAsked))], actor: Asker, house: TheHouse
) -> JSONResponse:
    """`{"files" | "version", "starts", "horizon_s", "auto"}` → `{"state", "completed", "data", "kind", "error"}`."""
    check_may_design(actor)
    request = {"starts": asked.starts, "horizon_s": asked.horizon_s, "auto": asked.auto}
    return answer(house.simulate(request, _model_files(house, asked.files, asked.version, actor)))


@router.post("/processes/decide")
def decide(asked: Annotated[DecideAsked, Depends(reading(DecideAsked))], actor: Asker, house: TheHouse) -> JSONResponse:
    """`{"files" | "version", "decision", "inputs"}` → `{"value"}` or `{"error"}`."""
    check_may_design(actor)
    request = {"decision": asked.decision, "inputs": asked.inputs}
    return answer(house.decide(request, _model_files(house, asked.files, asked.version, actor)))


# ---- versions


@router.get("/packs")
def packs(actor: Asker, uow: Uow) -> JSONResponse:
    """`[{"version", "key", "name", "deployed_at", "cycles", "owner_code", "owner"}]`, the newest first; without an owner:
    a model of the whole installation."""
    check_may_design(actor)
    return answer(uow.queries.packs())


@router.get("/packs/diff")
def diff(old: str, new: str, actor: Asker, uow: Uow, house: TheHouse) -> JSONResponse:
    """`?old=&new=` → `[{"what", "part", "file", "element", "name", "attribute", "old", "new", "executes", "line"}]`."""
    check_may_design(actor)
    before, after = (uow.models.get(versions.find(uow, name).version) for name in (old, new))
    return answer(house.differences(before, after))


@router.get("/packs/{version}/export")
def export(version: str, actor: Asker, uow: Uow, house: TheHouse) -> Response:
    """The files of a version as a ZIP archive."""
    check_may_design(actor)
    model = uow.models.get(versions.find(uow, version).version)
    named = f'attachment; filename="{model.key}-{model.sha256[: versions.SHORT]}.zip"'
    packed = house.pack_desk.packed(model.key, model.files)
    return Response(packed, media_type="application/zip", headers={"content-disposition": named})


async def _archive(request: Request, actor: Asker) -> bytes:
    check_may_design(actor)
    return await body_of(request, "application/zip")


@router.post("/packs")
def deploy(
    content: Annotated[bytes, Depends(_archive)],
    actor: Asker,
    uow: Uow,
    house: TheHouse,
    name: str = "model.zip",
    owner: str = "",
) -> JSONResponse:
    """A ZIP archive as the body, `?name=` its file name, `&owner=` the code of the unit that a new model belongs to →
    `{"version", "key", "new", "owner", "warnings"}`; 422 with findings."""
    model, findings = house.ready_zip(content, name)
    new = versions.deploy(uow, model, owner=owning.named(uow, owner), actor=actor, now=house.clock())
    unit = owning.owner_of(uow, model.key)
    code = unit.code if unit else None
    found = {"version": model.sha256, "key": model.key, "new": new, "owner": code, "warnings": findings}
    return answer(found, 201 if new else 200)


@router.post("/cycles/{cycle_id}/switch/try")
def try_switch(
    cycle_id: Number, asked: Annotated[SwitchAsked, Depends(reading(SwitchAsked))], actor: Asker, house: TheHouse
) -> JSONResponse:
    """`{"version", "mapping", "after"}` → `{"fits": [{"instance_id", "process", "unit", "fits", "notes"}], "after"}`."""
    with house.read_uow() as uow:
        narrowed(uow, actor)
        fits, after = versions.preview(
            uow,
            CycleId(cycle_id),
            versions.find(uow, asked.version).version,
            asked.mapping,
            after=asked.after,
            limit=PAGE,
            actor=actor,
            now=house.clock(),
        )
    return answer({"fits": fits, "after": after})


@router.post("/cycles/{cycle_id}/switch")
def start_switch(
    cycle_id: Number,
    asked: Annotated[SwitchAsked, Depends(reading(SwitchAsked))],
    actor: Asker,
    uow: Uow,
    house: TheHouse,
) -> JSONResponse:
    """`{"version", "mapping", "reason"}` → the switch; a worker brings the processes over."""
    version = versions.find(uow, asked.version).version
    begun = versions.begin(uow, CycleId(cycle_id), version, asked.mapping, asked.reason, actor=actor, now=house.clock())
    return answer(begun, 202)


@router.get("/switches/{number}")
def report(number: Number, actor: Asker, house: TheHouse, after: After = 0) -> JSONResponse:
    """The switch, how many came where, and `items` after an instance id (`?after=`), at most 200."""
    with house.read_uow() as uow:
        narrowed(uow, actor)
        switch = uow.switches.look(number)
        check_may_operate(actor, uow.units.path(uow.cycles.get(switch.cycle_id).unit_id))
        items = uow.switches.items(number, InstanceId(after), PAGE)
        return answer({**plain(switch), "counts": uow.switches.count(number), "items": items})


@router.post("/switches/{number}/undo")
def undo_switch(
    number: Number,
    asked: Annotated[ReasonAsked, Depends(reading(ReasonAsked))],
    actor: Asker,
    uow: Uow,
    house: TheHouse,
) -> JSONResponse:
    """`{"reason"}` → the switch; a worker brings the processes back."""
    return answer(versions.undo(uow, number, asked.reason, actor=actor, now=house.clock()), 202)


# ---- running processes


@router.get("/dossiers/{dossier_id}/waits")
def waits(dossier_id: Number, actor: Asker, uow: Uow, house: TheHouse) -> JSONResponse:
    """Everything that the dossier waits for: kind, who, since, until, what then, and the same as `lines` for people."""
    found = waiting.why(uow, DossierId(dossier_id), actor=actor, now=house.clock())
    return answer([{**plain(wait), "lines": wait_lines(wait, uow.words)} for wait in found])


@router.post("/instances/{number}/suspend")
def suspend(
    number: Number,
    asked: Annotated[ReasonAsked, Depends(reading(ReasonAsked))],
    actor: Asker,
    uow: Uow,
    house: TheHouse,
) -> JSONResponse:
    """`{"reason"}` → the instance, resting."""
    return answer(instances.suspend(uow, InstanceId(number), asked.reason, actor=actor, now=house.clock()))


@router.post("/instances/{number}/resume")
def resume(
    number: Number,
    asked: Annotated[ReasonAsked, Depends(reading(ReasonAsked))],
    actor: Asker,
    uow: Uow,
    house: TheHouse,
) -> JSONResponse:
    """`{"reason"}` → the instance, running."""
    return answer(instances.resume(uow, InstanceId(number), asked.reason, actor=actor, now=house.clock()))


@router.post("/instances/{number}/cancel")
def cancel(
    number: Number,
    asked: Annotated[ReasonAsked, Depends(reading(ReasonAsked))],
    actor: Asker,
    uow: Uow,
    house: TheHouse,
) -> JSONResponse:
    """`{"reason"}` → the instance, ended."""
    return answer(instances.cancel(uow, InstanceId(number), asked.reason, actor=actor, now=house.clock()))


@router.post("/instances/{number}/move")
def move(
    number: Number, asked: Annotated[MoveAsked, Depends(reading(MoveAsked))], actor: Asker, uow: Uow, house: TheHouse
) -> JSONResponse:
    """`{"token", "step", "reason"}` → the instance at its new step."""
    moved = instances.move(
        uow, InstanceId(number), asked.token, asked.step, asked.reason, actor=actor, now=house.clock()
    )
    return answer(moved)


@router.post("/cycles/{cycle_id}/messages")
def publish(
    cycle_id: Number,
    asked: Annotated[MessageAsked, Depends(reading(MessageAsked))],
    actor: Asker,
    uow: Uow,
    house: TheHouse,
) -> JSONResponse:
    """`{"name", "key", "message_id", "payload", "keep_s"}` → `{"new"}`; false: this `message_id` came before."""
    payload: Data = asked.payload  # type: ignore[assignment]  # what JSON holds, a variable may hold
    new = correlation.publish(
        uow,
        CycleId(cycle_id),
        asked.name,
        asked.key,
        payload,
        message_id=asked.message_id,
        life=timedelta(seconds=asked.keep_s),
        actor=actor,
        now=house.clock(),
    )
    return answer({"new": new}, 202 if new else 200)


@router.get("/incidents")
def open_incidents(actor: Asker, uow: Uow) -> JSONResponse:
    """Everything that waits for a person because it failed."""
    _check_keeper(actor)
    return answer(uow.incidents.open())


@router.post("/incidents/retry")
def retry_all(
    asked: Annotated[RetryAsked, Depends(reading(RetryAsked))], actor: Asker, uow: Uow, house: TheHouse
) -> JSONResponse:
    """`{"kind"}` → the incidents that are tried again."""
    return answer(incidents.retry_all(uow, asked.kind, actor=actor, now=house.clock()))


@router.post("/incidents/{number}/retry")
def retry(number: Number, actor: Asker, uow: Uow, house: TheHouse) -> JSONResponse:
    """The incident, settled; a new failure opens a new one."""
    return answer(incidents.retry(uow, number, actor=actor, now=house.clock()))


def _check_keeper(actor: Actor) -> None:
    if not incidents.may_retry(actor):
        raise NotPermitted("not_administrator")


def _model_files(house: House, files: Mapping[str, str], version: str, actor: Actor) -> dict[str, bytes]:
    """The diagrams and tables that were sent, or those of a deployed version."""
    if files and not version:
        return _bytes(files)
    if not version or files:
        raise Invalid({"files": FieldError("files_or_version", {})})
    with house.read_uow() as uow:
        return _deployed(narrowed(uow, actor), version)


def _deployed(uow: UnitOfWork, version: str) -> dict[str, bytes]:
    model = uow.models.get(versions.find(uow, version).version)
    return {name: content for name, content in model.files.items() if name.endswith((".bpmn", ".dmn"))}


def _bytes(files: Mapping[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in files.items()}
