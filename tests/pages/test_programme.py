"""The programme board: what is planned, by model, lead, state and year; nobody is alarmed by the past."""

from tests.pages.town import Seen, Town, text


def labels(seen: Seen) -> dict[str, str]:
    """Milestone of the board → its state."""
    return {
        text(row.select_one(".ck-row__title")): text(row.select_one(".ck-tag")) for row in seen.soup.select(".ck-row")
    }


def test_the_board_shows_the_milestones_of_this_year_first(young: Town) -> None:
    programme = young.model.programme
    assert programme is not None
    seen = young.client("bithu").get("/chuong-trinh")
    running = [m.label for m in programme.milestones if m.period.first and m.period.first.year <= 2026]
    shown = [label for label in running if label in labels(seen)]
    assert (seen.status, seen.title) == (200, "Chương trình")
    assert set(labels(seen)) == set(shown)
    assert set(labels(seen).values()) == {"Chưa bắt đầu"}
    assert seen.soup.select_one("figure.ck-chart") is not None


def test_the_past_raises_no_alarm(young: Town) -> None:
    programme = young.model.programme
    assert programme is not None
    found = labels(young.client("thanhdoan").get("/chuong-trinh?nam="))
    assert len(found) == len(programme.milestones)
    assert set(found.values()) == {"Chưa bắt đầu", "Trước khi dùng phần mềm"}


def test_the_board_is_narrowed_by_model_lead_state_and_year(young: Town) -> None:
    browser = young.client("kiemtra")
    lead = young.model.programme.leads[0]  # type: ignore[union-attr]
    every = labels(browser.get(f"/chuong-trinh?nam=&mo_hinh={young.model.key}&chu_tri={lead}"))
    past = labels(browser.get("/chuong-trinh?nam=&tt=before"))
    assert 0 < len(past) < len(every)
    assert labels(browser.get("/chuong-trinh?nam=&chu_tri=Ai")) == {}
    assert labels(browser.get("/chuong-trinh?nam=2099")) == {}
    for wrong in ("nam=abc", "tt=x&nam=", "mo_hinh=x&nam=", "nam=1"):
        assert labels(browser.get(f"/chuong-trinh?{wrong}")) == every


def test_a_model_s_page_says_everything_with_its_source(young: Town) -> None:
    programme = young.model.programme
    assert programme is not None
    seen = young.client("bithu").get(f"/chuong-trinh/{young.model.key}")
    said = text(seen.soup.main)
    assert seen.title == young.model.name
    assert [m.key for m in programme.milestones if f"“{m.wording}” ({m.source})" not in said] == []
    assert [m.key for m in programme.milestones if m.note and m.note not in said] == []
    assert {f"moc-{m.key}" for m in programme.milestones} <= {str(tag["id"]) for tag in seen.soup.find_all(id=True)}
    table = seen.soup.select_one("table.ck-table")
    assert [money.key for money in programme.money if money.label not in text(seen.soup.main)] == []
    assert table is not None


def test_there_is_no_page_of_an_unknown_model(young: Town) -> None:
    assert young.client("thanhdoan").get("/chuong-trinh/khong-co").status == 404
