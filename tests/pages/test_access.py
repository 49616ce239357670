"""Who may see and do what? Every page of ours × every role; what is not in the table is a fault."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from api.pages import (
    absences,
    answering,
    archiving,
    batches,
    books,
    calendar,
    checking,
    countersigning,
    cycle_lists,
    cycle_members,
    cycle_opening,
    cycles,
    decisions,
    dossiers,
    group_texts,
    home,
    inbox,
    opinions,
    packages,
    prints,
    programme,
    programme_entries,
    programme_report,
    rankings,
    redating,
    remedies,
    score_sheets,
    surveys,
    tasks,
)
from engine.ports.store import UnitOfWork
from engine.rules.programme import Programme
from engine.use_cases import messages
from engine.use_cases.actors import actor_of
from tests.pages.town import ROLES, WALKERS, Town, text

ROUTERS: tuple[APIRouter, ...] = (
    home.router, inbox.router, batches.router, tasks.router, dossiers.router, prints.router, cycles.router, cycle_lists.router, cycle_members.router, group_texts.router, cycle_opening.router, redating.router,
    decisions.router, books.router, remedies.router, checking.router, countersigning.router, absences.router, calendar.router, packages.router, archiving.router, programme.router, programme_entries.router, programme_report.router, opinions.router,
    surveys.router, answering.router, rankings.router, score_sheets.router,
)  # fmt: skip
EVERYBODY = frozenset(ROLES)
READERS = EVERYBODY - {"thietke"}
BRANCH, SCHOOL = frozenset({"bithu"}), frozenset({"bithutruong"})
CITY = frozenset({"thanhdoan", "kiemtra", "quantri"})
ABOVE = CITY | {"doancoso", "kyso", "vanthu"}  #: those who read the whole of the home superior
LEAD = frozenset({"thanhdoan"})
KEEPERS = frozenset({"vanthu", "quantri"})  #: of books and numbers
ISSUERS = frozenset({"doancoso", "kyso", "vanthu"})  #: people of the home superior, who draft and sign its documents
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rule:
    """Who may open a page (or send its form), and what they get."""

    route: str
    path: str
    who: frozenset[str]
    status: int = 200


#: Addresses with {names} of `places`; each route of ours at least once.
PAGES = (
    Rule("/", "/", EVERYBODY),
    Rule("/viec", "/viec", EVERYBODY),
    Rule("/viec/ky-nhieu", "/viec/ky-nhieu", EVERYBODY),
    Rule("/viec/ky-nhieu/{batch_id:int}", "/viec/ky-nhieu/9", EVERYBODY, 404),
    Rule("/viec/ky-nhieu/{batch_id:int}/trang-thai", "/viec/ky-nhieu/9/trang-thai", EVERYBODY, 404),
    Rule("/viec/loat/ket-qua", "/viec/loat/ket-qua?xong={task}", EVERYBODY),
    Rule("/viec/{item_id:int}", "/viec/{task}", BRANCH),
    Rule("/viec/{item_id:int}/kiem-tra", "/viec/{task}/kiem-tra", BRANCH, 303),
    Rule("/viec/{item_id:int}/mau/{name}.xlsx", "/viec/{task}/mau/members.xlsx", BRANCH),
    Rule("/viec/{item_id:int}/da-gui", "/viec/{task}/da-gui", BRANCH, 303),
    Rule("/ho-so/{dossier_id:int}", "/ho-so/{own}", BRANCH | ABOVE),
    Rule("/ho-so/{dossier_id:int}", "/ho-so/{foreign}", CITY),
    Rule("/ho-so/{dossier_id:int}", "/ho-so/{superior}", ABOVE),
    Rule("/ho-so/{dossier_id:int}", "/ho-so/{city}", CITY),
    Rule("/ho-so/{dossier_id:int}/tep/{sha256}", "/ho-so/{own}/tep/" + "0" * 64, BRANCH | ABOVE, 404),
    Rule("/ho-so/{dossier_id:int}/de-nghi/{node}", "/ho-so/{own}/de-nghi/{offer}", BRANCH),
    Rule("/chu-ky", "/chu-ky", READERS),
    Rule("/chu-ky/{cycle_id:int}", "/chu-ky/{cycle}", READERS),
    Rule("/chu-ky/{cycle_id:int}/so-do", "/chu-ky/{cycle}/so-do", READERS),
    Rule("/chu-ky/{cycle_id:int}/buoc", "/chu-ky/{cycle}/buoc?quy_trinh=x&nut=y", READERS),
    Rule("/chu-ky/{cycle_id:int}/ho-so", "/chu-ky/{cycle}/ho-so", READERS),
    Rule("/chu-ky/{cycle_id:int}/ho-so.xlsx", "/chu-ky/{cycle}/ho-so.xlsx", READERS),
    Rule("/chu-ky/{cycle_id:int}/bao-cao", "/chu-ky/{cycle}/bao-cao", READERS),
    Rule("/chu-ky/{cycle_id:int}/bao-cao.xlsx", "/chu-ky/{cycle}/bao-cao.xlsx", READERS),
    Rule("/chu-ky/{cycle_id:int}/doan-vien", "/chu-ky/{cycle}/doan-vien", READERS),
    Rule("/chu-ky/{cycle_id:int}/doan-vien.xlsx", "/chu-ky/{cycle}/doan-vien.xlsx", READERS),
    Rule(group_texts.PATH, "/chu-ky/{cycle}/loi-nhan", READERS),
    Rule("/chu-ky/{cycle_id:int}/dong", "/chu-ky/{cycle}/dong", LEAD),
    Rule("/chu-ky/{cycle_id:int}/goi", "/chu-ky/{cycle}/goi", CITY),
    Rule("/ho-so/{dossier_id:int}/goi", "/ho-so/{own}/goi", BRANCH | ABOVE),
    Rule("/ho-so/{dossier_id:int}/goi", "/ho-so/{foreign}/goi", CITY),
    Rule("/goi/{package_id:int}/tai", "/goi/1/tai", EVERYBODY, 404),
    Rule("/luu-tru", "/luu-tru", READERS),
    Rule("/luu-tru/thoi-han", "/luu-tru/thoi-han", READERS),
    Rule("/luu-tru/{handover_id:int}", "/luu-tru/1", EVERYBODY, 404),
    Rule("/luu-tru/{handover_id:int}/{paper}/pdf", "/luu-tru/1/muc-luc/pdf", EVERYBODY, 404),
    Rule("/luu-tru/{handover_id:int}/{paper}/docx", "/luu-tru/1/bien-ban/docx", EVERYBODY, 404),
    Rule("/xep-hang", "/xep-hang", EVERYBODY),
    Rule("/xep-hang/{cycle_id:int}", "/xep-hang/{cycle}", EVERYBODY, 404),
    Rule("/xep-hang/{cycle_id:int}/xep-hang.xlsx", "/xep-hang/{cycle}/xep-hang.xlsx", EVERYBODY, 404),
    Rule("/xep-hang/{cycle_id:int}/du-lieu.json", "/xep-hang/{cycle}/du-lieu.json", EVERYBODY, 404),
    Rule("/xep-hang/{cycle_id:int}/hoi-dong", "/xep-hang/{cycle}/hoi-dong", EVERYBODY, 404),
    Rule("/xep-hang/{cycle_id:int}/so-sanh", "/xep-hang/{cycle}/so-sanh", EVERYBODY, 404),
    Rule("/xep-hang/phieu-diem/{dossier_id:int}", "/xep-hang/phieu-diem/{own}", BRANCH | ABOVE),
    Rule("/xep-hang/phieu-diem/{dossier_id:int}", "/xep-hang/phieu-diem/{foreign}", CITY),
    Rule(
        "/xep-hang/phieu-diem/{dossier_id:int}/phieu-diem.xlsx",
        "/xep-hang/phieu-diem/{own}/phieu-diem.xlsx",
        BRANCH | ABOVE,
    ),
    Rule(redating.MOVE, "/chu-ky/{cycle}/doi-han", LEAD),
    Rule(redating.UNDO, "/chu-ky/{cycle}/doi-han/1/hoan-tac", LEAD, 404),
    Rule(redating.READING, "/chu-ky/{cycle}/cach-doc", LEAD),
    Rule(surveys.LIST, "/chu-ky/{cycle}/khao-sat", READERS),
    Rule(surveys.ONE, "/chu-ky/{cycle}/khao-sat/khong-co", READERS, 404),
    Rule(f"{surveys.ONE}/ket-qua.xlsx", "/chu-ky/{cycle}/khao-sat/khong-co/ket-qua.xlsx", READERS, 404),
    Rule("/chu-ky/moi", "/chu-ky/moi", LEAD),
    Rule("/van-ban", "/van-ban", READERS),
    Rule("/van-ban/so-dang-ky", "/van-ban/so-dang-ky", READERS),
    Rule("/van-ban/so-dang-ky.xlsx", "/van-ban/so-dang-ky.xlsx?don_vi=1&nam=2026", NOBODY),
    Rule("/van-ban/so-dang-ky/in", "/van-ban/so-dang-ky/in?don_vi=1&nam=2026", NOBODY),
    Rule(books.BOOKS, books.BOOKS, KEEPERS),
    Rule(f"{books.BOOKS}/moi", f"{books.BOOKS}/moi", KEEPERS),
    Rule(f"{books.BOOKS}/{{book_id:int}}", f"{books.BOOKS}/999999", EVERYBODY, 404),
    Rule(books.WAITING, books.WAITING, KEEPERS),
    Rule(f"{books.WAITING}/{{awaited_id:int}}", f"{books.WAITING}/999999", EVERYBODY, 404),
    Rule(f"{books.WAITING}/{{awaited_id:int}}/tra-lai", f"{books.WAITING}/999999/tra-lai", EVERYBODY, 404),
    Rule("/van-ban/cho-ky", "/van-ban/cho-ky", EVERYBODY),
    Rule("/vang-mat", "/vang-mat", EVERYBODY),
    Rule("/vang-mat/moi", "/vang-mat/moi", EVERYBODY),
    Rule("/vang-mat/moi", "/vang-mat/moi?vi_tri={place}", frozenset({"doancoso", "thanhdoan", "quantri"})),
    Rule("/vang-mat/{delegation_id:int}", "/vang-mat/1", EVERYBODY, 404),
    Rule("/lich", "/lich?cua=don-vi", EVERYBODY),
    Rule("/chuong-trinh", "/chuong-trinh?nam=", EVERYBODY),
    Rule("/chuong-trinh.xlsx", "/chuong-trinh.xlsx?nam=", EVERYBODY),
    Rule("/chuong-trinh.pdf", "/chuong-trinh.pdf?nam=2026&quy=4", CITY),
    Rule("/chuong-trinh.docx", "/chuong-trinh.docx?nam=2026", CITY),
    Rule("/chuong-trinh/{key}", "/chuong-trinh/{model}", EVERYBODY),
    Rule("/chuong-trinh/{key}/moc/{milestone}", "/chuong-trinh/{model}/moc/{milestone}", LEAD),
    Rule("/chuong-trinh/{key}/kinh-phi/{money}", "/chuong-trinh/{model}/kinh-phi/{money}", LEAD),
    Rule("/chuong-trinh/{key}/don-vi", "/chuong-trinh/{model}/don-vi", LEAD | {"quantri"}),
    Rule("/chuong-trinh/{key}/y-kien", "/chuong-trinh/{model}/y-kien", EVERYBODY),
    Rule("/chuong-trinh/{key}/y-kien/moi", "/chuong-trinh/{model}/y-kien/moi", LEAD),
    Rule("/y-kien/{request_id:int}", "/y-kien/1", EVERYBODY, 404),
    Rule("/y-kien/{request_id:int}/tep/{unit_id:int}", "/y-kien/1/tep/1", EVERYBODY, 404),
    Rule("/kiem-tra", "/kiem-tra", EVERYBODY),
    Rule("/kiem-tra/{code}", "/kiem-tra/khongco", EVERYBODY, 404),
    Rule(answering.PUBLIC + "/{token}", "/khao-sat/khongco", EVERYBODY, 404),
    Rule(answering.PUBLIC + "/{token}/cam-on", "/khao-sat/khongco/cam-on", EVERYBODY, 404),
)
#: The same for a city where documents were issued.
DOCUMENTS = (
    Rule("/van-ban/{decision_id:int}", "/van-ban/{decision}", SCHOOL | ABOVE),
    Rule("/van-ban/{decision_id:int}/ban-quet", "/van-ban/{decision}/ban-quet", SCHOOL | ABOVE, 404),
    Rule("/van-ban/{decision_id:int}/ky", "/van-ban/{decision}/ky", SCHOOL | ABOVE, 409),
    Rule("/van-ban/{decision_id:int}/ky/tep", "/van-ban/{decision}/ky/tep", SCHOOL | ABOVE, 409),
    Rule("/van-ban/{decision_id:int}/ky/du-lieu.json", "/van-ban/{decision}/ky/du-lieu.json", SCHOOL | ABOVE, 409),
    Rule("/van-ban/{decision_id:int}/ky/du-lieu.der", "/van-ban/{decision}/ky/du-lieu.der", SCHOOL | ABOVE, 409),
    Rule(
        "/van-ban/{decision_id:int}/ky/phan-duoc-ky.bin",
        "/van-ban/{decision}/ky/phan-duoc-ky.bin",
        SCHOOL | ABOVE,
        409,
    ),
    Rule("/van-ban/{decision_id:int}/trang-thai", "/van-ban/{decision}/trang-thai", SCHOOL | ABOVE),
    Rule("/van-ban/{decision_id:int}/pdf", "/van-ban/{decision}/pdf", SCHOOL | ABOVE),
    Rule("/van-ban/{decision_id:int}/docx", "/van-ban/{decision}/docx", SCHOOL | ABOVE),
    Rule("/ho-so/{dossier_id:int}/giay/{submission_id:int}/pdf", "/ho-so/{school}/giay/{receipt}/pdf", SCHOOL | ABOVE),
    Rule("/ho-so/{dossier_id:int}/giay/{submission_id:int}/docx", "/ho-so/{group}/giay/{minutes}/docx", ABOVE),
    Rule(
        "/ho-so/{dossier_id:int}/giay/{submission_id:int}/pdf",
        "/ho-so/{school}/giay/{minutes}/pdf",
        SCHOOL | ABOVE,
        404,
    ),
    Rule("/van-ban/so-dang-ky.xlsx", "/van-ban/so-dang-ky.xlsx?don_vi={issuer}&nam=2027", ABOVE),
    Rule("/van-ban/so-dang-ky/in", "/van-ban/so-dang-ky/in?don_vi={issuer}&nam=2027", ABOVE),
    Rule(f"{books.ROWS}/{{row_id:int}}/huy", f"{books.ROWS}/{{row}}/huy", KEEPERS, 409),
    Rule("/van-ban/{decision_id:int}/xu-ly/{word}", "/van-ban/{decision}/xu-ly/thu-hoi", ISSUERS),
    Rule("/van-ban/{decision_id:int}/xu-ly/sua", "/van-ban/{decision}/xu-ly/sua", EVERYBODY, 404),
    Rule("/van-ban/{decision_id:int}/xu-ly/bo", "/van-ban/{decision}/xu-ly/bo", EVERYBODY, 404),
    Rule("/kiem-tra/{code}", "/kiem-tra/{code}", EVERYBODY),
)
#: Who may send, for whom it comes to a look at the form again or to what is said in its place.
FORMS = (
    Rule("/viec/{item_id:int}", "/viec/{task}", BRANCH, 409),
    Rule("/viec/{item_id:int}/nhap", "/viec/{task}/nhap", BRANCH, 409),
    Rule("/viec/{item_id:int}/nam-truoc", "/viec/{task}/nam-truoc", BRANCH, 303),
    Rule("/viec/{item_id:int}/kiem-tra", "/viec/{task}/kiem-tra", BRANCH, 422),
    Rule("/viec/ky-nhieu", "/viec/ky-nhieu", EVERYBODY, 422),
    Rule("/viec/loat", "/viec/loat", EVERYBODY, 303),
    Rule("/viec/loat/lam", "/viec/loat/lam", EVERYBODY, 303),
    Rule("/ho-so/{dossier_id:int}/de-nghi/{node}", "/ho-so/{own}/de-nghi/{offer}", BRANCH, 422),
    Rule("/ho-so/{dossier_id:int}/dang-ky-lai", "/ho-so/{own}/dang-ky-lai", BRANCH, 409),
    Rule("/chu-ky/{cycle_id:int}/dong", "/chu-ky/{cycle}/dong", LEAD, 409),
    Rule("/chu-ky/{cycle_id:int}/goi", "/chu-ky/{cycle}/goi", CITY, 409),
    Rule("/ho-so/{dossier_id:int}/goi", "/ho-so/{own}/goi", BRANCH | ABOVE, 409),
    Rule("/luu-tru", "/luu-tru", EVERYBODY, 404),
    Rule("/luu-tru/{handover_id:int}/nhan", "/luu-tru/1/nhan", EVERYBODY, 404),
    Rule("/luu-tru/{handover_id:int}/tu-choi", "/luu-tru/1/tu-choi", EVERYBODY, 404),
    Rule("/luu-tru/{handover_id:int}/sua", "/luu-tru/1/sua", EVERYBODY, 404),
    Rule("/luu-tru/thoi-han", "/luu-tru/thoi-han", frozenset({"quantri"}), 409),
    Rule(redating.MOVE, "/chu-ky/{cycle}/doi-han", LEAD, 422),
    Rule(redating.UNDO, "/chu-ky/{cycle}/doi-han/1/hoan-tac", LEAD, 404),
    Rule(redating.READING, "/chu-ky/{cycle}/cach-doc", LEAD, 422),
    Rule("/chu-ky/moi", "/chu-ky/moi", NOBODY),
    Rule(f"{books.BOOKS}/moi", f"{books.BOOKS}/moi", KEEPERS, 422),
    Rule(f"{books.BOOKS}/{{book_id:int}}", f"{books.BOOKS}/999999", EVERYBODY, 404),
    Rule(f"{books.BOOKS}/{{book_id:int}}/xoa", f"{books.BOOKS}/999999/xoa", EVERYBODY, 404),
    Rule(f"{books.BOOKS}/{{book_id:int}}/giu-so", f"{books.BOOKS}/999999/giu-so", EVERYBODY, 404),
    Rule(f"{books.WAITING}/{{awaited_id:int}}", f"{books.WAITING}/999999", EVERYBODY, 404),
    Rule(f"{books.WAITING}/{{awaited_id:int}}/tra-lai", f"{books.WAITING}/999999/tra-lai", EVERYBODY, 404),
    Rule(f"{books.ROWS}/{{row_id:int}}/huy", f"{books.ROWS}/999999/huy", EVERYBODY, 404),
    Rule("/van-ban/{decision_id:int}/xu-ly/{word}", "/van-ban/999999/xu-ly/thu-hoi", EVERYBODY, 404),
    Rule("/van-ban/{decision_id:int}/xu-ly/sua", "/van-ban/999999/xu-ly/sua", EVERYBODY, 404),
    Rule("/van-ban/{decision_id:int}/xu-ly/ky", "/van-ban/999999/xu-ly/ky", EVERYBODY, 404),
    Rule("/van-ban/{decision_id:int}/xu-ly/bo", "/van-ban/999999/xu-ly/bo", EVERYBODY, 404),
    Rule("/van-ban/{decision_id:int}/ky/chung-thu", "/van-ban/1/ky/chung-thu", EVERYBODY, 404),
    Rule("/van-ban/{decision_id:int}/ky/chu-ky", "/van-ban/1/ky/chu-ky", EVERYBODY, 404),
    Rule("/van-ban/{decision_id:int}/ky/tep", "/van-ban/1/ky/tep", EVERYBODY, 404),
    Rule("/van-ban/{decision_id:int}/ky/ban-quet", "/van-ban/1/ky/ban-quet", EVERYBODY, 404),
    Rule("/vang-mat/moi", "/vang-mat/moi", EVERYBODY, 422),
    Rule("/vang-mat/{delegation_id:int}/lay-lai", "/vang-mat/1/lay-lai", EVERYBODY, 404),
    Rule("/lich/muc", "/lich/muc", frozenset({"quantri"}), 422),
    Rule("/chuong-trinh/{key}/moc/{milestone}", "/chuong-trinh/{model}/moc/{milestone}", LEAD, 422),
    Rule("/chuong-trinh/{key}/kinh-phi/{money}", "/chuong-trinh/{model}/kinh-phi/{money}", LEAD, 303),
    Rule("/chuong-trinh/{key}/don-vi", "/chuong-trinh/{model}/don-vi", LEAD | {"quantri"}, 303),
    Rule("/chuong-trinh/{key}/y-kien/moi", "/chuong-trinh/{model}/y-kien/moi", LEAD, 422),
    Rule("/y-kien/{request_id:int}", "/y-kien/1", EVERYBODY, 404),
    Rule("/y-kien/{request_id:int}/ket-thuc", "/y-kien/1/ket-thuc", EVERYBODY, 404),
    Rule("/kiem-tra", "/kiem-tra", EVERYBODY, 422),
    Rule("/kiem-tra/{code}", "/kiem-tra/khongco", EVERYBODY, 404),
    Rule(surveys.ONE, "/chu-ky/{cycle}/khao-sat/khong-co", LEAD, 422),
    Rule(answering.PUBLIC + "/{token}", "/khao-sat/khongco", EVERYBODY, 404),
)
OPEN = ("/kiem-tra", answering.PUBLIC)


def test_every_route_of_ours_is_in_the_table() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    known = {("GET", rule.route) for rule in (*PAGES, *DOCUMENTS)} | {("POST", rule.route) for rule in FORMS}
    assert {(method, route.path) for route in routes for method in route.methods} == known


@pytest.fixture(scope="module")
def places(young: Town) -> dict[str, object]:
    """What the addresses of the young city name."""
    with young.house.read_uow() as uow:
        account = uow.accounts.find_username("bithu")
        assert account is not None
        actor = actor_of(uow, account, now=young.clock())
        units = {d.unit_id: d for d in uow.dossiers.of_cycle(uow.cycles.all()[0].id)}
        own = units[next(iter(actor.units()))]
        path = uow.units.path(own.unit_id)
        foreign = next(d for d in units.values() if d.cohort and uow.units.get(d.unit_id).parent_id != path[1].id)
        return {
            "own": own.id,
            "foreign": foreign.id,
            "superior": units[path[1].id].id,
            "city": units[path[2].id].id,
            "task": uow.queries.inbox(actor.positions)[0].id,
            "offer": messages.offers(uow, own, actor=actor)[0].node,
            "cycle": own.cycle_id,
            "model": young.model.key,
            "milestone": _programme(young).milestones[0].key,
            "money": next(m.key for m in _programme(young).money if not _programme(young).parts(m.key)),
            "place": _place(uow, "doancoso"),
        }


def _programme(town: Town) -> Programme:
    assert town.model.programme is not None
    return town.model.programme


def _place(uow: UnitOfWork, username: str) -> str:
    """How the page on absences names the person's position."""
    account = uow.accounts.find_username(username)
    assert account is not None
    position = uow.accounts.positions(account.id)[0]
    return f"{position.unit_id}.{account.id}.{position.role}"


@pytest.fixture(scope="module")
def issued(lived: Town) -> dict[str, object]:
    """What the addresses of the lived city name: the decision of the schools."""
    with lived.house.read_uow() as uow:
        decision = next(d for d in uow.decisions.of_cycle(uow.cycles.all()[0].id) if d.type_code == "QĐ")
        minutes = uow.dossiers.latest_submission(decision.dossier_id, "meet")
        account = uow.accounts.find_username("bithutruong")
        assert account is not None
        school = uow.dossiers.of_unit(uow.accounts.positions(account.id)[0].unit_id)[0].id
        receipt = uow.dossiers.latest_submission(school, "register")
        assert minutes is not None
        assert receipt is not None
        papers = {"group": decision.dossier_id, "minutes": minutes.id, "school": school, "receipt": receipt.id}
        row = uow.books.rows_of(decision.id)[0].id
        return {"decision": decision.id, "issuer": decision.unit_id, "code": decision.code, "row": row, **papers}


@pytest.mark.parametrize("role", ROLES)
def test_pages_open_for_those_who_may_only(young: Town, places: dict[str, object], role: str) -> None:
    assert dict(_looked(young, places, role, PAGES)) == _expected(PAGES, role, places)


@pytest.mark.parametrize("role", ROLES)
def test_documents_open_for_those_who_may_only(lived: Town, issued: dict[str, object], role: str) -> None:
    assert dict(_looked(lived, issued, role, DOCUMENTS)) == _expected(DOCUMENTS, role, issued)


@pytest.mark.parametrize("role", ROLES)
def test_forms_are_taken_from_those_who_may_only(
    young: Town, own: Callable[[Town], Town], places: dict[str, object], role: str
) -> None:
    town = own(young)
    browser = town.client(role)
    token = browser.csrf()
    got = {r.path.format(**places): browser.post(r.path.format(**places), {"csrf": token}).status for r in FORMS}
    assert got == _expected(FORMS, role, places)


def test_nobody_who_is_not_signed_in_gets_further_than_the_door(young: Town, places: dict[str, object]) -> None:
    browser = young.client()
    for rule in PAGES:
        seen = browser.get(rule.path.format(**places))
        if rule.route.startswith(OPEN):
            assert seen.status in (200, 404), rule.path
        else:
            assert (seen.status, seen.url.startswith("/dang-nhap?tiep=")) == (303, True), rule.path
    for rule in FORMS:
        seen = browser.post(rule.path.format(**places), {"csrf": "x"})
        assert seen.status in (303, 403), rule.path
        assert seen.status == 403 or seen.url.startswith("/dang-nhap"), rule.path


def test_a_form_without_this_browsers_token_is_refused_and_changes_nothing(
    young: Town, own: Callable[[Town], Town], places: dict[str, object]
) -> None:
    town = own(young)
    browser = town.client("thanhdoan")
    other = town.client("doancoso").csrf()
    before = _lines(town)
    for rule in FORMS:
        for token in ("", "x" * 88, other):
            assert browser.post(rule.path.format(**places), {"csrf": token}).status == 403, rule.path
    assert _lines(town) == before


def test_lists_hold_what_lies_in_ones_own_scope(young: Town, places: dict[str, object]) -> None:
    path = f"/chu-ky/{places['cycle']}/ho-so"
    counts = {
        role: text(young.client(role).get(path).soup.select_one("main strong")) for role in ROLES if role != "thietke"
    }
    assert counts == {
        "bithu": "1", "bithutruong": "1", "doancoso": "12", "kyso": "12", "vanthu": "12",
        "thanhdoan": "14", "kiemtra": "14", "quantri": "14",
    }  # fmt: skip


@pytest.mark.parametrize("role", WALKERS)
def test_every_link_works_for_whom_it_is_shown_to(young: Town, lived: Town, role: str) -> None:
    for town in (young, lived):
        browser = town.client(role)
        seen: set[str] = set()
        waiting = ["/", "/viec", *([] if role == "thietke" else ["/chu-ky", "/van-ban"])]
        while waiting and len(seen) < 150:
            path = waiting.pop(0)
            if "/giay/" in path and any("/giay/" in known and known[-4:] == path[-4:] for known in seen):
                continue  # one paper of each format is enough: rendering takes its time
            answer = browser.get(path)
            assert answer.status in (200, 303), (role, path, answer.status)
            seen.add(path)
            more = {link.partition("#")[0] for link in answer.links()} - seen - set(waiting)
            waiting += sorted(link for link in more if "?" not in link)


def _looked(town: Town, places: dict[str, object], role: str, rules: tuple[Rule, ...]) -> Iterator[tuple[str, int]]:
    browser = town.client(role)
    for rule in rules:
        path = rule.path.format(**places)
        yield path, browser.get(path).status


def _expected(rules: tuple[Rule, ...], role: str, places: dict[str, object]) -> dict[str, int]:
    return {rule.path.format(**places): rule.status if role in rule.who else 403 for rule in rules}


def _lines(town: Town) -> int:
    with town.house.read_uow() as uow:
        return len(uow.audit.entries(0, 100_000))
