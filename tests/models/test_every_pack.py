"""Does every shipped pack live a year to its end? Found by listing folders, none is named here.

The course of the year is kept in `tests/golden/`; when a pack is changed on purpose, write it anew with
`CHUKY_WRITE_GOLDEN=1` and read the difference. The first pack is lived in every run, the others in the long one.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest

from engine.process import packs
from engine.rules.cycle_models import ACTS
from engine.rules.papers import Table
from engine.rules.targets import of_year
from engine.store.audit_log import verify
from engine.use_cases.decisions import stored_paper
from engine.use_cases.drafting import Template, columns_in, rows_named
from engine.use_cases.reached import LIST
from tests.factories import Town
from tests.models.timeline import YEAR, Year, copied, live

PACKS = packs.shipped()
GOLDEN = Path(__file__).parents[1] / "golden"
UNITS = 12
LIVED = [pytest.param(p, id=p.name, marks=() if p == PACKS[0] else pytest.mark.long) for p in PACKS]
#: What a timeline may say of an event (the words of issue and pack); a new one is a new line here and in the texts.
EVENTS = {
    "opened", "campaign", "submitted", "returned", "accepted", "refused", "late", "reminded", "reported", "synthesised",
    "assessed", "decided", "issued", "archived", "closed", "progressed", "acknowledged", "confirmed", "signed",
    "certified", "answered", "asked", "withdrawn", "dissolved", "not_participating", "not_requested", "deferred",
    "completed", "verified", "explained", "cancelled", "result", "recognised", "document_received", "weighed", "frozen", "settled", "ranked", "published", "commended", "survey_opened", "survey_closed", "figures_fed", "met", "not_met",
}  # fmt: skip


@pytest.fixture(scope="module", params=LIVED)
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Year]:
    """A pack's folder and its rehearsed year."""
    folder: Path = request.param
    return folder, live(folder, tmp_path_factory.mktemp(folder.name), units=UNITS)


def test_there_are_packs() -> None:
    assert PACKS


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_a_pack_is_the_same_as_an_installation_keeps_it(folder: Path) -> None:
    model = packs.read_pack(folder)
    assert packs.read_model(model.files, model.key) == model


def test_a_year_ends_without_anything_open_or_stuck(lived: tuple[Path, Year]) -> None:
    _, year = lived
    assert (year.rehearsed.closed, year.rehearsed.incidents) == (True, ())
    assert sum(count for _, count in year.rehearsed.outcome) > 0
    assert year.lines[-1].event == "closed"


@pytest.mark.long
@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_a_year_in_which_nobody_registers_ends_too(folder: Path, tmp_path: Path) -> None:
    silent = (
        "rehearsal.toml",
        lambda text: re.sub(
            r"\[behaviour\][^\[]*", "[behaviour]\nsilent = 1\non_time = 0\nearly = 0\nlate = 0\n\n", text
        ),
    )
    year = live(copied(folder, tmp_path, silent), tmp_path / "ra", units=3)
    assert (year.rehearsed.closed, year.rehearsed.incidents) == (True, ())
    lead = year.of("opened")[0].unit  # it may score itself for the city, whoever registers
    assert [line for line in year.of("submitted", "recognised") if line.unit != lead] == []


def test_nothing_is_left_open_and_the_chain_holds(lived: tuple[Path, Year]) -> None:
    _, year = lived
    town = Town(f"sqlite:///{year.out / 'du-lieu' / 'chuky.sqlite3'}")
    with town.look() as uow:
        verify(uow.session)  # type: ignore[attr-defined]
        instances = [i for d in uow.dossiers.of_cycle(year.rehearsed.cycle.id) for i in uow.instances.of_dossier(d.id)]
        assert {i.process for i in instances if i.ended_at is None} == set()
        assert uow.work.open_after(0) == []  # type: ignore[arg-type]
    town.close()


def test_the_timeline_speaks_its_closed_vocabulary(lived: tuple[Path, Year]) -> None:
    _, year = lived
    deadlines = {rule.name for rule in year.rehearsed.model.deadlines}
    assert {line.event for line in year.lines} <= EVENTS
    assert {line.task for line in year.lines} <= deadlines | set(ACTS) | {"cycle", "issue", None}
    assert {line.cycle for line in year.lines} == {f"{year.rehearsed.model.key}/{YEAR}"}
    assert [line for line in year.lines if line.days_late is not None and line.days_late < 0] == []
    assert [line.text for line in year.lines if "{" in line.text or "None" in line.text or "_" in line.text] == []
    moments = [line.at for line in year.lines]
    assert moments == sorted(moments)
    assert {moment[-6:] for moment in moments} == {"+07:00"}


def test_documents_that_list_targets_list_those_of_the_year(lived: tuple[Path, Year]) -> None:
    _, year = lived
    model = year.rehearsed.model
    order = [indicator.key for indicator in model.indicators]
    asked = [t.wording for t in sorted(of_year(model.targets, YEAR), key=lambda t: order.index(t.indicator))]
    town = Town(f"sqlite:///{year.out / 'du-lieu' / 'chuky.sqlite3'}")
    with town.look() as uow:
        dossiers = uow.dossiers.of_cycle(year.rehearsed.cycle.id)
        for decision in (d for dossier in dossiers for d in uow.decisions.of_dossier(dossier.id)):
            annexes = Template(key=decision.document, raw=model.documents[decision.document]).annexes()
            for raw, annex in zip(annexes, stored_paper(decision).annexes, strict=True):
                if rows_named(raw) == LIST:
                    table = next(block for block in annex.blocks if isinstance(block, Table))
                    place = columns_in(raw).index("asked")
                    assert [row[place] for row in table.rows] == asked, decision.subject
    town.close()


def test_every_document_of_the_timeline_lies_there(lived: tuple[Path, Year]) -> None:
    _, year = lived
    named = {line.document for line in year.lines if line.document}
    folder = year.out / "van-ban"
    assert named == {p.relative_to(folder).as_posix() for p in folder.rglob("*.pdf")}
    assert len(named) == year.rehearsed.documents


def test_the_course_of_the_year_is_the_known_one(lived: tuple[Path, Year]) -> None:
    folder, year = lived
    check_course(year, GOLDEN / f"{folder.name}.txt")


@pytest.mark.long
@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("*-20[0-9][0-9].txt")), ids=lambda path: path.stem)
def test_the_course_of_another_year_is_the_known_one(golden: Path, tmp_path: Path) -> None:
    name, _, wanted = golden.stem.rpartition("-")
    year = live(next(p for p in PACKS if p.name == name), tmp_path, units=UNITS, year=int(wanted))
    assert (year.rehearsed.closed, year.rehearsed.incidents) == (True, ())
    check_course(year, golden)


def check_course(year: Year, golden: Path) -> None:
    """Compare the course of a year with the one that is kept."""
    course = "".join(
        f"{x.day} {x.unit} {x.event} {x.task or '-'} {x.last_day or '-'} {'-' if x.days_late is None else x.days_late}\n"
        for x in year.lines
    )
    if os.environ.get("CHUKY_WRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(course, "utf-8")
    assert course.splitlines() == golden.read_text("utf-8").splitlines()


def test_lateness_is_told_wherever_there_is_a_last_day(lived: tuple[Path, Year]) -> None:
    _, year = lived
    assert [line for line in year.lines if (line.last_day is None) != (line.days_late is None)] == []
    for line in (line for line in year.lines if line.last_day is not None):
        counted = (date.fromisoformat(line.day) - date.fromisoformat(str(line.last_day))).days
        assert line.days_late == max(0, counted), line
