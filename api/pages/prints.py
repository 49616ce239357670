"""How does the paper of a form that was handed in get out? As PDF and as a Word file, the same words on any later day."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.actor import Me, TheHouse, Uow, Visitor
from api.pages.uploads import DOCX, PDF, download
from engine.errors import NotFound
from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.dossiers import DossierId, Submission
from engine.rules.papers import Paper
from engine.rules.permissions import check_may_read
from engine.rules.text import fold
from engine.use_cases.numbering import numbered_paper
from engine.use_cases.printing import paper_kept
from engine.use_cases.runs import readers_path

router = APIRouter()
DossierPath = Annotated[int, Path(ge=1)]
SubmissionPath = Annotated[int, Path(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """One file of a paper, to be offered."""

    label: str
    href: str


def prints_of(submission: Submission) -> tuple[Print, ...]:
    """The files of the paper that was made of a form; none when there is no paper."""
    if not submission.paper:
        return ()
    title = str(submission.paper.get("title", "")).capitalize()
    base = f"/ho-so/{submission.dossier_id}/giay/{submission.id}"
    return (Print(label=f"{title} (PDF)", href=f"{base}/pdf"), Print(label=f"{title} (Word)", href=f"{base}/docx"))


@router.get("/ho-so/{dossier_id:int}/giay/{submission_id:int}/pdf")
def pdf(dossier_id: DossierPath, submission_id: SubmissionPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the paper for printing."""
    paper, name = _kept(uow, me, dossier_id, submission_id)
    return download(house.renderer.render(paper).pdf, f"{name}.pdf", PDF)


@router.get("/ho-so/{dossier_id:int}/giay/{submission_id:int}/docx")
def docx(dossier_id: DossierPath, submission_id: SubmissionPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the paper for editing."""
    paper, name = _kept(uow, me, dossier_id, submission_id)
    return download(house.renderer.render(paper).docx, f"{name}.docx", DOCX)


def _kept(uow: UnitOfWork, me: Visitor, dossier_id: int, submission_id: int) -> tuple[Paper, str]:
    """The paper of a form of this very dossier, which the person may read, and a name for its file."""
    dossier = uow.dossiers.get(DossierId(dossier_id))
    path = uow.units.path(dossier.unit_id)
    check_may_read(me.actor, readers_path(uow, dossier))
    found = next((s for s in uow.dossiers.submissions(dossier.id) if s.id == submission_id), None)
    paper = paper_kept(found) if found is not None else None
    if found is None or paper is None:
        raise NotFound("Submission", submission_id)
    paper = numbered_paper(paper, uow.books.row_of_submission(found.id))
    words = f"{paper.title} {path[0].code} {local_day(found.at).isoformat()}"
    return paper, re.sub("[^a-z0-9]+", "-", fold(words)).strip("-")
