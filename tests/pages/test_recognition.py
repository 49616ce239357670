"""From the proposal to the archived decision, every act on its page."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from engine.rules.deadlines import local_day
from engine.rules.decisions import DecisionState
from engine.use_cases import arranging, decisions
from engine.use_cases.actors import actor_of
from tests.pages.answers import Values, errors_of, filled, first_task, sent
from tests.pages.town import Browser, Seen, Town, at, pass_time, text


def task_named(browser: Browser, name: str) -> str:
    """The address of the task whose title begins like this."""
    rows = browser.get("/viec").soup.select("a.ck-row__title")
    return next(str(row["href"]) for row in rows if text(row).startswith(name))


def numbered(values: Values, ending: str, text_: str) -> Values:
    """The form with every field whose name ends like this filled with `text_`."""
    return {**values, **{name: [text_] for name in values if name.endswith(ending)}}


def test_a_branch_proposes_and_is_appraised_beside_its_own_points(town: Town) -> None:
    item = first_task(secretary := town.client("bithu"))
    sent(secretary, item, filled(secretary.get(item), item))
    superior = town.client("doancoso")
    review = task_named(superior, "Tiếp nhận đăng ký")
    sent(superior, review, {**superior.get(review).form(review), "f.outcome": ["accept"]})
    pass_time(town.house, town.clock, at(2027, 10, 4))
    secretary, superior = town.client("bithu"), town.client("doancoso")
    item = task_named(secretary, "Tự đánh giá, đề nghị công nhận")
    form = numbered(filled(secretary.get(item), item), ".points", "1")
    own = [name for name in form if name.startswith("f.scores.") and name.endswith(".points")]
    too_much = secretary.post(item, {**form, own[0]: ["99"]})
    assert (too_much.status, len(errors_of(too_much.soup))) == (422, 1)
    assert sent(secretary, item, {**secretary.get(item).form(item), own[0]: ["1,5"]}).url == f"{item}/da-gui"
    assess = task_named(superior, "Thẩm định")
    page = superior.get(assess)
    given = [text(cell) for cell in page.soup.select(".ck-grid__given .ck-given")]
    assert "1,5" in given  # what the branch gave itself stands beside the box
    judged = numbered(filled(page, assess), ".points", "1")
    result = sent(superior, assess, {**judged, "f.outcome": ["assess"]})
    assert result.url == f"{assess}/da-gui"
    dossier = next(link for link in superior.get(assess).links() if link.startswith("/ho-so/") and link.count("/") == 2)
    assert "Thẩm định xong: " in text(superior.get(dossier).soup.select_one(".ck-timeline"))


def test_a_meeting_is_kept_with_its_votes_and_ends_in_a_signed_decision(
    lived: Town, own: Callable[[Town], Town]
) -> None:
    town = own(lived)
    officer, signatory = town.client("doancoso"), town.client("kyso")
    for _ in range(2):
        item = task_named(officer, "Theo dõi")
        sent(officer, item, filled(officer.get(item), item))
    item = task_named(officer, "Họp xét")
    page = officer.get(item)
    voted = _meeting(filled(page, item))
    more = officer.post(item, {**voted, "f.rows.0.votes_for": ["10"]})
    assert more.url == f"{item}/kiem-tra"
    refused = officer.post(more.url, officer.get(more.url).form(more.url))
    assert (refused.status, "không được lớn hơn số có mặt" in " ".join(errors_of(refused.soup))) == (422, True)
    assert refused.form(item)["f.rows.0.votes_for"] == ["10"]
    assert sent(officer, item, _meeting(refused.form(item))).url == f"{item}/da-gui"
    pass_time(town.house, town.clock, at(2027, 11, 23))
    officer, signatory = town.client("doancoso"), town.client("kyso")
    item = task_named(officer, "Chốt danh sách")
    sent(officer, item, filled(officer.get(item), item))
    item = task_named(signatory, "Ký quyết định")
    preview = text(signatory.get(item).soup.select_one("section.ck-card"))
    assert "Điều 1." in preview
    assert "Danh sách" in preview
    assert "Nhận xét về thể thức" not in text(signatory.get(item).soup.main)
    left = _left_meanwhile(town)
    for page in (signatory.get(item), _newest(town.client("vanthu"))):
        said = text(page.soup.main)
        assert f"{left} không còn như khi lập danh sách" in said
        assert "Căn cứ còn để trống số hoặc ngày" in said
    _bases_again(town)
    why = "Danh sách còn thiếu một chi đoàn."
    sent(signatory, item, {**signatory.get(item).form(item), "f.outcome": ["return"], "f.reason": [why]})
    item = task_named(officer, "Chốt danh sách")
    assert why in text(officer.get(item).soup.main)
    sent(officer, item, filled(officer.get(item), item))
    item = task_named(signatory, "Ký quyết định")
    assert sent(signatory, item, {**signatory.get(item).form(item), "f.outcome": ["sign"]}).url == f"{item}/da-gui"
    assert "đang được ký" in text(_newest(signatory).soup.main)
    town.house.work_off()
    issued = _newest(signatory)
    assert "Đã ban hành" in text(issued.soup.main)
    assert signatory.get(f"{issued.url.removeprefix('http://127.0.0.1:8000')}/pdf").content.startswith(b"%PDF-")
    clerk = town.client("vanthu")
    item = task_named(clerk, "Phát hành, lưu hồ sơ")
    assert any(link.startswith("/van-ban/") for link in clerk.get(item).links())
    assert sent(clerk, item, filled(clerk.get(item), item)).url == f"{item}/da-gui"


def test_last_years_registration_is_a_start_for_this_year(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    values = filled(secretary.get(item), item)
    sent(secretary, item, values)
    pass_time(town.house, town.clock, at(2027, 10, 4))
    officer, secretary = town.client("thanhdoan"), town.client("bithu")
    form = officer.get(f"/chu-ky/moi?mo_hinh={town.model.key}&nam=2028").form("/chu-ky/moi")
    assert officer.post("/chu-ky/moi", {**form, "cach_doc": "0"}).status == 303
    pass_time(town.house, town.clock, at(2027, 10, 4, 10))
    item = task_named(secretary, "Đăng ký nội dung, lộ trình")
    page = secretary.get(item)
    copied = secretary.post(f"{item}/nam-truoc", page.form(f"{item}/nam-truoc"))
    again = secretary.get(copied.url)
    assert "Đã đưa nội dung năm trước vào biểu mẫu" in text(again.soup.main)
    now = again.form(item)
    areas = [name for name, value in values.items() if name.startswith("f.lo_trinh")]
    assert {name: now[name] for name in areas} == {name: values[name] for name in areas}
    assert "f.cam_ket" not in now  # a commitment is made anew each year


def _left_meanwhile(town: Town) -> str:
    """A branch of the draft's list is dissolved, and a legal basis loses its number; the branch's name."""
    with town.house.open_uow() as uow:
        draft = next(d for d in uow.decisions.of_cycle(uow.cycles.all()[0].id) if d.state is DecisionState.DRAFTED)
        unit = uow.units.get(decisions.listed(uow, draft)[0].unit_id)
        account = uow.accounts.find_username("quantri")
        assert account is not None
        for basis in uow.decisions.bases():
            uow.decisions.put_basis(replace(basis, number="", dated=None))
        arranging.end(
            uow,
            unit.id,
            last_day=local_day(town.clock()),
            successor_code="",
            dispatch="9-QĐ",
            actor=actor_of(uow, account, now=town.clock()),
            now=town.clock(),
        )
    return unit.name


def _bases_again(town: Town) -> None:
    with town.house.open_uow() as uow:
        for basis in uow.decisions.bases():
            uow.decisions.put_basis(replace(basis, number="15-KH/TU", dated=date(2025, 8, 1)))


def _meeting(values: Values) -> Values:
    rows = [name for name in values if name.endswith(".result")]
    votes = {name.replace(".result", ".votes_for"): ["9"] for name in rows}
    against = {name.replace(".result", ".votes_against"): ["0"] for name in rows}
    met = {name: ["met"] for name in rows}
    return {**values, **votes, **against, **met, "f.invited": ["9"], "f.present": ["9"]}


def _newest(browser: Browser) -> Seen:
    row = next(r for r in browser.get("/van-ban").soup.select("a.ck-row__title") if "Về việc công nhận" in text(r))
    return browser.get(str(row["href"]))
