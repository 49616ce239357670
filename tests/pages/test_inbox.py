"""The inbox: grouped by urgency, filtered by its address, many things done at once and each by itself."""

from datetime import timedelta

from tests.pages.answers import filled, first_task, sent
from tests.pages.town import Browser, Seen, Town, at, pass_time, text


def groups(seen: Seen) -> dict[str, int]:
    """Heading → how many rows stand under it."""
    return {
        text(group.select_one(".ck-group__title")).split(" ")[0]: len(group.select(".ck-row"))
        for group in seen.soup.select(".ck-group")
    }


def test_work_moves_from_soon_to_late_with_the_days(town: Town) -> None:
    secretary = town.client("bithu")
    assert groups(secretary.get("/viec")) == {"Hôm": 1}
    pass_time(town.house, town.clock, at(2026, 11, 9, 23))
    secretary = town.client("bithu")
    assert "Hôm nay" in text(secretary.get("/viec").soup.select_one(".ck-row"))
    pass_time(town.house, town.clock, at(2026, 11, 12))
    secretary = town.client("bithu")
    seen = secretary.get("/viec")
    assert groups(seen) == {"Quá": 1}
    assert "Quá hạn 3 ngày" in text(seen.soup.select_one(".ck-row"))
    assert "Có 1 việc quá hạn" in text(secretary.get("/").soup.main)


def test_the_menu_counts_what_waits(town: Town) -> None:
    seen = town.client("bithu").get("/")
    assert text(seen.soup.select_one(".ck-side .ck-nav__count")) == "1 việc đang chờ"


def test_the_tables_of_two_deadline_groups_are_told_apart(town: Town) -> None:
    pass_time(town.house, town.clock, at(2027, 4, 2))
    superior = town.client("doancoso")
    seen = superior.get("/viec?loai=monitor")
    shown = {text(row.select_one(".ck-row__meta")) for row in seen.soup.select(".ck-row")}
    assert shown == {"Đoàn phường Sao Mai Năm 2027", "Đoàn phường Sao Mai Năm học 2026–2027"}
    assert {"Năm 2027", "Năm học 2026–2027"} <= {text(m) for m in superior.get("/").soup.select(".ck-row__meta")}


def test_filters_stand_in_the_address(town: Town) -> None:
    superior = _with_reviews(town, 3)
    seen = superior.get("/viec?loai=review")
    assert (seen.status, len(seen.soup.select(".ck-row"))) == (200, 3)
    assert superior.get("/viec?loai=khong-co&chu_ky=abc&trang=999999999999").status == 200


def test_many_registrations_are_accepted_after_one_more_look(town: Town) -> None:
    superior = _with_reviews(town, 3)
    page = superior.get("/viec?chon=tat-ca")
    ticked = page.form("/viec/loat")
    assert len(ticked["viec"]) == 3
    confirm = superior.post("/viec/loat", ticked)
    assert confirm.title == "Tiếp nhận, ghi nhận 3 việc?"
    form = confirm.form("/viec/loat/lam")
    form["viec"].pop()
    result = superior.go(superior.post("/viec/loat/lam", form).url)
    assert (result.title, len(result.soup.select(".ck-row"))) == ("Đã làm 2 việc", 2)
    assert len(superior.get("/viec").soup.select(".ck-row")) == 1
    states = [d.state.value for d in _dossiers(town)]
    assert (states.count("accepted"), states.count("submitted")) == (2, 1)


def test_what_somebody_else_did_meanwhile_is_said_and_the_rest_is_done(town: Town) -> None:
    superior = _with_reviews(town, 2)
    form = superior.post("/viec/loat", superior.get("/viec?chon=tat-ca").form("/viec/loat")).form("/viec/loat/lam")
    other = town.client("kyso")
    item = f"/viec/{form['viec'][0].partition('.')[0]}"
    sent(other, item, {**other.get(item).form(item), "f.outcome": ["refuse"], "f.reason": ["Chi đoàn đã sáp nhập."]})
    result = superior.go(superior.post("/viec/loat/lam", form).url)
    assert result.title == "Đã làm 1 việc"
    assert "Chưa làm được 1 việc" in text(result.soup.main)
    states = [d.state.value for d in _dossiers(town)]
    assert (states.count("accepted"), states.count("refused")) == (1, 1)


def test_work_of_others_and_work_with_a_longer_form_is_not_done_in_bulk(town: Town) -> None:
    superior = _with_reviews(town, 1)
    item = superior.get("/viec?chon=tat-ca").form("/viec/loat")["viec"][0]
    stranger = town.client(_secretaries(town)[1])
    own = stranger.get("/viec").soup.select_one("a.ck-row__title")
    assert own is not None
    mine = f"{str(own['href']).rpartition('/')[2]}.0"
    result = stranger.go(stranger.post("/viec/loat/lam", {"viec": [item, mine]}).url)
    assert result.title == "Đã làm 0 việc"
    assert [d.state.value for d in _dossiers(town)].count("submitted") == 1


def test_a_task_that_opened_today_is_shown_with_its_day(town: Town) -> None:
    pass_time(town.house, town.clock, town.clock() + timedelta(days=6))
    row = text(town.client("doancoso").get("/viec").soup.select_one(".ck-row"))
    assert "Báo cáo đăng ký" in row
    assert "hạn 19/11/2026" in row


def _with_reviews(town: Town, count: int) -> Browser:
    """The superior, after `count` branches have registered."""
    names = _secretaries(town)[:count]
    for name in names:
        secretary = town.client(name)
        item = first_task(secretary)
        sent(secretary, item, filled(secretary.get(item), item))
    return town.client("doancoso")


def _secretaries(town: Town) -> list[str]:
    """Secretaries of residential branches, in the order of their dossiers."""
    with town.house.read_uow() as uow:
        wanted = [d for d in uow.dossiers.of_cycle(uow.cycles.all()[0].id) if d.cohort == "residential"]
        return [a.username for d in wanted for p, a in uow.accounts.at_unit(d.unit_id) if p.role == "secretary"]


def _dossiers(town: Town) -> list:  # type: ignore[type-arg]  # dossiers of the one cycle
    with town.house.read_uow() as uow:
        return uow.dossiers.of_cycle(uow.cycles.all()[0].id)
