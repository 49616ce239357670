"""The package of a closed cycle, and of a dossier: asked for, made by a job, handed out to those who may read it all."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from documents.bag_verify import PackageReport, verify_package
from engine.rules.archiving import PackageState
from engine.rules.cycles import CycleState
from engine.rules.dossiers import DossierState
from tests.pages.town import Browser, Seen, Town, text


@pytest.fixture
def closed(lived: Town, own: Callable[[Town], Town]) -> Town:
    """The lived city, its cycle closed by hand."""
    town = own(lived)
    with town.house.open_uow() as uow:
        cycle = uow.cycles.all()[0]
        uow.cycles.save(replace(cycle, state=CycleState.CLOSED, closed_at=town.clock()))
    return town


def verified(content: bytes, folder: Path) -> PackageReport:
    path = folder / "goi.zip"
    path.write_bytes(content)
    return verify_package(path)


def asked(browser: Browser, path: str) -> Seen:
    seen = browser.post(path)
    assert (seen.status, seen.url) == (303, f"{path}?tb=lap-goi")
    return browser.get(path)


def loaded(browser: Browser, path: str) -> Seen:
    link = browser.get(path).soup.select_one("main section a")
    assert link is not None
    return browser.get(str(link["href"]))


def test_the_package_of_a_closed_cycle_is_made_by_a_job_and_verified_by_anybody(closed: Town, tmp_path: Path) -> None:
    officer = closed.client("thanhdoan")
    assert "/chu-ky/1/goi" in officer.get("/chu-ky/1").links()
    waiting = asked(officer, "/chu-ky/1/goi")
    assert "Gói đang được lập" in text(waiting.soup.main)
    assert asked(officer, "/chu-ky/1/goi").soup.select("main section a") == []  # asked for once, whoever presses twice
    with closed.house.read_uow() as uow:
        assert [p.state for p in uow.packages.of(uow.cycles.all()[0].id, None)] == [PackageState.ASKED]
    closed.house.work_off()
    file = loaded(officer, "/chu-ky/1/goi")
    assert (file.status, file.headers["content-type"]) == (200, "application/zip")
    assert file.headers["content-disposition"].startswith("attachment;")
    assert int(file.headers["content-length"]) == len(file.content)
    report = verified(file.content, tmp_path)
    assert (report.problems, report.exit_code()) == ((), 0)
    with closed.house.read_uow() as uow:
        package = uow.packages.of(uow.cycles.all()[0].id, None)[0]
        assert (package.state, package.size) == (PackageState.MADE, len(file.content))
        assert [e.line.event for e in uow.audit.of_cycle(1) if e.line][-1] == "packed"
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        names = archive.namelist()
    with closed.house.read_uow() as uow:
        dossiers = uow.dossiers.of_cycle(uow.cycles.all()[0].id)
        blobs = {blob.sha256[:16] for dossier in dossiers for blob in uow.dossiers.blobs(dossier.id)}
    assert sum(name.endswith("/ho-so.json") for name in names) == len(dossiers)
    assert {name.rpartition("/")[2].partition(".")[0] for name in names if "/minh-chung/" in name} == blobs


def test_a_dossiers_package_holds_its_own_records_and_the_decision_that_recognised_it(
    closed: Town, tmp_path: Path
) -> None:
    with closed.house.read_uow() as uow:
        dossiers = uow.dossiers.of_cycle(uow.cycles.all()[0].id)
        school = next(d for d in dossiers if d.state is DossierState.RECOGNISED)
        decision = uow.decisions.get(uow.titles.of_dossier(school.id)[0].decision_id)
        own = [e for e in uow.audit.of_dossier(school.id) if e.line]
    path = f"/ho-so/{school.id}/goi"
    clerk = closed.client("vanthu")
    asked(clerk, path)
    closed.house.work_off()
    file = loaded(clerk, path)
    report = verified(file.content, tmp_path)
    assert (report.problems, report.exit_code()) == ((), 0)
    assert report.contents is not None
    assert report.contents.events == len(own)
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        base = archive.namelist()[0].partition("/")[0]
        rows = [json.loads(line) for line in archive.read(f"{base}/data/van-ban.jsonl").splitlines()]
        assert decision.symbol in {row["symbol"] for row in rows}
        assert sum(name.endswith("/ho-so.json") for name in archive.namelist()) == 1


def test_nobody_gets_a_package_of_what_they_may_not_read(closed: Town, lived: Town) -> None:
    officer = closed.client("thanhdoan")
    asked(officer, "/chu-ky/1/goi")
    closed.house.work_off()
    link = officer.get("/chu-ky/1/goi").soup.select_one("main section a")
    assert link is not None
    for name in ("bithu", "doancoso", "vanthu", "thietke"):
        stranger = closed.client(name)
        assert [stranger.get("/chu-ky/1/goi").status, stranger.get(str(link["href"])).status] == [403, 403], name
        assert stranger.post("/chu-ky/1/goi").status == 403, name
    assert lived.client("thanhdoan").post("/chu-ky/1/goi").status == 409  # it is still open
    assert "/chu-ky/1/goi" not in lived.client("thanhdoan").get("/chu-ky/1").links()


def test_a_package_that_cannot_be_made_says_so_and_is_tried_again(closed: Town) -> None:
    officer = closed.client("thanhdoan")
    store = closed.house.settings.storage_folder
    hidden = store.rename(store.with_name("cat-di"))
    asked(officer, "/chu-ky/1/goi")
    closed.house.work_off()
    assert "Không lập được" in text(officer.get("/chu-ky/1/goi").soup.main)
    shown = store
    if shown.exists():
        shown.rmdir()
    hidden.rename(store)
    with closed.house.read_uow() as uow:
        incident = next(i for i in uow.incidents.open() if i.kind == "package")
    administrator = closed.client("quantri")
    administrator.post(f"/quan-tri/su-co/{incident.id}/lam-lai")
    closed.house.work_off()
    assert loaded(officer, "/chu-ky/1/goi").status == 200
