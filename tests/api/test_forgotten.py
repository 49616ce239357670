"""Does a forgotten password come back by mail, to its owner only, once, and does a stranger learn nothing?"""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.api.houses import PASSWORD, Browser, Installation

SENT = "Hãy xem hộp thư của bạn"
NEW = "Đèn biển Hòn Dấu"


def mails(installation: Installation) -> list[EmailMessage]:
    installation.house.work_off()
    files = sorted((installation.house.settings.data / "mail").glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]


def token_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"/dat-lai-mat-khau\?ma=(\S+)", body.get_content())
    assert found is not None
    return found[1]


def test_the_mailed_address_sets_a_new_password_once(browser: Browser, installation: Installation) -> None:
    browser.sign_in("bithu")
    asked = browser.send("/quen-mat-khau", page="/doi-mat-khau", ten="bithu")
    (mail,) = mails(installation)
    assert (SENT in asked.text, mail["To"], mail["Subject"]) == (True, "an@example.vn", "Đặt lại mật khẩu")
    token = token_in(mail)
    browser.client.cookies.clear()
    weak = browser.send("/dat-lai-mat-khau", page=f"/dat-lai-mat-khau?ma={token}", ma=token, mat_khau="matkhau123")
    done = browser.send("/dat-lai-mat-khau", page=f"/dat-lai-mat-khau?ma={token}", ma=token, mat_khau=NEW)
    again = browser.send("/dat-lai-mat-khau", page=f"/dat-lai-mat-khau?ma={token}", ma=token, mat_khau=PASSWORD)
    assert [weak.status_code, done.status_code, again.status_code] == [422, 303, 422]
    assert [browser.sign_in("bithu").status_code, browser.sign_in("bithu", NEW).status_code] == [422, 303]


def test_a_reset_ends_every_session(browser: Browser, installation: Installation) -> None:
    browser.sign_in("bithu")
    with installation.browser() as stranger:
        stranger.send("/quen-mat-khau", ten="an@example.vn")
        (mail,) = mails(installation)
        token = token_in(mail)
        stranger.send("/dat-lai-mat-khau", page=f"/dat-lai-mat-khau?ma={token}", ma=token, mat_khau=NEW)
    assert browser.open("/doi-mat-khau").status_code == 303


def test_an_old_address_is_refused(browser: Browser, installation: Installation) -> None:
    browser.send("/quen-mat-khau", ten="bithu")
    token = token_in(mails(installation)[0])
    installation.clock.pass_by(minutes=31)
    late = browser.send("/dat-lai-mat-khau", page=f"/dat-lai-mat-khau?ma={token}", ma=token, mat_khau=NEW)
    assert (late.status_code, "đã hết hạn" in late.text) == (422, True)
    assert browser.sign_in("bithu").status_code == 303


def test_a_stranger_cannot_tell_which_names_exist(browser: Browser, installation: Installation) -> None:
    known = browser.send("/quen-mat-khau", ten="bithu")
    unknown = browser.send("/quen-mat-khau", ten="khongco")
    without_mail = browser.send("/quen-mat-khau", ten="quantri")
    plain = [re.sub(r'value="[^"]+"|\d\d:\d\d', "", answer.text) for answer in (known, unknown, without_mail)]
    assert plain[0] == plain[1] == plain[2]
    assert len(mails(installation)) == 1


def test_pressing_again_fills_no_mailbox(browser: Browser, installation: Installation) -> None:
    for _ in range(4):
        browser.send("/quen-mat-khau", ten="bithu")
    assert len(mails(installation)) == 1


def test_no_copy_of_the_database_holds_the_token(browser: Browser, installation: Installation) -> None:
    browser.send("/quen-mat-khau", ten="bithu")
    token = token_in(mails(installation)[0])
    kept = b"".join(path.read_bytes() for path in installation.house.settings.data.glob("chuky.sqlite3*"))
    assert token.encode() not in kept


def test_a_mail_that_could_not_leave_for_an_hour_is_not_sent_any_more(
    browser: Browser, installation: Installation
) -> None:
    browser.send("/quen-mat-khau", ten="bithu")
    installation.clock.pass_by(minutes=61)
    assert mails(installation) == []
