"""A document that is out and wrong, on its page: drafted by the clerk, signed by the head of the office, told to everybody."""

from collections.abc import Callable

from engine.rules.decisions import Decision, DecisionState
from tests.pages.answers import errors_of
from tests.pages.town import Seen, Town, text

Own = Callable[[Town], Town]


def decision_of(town: Town) -> Decision:
    """The decision that recognises the schools."""
    with town.house.read_uow() as uow:
        return next(d for d in uow.decisions.of_cycle(uow.cycles.all()[0].id) if d.type_code == "QĐ")


def started(town: Town, word: str, **fields: object) -> str:
    """The clerk drafts; the page of the draft."""
    path = f"/van-ban/{decision_of(town).id}/xu-ly/{word}"
    clerk = town.client("vanthu")
    answer = clerk.post(path, {**clerk.get(path).form(path), "ly_do": "Ghi sai", **fields})
    assert answer.status == 303, errors_of(answer.soup)
    return answer.url.partition("?")[0]


def signed(town: Town, draft: str) -> Seen:
    """The head of the office signs; the page of the document."""
    head = town.client("kyso")
    assert f"{draft}/xu-ly/ky" in {str(form.get("action")) for form in head.get(draft).soup.find_all("form")}
    assert head.post(f"{draft}/xu-ly/ky").status == 303
    town.house.work_off()
    return head.get(draft)


def public(town: Town) -> str:
    return text(town.client().get(f"/kiem-tra/{decision_of(town).code}").soup.main)


def test_a_recall_is_drafted_signed_and_told_to_the_public(lived: Town, own: Own) -> None:
    town = own(lived)
    first = decision_of(town)
    assert "Văn bản này có trong sổ đăng ký và đang có hiệu lực." in public(town)
    draft = started(town, "thu-hoi")
    page = town.client("bithutruong").get(f"/van-ban/{first.id}")
    assert "đang được xem xét thu hồi" in text(page.soup.main)
    assert "đang được xem xét thu hồi" in public(town)
    with town.house.read_uow() as uow:
        (unit,) = {title.unit_id for title in uow.titles.of_decision(first.id)}
    assert "tạm dừng sử dụng: quyết định đang" in text(town.client("vanthu").get(f"/don-vi/{unit}").soup.main)
    assert town.client("vanthu").get(f"/van-ban/{first.id}/pdf").status == 409
    clerk = town.client("vanthu").get(draft)
    assert "người soạn không tự ký" in text(clerk.soup.main)
    assert town.client("vanthu").post(f"{draft}/xu-ly/ky").status == 403
    out = signed(town, draft)
    assert "Quyết định" in text(out.soup.main)
    assert f"Văn bản này bị thu hồi theo {out.title}" in public(town)
    assert "đang có hiệu lực" not in public(town)
    rows = [text(row) for row in town.client("vanthu").get("/van-ban/so-dang-ky").soup.select("tbody tr")]
    assert [row for row in rows if f"Bị thu hồi ({out.title})" in row and first.symbol in row]
    assert "bị thu hồi theo" in text(town.client("bithutruong").get("/thong-bao").soup.main)


def test_a_correction_leaves_the_document_in_force(lived: Town, own: Own) -> None:
    town = own(lived)
    path = f"/van-ban/{decision_of(town).id}/xu-ly/dinh-chinh"
    refused = town.client("vanthu").post(path, {"ly_do": "Lỗi gõ", "cho_sai": "Điều 2"})
    assert errors_of(refused.soup) == ["Nhập “Đã ghi”.", "Nhập “Sửa lại là”."]
    draft = started(town, "dinh-chinh", cho_sai="Điều 2", da_ghi="ngày 31/11", sua_lai="ngày 30/11")
    out = signed(town, draft)
    said = public(town)
    assert "đang có hiệu lực" in said
    assert f"Văn bản này được đính chính theo {out.title}" in said


def test_a_replacement_leaves_out_whom_the_clerk_unticks(lived: Town, own: Own) -> None:
    town = own(lived)
    path = f"/van-ban/{decision_of(town).id}/xu-ly/thay-the"
    units = town.client("vanthu").get(path).form(path)["giu"]
    assert town.client("vanthu").post(path, {"ly_do": "Sai", "giu": []}).status == 422
    draft = started(town, "thay-the", giu=units[:1])
    out = signed(town, draft)
    assert f"Thay thế {decision_of(town).symbol}" in text(out.soup.main)
    assert f"Văn bản này được thay thế bằng {out.title}" in public(town)
    town.house.work_off()
    with town.house.read_uow() as uow:
        of_cycle = uow.decisions.of_cycle(decision_of(town).cycle_id)
        old, new = (d for d in of_cycle if d.type_code == "GCN" and d.unit_id == decision_of(town).unit_id)
    said = text(town.client().get(f"/kiem-tra/{old.code}").soup.main)
    assert f"Văn bản này được thay thế bằng {new.symbol}" in said
    assert "đang có hiệu lực" in text(town.client().get(f"/kiem-tra/{new.code}").soup.main)


def test_the_wording_is_changed_and_a_draft_is_dropped_with_a_reason(lived: Town, own: Own) -> None:
    town = own(lived)
    clerk, draft = town.client("vanthu"), started(town, "thu-hoi")
    edit = f"{draft}/xu-ly/sua"
    values = clerk.get(edit).form(edit)
    assert clerk.post(edit, {**values, "doan.0": ""}).status == 422
    assert clerk.post(edit, {**values, "doan.0": "Thu hồi toàn bộ văn bản nêu trên."}).status == 303
    assert "Thu hồi toàn bộ văn bản nêu trên." in text(clerk.get(draft).soup.main)
    assert (clerk.post(f"{draft}/xu-ly/bo", {"ly_do": ""}).status, clerk.get(f"{draft}/xu-ly/bo").status) == (422, 200)
    assert clerk.post(f"{draft}/xu-ly/bo", {"ly_do": "Không sai"}).status == 303
    with town.house.read_uow() as uow:
        assert uow.decisions.get(int(draft.rpartition("/")[2])).state is DecisionState.VOID  # type: ignore[arg-type]
    assert "đang có hiệu lực" in public(town)


def test_the_register_is_printed_with_the_end_of_the_chain(lived: Town) -> None:
    decision = decision_of(lived)
    seen = lived.client("vanthu").get(f"/van-ban/so-dang-ky/in?don_vi={decision.unit_id}&nam=2027")
    books = [text(section.h2) for section in seen.soup.select(".ck-register__book")]
    with lived.house.read_uow() as uow:
        rows = uow.decisions.register_rows(decision.unit_id, 2027)
        seq, last = uow.audit.end()
    assert books == [f"Sổ {code}, năm 2027" for code in dict.fromkeys(row.book for row in rows)]
    assert len(seen.soup.select(".ck-register tbody tr")) == len(rows)
    assert seen.soup.get_text().count(last) == len(books)
    assert str(seq)[-3:] in text(seen.soup.select_one(".ck-register__chain"))
