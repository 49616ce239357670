"""A task from its form to its receipt: nothing typed is lost, nothing is done twice, nobody else does it."""

import io
import re

import pikepdf
from openpyxl import Workbook, load_workbook

from tests.pages.answers import errors_of, filled, first_task, sent
from tests.pages.town import Browser, Town, text


def a_pdf() -> bytes:
    """A PDF of one empty page."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        content = io.BytesIO()
        pdf.save(content)
    return content.getvalue()


def test_a_branch_registers_without_scripts_and_gets_a_receipt(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    receipt = secretary.go(sent(secretary, item, filled(secretary.get(item), item)).url)
    assert receipt.title.startswith("Đã xong")
    code = text(receipt.soup.select_one(".ck-panel strong"))
    assert re.fullmatch(r"[A-Z0-9-]+-2027-[A-Z0-9]{4}", code)
    dossier = secretary.get(
        next(link for link in receipt.links() if link.startswith("/ho-so/") and link.count("/") == 2)
    )
    assert code in text(dossier.soup.aside)
    assert text(dossier.soup.select_one(".ck-timeline__title")).startswith("Gửi bản đăng ký, ")
    assert secretary.get("/viec").soup.select("a.ck-row__title") == []


def test_mistakes_are_named_and_what_was_typed_stays(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    values = filled(secretary.get(item), item)
    phone = next(name for name, value in values.items() if value == ["0912345678"])
    values[phone] = ["không có"]
    seen = secretary.post(item, values)
    assert (seen.status, len(errors_of(seen.soup))) == (422, 1)
    assert seen.soup.title is not None
    assert text(seen.soup.title).startswith("Lỗi:")
    assert seen.form(item)[phone] == ["không có"]
    assert secretary.get(item).form(item)[phone] == ["không có"]  # kept as a draft, too


def test_a_draft_is_there_again_and_is_no_submission(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    values = filled(secretary.get(item), item)
    seen = secretary.post(item, {**values, "_save": "1"})
    assert (seen.status, seen.url) == (303, f"{item}?tb=nhap")
    again = secretary.get(seen.url)
    assert "Đã lưu nháp. Nháp chưa được gửi đi." in text(again.soup.main)
    shown = again.form(item)
    asked = {name for name in values if name.startswith("f.") and "tong_so" not in name and "ly_do" not in name}
    assert {name: shown.get(name) for name in asked} == {name: values[name] for name in asked}
    assert len(secretary.get("/viec").soup.select("a.ck-row__title")) == 1


def test_what_is_typed_is_saved_on_the_way_and_the_same_page_may_still_send_it(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    values = filled(secretary.get(item), item)
    for _ in range(3):
        assert secretary.post(f"{item}/nhap", values).status == 204
    assert sent(secretary, item, values).url == f"{item}/da-gui"


def test_a_stale_page_keeps_its_text_and_may_then_stand_over_the_other(town: Town) -> None:
    first, second = town.client("bithu"), town.client("bithu")
    item = first_task(first)
    one, other = filled(first.get(item), item), filled(second.get(item), item)
    area = next(name for name, value in one.items() if value[0].startswith("Nội dung"))
    assert first.post(item, {**one, area: ["Của người thứ nhất"], "_save": "1"}).status == 303
    refused = second.post(item, {**other, area: ["Của người thứ hai"], "_save": "1"})
    assert refused.status == 409
    assert "Người khác vừa lưu nháp việc này" in text(refused.soup.main)
    kept = refused.form(item)
    assert kept[area] == ["Của người thứ hai"]
    assert second.post(item, {**kept, "_save": "1"}).status == 303
    assert first.get(item).form(item)[area] == ["Của người thứ hai"]


def test_sending_twice_is_one_submission(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    assert secretary.post(item, filled(secretary.get(item), item)).url == f"{item}/kiem-tra"
    last_look = secretary.get(f"{item}/kiem-tra").form(f"{item}/kiem-tra")
    answers = [secretary.post(f"{item}/kiem-tra", last_look).url for _ in range(2)]
    assert answers == [f"{item}/da-gui"] * 2
    links = secretary.get(f"{item}/da-gui").links()
    dossier = secretary.get(next(link for link in links if link.startswith("/ho-so/") and link.count("/") == 2))
    history = dossier.soup.select_one(".ck-timeline[aria-label='Lịch sử']")
    assert history is not None
    assert len(history.select(".ck-timeline__title")) == 2  # the campaign, and one registration


def test_text_typed_into_a_task_that_is_over_can_be_copied(town: Town) -> None:
    first, second = town.client("bithu"), town.client("bithu")
    item = first_task(first)
    values = filled(second.get(item), item)
    area = next(name for name, value in values.items() if value[0].startswith("Nội dung"))
    sent(first, item, filled(first.get(item), item))
    late = second.post(item, {**values, area: ["Tôi đã viết rất lâu"]})
    assert (late.status, late.title) == (409, "Việc này không còn làm được")
    assert "Tôi đã viết rất lâu" in text(late.soup.main)


def test_rows_are_added_pasted_and_taken_from_a_sheet(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    form = secretary.get(item).form(item)
    pasted = {**form, "f.members._paste": "Trần Thị Ánh\t2001\nLê Văn Bình\t2002", "_paste": "members"}
    seen = secretary.post(item, pasted)
    assert seen.status == 200
    book = Workbook()
    book.worksheets[0].append(["Họ và tên", "Năm sinh"])
    book.worksheets[0].append(["Phạm Thị Cúc", 2003])
    content = io.BytesIO()
    book.save(content)
    sheet = ("danh-sach.xlsx", content.getvalue(), "application/octet-stream")
    seen = secretary.post(item, seen.form(item), files={"f.members._file": sheet})
    values = seen.form(item)
    names = [values[f"f.members.{n}.full_name"][0] for n in range(3)]
    years = [values[f"f.members.{n}.birth_year"][0] for n in range(3)]
    assert (names, [year.replace(".", "") for year in years]) == (
        ["Trần Thị Ánh", "Lê Văn Bình", "Phạm Thị Cúc"],
        ["2001", "2002", "2003"],
    )


def test_a_list_of_people_is_looked_at_by_cell_and_undone(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    sheet = load_workbook(io.BytesIO(secretary.get(f"{item}/mau/members.xlsx").content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[3]][:2] == ["Họ và tên", "Năm sinh"]
    assert secretary.get(f"{item}/mau/khong-co.xlsx").status == 404
    assert town.client("bithutruong").get(f"{item}/mau/members.xlsx").status == 403
    one = {**secretary.get(item).form(item), "f.members._paste": "Trần Thị Ánh\t2001", "_paste": "members"}
    form = secretary.post(item, one).form(item)
    more = {**form, "f.members._paste": "Lê Văn Bình\tnăm 2002\nVũ An\t2004", "_paste": "members"}
    seen = secretary.post(item, more)
    wrong = [str(link["href"]) for link in seen.soup.select(".govuk-error-summary li a")]
    assert (seen.status, wrong) == (422, ["#f.members.1.birth_year"])
    assert "Đã đưa 2 dòng vào cuối bảng." in text(seen.soup.main)
    undone = secretary.post(item, {**seen.form(item), "_undo": "members"})
    names = [value[0] for name, value in undone.form(item).items() if name.endswith(".full_name") and value[0]]
    assert (undone.status, names) == (200, ["Trần Thị Ánh"])
    assert "vào cuối bảng" not in text(undone.soup.main)
    hostile = secretary.post(item, {**seen.form(item), "_undo": "members", "f.members._taken": "x.99999999999"})
    assert hostile.status in (200, 422)


def test_a_file_passes_the_gate_and_is_only_ever_downloaded(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    values = filled(secretary.get(item), item)
    name = next(
        str(f["name"]) for f in secretary.get(item).soup.select("input[type=file]") if "._" not in str(f["name"])
    )
    bad = secretary.post(item, values, files={name: ("hai.pdf", b"MZ\x90 program", "application/pdf")})
    assert bad.status == 422
    pdf = a_pdf()
    good = secretary.post(item, values, files={name: ("bản đăng ký.pdf", pdf, "application/pdf")})
    assert errors_of(good.soup) == []
    assert good.url == f"{item}/kiem-tra"
    link = next(link for link in secretary.get(good.url).links() if "/tep/" in link)
    file = secretary.get(link)
    assert (file.status, file.content) == (200, pdf)
    assert file.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in file.headers["content-security-policy"]
    assert file.headers["x-content-type-options"] == "nosniff"
    assert town.client("bithutruong").get(link).status == 403


def test_a_superior_returns_and_the_branch_sees_why(town: Town) -> None:
    secretary, superior = town.client("bithu"), town.client("doancoso")
    item = first_task(secretary)
    sent(secretary, item, filled(secretary.get(item), item))
    review = first_task(superior)
    page = superior.get(review)
    assert "Nội dung 1" in text(page.soup.select_one("details[open]")) or "Nội dung" in text(page.soup.main)
    reason = "Thiếu lộ trình của quý III, hãy bổ sung."
    form = {**page.form(review), "f.outcome": ["return"], "f.reason": [reason]}
    assert sent(superior, review, form).url == f"{review}/da-gui"
    again = first_task(secretary)
    assert reason in text(secretary.get(again).soup.main)


def test_returning_without_a_reason_is_refused(town: Town) -> None:
    secretary, superior = town.client("bithu"), town.client("doancoso")
    item = first_task(secretary)
    sent(secretary, item, filled(secretary.get(item), item))
    review = first_task(superior)
    seen = superior.post(review, {**superior.get(review).form(review), "f.outcome": ["return"]})
    assert (seen.status, len(errors_of(seen.soup))) == (422, 1)


def test_nobody_does_the_work_of_others(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    form = secretary.get(item).form(item)
    for other in ("bithutruong", "doancoso", "thanhdoan", "quantri"):
        browser = town.client(other)
        assert _statuses(browser, item, form) == [403] * 5, other


def _statuses(browser: Browser, item: str, form: dict[str, list[str]]) -> list[int]:
    own = {**form, "csrf": [browser.csrf()]}
    return [
        browser.get(item).status,
        browser.post(item, own).status,
        browser.post(f"{item}/nhap", own).status,
        browser.post(f"{item}/nam-truoc", own).status,
        browser.post(f"{item}/kiem-tra", own).status,
    ]
