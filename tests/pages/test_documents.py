"""Documents: read, downloaded, registered, and checked by anybody."""

import io
from collections.abc import Callable
from dataclasses import replace

from openpyxl import load_workbook

from engine.rules.decisions import Decision
from tests.pages.answers import filled, first_task, sent
from tests.pages.town import Browser, Seen, Town, form_values, text


def decision_of(town: Town) -> Decision:
    """The decision that recognises the schools."""
    with town.house.read_uow() as uow:
        return next(d for d in uow.decisions.of_cycle(uow.cycles.all()[0].id) if d.type_code == "QĐ")


def test_an_issued_decision_is_read_and_downloaded(lived: Town) -> None:
    clerk, decision = lived.client("vanthu"), decision_of(lived)
    path = f"/van-ban/{decision.id}"
    seen = clerk.get(path)
    assert seen.title == decision.symbol
    assert "Điều 1." in text(seen.soup.main)
    pdf, docx = clerk.get(f"{path}/pdf"), clerk.get(f"{path}/docx")
    assert (pdf.content[:5], docx.content[:2]) == (b"%PDF-", b"PK")
    for file in (pdf, docx):
        assert file.headers["content-disposition"].startswith("attachment;")
        assert "sandbox" in file.headers["content-security-policy"]


def test_the_register_holds_every_number_once(lived: Town) -> None:
    clerk, decision = lived.client("vanthu"), decision_of(lived)
    seen = clerk.get("/van-ban/so-dang-ky")
    symbols = [text(row.select("td")[1]) for row in seen.soup.select("tbody tr")]
    assert decision.symbol in symbols
    assert len(symbols) == len(set(symbols))
    book = load_workbook(io.BytesIO(clerk.get(f"/van-ban/so-dang-ky.xlsx?don_vi={decision.unit_id}&nam=2027").content))
    assert [row[1] for row in book.worksheets[0].iter_rows(min_row=4, values_only=True)] == symbols


def test_documents_are_found_without_marks(lived: Town) -> None:
    clerk = lived.client("vanthu")
    assert len(clerk.get("/van-ban?q=cong+nhan").soup.select(".ck-row")) >= 1
    assert clerk.get("/van-ban?q=khong+co+gi").soup.select(".ck-row") == []


def test_anybody_may_check_a_document_and_compare_a_file(lived: Town) -> None:
    decision, anybody = decision_of(lived), lived.client()
    pdf = lived.client("vanthu").get(f"/van-ban/{decision.id}/pdf").content
    seen = anybody.get(f"/kiem-tra/{decision.code}?m={decision.content_sha256[:10]}")
    assert decision.symbol in text(seen.soup.main)
    assert "khớp với nội dung đã ban hành" in text(seen.soup.main)
    assert "không khớp" in text(anybody.get(f"/kiem-tra/{decision.code}?m=0123456789").soup.main)
    titles = [_compared(anybody, decision.code, content) for content in (pdf, pdf + b" ", b"%PDF-1.7 rubbish")]
    assert titles == [
        "Đúng là tệp đã ban hành, không sai một byte",
        "Tệp KHÔNG khớp với văn bản đã ban hành",
        "Tệp KHÔNG khớp với văn bản đã ban hành",
    ]


def test_nothing_is_said_of_codes_that_were_never_issued(lived: Town) -> None:
    anybody = lived.client()
    for code in ("0" * 20, "khong-co", "%2e%2e", "a'--"):
        seen = anybody.get(f"/kiem-tra/{code}")
        assert (seen.status, seen.soup.select("main dl")) == (404, []), code


def test_a_document_that_is_being_signed_says_so_and_is_looked_at_again(lived: Town) -> None:
    # A worker that has not come to it yet: the same page as for any document between number and signature.
    from dataclasses import replace

    from engine.rules.decisions import DecisionState
    from tests.pages.town import copy_of

    folder = lived.house.settings.data.parent / "dang-ky"
    town = copy_of(lived, folder)
    decision = decision_of(town)
    with town.house.open_uow() as uow:
        uow.decisions.save(replace(decision, state=DecisionState.NUMBERED, pdf_sha256="", docx_sha256=""))
    clerk = town.client("vanthu")
    seen = clerk.get(f"/van-ban/{decision.id}")
    assert "đang được ký" in text(seen.soup.main)
    assert [str(s["src"]) for s in seen.soup.select("script[src]") if "htmx" in str(s["src"])]
    part = clerk.get(f"/van-ban/{decision.id}/trang-thai")
    assert (part.soup.html, "đang được ký" in part.soup.get_text()) == (None, True)
    assert clerk.get(f"/van-ban/{decision.id}/pdf").status == 404
    with town.house.open_uow() as uow:
        now = uow.decisions.get(decision.id)
        uow.decisions.save(replace(decision, row_version=now.row_version))
    assert clerk.get(f"/van-ban/{decision.id}/trang-thai").headers["hx-refresh"] == "true"
    town.house.close()


def _compared(browser: Browser, code: str, content: bytes) -> str:
    path = f"/kiem-tra/{code}"
    token = form_values(browser.get(path).soup.find("form", action=path))["csrf"][0]
    seen = browser.post(path, {"csrf": token}, files={"tep": ("van-ban.pdf", content, "application/pdf")})
    return text(seen.soup.select_one(".ck-notice"))


def _answers(seen: Seen) -> dict[str, str]:
    """The answer to each question about a file."""
    rows = seen.soup.select("main dl.ck-summary")[0].select("div")
    return {text(row.dt): text(row.dd) for row in rows}


def test_each_question_about_a_file_is_answered_by_itself(lived: Town, own: Callable[[Town], Town]) -> None:
    decision, anybody = decision_of(lived), lived.client()
    pdf = lived.client("vanthu").get(f"/van-ban/{decision.id}/pdf").content
    seen = _sent(anybody, pdf)
    answers = _answers(seen)
    assert list(answers) == [
        "Tệp có nguyên vẹn không?",
        "Ai ký, lúc nào?",
        "Nơi cấp chứng thư có đáng tin không?",
        "Có đúng là bản lưu không?",
        "Sổ đăng ký ghi gì?",
        "Đã bị hủy bỏ hoặc thay thế chưa?",
    ]
    assert answers["Tệp có nguyên vẹn không?"] == "Có thể yên tâm Tệp còn nguyên vẹn từ khi ký."
    assert decision.signer_name in answers["Ai ký, lúc nào?"]
    assert "không có giá trị pháp lý" in answers["Nơi cấp chứng thư có đáng tin không?"]
    assert "không sai một byte" in answers["Có đúng là bản lưu không?"]
    assert decision.symbol in answers["Sổ đăng ký ghi gì?"]
    assert "Đang có hiệu lực" in answers["Đã bị hủy bỏ hoặc thay thế chưa?"]
    spoilt = _answers(_sent(anybody, pdf + b" "))
    assert spoilt["Tệp có nguyên vẹn không?"].startswith("Không đạt")
    stranger = _answers(_sent(anybody, b"%PDF-1.7 rubbish"))
    assert "không ban hành" in stranger["Sổ đăng ký ghi gì?"]
    assert _sent(anybody, b"").status == 422
    town = own(lived)
    with town.house.open_uow() as uow:
        uow.decisions.save(replace(uow.decisions.get(decision.id), cancelled_by_id=decision.id))
    ended = _answers(_sent(town.client(), pdf))["Đã bị hủy bỏ hoặc thay thế chưa?"]
    assert ended.startswith("Không đạt Văn bản này bị hủy bỏ theo")


def _sent(browser: Browser, content: bytes) -> Seen:
    token = form_values(browser.get("/kiem-tra").soup.find("form", action="/kiem-tra", method="post"))["csrf"][0]
    files = {"tep": ("van-ban.pdf", content, "application/pdf")} if content else None
    return browser.post("/kiem-tra", {"csrf": token}, files=files)


def test_the_minutes_of_the_meeting_are_offered_where_they_were_handed_in(lived: Town) -> None:
    officer, decision = lived.client("doancoso"), decision_of(lived)
    links = officer.get(f"/ho-so/{decision.dossier_id}").soup.select(".ck-actions a[href*='/giay/']")
    assert [text(link) for link in links] == ["Tải Biên bản (PDF)", "Tải Biên bản (Word)"]
    pdf, docx = (officer.get(str(link["href"])) for link in links)
    assert (pdf.content[:5], docx.content[:2]) == (b"%PDF-", b"PK")
    assert 'filename="bien-ban-' in pdf.headers["content-disposition"]
    assert officer.get(str(links[0]["href"])).content == pdf.content


def test_a_receipt_is_offered_as_soon_as_the_registration_is_in(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    done = sent(secretary, item, filled(secretary.get(item), item))
    offered = secretary.get(done.url).soup.select("main a[href*='/giay/']")
    assert [text(link) for link in offered] == ["Tải Giấy tiếp nhận (PDF)", "Tải Giấy tiếp nhận (Word)"]
    assert secretary.get(str(offered[0]["href"])).content[:5] == b"%PDF-"
