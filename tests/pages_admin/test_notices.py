"""What is one told on the pages? The count in the header, the list, the form of choices, the calendar's address shown once."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from icalendar import Calendar

from tests.pages.town import Town, text
from tests.pages_admin.test_units import shown

CHOICES = {"thu": "single", "ngay": ["1", "3"], "gio": "545", "yen_tu": "20", "yen_den": "6"}


@pytest.fixture
def town(young: Town, own: Callable[[Town], Town]) -> Town:
    return own(young)


def test_the_header_counts_what_is_unread_until_it_is_opened(town: Town) -> None:
    browser = town.client("bithu")
    seen = browser.get("/thong-bao")
    assert (seen.status, seen.title) == (200, "Thông báo")
    titles = shown(seen, "li .ck-row__title")
    assert shown(seen, "header .ck-bell") == [f"Thông báo : {len(titles)} chưa đọc"]
    assert "Hạn cuối hết ngày 09/11/2026: Đăng ký nội dung, lộ trình – Chi đoàn Tổ dân phố số 1" in titles
    action = str(seen.soup.select_one("li form")["action"])  # type: ignore[index]
    opened = browser.post(action)
    assert (opened.status, opened.url.startswith("/viec/")) == (303, True)
    assert browser.get(opened.url).status == 200
    after = browser.get("/thong-bao")
    assert len(shown(after, "li .ck-row__title")) == len(titles) - 1
    assert shown(after, "header .ck-bell") == [f"Thông báo : {len(titles) - 1} chưa đọc"]


def test_everything_is_marked_read_and_still_found(town: Town) -> None:
    browser = town.client("bithu")
    before = len(shown(browser.get("/thong-bao"), "li .ck-row__title"))
    done = browser.post("/thong-bao/da-doc")
    assert (done.status, done.url) == (303, "/thong-bao?tb=da-doc")
    after = browser.get(done.url)
    assert "Bạn đã đọc hết thông báo." in text(after.soup.main)
    assert shown(after, "header .ck-bell") == ["Thông báo"]
    every = browser.get("/thong-bao?xem=tat-ca")
    assert len(shown(every, "li .ck-row__title")) == before
    assert shown(every, "li .ck-row__side button") == []


def test_choices_are_kept_and_shown_again(town: Town) -> None:
    browser = town.client("bithu")
    shown_first = browser.get("/toi/nhac").form("/toi/nhac")
    del shown_first["csrf"]
    assert shown_first == {
        "thu": ["digest"],
        "ngay": ["1", "2", "3", "4", "5"],
        "gio": ["485"],
        "yen_tu": ["18"],
        "yen_den": ["7"],
    }
    done = browser.post("/toi/nhac", CHOICES)
    assert (done.status, done.url) == (303, "/toi/nhac?tb=cach-bao")
    seen = browser.get(done.url)
    assert "Đã lưu cách nhận thông báo." in text(seen.soup.main)
    kept = seen.form("/toi/nhac")
    del kept["csrf"]
    assert kept == {"thu": ["single"], "ngay": ["1", "3"], "gio": ["545"], "yen_tu": ["20"], "yen_den": ["6"]}
    other = town.client("doancoso").get("/toi/nhac").form("/toi/nhac")
    assert other["thu"] == ["digest"]


def test_what_is_refused_stands_at_its_field_and_nothing_is_kept(town: Town) -> None:
    browser = town.client("bithu")
    seen = browser.post("/toi/nhac", CHOICES | {"ngay": [], "yen_tu": "8", "yen_den": "10"})
    assert seen.status == 422
    assert shown(seen, ".govuk-error-summary__list li") == [
        "Chọn ít nhất một ngày nhận thư gom.",
        "Giờ gửi thư gom đang nằm trong giờ yên lặng. Hãy chọn giờ khác.",
    ]
    assert browser.get("/toi/nhac").form("/toi/nhac")["thu"] == ["digest"]


def test_the_page_says_what_cannot_be_switched_off(town: Town) -> None:
    said = text(town.client("bithu").get("/toi/nhac").soup.main)
    assert "Thư báo đổi hạn theo công văn luôn được gửi, cả khi bạn chọn không nhận thư nhắc việc." in said


def test_a_calendar_is_handed_out_to_whoever_knows_its_address(town: Town) -> None:
    browser = town.client("bithu")
    page = browser.post("/toi/nhac/lich")
    assert (page.status, page.headers["cache-control"]) == (200, "no-store")
    address = str(page.soup.find("input", id="dia-chi")["value"])  # type: ignore[index]
    path = urlsplit(address).path
    assert path not in str(browser.get("/toi/nhac").soup)
    got = town.client().get(path)
    assert (got.status, got.headers["content-type"], got.headers["cache-control"], got.headers["x-robots-tag"]) == (
        200,
        "text/calendar; charset=utf-8",
        "private, no-cache",
        "noindex",
    )
    events = Calendar.from_ical(got.content.decode()).walk("VEVENT")
    assert [(str(e["SUMMARY"]), str(e.decoded("DTSTART"))) for e in events] == [
        ("Hạn cuối: Đăng ký nội dung, lộ trình – Chi đoàn Tổ dân phố số 1", "2026-11-09")
    ]
    again = town.client().client.get(path, headers={"if-none-match": got.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", got.headers["etag"])
    head = town.client().client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", got.headers["etag"])


def test_a_new_address_ends_the_old_one(town: Town) -> None:
    browser = town.client("bithu")
    paths = []
    for _ in range(2):
        found = browser.post("/toi/nhac/lich").soup.find("input", id="dia-chi")
        paths.append(urlsplit(str(found["value"])).path)  # type: ignore[index]
    assert [town.client().get(path).status for path in paths] == [404, 200]
    assert browser.post("/toi/nhac/lich/tat").url == "/toi/nhac?tb=lich-tat"
    assert [town.client().get(path).status for path in paths] == [404, 404]
    assert [town.client().get(path).status for path in ("/lich/.ics", "/lich/x.ics", f"/lich/{'x' * 200}.ics")] == [
        404,
        404,
        404,
    ]


def test_the_secret_of_an_address_is_in_no_log(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    town.client().get("/lich/mat-khau-lich.ics")
    said = capsys.readouterr()
    assert "/lich/…" in said.out
    assert "mat-khau-lich" not in said.out + said.err
