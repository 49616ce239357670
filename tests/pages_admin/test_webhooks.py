"""Can an administrator let another system be told? Its secret is shown once, its failures are seen, and it is ended."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.pages.town import Town, text
from tests.pages_admin.test_units import shown

PAGE = "/quan-tri/he-thong-khac"
URL = "https://nhan.vidu.vn/bao"


@pytest.fixture
def town(young: Town, own: Callable[[Town], Town]) -> Town:
    return own(young)


def code(town: Town) -> str:
    with town.house.read_uow() as uow:
        return uow.units.all()[1].code


def test_the_secret_is_shown_once(town: Town) -> None:
    browser = town.client("quantri")
    made = browser.post(PAGE, {"don_vi": code(town), "dia_chi": URL})
    assert made.status == 200
    secret = str(made.soup.find("input", id="khoa")["value"])  # type: ignore[index]
    with town.house.read_uow() as uow:
        [webhook] = uow.notices.webhooks()
    assert (webhook.secret, webhook.url) == (secret, URL)
    seen = browser.get(PAGE)
    assert secret not in str(seen.soup)
    assert shown(seen, "li.ck-row .ck-tag") == ["Đang báo"]
    assert secret not in str(town.client("quantri").get("/nhat-ky").soup)


def test_what_is_refused_stands_at_its_field(town: Town) -> None:
    seen = town.client("quantri").post(PAGE, {"don_vi": "khong-co", "dia_chi": "http://nhan.vidu.vn"})
    assert (seen.status, shown(seen, ".govuk-error-summary__list li")) == (
        422,
        [
            "Không có đơn vị mang mã khong-co.",
            "Địa chỉ phải bắt đầu bằng https://, có tên máy, cổng 443 hoặc 8443, không kèm tên đăng nhập.",
        ],
    )
    with town.house.read_uow() as uow:
        assert uow.notices.webhooks() == []


def test_a_failed_call_is_seen_sent_again_and_ended(town: Town) -> None:
    browser = town.client("quantri")
    browser.post(PAGE, {"don_vi": code(town), "dia_chi": URL})
    with town.house.read_uow() as uow:
        [webhook] = uow.notices.webhooks()
    assert browser.post(f"{PAGE}/{webhook.id}/thu").url == f"{PAGE}?tb=goi-thu"
    with town.house.open_uow() as uow:
        delivery = next(d for d in uow.outbox.in_state("queued") if d.webhook_id == webhook.id)
        uow.outbox.save(replace(delivery, state="dead", error="the other system answered 404"))
    assert "the other system answered 404" in text(browser.get(PAGE).soup.main)
    assert "Lỗi của hệ thống nhận: the other system answered 404" in text(browser.get("/quan-tri/thu").soup.main)
    assert browser.post(f"/quan-tri/thu/{delivery.id}/gui-lai").status == 303
    assert browser.post(f"{PAGE}/{webhook.id}/tat").url == f"{PAGE}?tb=tat-he-thong"
    assert shown(browser.get(PAGE), "li.ck-row .ck-tag") == ["Đã tắt"]
