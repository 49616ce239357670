"""How does a person's file come in and go out? Through one gate into the archive, and out as a download only."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.actor import Visitor
from api.assembly import House
from api.forms import Field
from engine.errors import FieldError, Invalid
from engine.ports.outside import Cell
from engine.ports.process import Value
from engine.ports.store import Blob, UnitOfWork
from engine.rules.dossiers import DossierId

#: Whatever a file holds, a browser may not run it in our name.
SANDBOX = "default-src 'none'; sandbox"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MAX_SHEET = 5 * 1024 * 1024
_KINDS = {"jpeg": "jpg"}


def keep_file(
    house: House,
    uow: UnitOfWork,
    asked: Field,
    upload: UploadFile,
    *,
    dossier_id: DossierId,
    me: Visitor,
    now: datetime,
) -> Mapping[str, Value]:
    """Check an uploaded file, store it, and answer its reference; `Invalid` names the field."""
    content = read_limited(asked, upload, asked.max_bytes)
    kinds = {_KINDS.get(ending, ending) for ending in (e.lstrip(".").lower() for e in asked.accept)}
    checked = house.gate.check(content, upload.filename or "", field=asked.name, kinds=kinds or None)
    digest = house.archive.put(content)
    uow.dossiers.add_blob(
        Blob(
            sha256=digest,
            size=len(content),
            media_type=checked.media_type,
            name=checked.name,
            dossier_id=dossier_id,
            by_id=me.account.id,
            at=now,
            scan=checked.scan.value,
        )
    )
    return {"sha256": digest, "name": checked.name, "size": len(content), "media_type": checked.media_type}


def sheet_cells(house: House, asked: Field, upload: UploadFile) -> Sequence[Sequence[object]]:
    """The cells of an uploaded sheet; `Invalid` names the table."""
    content = read_limited(asked, upload, MAX_SHEET)
    return house.sheets.read(content, field=asked.name)


def read_limited(asked: Field, upload: UploadFile, limit: int) -> bytes:
    """The whole content; `Invalid` when it is empty or larger than `limit` bytes."""
    content = upload.file.read(limit + 1)
    if not content:
        raise Invalid({asked.name: FieldError("form.file_empty", {"title": asked.title})})
    if len(content) > limit:
        raise Invalid(
            {asked.name: FieldError("form.file_too_large", {"title": asked.title, "limit": f"{limit // 1048576} MB"})}
        )
    return content


def download(content: bytes, name: str, media_type: str) -> Response:
    """Hand a file out to be saved, never to be shown in our pages."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name)
    return Response(
        content,
        media_type=media_type,
        headers={
            "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            "content-security-policy": SANDBOX,
            "x-content-type-options": "nosniff",
        },
    )


def excel(house: House, title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], name: str) -> Response:
    """A list as an Excel file to be saved."""
    return download(house.sheets.write(title, heads, rows), f"{name}.xlsx", XLSX)
