"""Who comes in, with what, for how long, and what does a stranger learn by trying?"""

import time
import unicodedata
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from api.actor import Seen
from engine.use_cases import accounts
from tests.api.houses import OPERATOR, PASSWORD, Browser, Installation, found, give_password, token_of

WRONG = "Tên đăng nhập hoặc mật khẩu không đúng."


def cookie_of(response, name: str = "chuky"):
    for header in response.headers.get_list("set-cookie"):
        jar = SimpleCookie(header)
        if name in jar:
            return jar[name]
    return None


def test_the_right_password_opens_a_session_and_leads_on(browser: Browser, installation: Installation) -> None:
    answer = browser.send(
        "/dang-nhap", page="/dang-nhap?tiep=/doi-mat-khau", ten="bithu", mat_khau=PASSWORD, tiep="/doi-mat-khau"
    )
    cookie = cookie_of(answer)
    assert (answer.status_code, answer.headers["location"]) == (303, "/doi-mat-khau")
    assert cookie is not None
    assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"], cookie["secure"]) == (True, "lax", "/", "")
    assert len(cookie.value) == 43  # 256 bits
    page = browser.open("/doi-mat-khau")
    assert (page.status_code, "Nguyễn Văn An" in page.text) == (200, True)
    assert installation.events()[-1] == "signed_in"


def test_the_store_keeps_no_token_and_no_password(browser: Browser, installation: Installation) -> None:
    cookie = cookie_of(browser.sign_in("bithu"))
    assert cookie is not None
    kept = b"".join(path.read_bytes() for path in installation.house.settings.data.glob("chuky.sqlite3*"))
    assert [cookie.value.encode() in kept, PASSWORD.encode() in kept] == [False, False]
    assert installation.slips["bithu"].code.replace("-", "").encode() not in kept


def test_over_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    made = found(tmp_path, base_url="https://chuky.example.vn", secret_key="x" * 32)
    give_password(made, "bithu")
    with made.browser() as browser:
        answer = browser.sign_in("bithu")
        cookie = cookie_of(answer, "__Host-chuky")
        assert cookie is not None
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert browser.open("/doi-mat-khau").status_code == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(("username", "password"), [("bithu", "sai mật khẩu"), ("khongco", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_look_alike(browser: Browser, username: str, password: str) -> None:
    answer = browser.sign_in(username, password)
    assert (answer.status_code, WRONG in answer.text, cookie_of(answer)) == (422, True, None)


def test_an_unknown_name_takes_as_long_as_a_known_one(tmp_path: Path) -> None:
    from api.passwords import Passwords

    passwords = Passwords()
    kept = passwords.hash(PASSWORD)
    passwords.matches("x", None)  # makes the hash that nobody has

    def seconds(kept: str | None) -> float:
        times = []
        for _ in range(7):
            start = time.perf_counter()
            assert not passwords.matches("sai", kept)
            times.append(time.perf_counter() - start)
        return sorted(times)[3]

    assert 0.5 < seconds(kept) / seconds(None) < 2


def test_a_password_typed_on_another_keyboard_is_the_same(browser: Browser) -> None:
    assert browser.sign_in("bithu", unicodedata.normalize("NFD", PASSWORD)).status_code == 303


def test_each_sign_in_gives_a_new_token_and_ends_the_browsers_former_session(browser: Browser) -> None:
    first = cookie_of(browser.sign_in("bithu"))
    page = browser.open("/doi-mat-khau")
    again = browser.client.post(
        "/dang-nhap", data={"csrf": token_of(page.text), "ten": "doancoso", "mat_khau": PASSWORD}
    )
    second = cookie_of(again)
    assert first is not None and second is not None and first.value != second.value
    browser.client.cookies.clear()
    browser.client.cookies.set("chuky", first.value)
    assert browser.open("/doi-mat-khau").headers["location"].startswith("/dang-nhap")


def test_signing_out_ends_the_session_on_the_server(browser: Browser) -> None:
    cookie = cookie_of(browser.sign_in("bithu"))
    assert cookie is not None
    answer = browser.send("/dang-xuat", page="/doi-mat-khau")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dang-nhap")
    browser.client.cookies.set("chuky", cookie.value)
    assert browser.open("/doi-mat-khau").status_code == 303


def test_a_session_ends_after_two_idle_hours(browser: Browser, installation: Installation) -> None:
    browser.sign_in("bithu")
    installation.clock.pass_by(minutes=119)
    assert browser.open("/doi-mat-khau").status_code == 200
    installation.clock.pass_by(minutes=119)
    assert browser.open("/doi-mat-khau").status_code == 200
    installation.clock.pass_by(minutes=121)
    answer = browser.open("/doi-mat-khau?x=1")
    assert answer.headers["location"] == "/dang-nhap?tiep=/doi-mat-khau%3Fx%3D1&het-phien=1"
    assert "Phiên làm việc đã kết thúc" in browser.open(answer.headers["location"]).text


def test_a_session_ends_after_twelve_hours_whatever_is_done(browser: Browser, installation: Installation) -> None:
    browser.sign_in("bithu")
    for _ in range(7):
        installation.clock.pass_by(minutes=100)
        assert browser.open("/doi-mat-khau").status_code == 200
    installation.clock.pass_by(minutes=30)
    assert browser.open("/doi-mat-khau").status_code == 303


def test_when_a_session_was_used_is_written_down_for_other_processes(
    browser: Browser, installation: Installation
) -> None:
    browser.sign_in("bithu")
    installation.clock.pass_by(minutes=90)
    browser.open("/doi-mat-khau")
    seen: Seen = browser.client.app.state.seen
    seen.write(installation.house)
    installation.clock.pass_by(minutes=90)
    with installation.browser() as elsewhere:
        elsewhere.client.cookies.update(browser.client.cookies)
        assert elsewhere.open("/doi-mat-khau").status_code == 200


def test_the_sixth_wrong_password_waits_but_only_from_that_address(
    browser: Browser, installation: Installation
) -> None:
    answers = [browser.sign_in("bithu", "sai") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "Hãy đợi" in answers[-1].text
    assert browser.sign_in("bithu").status_code == 429
    assert browser.sign_in("doancoso").status_code == 303
    app = browser.client.app
    app.state.limits.wrong("doancoso", "203.0.113.9")
    assert app.state.limits.wait("bithu", "203.0.113.9") == 0


def test_nobody_is_sent_to_another_site(browser: Browser) -> None:
    for wanted in ("https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:1"):
        answer = browser.send("/dang-nhap", ten="bithu", mat_khau=PASSWORD, tiep=wanted)
        assert answer.headers["location"] == "/"
        browser.client.cookies.clear()


def test_a_disabled_account_is_out_at_once(browser: Browser, installation: Installation) -> None:
    browser.sign_in("bithu")
    with installation.house.open_uow() as uow:
        accounts.disable(uow, installation.account("bithu").id, actor=OPERATOR, now=installation.clock())
    assert browser.open("/doi-mat-khau").status_code == 303
    browser.client.cookies.clear()
    assert browser.sign_in("bithu").status_code == 422


def test_a_slip_is_good_once_and_leads_to_a_password_of_ones_own(tmp_path: Path) -> None:
    made = found(tmp_path)
    code = made.slips["bithu"].code
    with made.browser() as browser:
        assert browser.sign_in("bithu", code.lower().replace("-", " ")).status_code == 303
        assert browser.open("/dang-nhap").headers["location"] == "/"
        page = browser.open("/doi-mat-khau")
        assert "Đặt mật khẩu" in page.text
        assert "Mật khẩu hiện tại" not in page.text
        assert browser.send("/doi-mat-khau", mat_khau="12345678").status_code == 422
        answer = browser.send("/doi-mat-khau", mat_khau=PASSWORD)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        browser.client.cookies.clear()
        assert browser.sign_in("bithu", code).status_code == 422
        assert browser.sign_in("bithu").status_code == 303


def test_a_slip_is_good_for_its_owner_only_and_for_thirty_days(tmp_path: Path) -> None:
    made = found(tmp_path)
    with made.browser() as browser:
        assert browser.sign_in("doancoso", made.slips["bithu"].code).status_code == 422
        assert browser.sign_in("bithu", made.slips["bithu"].code).status_code == 303
        browser.client.cookies.clear()
        made.clock.pass_by(days=31)
        assert browser.sign_in("doancoso", made.slips["doancoso"].code).status_code == 422


def test_changing_the_password_asks_for_the_old_one_and_ends_other_sessions(
    browser: Browser, installation: Installation
) -> None:
    browser.sign_in("bithu")
    with installation.browser() as other:
        other.sign_in("bithu")
        refused = browser.send("/doi-mat-khau", mat_khau_cu="sai", mat_khau="Biển Đồ Sơn mùa hè")
        changed = browser.send("/doi-mat-khau", mat_khau_cu=PASSWORD, mat_khau="Biển Đồ Sơn mùa hè")
        assert [refused.status_code, changed.status_code] == [422, 303]
        assert browser.open("/doi-mat-khau").status_code == 200
        assert other.open("/doi-mat-khau").status_code == 303
        assert [other.sign_in("bithu").status_code, other.sign_in("bithu", "Biển Đồ Sơn mùa hè").status_code] == [
            422,
            303,
        ]
