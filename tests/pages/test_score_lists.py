"""Points come in as a list into the drafts of the tasks in which they are given, by who may give them, and are undone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from openpyxl import Workbook, load_workbook

from engine.rules.dossiers import WorkItem
from tests import factories, ranked
from tests.pages.test_figure_lists import carried_out, errors
from tests.pages.test_rankings import housed
from tests.pages.town import Browser, Seen, Town, text

LIST = "/nhap-diem/1"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def judging(town: factories.Town) -> None:
    """Two wards wait for their appraisal, one for its own points."""
    ranked.opens(town)
    town.does(ranked.CITY, "weigh")
    for code in ("W1", "W2", "W3"):
        town.does(code, "register", members=[])
        town.does(code, "review", outcome="accept", by=(ranked.CITY, "officer"))
    for code in ("W1", "W2"):
        town.does(code, "request", scores=ranked.rows(ranked.FULL, proof="Báo cáo 12/BC"))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """To be read only."""
    town = housed(tmp_path_factory.mktemp("judged") / "du-lieu", judging)
    yield town
    town.house.close()


@pytest.fixture
def city(judged: Town, own: Callable[[Town], Town]) -> Town:
    """To do anything to."""
    return own(judged)


def template(browser: Browser) -> list[tuple[object, ...]]:
    page = load_workbook(io.BytesIO(browser.get(f"{LIST}/mau.xlsx").content)).active
    assert page is not None
    return [tuple(row) for row in page.iter_rows(min_row=3, values_only=True)]


def sheet(rows: Sequence[Sequence[object]]) -> dict[str, tuple[str, bytes, str]]:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(list(row))
    kept = io.BytesIO()
    book.save(kept)
    return {"tep": ("diem.xlsx", kept.getvalue(), XLSX)}


def filled(
    lines: Sequence[tuple[object, ...]], given: Mapping[tuple[str, str], Sequence[object]]
) -> list[list[object]]:
    """The template with points, evidence and reasons by unit and criterion."""
    head, *body = lines
    return [list(head), *([*row[:7], *given.get((str(row[0]), str(row[3])), row[7:10]), row[10]] for row in body)]


def sent(browser: Browser, rows: Sequence[Sequence[object]]) -> Seen:
    return browser.post(LIST, {}, files=sheet(rows))


def item(town: Town, code: str) -> WorkItem:
    with town.house.read_uow() as uow:
        unit = uow.units.find_code(code)
        assert unit is not None
        (dossier,) = uow.dossiers.of_unit(unit.id)
        return next(i for i in uow.work.of_dossier(dossier.id) if i.state == "open")


def drafted(town: Town, code: str) -> list[tuple[object, ...]]:
    rows = item(town, code).draft.get("scores")
    return [(r["key"], r.get("points"), r.get("reason")) for r in rows] if isinstance(rows, list) else []


def test_the_template_holds_the_tasks_of_the_person_and_nothing_else(city: Town) -> None:
    lead, own = template(city.client("td.officer")), template(city.client("w3.secretary"))
    assert lead[0] == (
        "Mã đơn vị", "Đơn vị", "Việc", "Mã tiêu chí", "Tiêu chí", "Điểm tối đa", "Tự chấm", "Điểm", "Minh chứng",
        "Lý do", "Mã dòng",
    )  # fmt: skip
    assert [(row[0], row[3], row[5]) for row in lead[1:]] == [
        ("W1", "1", 10), ("W1", "2", 10), ("W1", "3", 20), ("W2", "1", 10), ("W2", "2", 10), ("W2", "3", 20),
    ]  # fmt: skip
    assert [(row[0], row[3]) for row in own[1:]] == [("W3", "1"), ("W3", "2"), ("W3", "3")]
    assert template(city.client("w4.secretary"))[1:] == []
    assert template(city.client("p1.secretary"))[1:] == []
    assert "/nhap-diem/1" in city.client("td.officer").get("/viec").links()
    assert "/nhap-diem/1" not in city.client("w3.secretary").get("/viec").links()


def test_points_go_into_the_drafts_are_handed_in_as_ever_and_undone_before(city: Town) -> None:
    browser = city.client("td.officer")
    before = {code: item(city, code) for code in ("W1", "W2")}
    given = {
        ("W1", "1"): ("7,5", None, "Đã đối chiếu"),
        ("W1", "2"): (9, None, None),
        ("W2", "3"): (0, None, "Chưa làm"),
    }
    seen = sent(browser, filled(template(browser), given))
    assert (seen.status, "3 dòng sẽ được ghi, 3 dòng không khác" in text(seen.soup)) == (200, True)
    assert drafted(city, "W1") == []
    done = carried(browser, seen)
    place = done.url.partition("?")[0]
    assert drafted(city, "W1") == [("1", 7.5, "Đã đối chiếu"), ("2", 9, None), ("3", None, None)]
    assert drafted(city, "W2") == [("1", None, None), ("2", None, None), ("3", 0, "Chưa làm")]
    page = browser.get(place)
    assert {link for link in page.links() if link.startswith("/viec/")} == {f"/viec/{i.id}" for i in before.values()}
    form = browser.get(f"/viec/{before['W1'].id}").soup
    assert str(form.select_one("input[name='f.scores.0.points']")).count('value="7,5"') == 1
    assert browser.post(f"{place}/hoan-tac", {}).status == 303
    assert {code: item(city, code).draft for code in before} == {code: i.draft for code, i in before.items()}
    assert browser.post(f"{place}/hoan-tac", {}).status == 409


def test_every_cell_says_what_is_wrong_and_no_draft_changes(city: Town) -> None:
    browser, own = city.client("td.officer"), city.client("w3.secretary")
    head, *body = template(browser)
    rows = [list(row) for row in body]
    rows[0][7], rows[1][7], rows[2][7] = "tám", 10.5, -1
    rows[3][3] = "9"
    rows[4][0] = None
    rows += [list(body[5]), [*body[5][:7], 5, "", "", ""]]
    rows[5][7] = 6
    seen = sent(browser, [head, *rows])
    assert seen.status == 422
    assert errors(seen) == {
        "o-1-points": "“Điểm” phải là số, ví dụ 1.234,5.",
        "o-2-points": "Điểm của tiêu chí “Không đốt rác” phải từ 0 đến 10.",
        "o-3-points": "Điểm của tiêu chí “Vỉa hè thoáng” phải từ 0 đến 20.",
        "o-4-key": "Không có việc chấm điểm nào đang chờ bạn về đơn vị W2, tiêu chí 9.",
        "o-5-code": "Ghi mã đơn vị. Ô gộp nhiều dòng chỉ tính cho dòng đầu.",
        "o-7-key": "Danh sách có hai dòng về cùng tiêu chí của việc này.",
        "o-8-key": "Danh sách có hai dòng về cùng tiêu chí của việc này.",
    }
    proof = errors(sent(own, filled(template(own), {("W3", "1"): (8, None, None), ("W3", "2"): (8, None, None)})))
    assert list(proof) == ["o-1-proof"]
    foreign = errors(sent(own, filled(template(browser), {("W1", "1"): (8, None, None)})))
    assert foreign["o-1-key"] == "Không có việc chấm điểm nào đang chờ bạn về đơn vị W1, tiêu chí 1."
    assert [drafted(city, code) for code in ("W1", "W2", "W3")] == [[], [], []]


def test_a_line_that_changed_meanwhile_is_named_and_not_overwritten(city: Town) -> None:
    browser = city.client("td.officer")
    early = template(browser)
    carried(browser, sent(browser, filled(early, {("W1", "1"): (7, None, None)})))
    late = sent(browser, filled(early, {("W1", "1"): (3, None, None), ("W2", "1"): (4, None, None)}))
    assert list(errors(late)) == ["o-1-seen"]
    form = next(f for f in late.soup.select("form") if f.select_one("input[name=bo_qua]"))
    again = browser.post(LIST, {str(i["name"]): str(i["value"]) for i in form.select("input") if i.get("name")})
    carried(browser, again)
    assert [drafted(city, code)[0] for code in ("W1", "W2")] == [("1", 7, None), ("1", 4, None)]


def test_a_council_that_reads_about_no_cycle_gives_points_by_a_list(city: Town) -> None:
    waiting = item(city, "W1")
    with city.house.open_uow() as uow:
        root = uow.units.get(waiting.unit_id)
        factories.people(uow, root, "council")
        idle = factories.people(uow, uow.units.get(waiting.subject_unit_id), "council")
        uow.work.save(replace(uow.work.get(waiting.id), roles=("council",)))
    browser = city.client(f"{root.code}.council".lower())
    assert [row[0] for row in template(browser)[1:]] == ["W1"] * 3
    page = browser.get(LIST)
    assert (page.status, "/viec" in page.links(), "/chu-ky/1" in page.links()) == (200, True, False)
    done = carried(browser, sent(browser, filled(template(browser), {("W1", "1"): (7, None, None)})))
    assert (done.status, drafted(city, "W1")[0]) == (303, ("1", 7, None))
    assert city.client(idle.username).get(LIST).status == 403


@pytest.mark.long
def test_a_draft_that_was_worked_on_since_is_not_undone(city: Town) -> None:
    browser = city.client("td.officer")
    done = carried(browser, sent(browser, filled(template(browser), {("W1", "1"): (7, None, None)})))
    place = done.url.partition("?")[0]
    carried(browser, sent(browser, filled(template(browser), {("W1", "1"): (6, None, None)})))
    assert "Bản nháp về Phường Đồ Sơn đã được sửa sau danh sách này." in text(browser.get(place).soup)
    assert browser.post(f"{place}/hoan-tac", {}).status == 409
    assert drafted(city, "W1")[0] == ("1", 6, None)
    assert city.client("w3.secretary").get(place).status == 403


def carried(browser: Browser, seen: Seen) -> Seen:
    """Confirm the list that a page shows."""
    return carried_out(browser, seen, LIST)
