"""Where is one signed in? Sessions are seen by their owner only, and ended."""

from collections.abc import Callable

import pytest

from api.pages.own_account import device
from tests.pages.town import Town, text
from tests.pages_admin.test_units import shown

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Version/17.0 Mobile Safari/604.1"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME, "Chrome trên Windows"),
        (f"{CHROME} Edg/130.0", "Edge trên Windows"),
        (SAFARI, "Safari trên iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox trên Linux"),
        ("curl/8", "Trình duyệt khác"),
        ("", "Trình duyệt khác"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, name: str) -> None:
    assert device(agent) == name


@pytest.fixture
def town(young: Town, own: Callable[[Town], Town]) -> Town:
    """The young city without the sessions that others opened in it."""
    copied = own(young)
    with copied.house.open_uow() as uow:
        for name in ("bithu", "doancoso"):
            account = uow.accounts.find_username(name)
            assert account is not None
            uow.accounts.revoke_sessions(account.id, copied.clock())
    return copied


def test_ones_own_sessions_are_listed_this_one_first(town: Town) -> None:
    town.client("bithu").get("/toi")
    town.client("doancoso").get("/toi")
    seen = town.client("bithu").get("/toi")
    assert (seen.status, seen.title) == (200, "Tài khoản của tôi")
    assert shown(seen, "li .ck-person") == ["Trình duyệt khác Phiên này", "Trình duyệt khác"]
    assert "Bí thư, Chi đoàn Tổ dân phố số 1 , từ 01/01/2023" in text(seen.soup.main)
    assert "/doi-mat-khau" in seen.links()


def test_another_session_is_ended(town: Town) -> None:
    other, here = town.client("bithu"), town.client("bithu")
    assert other.get("/toi").status == 200
    done = here.post("/toi/phien/ket-thuc", here.get("/toi").form("/toi/phien/ket-thuc"))
    assert (done.status, done.url) == (303, "/toi?tb=da-thu-hoi")
    assert "Đã kết thúc phiên đăng nhập." in text(here.get(done.url).soup.main)
    assert other.get("/toi").url.startswith("/dang-nhap")
    assert shown(here.get("/toi"), "li .ck-person") == ["Trình duyệt khác Phiên này"]


def test_all_others_are_ended_at_once(town: Town) -> None:
    others = [town.client("bithu") for _ in range(3)]
    here, foreign = town.client("bithu"), town.client("doancoso")
    assert here.post("/toi/phien/ket-thuc-khac").url == "/toi?tb=da-thu-hoi"
    assert [other.get("/toi").status for other in others] == [303, 303, 303]
    assert [here.get("/toi").status, foreign.get("/toi").status] == [200, 200]


def test_somebody_elses_session_cannot_be_ended(town: Town) -> None:
    victim, other = town.client("bithu"), town.client("bithu")
    name = victim.get("/toi").form("/toi/phien/ket-thuc")["phien"][0]
    assert town.client("doancoso").post("/toi/phien/ket-thuc", {"phien": name}).status == 404
    assert [victim.get("/toi").status, other.get("/toi").status] == [200, 200]


def test_ending_the_session_in_use_signs_out(town: Town) -> None:
    here = town.client("bithu")
    name = town.client("bithu").get("/toi").form("/toi/phien/ket-thuc")["phien"][0]
    done = here.post("/toi/phien/ket-thuc", {"phien": name})
    assert (done.status, done.url) == (303, "/dang-nhap")
    assert here.get("/toi").url.startswith("/dang-nhap")


def test_a_designer_sees_no_link_to_a_unit_they_may_not_read(young: Town) -> None:
    seen = young.client("thietke").get("/toi")
    assert not [link for link in seen.links() if link.startswith("/don-vi")]
