"""Books and numbers on the pages: a book is made, numbers are reserved, entered and voided, by whoever keeps the book."""

from collections.abc import Callable

from engine.rules.decisions import Decision, DecisionState, RegisterState
from engine.use_cases import numbering
from engine.use_cases.numbering import Wanted
from tests.pages.answers import errors_of
from tests.pages.town import Browser, Town, text

Own = Callable[[Town], Town]


def decision_of(town: Town) -> Decision:
    """The decision that recognises the schools."""
    with town.house.read_uow() as uow:
        return next(d for d in uow.decisions.of_cycle(uow.cycles.all()[0].id) if d.type_code == "QĐ")


def wanted(town: Town, kind: str = "BC") -> Wanted:
    """A paper of the same office."""
    return Wanted(
        unit_id=decision_of(town).unit_id,
        kind=kind,
        type_code=kind,
        symbol=f"{kind}/ĐTN",
        subject="Báo cáo đột xuất",
        signer_name="Trần Thu Hà",
        recipients=("Thành đoàn",),
    )


def a_book(clerk: Browser, **changes: str) -> dict[str, object]:
    """A new book as the clerk would send it."""
    form: dict[str, object] = dict(clerk.get("/van-ban/so/moi").form("/van-ban/so/moi"))
    return {**form, "ky_hieu": "BC", "ten": "Sổ báo cáo", "loai": ["BC"], "cach": "office", "ky": "year", **changes}


def test_a_clerk_makes_a_book_and_enters_the_number_of_the_offices_own_register(lived: Town, own: Own) -> None:
    town = own(lived)
    clerk = town.client("vanthu")
    made = clerk.post("/van-ban/so/moi", a_book(clerk))
    assert made.status == 303
    assert "Sổ báo cáo" in text(clerk.get("/van-ban/so").soup.main)
    with town.house.open_uow() as uow:
        waits = numbering.wait(uow, wanted(town), now=town.clock())
    page = f"/van-ban/cho-cap-so/{waits.id}"
    assert "1 văn bản chờ số" in text(clerk.get("/van-ban/so").soup.main)
    assert page in clerk.get("/van-ban/cho-cap-so").links()
    refused = clerk.post(page, {"so": "x", "ngay": "12/11/2027"})
    assert (refused.status, errors_of(refused.soup)) == (422, ["Nhập một số nguyên từ 1 đến 999.999."])
    refused = clerk.post(page, {"so": "31", "ngay": "13/11/2027"})
    assert (refused.status, errors_of(refused.soup)) == (422, ["Ngày không được sau hôm nay."])
    entered = clerk.post(page, {"so": "31", "ngay": "11/11/2027"})
    assert (entered.status, entered.url) == (303, "/van-ban/cho-cap-so?tb=da-cap-so")
    rows = [text(row) for row in clerk.get("/van-ban/so-dang-ky").soup.select("tbody tr")]
    assert [row for row in rows if "31-BC/ĐTN" in row and "Đã ban hành" in row]
    assert clerk.get(page).status == 404


def test_a_book_that_cannot_be_is_refused_field_by_field(lived: Town, own: Own) -> None:
    clerk = own(lived).client("vanthu")
    sent = a_book(clerk, ky_hieu="", loai="", ky="term", so_dau="0")
    seen = clerk.post("/van-ban/so/moi", {**sent, "loai": []})
    assert (seen.status, errors_of(seen.soup)) == (
        422,
        [
            "Nhập “Ký hiệu sổ”.",
            "Chọn ít nhất một loại văn bản.",
            "Nhập một số nguyên từ 1 đến 999.999.",
            "Nhập ngày đầu và ngày cuối của nhiệm kỳ.",
        ],
    )


def test_a_used_up_block_is_told_and_more_numbers_let_documents_go_on(lived: Town, own: Own) -> None:
    town = own(lived)
    clerk = town.client("vanthu")
    book = clerk.post("/van-ban/so/moi", a_book(clerk, cach="block")).url.partition("?")[0]
    with town.house.open_uow() as uow:
        assert numbering.take(uow, wanted(town), now=town.clock()) is None
        numbering.wait(uow, wanted(town), now=town.clock())
    assert "đã dùng hết: hãy giữ thêm số" in text(clerk.get("/van-ban/cho-cap-so").soup.main)
    more = {"so_tu": "40", "so_den": "49", "ngay": "11/11/2027", "ly_do": "Giữ cho cuối năm"}
    assert clerk.post(f"{book}/giu-so", {**more, "so_den": "39"}).status == 422
    assert clerk.post(f"{book}/giu-so", more).status == 303
    assert "40 – 49 2027 còn 9 11/11/2027 Giữ cho cuối năm" in text(clerk.get(book).soup.main)
    assert "Không có văn bản nào chờ cấp số." in text(clerk.get("/van-ban/cho-cap-so").soup.main)


def test_a_number_is_voided_from_the_register_with_a_reason(lived: Town, own: Own) -> None:
    town = own(lived)
    clerk, decision = town.client("vanthu"), decision_of(town)
    with town.house.open_uow() as uow:
        from dataclasses import replace

        (row,) = uow.books.rows_of(decision.id)
        uow.books.save_row(replace(row, state=RegisterState.NUMBERED))
        uow.decisions.save(replace(decision, state=DecisionState.NUMBERED))
    void = f"/van-ban/so-dang-ky/dong/{row.id}/huy"
    assert void in clerk.get("/van-ban/so-dang-ky").links()
    assert (clerk.post(void, {"ly_do": ""}).status, clerk.post(void, {"ly_do": "Ghi nhầm"}).status) == (422, 303)
    rows = [text(r) for r in clerk.get("/van-ban/so-dang-ky").soup.select("tbody tr") if row.symbol in text(r)]
    assert len(rows) == 1
    assert ": Ghi nhầm" in rows[0]


def test_a_clerk_sends_back_what_will_not_be_numbered_and_who_approved_it_reads_why(lived: Town, own: Own) -> None:
    town = own(lived)
    clerk, head, first = town.client("vanthu"), town.client("kyso"), decision_of(town)
    assert clerk.post("/van-ban/so/moi", a_book(clerk, ky_hieu="CV", ten="Sổ công văn", loai=["CV"])).status == 303
    words = {"cho_sai": "Điều 2", "da_ghi": "ba", "sua_lai": "bốn", "ly_do": "Ghi nhầm"}
    draft = clerk.post(f"/van-ban/{first.id}/xu-ly/dinh-chinh", words).url.partition("?")[0]
    assert head.post(f"{draft}/xu-ly/ky").status == 303
    (page,) = [link for link in clerk.get("/van-ban/cho-cap-so").links() if link.endswith("/tra-lai")]
    assert page in clerk.get(page.removesuffix("/tra-lai")).links()
    refused = clerk.post(page, {"ly_do": " "})
    assert (refused.status, errors_of(refused.soup)) == (422, ["Nhập lý do."])
    assert [town.client(name).get(page).status for name in ("kyso", "doancoso", "thanhdoan")] == [403] * 3
    sent = clerk.post(page, {"ly_do": "Thiếu nơi nhận"})
    assert (sent.status, sent.url) == (303, "/van-ban/cho-cap-so?tb=da-tra-lai-so")
    read = text(head.get(draft).soup.main)
    assert ("trả lại, chưa cấp số, lúc" in read, "Thiếu nơi nhận" in read, "Ký ban hành" in read) == (True,) * 3
    assert (clerk.get(page).status, clerk.post(page, {"ly_do": "Lần nữa"}).status) == (404, 409)
    assert "Không có văn bản nào chờ cấp số." in text(clerk.get("/van-ban/cho-cap-so").soup.main)


def test_books_are_for_those_who_keep_them(lived: Town) -> None:
    for name in ("bithu", "doancoso", "kyso", "thanhdoan", "kiemtra"):
        person = lived.client(name)
        assert (name, person.get("/van-ban/so").status, person.get("/van-ban/cho-cap-so").status) == (name, 403, 403)
    assert lived.client("quantri").get("/van-ban/so").status == 200
