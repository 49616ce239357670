"""Who may look after what? Every page of administration × every role; what is not in the table is a fault."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from api.pages import (
    accounts,
    administration,
    audit,
    incidents,
    legal_bases,
    model_adding,
    model_criteria,
    model_dates,
    model_editing,
    model_files,
    model_forms,
    model_returning,
    models,
    notices,
    outbox,
    own_account,
    own_notices,
    positions,
    signing_ways,
    unit_changes,
    unit_lists,
    unit_rolling,
    unit_tree,
    units,
    webhooks,
    working_days,
)
from tests.pages.town import ROLES, WALKERS, Town

ROUTERS: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (
        accounts, administration, audit, incidents, legal_bases, model_adding, model_criteria, model_dates, model_editing, model_files, model_forms,
        model_returning, models, notices, outbox, own_account,
        own_notices, positions, signing_ways, unit_changes,
        unit_lists, unit_rolling, unit_tree, units, webhooks, working_days,
    )
)  # fmt: skip
EVERYBODY = frozenset(ROLES)
READERS = EVERYBODY - {"thietke"}
NOBODY: frozenset[str] = frozenset()
BRANCH = frozenset({"bithu"})
ADMINISTRATOR, AUDITORS = frozenset({"quantri"}), frozenset({"kiemtra", "quantri"})
CITY = frozenset({"thanhdoan", "kiemtra", "quantri"})
BASE = frozenset({"doancoso", "kyso", "vanthu"})
#: Who arranges units below the city, below the base union; who looks after accounts of the base union, of the branch.
AT_BASE, AT_BRANCH = frozenset({"thanhdoan", "quantri"}), frozenset({"thanhdoan", "doancoso", "kyso", "quantri"})
OF_BASE, OF_BRANCH = frozenset({"thanhdoan", "quantri"}), frozenset({"doancoso", "kyso", "quantri"})
MANAGERS = frozenset({"thanhdoan", "doancoso", "kyso", "quantri"})
LOOKERS = frozenset({"thanhdoan", "doancoso", "kiemtra", "quantri"})
MODELS = LOOKERS | {"thietke"}
DESIGNERS = frozenset({"thietke", "quantri"})


@dataclass(frozen=True)
class Rule:
    """Who may open a page (or send its form), and what they get."""

    route: str
    path: str
    who: frozenset[str]
    status: int = 200


#: Units of the city: 1 the city, 2 the base union of the roles, 3 the branch of `bithu`, 15 the other base union.
PAGES = (
    Rule("/don-vi", "/don-vi", READERS),
    Rule("/don-vi", "/don-vi?tim=to", READERS),
    Rule("/don-vi/{unit_id:int}", "/don-vi/1", CITY),
    Rule("/don-vi/{unit_id:int}", "/don-vi/2", CITY | BASE),
    Rule("/don-vi/{unit_id:int}", "/don-vi/3", CITY | BASE | {"bithu"}),
    Rule("/don-vi/{unit_id:int}", "/don-vi/15", CITY),
    Rule("/don-vi/nhap", "/don-vi/nhap", AT_BRANCH),
    Rule("/don-vi/nhap/mau.xlsx", "/don-vi/nhap/mau.xlsx", AT_BRANCH),
    Rule("/don-vi/len-lop", "/don-vi/len-lop", AT_BRANCH),
    Rule("/don-vi/len-lop/mau.xlsx", "/don-vi/len-lop/mau.xlsx?don_vi=2", AT_BRANCH),
    Rule("/don-vi/nhap/lich-su", "/don-vi/nhap/lich-su", AT_BRANCH),
    Rule("/don-vi/nhap/lich-su/{change_id:int}", "/don-vi/nhap/lich-su/1", AT_BRANCH, 404),
    Rule("/don-vi/nhap/xong", "/don-vi/nhap/xong?so=2", AT_BRANCH),
    Rule("/don-vi/{unit_id:int}/them", "/don-vi/2/them", AT_BRANCH),
    Rule("/don-vi/{unit_id:int}/them", "/don-vi/1/them", AT_BASE),
    Rule("/don-vi/{unit_id:int}/doi-ten", "/don-vi/2/doi-ten", AT_BASE),
    Rule("/don-vi/{unit_id:int}/doi-ten", "/don-vi/3/doi-ten", AT_BRANCH),
    Rule("/don-vi/{unit_id:int}/chuyen", "/don-vi/3/chuyen", AT_BRANCH),
    Rule("/don-vi/{unit_id:int}/chuyen", "/don-vi/16/chuyen", AT_BASE),
    Rule("/don-vi/{unit_id:int}/ket-thuc", "/don-vi/3/ket-thuc", AT_BRANCH),
    Rule("/don-vi/{unit_id:int}/ket-thuc", "/don-vi/16/ket-thuc", AT_BASE),
    Rule("/don-vi/tai-khoan", "/don-vi/tai-khoan", MANAGERS),
    Rule("/don-vi/tai-khoan/nhap", "/don-vi/tai-khoan/nhap", MANAGERS),
    Rule("/don-vi/tai-khoan/nhap/mau.xlsx", "/don-vi/tai-khoan/nhap/mau.xlsx", MANAGERS),
    Rule("/don-vi/tai-khoan/{account_id:int}", "/don-vi/tai-khoan/{branch_person}", OF_BRANCH),
    Rule("/don-vi/tai-khoan/{account_id:int}", "/don-vi/tai-khoan/{base_person}", OF_BASE),
    Rule("/don-vi/tai-khoan/{account_id:int}", "/don-vi/tai-khoan/{auditor}", ADMINISTRATOR),
    Rule("/don-vi/tai-khoan/{account_id:int}/sua", "/don-vi/tai-khoan/{branch_person}/sua", OF_BRANCH),
    Rule("/don-vi/{unit_id:int}/bo-nhiem", "/don-vi/3/bo-nhiem", OF_BRANCH),
    Rule("/don-vi/{unit_id:int}/bo-nhiem", "/don-vi/2/bo-nhiem", OF_BASE),
    Rule("/don-vi/{unit_id:int}/bo-nhiem", "/don-vi/1/bo-nhiem", ADMINISTRATOR),
    Rule(
        "/don-vi/{unit_id:int}/chuc-vu/{position_id:int}/ket-thuc", "/don-vi/3/chuc-vu/{position}/ket-thuc", OF_BRANCH
    ),
    Rule(
        "/don-vi/{unit_id:int}/chuc-vu/{position_id:int}/ban-giao", "/don-vi/3/chuc-vu/{position}/ban-giao", OF_BRANCH
    ),
    Rule("/toi", "/toi", EVERYBODY),
    Rule("/toi/nhac", "/toi/nhac", EVERYBODY),
    Rule("/thong-bao", "/thong-bao", EVERYBODY),
    Rule("/quan-tri", "/quan-tri", LOOKERS),
    Rule("/quan-tri/lich", "/quan-tri/lich", LOOKERS),
    Rule("/quan-tri/lich/{day}", "/quan-tri/lich/2026-09-02", ADMINISTRATOR),
    Rule("/quan-tri/can-cu", "/quan-tri/can-cu", READERS),
    Rule("/quan-tri/can-cu/{key}", "/quan-tri/can-cu/{basis}", frozenset({"thanhdoan", "quantri"})),
    Rule(webhooks.WEBHOOKS, "/quan-tri/he-thong-khac", ADMINISTRATOR),
    Rule("/quan-tri/ky-so", "/quan-tri/ky-so", ADMINISTRATOR),
    Rule("/quan-tri/ky-so/{setting_id:int}/anh", "/quan-tri/ky-so/9/anh", ADMINISTRATOR, 404),
    Rule("/quan-tri/su-co", "/quan-tri/su-co", ADMINISTRATOR),
    Rule("/quan-tri/su-co/{incident_id:int}/xu-ly", "/quan-tri/su-co/1/xu-ly", ADMINISTRATOR, 404),
    Rule("/quan-tri/thu", "/quan-tri/thu", ADMINISTRATOR),
    Rule("/nhat-ky", "/nhat-ky", AUDITORS),
    Rule("/nhat-ky/xuat.xlsx", "/nhat-ky/xuat.xlsx", AUDITORS),
    Rule("/nhat-ky/kiem-tra", "/nhat-ky/kiem-tra", AUDITORS),
    Rule("/quy-trinh", "/quy-trinh", MODELS),
    Rule("/quy-trinh/{key}", "/quy-trinh/{model}", MODELS),
    Rule("/quy-trinh/{key}", "/quy-trinh/khong-co", MODELS, 404),
    Rule("/quy-trinh/{key}/so-do", "/quy-trinh/{model}/so-do", MODELS),
    Rule("/quy-trinh/{key}/han", "/quy-trinh/{model}/han", MODELS),
    Rule("/quy-trinh/{key}/tieu-chi", "/quy-trinh/{model}/tieu-chi", MODELS),
    Rule("/quy-trinh/{key}/bieu-mau", "/quy-trinh/{model}/bieu-mau", MODELS),
    Rule("/quy-trinh/{key}/sua", "/quy-trinh/{model}/sua", DESIGNERS),
    Rule("/quy-trinh/{key}/sua", "/quy-trinh/khong-co/sua", DESIGNERS, 404),
    Rule("/quy-trinh/{key}/sua/han", "/quy-trinh/{model}/sua/han", DESIGNERS),
    Rule("/quy-trinh/{key}/sua/tieu-chi", "/quy-trinh/{model}/sua/tieu-chi", DESIGNERS),
    Rule("/quy-trinh/{key}/sua/bieu-mau", "/quy-trinh/{model}/sua/bieu-mau", DESIGNERS),
    Rule("/quy-trinh/{key}/sua/bieu-mau/{form_key}", "/quy-trinh/{model}/sua/bieu-mau/dang-ky", DESIGNERS),
    Rule("/quy-trinh/{key}/sua/tep", "/quy-trinh/{model}/sua/tep", DESIGNERS),
    Rule("/quy-trinh/{key}/dung-lai", "/quy-trinh/{model}/dung-lai?pb={version}", DESIGNERS),
    Rule("/quy-trinh/them/mo-hinh", "/quy-trinh/them/mo-hinh", DESIGNERS),
    Rule("/quy-trinh/{key}/sua/tep/tai", "/quy-trinh/{model}/sua/tep/tai?ten=model.toml", DESIGNERS),
)
#: Who may send, for whom an empty form comes to a look at it again or to what is said in its place.
FORMS = (
    Rule("/don-vi/nhap", "/don-vi/nhap", AT_BRANCH, 422),
    Rule("/don-vi/len-lop", "/don-vi/len-lop", AT_BRANCH, 422),
    Rule("/don-vi/nhap/lich-su/{change_id:int}/hoan-tac", "/don-vi/nhap/lich-su/1/hoan-tac", AT_BRANCH, 404),
    Rule("/don-vi/{unit_id:int}/them", "/don-vi/2/them", AT_BRANCH, 422),
    Rule("/don-vi/{unit_id:int}/doi-ten", "/don-vi/3/doi-ten", AT_BRANCH, 422),
    Rule("/don-vi/{unit_id:int}/doi-ten", "/don-vi/2/doi-ten", AT_BASE, 422),
    Rule("/don-vi/{unit_id:int}/chuyen", "/don-vi/3/chuyen", AT_BRANCH, 422),
    Rule("/don-vi/{unit_id:int}/ket-thuc", "/don-vi/3/ket-thuc", AT_BRANCH, 422),
    Rule("/don-vi/tai-khoan/nhap", "/don-vi/tai-khoan/nhap", MANAGERS, 422),
    Rule("/don-vi/tai-khoan/{account_id:int}/sua", "/don-vi/tai-khoan/{branch_person}/sua", OF_BRANCH, 422),
    Rule("/don-vi/tai-khoan/{account_id:int}/phieu", "/don-vi/tai-khoan/{other_person}/phieu", OF_BRANCH),
    Rule("/don-vi/tai-khoan/{account_id:int}/phieu", "/don-vi/tai-khoan/{auditor}/phieu", ADMINISTRATOR),
    Rule("/don-vi/tai-khoan/{account_id:int}/khoa", "/don-vi/tai-khoan/{other_person}/khoa", OF_BRANCH, 303),
    Rule("/don-vi/tai-khoan/{account_id:int}/mo", "/don-vi/tai-khoan/{other_person}/mo", OF_BRANCH, 303),
    Rule("/don-vi/{unit_id:int}/bo-nhiem", "/don-vi/3/bo-nhiem", OF_BRANCH, 422),
    Rule("/don-vi/{unit_id:int}/bo-nhiem", "/don-vi/2/bo-nhiem", OF_BASE, 422),
    Rule(
        "/don-vi/{unit_id:int}/chuc-vu/{position_id:int}/ket-thuc",
        "/don-vi/3/chuc-vu/{position}/ket-thuc",
        OF_BRANCH,
        422,
    ),
    Rule(
        "/don-vi/{unit_id:int}/chuc-vu/{position_id:int}/ban-giao",
        "/don-vi/3/chuc-vu/{position}/ban-giao",
        OF_BRANCH,
        422,
    ),
    Rule(webhooks.WEBHOOKS, "/quan-tri/he-thong-khac", ADMINISTRATOR, 422),
    Rule("/quan-tri/ky-so", "/quan-tri/ky-so", ADMINISTRATOR, 422),
    Rule(webhooks.WEBHOOKS + "/{webhook_id:int}/thu", "/quan-tri/he-thong-khac/999/thu", ADMINISTRATOR, 404),
    Rule(webhooks.WEBHOOKS + "/{webhook_id:int}/tat", "/quan-tri/he-thong-khac/999/tat", ADMINISTRATOR, 404),
    Rule("/toi/nhac", "/toi/nhac", EVERYBODY, 422),
    Rule("/toi/nhac/lich", "/toi/nhac/lich", EVERYBODY),
    Rule("/toi/nhac/lich/tat", "/toi/nhac/lich/tat", EVERYBODY, 303),
    Rule("/thong-bao/{notice_id:int}/mo", "/thong-bao/{notice}/mo", BRANCH, 303),
    Rule("/thong-bao/{notice_id:int}/da-doc", "/thong-bao/{notice}/da-doc", BRANCH, 303),
    Rule("/thong-bao/da-doc", "/thong-bao/da-doc", EVERYBODY, 303),
    Rule("/toi/phien/ket-thuc", "/toi/phien/ket-thuc", EVERYBODY, 404),
    Rule("/toi/phien/ket-thuc-khac", "/toi/phien/ket-thuc-khac", EVERYBODY, 303),
    Rule("/quan-tri/lich", "/quan-tri/lich", ADMINISTRATOR, 422),
    Rule("/quan-tri/lich/nap", "/quan-tri/lich/nap", ADMINISTRATOR, 404),
    Rule("/quan-tri/lich/bat-tat", "/quan-tri/lich/bat-tat", ADMINISTRATOR, 404),
    Rule("/quan-tri/lich/{day}", "/quan-tri/lich/2026-09-02", ADMINISTRATOR, 422),
    Rule("/quan-tri/lich/{day}/xoa", "/quan-tri/lich/2026-09-02/xoa", ADMINISTRATOR, 303),
    Rule("/quan-tri/can-cu/{key}", "/quan-tri/can-cu/{basis}", frozenset({"thanhdoan", "quantri"}), 422),
    Rule("/quan-tri/su-co/{incident_id:int}/lam-lai", "/quan-tri/su-co/1/lam-lai", ADMINISTRATOR, 404),
    Rule("/quan-tri/su-co/{incident_id:int}/xu-ly", "/quan-tri/su-co/1/xu-ly", ADMINISTRATOR, 404),
    Rule("/quan-tri/thu/gui-lai-tat-ca", "/quan-tri/thu/gui-lai-tat-ca", ADMINISTRATOR, 303),
    Rule("/quan-tri/thu/{delivery_id:int}/gui-lai", "/quan-tri/thu/1/gui-lai", ADMINISTRATOR, 404),
    Rule("/nhat-ky/kiem-tra", "/nhat-ky/kiem-tra", AUDITORS),
    Rule("/quy-trinh/{key}/sua/han", "/quy-trinh/{model}/sua/han", DESIGNERS),
    Rule("/quy-trinh/{key}/sua/tieu-chi", "/quy-trinh/{model}/sua/tieu-chi", DESIGNERS),
    Rule("/quy-trinh/{key}/sua/bieu-mau", "/quy-trinh/{model}/sua/bieu-mau", DESIGNERS),
    Rule("/quy-trinh/{key}/sua/bieu-mau/{form_key}", "/quy-trinh/{model}/sua/bieu-mau/dang-ky", DESIGNERS),
    Rule("/quy-trinh/{key}/sua/tep", "/quy-trinh/{model}/sua/tep", DESIGNERS, 422),
    Rule("/quy-trinh/{key}/dung-lai", "/quy-trinh/{model}/dung-lai", DESIGNERS, 404),
    Rule("/quy-trinh/them/mo-hinh", "/quy-trinh/them/mo-hinh", DESIGNERS, 422),
    Rule("/quy-trinh/{key}/sua/xem", "/quy-trinh/{model}/sua/xem", DESIGNERS),
    Rule("/quy-trinh/{key}/sua/trien-khai", "/quy-trinh/{model}/sua/trien-khai", DESIGNERS, 409),
)
_OURS = ("/don-vi", "/toi", "/thong-bao", "/quan-tri", "/nhat-ky", "/quy-trinh")


def test_every_route_of_ours_is_in_the_table() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    known = {("GET", rule.route) for rule in PAGES} | {("POST", rule.route) for rule in FORMS}
    assert {(method, route.path) for route in routes for method in route.methods} == known


@pytest.fixture(scope="module")
def places(young: Town) -> dict[str, object]:
    """What the addresses of the young city name."""
    with young.house.read_uow() as uow:
        known = {name: uow.accounts.find_username(name) for name in ("bithu", "bithutruong", "kyso", "kiemtra")}
        ids = {name: account.id for name, account in known.items() if account is not None}
        return {
            "branch_person": ids["bithu"],
            "other_person": ids["bithutruong"],
            "base_person": ids["kyso"],
            "auditor": ids["kiemtra"],
            "position": uow.accounts.positions(ids["bithu"])[0].id,
            "notice": uow.notices.page(ids["bithu"], limit=1)[0][0].id,
            "basis": uow.decisions.bases()[0].key,
            "model": young.model.key,
            "version": young.model.sha256,
        }


@pytest.mark.parametrize("role", ROLES)
def test_pages_open_for_those_who_may_only(young: Town, places: dict[str, object], role: str) -> None:
    browser = young.client(role)
    got = {rule.path.format(**places): browser.get(rule.path.format(**places)).status for rule in PAGES}
    assert got == expected(PAGES, role, places)


@pytest.mark.parametrize("role", ROLES)
def test_forms_are_taken_from_those_who_may_only(
    young: Town, own: Callable[[Town], Town], places: dict[str, object], role: str
) -> None:
    browser = own(young).client(role)
    # An officer who throws themselves out could not go on; nobody here does.
    token = browser.csrf()
    got = {r.path.format(**places): browser.post(r.path.format(**places), {"csrf": token}).status for r in FORMS}
    assert got == expected(FORMS, role, places)


def test_nobody_who_is_not_signed_in_gets_further_than_the_door(young: Town, places: dict[str, object]) -> None:
    browser = young.client()
    for rule in PAGES:
        seen = browser.get(rule.path.format(**places))
        assert (seen.status, seen.url.startswith("/dang-nhap?tiep=")) == (303, True), rule.path
    for rule in FORMS:
        seen = browser.post(rule.path.format(**places), {"csrf": "x"})
        assert seen.status == 403 or seen.url.startswith("/dang-nhap"), rule.path


def test_a_form_without_this_browsers_token_is_refused_and_changes_nothing(
    young: Town, own: Callable[[Town], Town], places: dict[str, object]
) -> None:
    town = own(young)
    browser, other = town.client("quantri"), town.client("doancoso").csrf()
    before = lines(town)
    for rule in FORMS:
        for token in ("", "x" * 88, other):
            assert browser.post(rule.path.format(**places), {"csrf": token}).status == 403, rule.path
    assert lines(town) == before


@pytest.mark.parametrize("role", WALKERS)
def test_every_link_works_for_whom_it_is_shown_to(young: Town, lived: Town, role: str) -> None:
    for town in (young, lived):
        browser = town.client(role)
        seen: set[str] = set()
        waiting = sorted(link for link in browser.get("/toi").links() if link.startswith(_OURS))
        while waiting and len(seen) < 120:
            path = waiting.pop(0)
            answer = browser.get(path)
            assert answer.status == 200, (role, path, answer.status)
            seen.add(path)
            more = {link.partition("#")[0] for link in answer.links()} - seen - set(waiting)
            waiting += sorted(link for link in more if link.startswith(_OURS))
        assert "/toi" in seen


def expected(rules: tuple[Rule, ...], role: str, places: dict[str, object]) -> dict[str, int]:
    return {rule.path.format(**places): rule.status if role in rule.who else 403 for rule in rules}


def lines(town: Town) -> int:
    with town.house.read_uow() as uow:
        return len(uow.audit.entries(0, 100_000))
