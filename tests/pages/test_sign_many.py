"""Many documents are signed from one page, and another says what became of each."""

from collections.abc import Callable
from dataclasses import replace

from tests.pages.test_countersigning import confirmed
from tests.pages.town import Town, text

__all__ = ["confirmed"]


def test_everything_that_waits_is_confirmed_on_one_page_and_followed_on_another(
    confirmed: Town, own: Callable[[Town], Town]
) -> None:
    town = own(confirmed)
    signatory = town.client("kyso")
    page = signatory.get("/viec/ky-nhieu")
    assert page.title == "Ký 1 văn bản?"
    nothing = signatory.post("/viec/ky-nhieu", {})
    assert (nothing.status, text(nothing.soup.select_one(".govuk-error-summary__list"))) == (
        422,
        "Chọn từ 1 đến 1.000 văn bản mỗi lần.",
    )
    sent = signatory.post("/viec/ky-nhieu", page.form("/viec/ky-nhieu"))
    seen = signatory.get(sent.url)
    assert [text(row) for row in seen.soup.select("#tien-do dl div")] == ["Chờ đến lượt 1"]
    assert "hx-get" in str(seen.soup.select_one("#tien-do"))
    assert town.client("doancoso").get(sent.url).status == 404
    town.house.work_off()
    seen = signatory.get(sent.url)
    assert [text(row) for row in seen.soup.select("#tien-do dl div")] == ["Đã ban hành 1"]
    assert "hx-get" not in str(seen.soup.select_one("#tien-do"))
    assert signatory.get(f"{sent.url}/trang-thai").headers["hx-refresh"] == "true"
    assert signatory.get("/viec/ky-nhieu").title == "Ký 0 văn bản?"


def test_what_may_not_be_signed_is_said_before(confirmed: Town, own: Callable[[Town], Town]) -> None:

    town = own(confirmed)
    with town.house.open_uow() as uow:
        for basis in uow.decisions.bases():
            uow.decisions.put_basis(replace(basis, number=""))
    page = town.client("kyso").get("/viec/ky-nhieu")
    said = text(page.soup.main)
    assert "Chưa ký được 1 văn bản" in said
    assert page.soup.find("form", action="/viec/ky-nhieu") is None
