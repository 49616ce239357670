"""A dossier: what happened, what it waits for, what may be started from it."""

from tests.pages.answers import errors_of, filled, first_task, sent
from tests.pages.town import Browser, Town, text


def dossier_of(browser: Browser, item: str) -> str:
    """The dossier that a task belongs to."""
    return next(link for link in browser.get(item).links() if link.startswith("/ho-so/") and link.count("/") == 2)


def test_a_dossier_says_who_must_do_what_until_when(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    path = dossier_of(secretary, item)
    waiting = text(secretary.get(path).soup.select_one(".ck-card"))
    assert "Đăng ký nội dung, lộ trình" in waiting
    assert "09/11/2026" in waiting
    sent(secretary, item, filled(secretary.get(item), item))
    waiting = text(secretary.get(path).soup.select_one(".ck-card"))
    assert "Tiếp nhận đăng ký" in waiting
    assert "Cán bộ phụ trách" in waiting


def test_everything_that_was_handed_in_can_be_read_again(lived: Town) -> None:
    seen = lived.client("bithutruong").get(_own(lived, "bithutruong"))
    titles = [text(line) for line in seen.soup.select("main .ck-more > summary")]
    assert any("Tự đánh giá, đề nghị công nhận" in title for title in titles)
    assert any("Thẩm định" in title for title in titles)
    assert "Mang danh hiệu" in text(seen.soup.main)
    assert any(link.startswith("/van-ban/") for link in seen.links())
    history = [text(line) for line in seen.soup.select(".ck-timeline[aria-label='Lịch sử'] .ck-timeline__title")]
    assert not [line for line in history if line.startswith(("Ghi nhận “", "Nhắc"))]
    assert len(history) >= 4


def test_a_dossier_is_withdrawn_with_a_reason(town: Town) -> None:
    secretary = town.client("bithu")
    item = first_task(secretary)
    path = dossier_of(secretary, item)
    sent(secretary, item, filled(secretary.get(item), item))
    offer = next(link for link in secretary.get(path).links() if "/de-nghi/" in link)
    empty = secretary.post(offer, secretary.get(offer).form(offer))
    assert (empty.status, bool(errors_of(empty.soup))) == (422, True)
    done = secretary.post(offer, filled(secretary.get(offer), offer))
    assert done.url == f"{path}?tb=da-gui"
    seen = secretary.get(done.url)
    assert "Đã gửi." in text(seen.soup.main)
    assert "Đã rút" in text(seen.soup.aside)
    assert secretary.get(offer).status == 403


def test_unknown_things_are_not_found(young: Town) -> None:
    city = young.client("thanhdoan")
    paths = ("/ho-so/99999", "/viec/99999", "/chu-ky/99999", "/van-ban/99999", "/ho-so/x", "/viec/-1", "/khong-co")
    assert {path: city.get(path).status for path in paths} == dict.fromkeys(paths, 404)


def _own(town: Town, username: str) -> str:
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username(username)
        assert account is not None
        unit = uow.accounts.positions(account.id)[0].unit_id
        return f"/ho-so/{uow.dossiers.of_unit(unit)[0].id}"
