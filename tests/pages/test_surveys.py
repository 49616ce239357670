"""Questionnaires as people meet them: opened, answered without a name, their results for those who may see them."""

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from openpyxl import load_workbook

from api.guards import loggable
from engine.rules.surveys import Origin
from tests.pages.surveyed import KEY, OFFICER, SECRETARY, Asking, held, ready
from tests.pages.town import Browser, Seen, Town, copy_of, text

#: Where the browser of a test sits.
ADDRESS = "testclient"
ANSWERS = {"f.hai_long": "5", "f.sach_se": "co", "f.thich": ["hoa", "qua"], "f.den_lai": "true", "f.so_lan": "3"}


@pytest.fixture(scope="module")
def asking(young: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """The questionnaire is being asked. To be read only."""
    town = copy_of(young, tmp_path_factory.mktemp("khao-sat") / "du-lieu")
    yield held(town)
    town.house.close()


@pytest.fixture
def own_asking(young: Town, own: Callable[[Town], Town]) -> Asking:
    """The same, to do anything to."""
    return held(own(young))


def send(browser: Browser, path: str, **values: object) -> Seen:
    """Fill the questionnaire in and send it, as a browser without scripts does."""
    form: dict[str, object] = {**browser.get(path).form(path), **ANSWERS, **values}
    return browser.post(path, form)


def answered(asking: Asking) -> list[tuple[Origin, dict[str, object]]]:
    with asking.town.house.read_uow() as uow:
        return [(a.origin, dict(a.answers)) for a in uow.surveys.answers(asking.place)]


def test_the_lead_units_officer_opens_the_questionnaire_for_all_units(young: Town, own: Callable[[Town], Town]) -> None:
    asking = ready(own(young))
    officer = asking.town.client(OFFICER)
    listed = officer.get(f"/chu-ky/{asking.cycle}/khao-sat")
    assert asking.path in listed.links()
    page = officer.get(asking.path)
    form = page.form(asking.path)
    assert (form["tu_ngay"], form["den_ngay"]) == (["01/02/2027"], ["28/02/2027"])
    refused = officer.post(asking.path, {**form, "viec": "mo", "den_ngay": "30/02/2027"})
    assert (refused.status, "den_ngay-error" in str(refused.soup)) == (422, True)
    opened = officer.post(asking.path, {**form, "viec": "mo", "tu_ngay": "05/11/2026", "den_ngay": "31/12/2026"})
    assert (opened.status, opened.url) == (303, f"{asking.path}?tb=mo-khao-sat")
    shown = officer.get(asking.path)
    assert "từ 05/11/2026 đến hết 31/12/2026" in text(shown.soup.main)
    assert "Không đủ mẫu (0/3)" in text(shown.soup.table)
    for viec, said in (("gia-han", "gia-han-khao-sat"), ("khep", "khep-khao-sat")):
        assert officer.post(asking.path, {"viec": viec, "den_ngay": ""}).url == f"{asking.path}?tb={said}"
    assert "Đã khép" in text(officer.get(asking.path).soup.main)


def test_only_the_lead_unit_opens(young: Town, own: Callable[[Town], Town]) -> None:
    asking = ready(own(young))
    for username in ("doancoso", SECRETARY, "quantri"):
        browser = asking.town.client(username)
        assert (browser.get(asking.path).status, browser.post(asking.path, {"viec": "mo"}).status) == (200, 403)
    stranger = asking.town.client("thietke")
    assert stranger.get(asking.path).status == 403


def test_somebody_without_an_account_answers(own_asking: Asking) -> None:
    browser, path = own_asking.town.client(), f"/khao-sat/{own_asking.token}"
    page = browser.get(path)
    assert (page.status, page.title) == (200, "Lấy ý kiến về vườn cây")
    said = text(page.soup.main)
    assert "Phiếu này không ghi tên" in said
    assert own_asking.unit_name in said
    assert page.soup.select("script:not([src])") == page.soup.select("[style], [onclick]") == []
    assert (page.headers["x-robots-tag"], page.headers["cache-control"]) == ("noindex, nofollow", "no-store")
    sent = send(browser, path)
    assert (sent.status, sent.url) == (303, f"{path}/cam-on")
    assert browser.get(sent.url).title == "Đã nhận phiếu"
    kept = {"hai_long": "5", "sach_se": "co", "thich": ["hoa", "qua"], "den_lai": True, "so_lan": 3}
    assert answered(own_asking) == [(Origin.OPEN_LINK, kept)]


def test_what_is_wrong_is_said_beside_its_question_and_nothing_is_kept(own_asking: Asking) -> None:
    browser, path = own_asking.town.client(), f"/khao-sat/{own_asking.token}"
    refused = send(browser, path, **{"f.hai_long": "", "f.so_lan": "99"})
    assert refused.status == 422
    assert [text(p) for p in refused.soup.select(".govuk-error-message")] == [
        "Lỗi: Chọn “Bạn hài lòng với vườn cây đến mức nào?”.",
        "Lỗi: “Bạn đến vườn mấy lần trong tháng?” phải từ 31 trở xuống.",
    ]
    assert answered(own_asking) == []


def test_a_form_that_is_sent_twice_counts_once(own_asking: Asking) -> None:
    browser, path = own_asking.town.client(), f"/khao-sat/{own_asking.token}"
    form = {**browser.get(path).form(path), **ANSWERS}
    assert [browser.post(path, form).url for _ in range(2)] == [f"{path}/cam-on"] * 2
    assert len(answered(own_asking)) == 1


def test_a_form_from_elsewhere_is_refused(asking: Asking) -> None:
    path = f"/khao-sat/{asking.token}"
    assert asking.town.client().post(path, {**ANSWERS, "csrf": "x"}).status == 403
    other = asking.town.client()
    form = {**other.get(path).form(path), **ANSWERS}
    assert other.client.post(path, data=form, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_nobodys_name_stands_on_the_page_of_who_is_signed_in(asking: Asking) -> None:
    page = asking.town.client(SECRETARY).get(f"/khao-sat/{asking.token}")
    assert page.soup.select(".ck-user, .ck-side, .ck-bell") == []


def test_an_address_that_leads_nowhere_is_said_and_guessing_is_slowed(own_asking: Asking) -> None:
    browser, path = own_asking.town.client(), f"/khao-sat/{'2' * 14}"
    assert browser.get(path).status == 404
    limits = own_asking.town.app.state.limits
    assert [limits.may_follow(ADDRESS) for _ in range(59)] == [True] * 59
    assert browser.get(path).status == 429


def test_an_open_link_takes_so_many_answers_from_one_address(own_asking: Asking) -> None:
    browser, path = own_asking.town.client(), f"/khao-sat/{own_asking.token}"
    limits = own_asking.town.app.state.limits
    assert [limits.may_answer(own_asking.token, ADDRESS) for _ in range(29)] == [True] * 29
    assert limits.may_answer(own_asking.token, "192.0.2.1")
    assert [send(browser, path).status for _ in range(2)] == [303, 429]
    assert len(answered(own_asking)) == 1


def test_after_the_end_a_link_says_so(own_asking: Asking) -> None:
    browser, path = own_asking.town.client(), f"/khao-sat/{own_asking.token}"
    form = {**browser.get(path).form(path), **ANSWERS}
    own_asking.town.client(OFFICER).post(own_asking.path, {"viec": "khep"})
    assert browser.get(path).title == "Khảo sát đã kết thúc"
    late = browser.post(path, form)
    assert (late.status, late.title) == (409, "Khảo sát đã kết thúc")
    assert answered(own_asking) == []


def test_results_come_with_the_minimum_sample(own_asking: Asking) -> None:
    browser, path = own_asking.town.client(), f"/khao-sat/{own_asking.token}"
    officer = own_asking.town.client(OFFICER)
    for level in ("5", "4"):
        send(browser, path, **{"f.hai_long": level})
    assert "Không đủ mẫu (2/3)" in text(officer.get(own_asking.path).soup.table)
    assert "%" not in text(officer.get(own_asking.path).soup.table)
    send(browser, path, **{"f.hai_long": "1"})
    page = officer.get(own_asking.path)
    row = next(r for r in page.soup.select("tbody tr") if own_asking.unit_name in text(r))
    assert [text(cell) for cell in row.find_all("td")] == [
        "3",
        "3",
        "0",
        "0",
        "Đủ mẫu tối thiểu",
        "66,67%",
        "3,33",
        "100%",
    ]
    assert "Rất hài lòng: 1 (33,3%)" in text(page.soup.main)
    sheet = load_workbook(BytesIO(officer.get(f"{own_asking.path}/ket-qua.xlsx").content))
    rows = [row for row in sheet["Đơn vị"].iter_rows(values_only=True) if row[2] == own_asking.unit_name]
    assert [row[3:] for row in rows] == [(3, 3, 0, 0, 0, "Đủ mẫu tối thiểu", 66.67, 3.33, 100)]
    assert ("Vườn cây có sạch không?", "Sạch", 3) in list(sheet["Câu trả lời"].iter_rows(values_only=True))


def test_a_unit_sees_its_own_results_and_those_below(asking: Asking) -> None:
    rows = {}
    for username in (OFFICER, "doancoso", SECRETARY, "kiemtra"):
        seen = asking.town.client(username).get(asking.path)
        rows[username] = len(seen.soup.select("tbody tr"))
    assert rows[SECRETARY] == 1
    assert rows[OFFICER] == rows["kiemtra"] > rows["doancoso"] > 1


def test_the_log_does_not_hold_the_link() -> None:
    assert (loggable("/khao-sat/abc"), loggable(f"/chu-ky/1/khao-sat/{KEY}")) == (
        "/khao-sat/…",
        f"/chu-ky/1/khao-sat/{KEY}",
    )


def test_the_first_page_leads_to_the_open_surveys_of_ones_own_unit(asking: Asking) -> None:
    seen = {user: asking.town.client(user).get("/").links() for user in (OFFICER, SECRETARY, "kiemtra")}
    assert {user: {asking.path, asking.place_path} & links for user, links in seen.items()} == {
        OFFICER: {asking.path},
        SECRETARY: {asking.place_path},
        "kiemtra": set(),
    }
