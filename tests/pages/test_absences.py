"""Handing work over on its page: made, seen by the substitute, done in somebody's stead, ended in time, taken back."""

from engine.rules.dossiers import WorkItemId
from tests.pages.answers import errors_of, filled, first_task, sent
from tests.pages.town import Browser, Seen, Town, at, pass_time, text

NEW = "/vang-mat/moi"
#: Everybody in the story belongs to one base union: its officer, its clerk, the secretary of one of its branches.
ABSENT, CLERK, BRANCH = "doancoso", "vanthu", "bithu"


def place(town: Town, username: str) -> tuple[str, str]:
    """The person's first position as the form names it, and their number."""
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username(username)
        assert account is not None
        position = uow.accounts.positions(account.id)[0]
    return f"{position.unit_id}.{account.id}.{position.role}", str(account.id)


def name(town: Town, username: str) -> str:
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username(username)
    assert account is not None
    return account.full_name


def hand_over(town: Town, browser: Browser, last: str, **more: str) -> Seen:
    values = {"vi_tri": place(town, ABSENT)[0], "nguoi": place(town, CLERK)[1], "tu": "05/11/2026", "den": last}
    return browser.post(NEW, {**values, "viec": "all", "hinh_thuc": "written", **more})


def registered(town: Town) -> str:
    """The branch hands its registration in; the address of the task that accepts it."""
    secretary = town.client(BRANCH)
    item = first_task(secretary)
    sent(secretary, item, filled(secretary.get(item), item))
    return next(href for href in inbox(town.client(ABSENT)) if "Tiếp nhận" in inbox(town.client(ABSENT))[href])


def inbox(browser: Browser) -> dict[str, str]:
    """Address → row of every task that waits."""
    rows = browser.get("/viec").soup.select("li.ck-row")
    return {str(row.select_one("a.ck-row__title")["href"]): text(row) for row in rows}  # type: ignore[index]  # each has one


def test_the_substitute_sees_and_does_the_work(town: Town) -> None:
    officer, clerk, item = town.client(ABSENT), town.client(CLERK), registered(town)
    assert (clerk.get(item).status, item in inbox(clerk)) == (403, False)
    made = hand_over(town, officer, "09/11/2026", ly_do="Đi học")
    assert made.status == 303
    seen = officer.go(made.url)
    assert "Đã giao việc." in text(seen.soup.main)
    assert f"làm thay {name(town, ABSENT)}".lower() in inbox(clerk)[item].lower()
    assert f"{name(town, CLERK)} đang làm thay" in inbox(officer)[item]
    form = clerk.get(item)
    assert f"Làm thay {name(town, ABSENT)}" in text(form.soup.main)
    values = form.form(item) | {"f.outcome": ["accept"]}
    done = sent(clerk, item, values)
    assert (done.status, done.url) == (303, f"{item}/da-gui")
    assert clerk.get(done.url).status == 200
    dossier = next(link for link in officer.get(f"{item}/da-gui").links() if link.startswith("/ho-so/"))
    assert f"làm thay {name(town, ABSENT)}" in text(officer.get(dossier).soup.main)
    assert "Tiếp nhận" in text(officer.get(made.url.partition("?")[0]).soup.main)


def test_what_was_typed_when_the_time_ran_out_is_kept(town: Town) -> None:
    officer, clerk, item = town.client(ABSENT), town.client(CLERK), registered(town)
    hand_over(town, officer, "05/11/2026")
    values = clerk.get(item).form(item) | {"f.outcome": ["return"], "f.reason": ["Thiếu danh sách đoàn viên"]}
    pass_time(town.house, town.clock, at(2026, 11, 6, 0))
    refused = clerk.post(item, values)
    assert refused.status == 403
    said = text(refused.soup.main)
    assert f"Việc làm thay {name(town, ABSENT)} đã hết hiệu lực từ cuối ngày 05/11/2026" in said
    assert "đã được giữ làm nháp" in said
    assert officer.get(item).form(item)["f.reason"] == ["Thiếu danh sách đoàn viên"]
    assert clerk.post(f"{item}/nhap", values).status == 403
    with town.house.read_uow() as uow:
        assert uow.work.get(WorkItemId(int(item.rpartition("/")[2]))).done_at is None


def test_work_that_was_taken_back_is_shown_but_not_written(town: Town) -> None:
    officer, clerk, item = town.client(ABSENT), town.client(CLERK), registered(town)
    made = hand_over(town, officer, "30/11/2026").url.partition("?")[0]
    values = clerk.get(item).form(item) | {"f.outcome": ["return"], "f.reason": ["Thiếu danh sách đoàn viên"]}
    assert clerk.get(made).status == 200
    assert officer.post(f"{made}/lay-lai").status == 303
    assert officer.post(f"{made}/lay-lai").status == 409
    refused = clerk.post(item, values)
    assert (refused.status, "đã lấy lại việc này" in text(refused.soup.main)) == (403, True)
    assert "Thiếu danh sách đoàn viên" in text(refused.soup.main)
    assert officer.get(item).form(item)["f.reason"] == [""]


def test_what_is_missing_is_said_beside_its_field(town: Town) -> None:
    officer = town.client(ABSENT)
    seen = hand_over(town, officer, "01/11/2026", ky="true", tu="04/11/2026")
    assert (seen.status, {str(a["href"]) for a in seen.soup.select(".govuk-error-summary a")}) == (
        422,
        {"#tu", "#den", "#van_ban"},
    )
    seen = hand_over(town, officer, "09/11/2026", nguoi="khac", ten_dang_nhap="khong-co")
    assert errors_of(seen.soup) == ["Không có tài khoản mang tên đăng nhập khong-co."]
    assert hand_over(town, officer, "09/11/2026", nguoi="khac", ten_dang_nhap="thanhdoan").status == 303


def test_others_neither_hand_over_nor_look_nor_take_back(town: Town) -> None:
    made = hand_over(town, town.client(ABSENT), "09/11/2026").url.partition("?")[0]
    for stranger in (BRANCH, "thietke"):
        browser = town.client(stranger)
        assert hand_over(town, browser, "20/11/2026").status == 403
        assert browser.get(f"{NEW}?vi_tri={place(town, ABSENT)[0]}").status == 403
        assert (browser.get(made).status, browser.post(f"{made}/lay-lai").status) == (403, 403)
        assert made not in browser.get("/vang-mat").links()
    for above in ("thanhdoan", "quantri"):
        browser = town.client(above)
        assert (browser.get(made).status, made in browser.get("/vang-mat").links()) == (200, True)
        assert browser.get(f"{NEW}?vi_tri={place(town, ABSENT)[0]}").status == 200
    assert town.client("thanhdoan").post(f"{made}/lay-lai").status == 303
    for wrong in ("khong", "1.2", "999999.1.officer", f"{place(town, ABSENT)[0]}x"):
        assert town.client("thanhdoan").get(f"{NEW}?vi_tri={wrong}").status == 404


def test_the_unit_above_hands_over_for_who_cannot(town: Town) -> None:
    wanted = place(town, ABSENT)[0]
    unit = wanted.partition(".")[0]
    city = town.client("thanhdoan")
    link = f"{NEW}?vi_tri={wanted}"
    assert link in city.get(f"/don-vi/{unit}").links()
    assert link not in town.client(CLERK).get(f"/don-vi/{unit}").links()
    assert city.get(link).title == f"Giao việc của {name(town, ABSENT)} cho người làm thay"
    made = hand_over(town, city, "09/11/2026")
    assert name(town, "thanhdoan") in text(city.get(made.url).soup.main)
