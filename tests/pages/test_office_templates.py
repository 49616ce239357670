"""An office writes a document its own way on a page: tried out, kept with its day, used by drafts, taken back."""

from collections.abc import Callable
from dataclasses import replace

from engine.rules.units import UnitId
from tests.pages.answers import errors_of, filled, first_task, sent
from tests.pages.town import Browser, Seen, Town, text

DECISION, RECEIPT = "quyet-dinh-cong-nhan", "giay-tiep-nhan"


def page_of(town: Town, document: str = DECISION) -> str:
    """The page of the base union's template."""
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username("vanthu")
        assert account is not None
        unit = uow.accounts.positions(account.id)[0].unit_id
    return f"/mau-van-ban/{unit}/{town.model.key}/{document}"


def written(browser: Browser, page: str, **changes: str) -> dict[str, list[str]]:
    """The form of the page as it stands, with these fields changed; `__` for a dot."""
    form = browser.get(page).form(page)
    return form | {name.replace("__", "."): [value] for name, value in changes.items()}


def kept(browser: Browser, page: str, day: str, **changes: str) -> Seen:
    return browser.post(page, {**written(browser, page, **changes), "viec": "luu", "tu_ngay": day})


def shown(seen: Seen) -> str:
    return text(seen.soup.select_one("section.ck-card"))


def test_an_office_finds_its_documents_and_sees_each_with_example_data(young: Town) -> None:
    clerk, page = young.client("vanthu"), page_of(young)
    listed = clerk.get("/mau-van-ban")
    assert page in listed.links()
    assert {text(tag) for tag in listed.soup.select(".ck-tag")} == {"Mẫu chung"}
    assert "/mau-van-ban" in clerk.get("/van-ban").links()
    for link in [link for link in listed.links() if link.startswith(page.rpartition("/")[0])]:
        seen = clerk.get(link)
        assert (seen.status, seen.soup.select(".ck-notice--late")) == (200, []), link
        assert "{" not in shown(seen), link
    assert "Công nhận 03 chi đoàn" in shown(clerk.get(page))


def test_an_office_finds_the_texts_of_remedies_too(town: Town) -> None:
    clerk = town.client("vanthu")
    unit = page_of(town).split("/")[2]
    pages = {kind: f"/mau-van-ban/{unit}/_remedies/{kind}" for kind in ("replace", "correct", "recall")}
    assert set(pages.values()) <= set(clerk.get("/mau-van-ban").links())
    seen = {kind: clerk.get(page) for kind, page in pages.items()}
    assert {kind: text(one.soup.h1) for kind, one in seen.items()} == {
        "replace": "Văn bản thay thế",
        "correct": "Công văn đính chính",
        "recall": "Quyết định thu hồi",
    }
    said = {kind: shown(one) for kind, one in seen.items()}
    assert "Quyết định này thay thế Quyết định số 07-QĐ/…" in said["replace"]
    assert "Tại dòng 3 của danh sách kèm theo, đã ghi: “Tổ dân phố số 1”." in said["correct"]
    assert "Lý do: danh sách kèm theo ghi sai tên một đơn vị." in said["recall"]
    # What a remedy takes from its document is not asked for.
    asked = {field["name"] for field in seen["correct"].soup.select("#mau [name^=document]")}
    assert {name.split(".")[1] for name in asked} == {"subject", "addressees", "paragraphs", "recipients"}
    done = kept(clerk, pages["correct"], "05/11/2026", document__paragraphs__3="Nay sửa thành: “{right}”.")
    assert (done.status, "Đã lưu bản mới" in text(clerk.get(done.url).soup.main)) == (303, True)
    assert "Nay sửa thành: “Tổ dân phố số 11”." in shown(clerk.get(pages["correct"]))
    history = text(town.client("quantri").get("/nhat-ky").soup.main)
    assert "Lưu bản 1 mẫu “Công văn đính chính”" in history


def test_what_is_written_is_seen_before_it_is_kept(young: Town) -> None:
    clerk, page = young.client("vanthu"), page_of(young)
    own = 'Công nhận {count} chi đoàn: {{ ds_branches|liet_ke("unit") }}.'
    form = written(clerk, page, document__articles__0=own, document__organisation="Ban Thường vụ\n{unit_name}")
    for seen in (clerk.post(page, {**form, "viec": "xem"}), clerk.post(f"{page}/xem-thu", form)):
        assert seen.status == 200
        assert "Công nhận 03 chi đoàn: Chi đoàn" in shown(seen)
        assert " và Chi đoàn" in shown(seen)
        assert "Ban Thường vụ" in shown(seen)
    assert clerk.post(f"{page}/xem-thu", form).soup.html is None
    unknown = clerk.post(f"{page}/xem-thu", {**form, "document.subject": ["{ten}"]})
    assert "chỗ điền {ten} không có trong văn bản này" in text(unknown.soup)
    with young.house.read_uow() as uow:
        assert not uow.office_templates.any()


def test_a_preview_as_pdf_says_that_it_is_one(young: Town, tmp_path) -> None:
    from documents.pdfcheck import problems_of
    from tests.documents.test_pdf import text_of

    clerk, page = young.client("vanthu"), page_of(young)
    answer = clerk.post(f"{page}/xem-thu.pdf", written(clerk, page, document__place="Lê Chân"))
    assert answer.headers["content-disposition"].startswith("attachment;")
    pages = text_of(answer.content, tmp_path).split("\f")
    assert all("MẪU – XEM THỬ" in said for said in pages if said.strip())
    assert "Lê Chân, ngày" in pages[0]
    assert problems_of(answer.content) == ()


def test_a_kept_version_is_used_by_what_is_made_from_its_day_on(town: Town) -> None:
    clerk, page = town.client("vanthu"), page_of(town, RECEIPT)
    said = "{unit_name} đã nhận bản đăng ký của {subject_name}{% if days_late %}, muộn {days_late} ngày{% endif %}."
    assert kept(clerk, page, "06/11/2026", document__paragraphs__0="Chưa đến ngày.").status == 303
    done = kept(clerk, page, "05/11/2026", document__paragraphs__0=said, ghi_chu="Gọn hơn")
    assert "Đã lưu bản mới" in text(clerk.get(done.url).soup.main)
    assert [text(tag) for tag in clerk.get(page).soup.select(".ck-row .ck-tag")] == ["Đang áp dụng", "Chưa đến ngày"]
    secretary = town.client("bithu")
    item = first_task(secretary)
    sent(secretary, item, filled(secretary.get(item), item))
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username("bithu")
        assert account is not None
        dossier = uow.dossiers.of_unit(uow.accounts.positions(account.id)[0].unit_id)[0]
        paper = uow.dossiers.submissions(dossier.id)[-1].paper
        versions = {v.number: v for v in uow.office_templates.of_unit(dossier_issuer(page))}
    unit = uow_name(town, page)
    assert paper["blocks"][0]["text"].startswith(f"{unit} đã nhận bản đăng ký của Chi đoàn")  # type: ignore[index]  # plain JSON
    assert (versions[2].used_at is not None, versions[1].used_at) == (True, None)
    # What was used stays; what was not may go.
    assert clerk.post(f"{page}/huy", {"ban": "2"}).status == 409
    assert clerk.post(f"{page}/huy", {"ban": "1"}).status == 303
    history = text(town.client("quantri").get("/nhat-ky").soup.main)
    assert f"Lưu bản 2 mẫu “Giấy tiếp nhận bản đăng ký xây dựng Chi đoàn xã hội chủ nghĩa” của {unit}" in history
    assert "sửa: nội dung. Gọn hơn" in history
    assert "Hủy bản 1 mẫu" in history


def dossier_issuer(page: str):  # type: ignore[no-untyped-def]  # a UnitId
    return int(page.split("/")[2])


def uow_name(town: Town, page: str) -> str:
    with town.house.read_uow() as uow:
        return uow.units.get(dossier_issuer(page)).name


def test_columns_are_chosen_ordered_and_named(town: Town) -> None:
    clerk, page = town.client("vanthu"), page_of(town)
    form = written(clerk, page, **{"annex.0.columns.unit.order": "1", "annex.0.columns.number.order": "2"})
    form |= {"annex.0.columns.code.use": ["true"], "annex.0.columns.code.label": ["Mã"]}
    form |= {"annex.0.columns.code.order": ["3"], "annex.0.columns.unit.label": ["Chi đoàn"]}
    del form["annex.0.columns.band.use"]
    seen = clerk.post(page, {**form, "viec": "luu", "tu_ngay": "05/11/2026"})
    assert seen.status == 303, errors_of(seen.soup)
    heads = [text(cell) for cell in clerk.get(page).soup.select("section.ck-card table")[0].select("th")]
    assert heads == ["Chi đoàn", "STT", "Mã", "Nhóm đối tượng", "Số đoàn viên được công nhận", "Điểm"]
    again = clerk.get(page).form(page)
    assert "annex.0.columns.band.use" not in again
    # The pack's template again: shown first, kept as a version of its own.
    back = clerk.get(f"{page}?ban=0").form(page)
    assert "annex.0.columns.band.use" in back
    assert clerk.post(page, {**back, "viec": "luu", "tu_ngay": "05/11/2026"}).status == 303
    assert "Bản 2: trở về mẫu chung" in text(clerk.get(page).soup.main)
    assert clerk.get(f"{page}?ban=1").form(page)["annex.0.columns.unit.label"] == ["Chi đoàn"]


def test_what_is_wrong_is_said_beside_its_field(young: Town) -> None:
    clerk, page = young.client("vanthu"), page_of(young)
    wrong = {
        "document__recipients": "Như Điều 3\n{khong_co}",
        "document__articles__2": "{% if count %}",
        "annex.0.columns.unit.width": "0",
        "annex.1.columns.full_name.label": "",
        "signature__0__capacity": "XX",
    }
    seen = kept(clerk, page, "04/11/2026", **wrong)
    found = {str(a["href"]) for a in seen.soup.select(".govuk-error-summary a")}
    assert (seen.status, found) == (
        422,
        {
            "#document.recipients",
            "#document.articles.2",
            "#annex.0.columns.unit.width",
            "#annex.1.columns.full_name.label",
            "#signature.0.capacity",
            "#tu_ngay",
        },
    )
    assert seen.form(page)["document.recipients"] == ["Như Điều 3\n{khong_co}"]
    ids = {str(tag["id"]) for tag in seen.soup.select("[id]")}
    assert {link.removeprefix("#") for link in found} - ids == set()
    assert errors_of(kept(clerk, page, "05/11/2026").soup) == ["Không có gì khác với bản sẽ áp dụng trong ngày này."]
    assert errors_of(kept(clerk, page, "x").soup)[0].startswith("“Áp dụng từ ngày” phải là ngày")


def test_a_template_may_not_break_a_rule_of_form(young: Town) -> None:
    clerk, page = young.client("vanthu"), page_of(young)
    seen = kept(clerk, page, "05/11/2026", document__symbol="qđ {symbol}")
    assert (seen.status, "không đúng mẫu" in errors_of(seen.soup)[0]) == (422, True)
    seen = kept(clerk, page, "05/11/2026", **{"override.page.top": "50"})
    assert "nằm ngoài phạm vi được chọn" in errors_of(seen.soup)[0]
    assert kept(clerk, page, "05/11/2026", **{"override.khong.co": "1"}).status == 422


def test_the_list_warns_of_versions_that_no_longer_fit_their_model(young: Town, own: Callable[[Town], Town]) -> None:
    town = own(young)
    clerk, page = town.client("vanthu"), page_of(town)
    assert kept(clerk, page, "05/11/2026", document__place="Lê Chân").status == 303
    assert "không còn khớp" not in text(clerk.get("/mau-van-ban").soup.main)
    with town.house.open_uow() as uow:
        (made,) = uow.office_templates.of_unit(UnitId(dossier_issuer(page)))
        gone = {"document": {"subject": "Về việc {diem_cong}"}}
        uow.office_templates.add(replace(made, id=0, number=2, content=gone))
        uow.office_templates.add(replace(made, id=0, number=1, document="khong-con"))
    listed = clerk.get("/mau-van-ban")
    said = text(listed.soup.select_one(".ck-notice--late"))
    assert ("Bản 2: " in said, "chỗ điền {diem_cong} không có trong văn bản này" in said) == (True, True)
    assert page in {a["href"] for a in listed.soup.select(".ck-notice--late a")}
    assert "“khong-con”" in text(listed.soup.select_one(".ck-notice--warn"))


def test_others_do_not_write_for_an_office(young: Town, own: Callable[[Town], Town]) -> None:
    page = page_of(young)
    for stranger in ("bithu", "thietke"):
        browser = young.client(stranger)
        assert browser.get(page).status == 403
        for path in (page, f"{page}/xem-thu", f"{page}/xem-thu.pdf", f"{page}/huy"):
            assert browser.post(path, {"viec": "luu"}).status == 403, path
        assert browser.get(f"/mau-van-ban?don_vi={dossier_issuer(page)}").status == 403
    administrator = young.client("quantri")
    assert administrator.get(page).status == 200
    assert page in administrator.get(f"/mau-van-ban?don_vi={dossier_issuer(page)}").links()
    for wrong in (f"{page}x", f"{page}?ban=9", page.replace(young.model.key, "khong-co"), "/mau-van-ban?don_vi=999999"):
        assert administrator.get(wrong).status in (404, 403), wrong
