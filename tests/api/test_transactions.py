"""Is what a page answers what the database holds? One transaction a request, committed before the answer leaves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from fastapi import APIRouter, Depends
from sqlalchemy import text
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from api import actor
from api.actor import Form, Me, Uow, posted, signed_in
from api.app import create_app
from engine.errors import Corrupt, FieldError, Invalid, MailFailed, NotFound, NotPermitted, StaleVersion, WrongState
from tests.api.houses import CHEAP, SITE, Browser, Installation, templates, token_of

router = APIRouter()
ERRORS = {
    "refused": NotPermitted("not_your_work", item=1),
    "state": WrongState("not_waiting", dossier=1),
    "stale": StaleVersion("busy"),
    "invalid": Invalid({"ten": FieldError("username_taken", {"username": "an"})}),
    "missing": NotFound("dossier", 1),
    "mail": MailFailed("away"),
    "corrupt": Corrupt("chain"),
    "surprise": ZeroDivisionError("secret detail"),
}


@router.post("/thu/doi-ten")
def rename(me: Me, form: Form, uow: Uow) -> PlainTextResponse:
    uow.accounts.save(replace(me.account, full_name=form.text("moi")))
    if error := ERRORS.get(form.text("loi")):
        raise error
    return PlainTextResponse("đã đổi")


@router.post("/thu/hong")
def break_commit(me: Me, uow: Uow, house: actor.TheHouse) -> PlainTextResponse:
    """A commit that the database refuses, after the page has made its answer."""
    session = house.session(uow)
    session.execute(text("PRAGMA defer_foreign_keys = ON"))
    session.execute(text("UPDATE ck_position SET account_id = 999999"))
    return PlainTextResponse("đã đổi")


@router.get("/thu/ghi-khi-xem")
def write_on_get(me: Me, uow: Uow) -> PlainTextResponse:
    uow.accounts.save(replace(me.account, full_name="x"))
    return PlainTextResponse("đã đổi")


@router.get("/thu/loi/{name}")
def fail(name: str, me: Me) -> PlainTextResponse:
    raise ERRORS[name]


@router.post("/thu/cham")
def slow(me: Me, uow: Uow) -> PlainTextResponse:
    account = uow.accounts.get(me.account.id)
    uow.accounts.save(replace(account, full_name=account.full_name + "."))
    return PlainTextResponse("ok")


@contextmanager
def with_test_pages(installation: Installation) -> Iterator[Browser]:
    app = create_app(installation.house, templates=templates())
    app.state.passwords = CHEAP
    app.include_router(router, dependencies=[Depends(signed_in), Depends(posted)])
    with TestClient(app, base_url=SITE, follow_redirects=False) as client:
        yield Browser(client)


@pytest.fixture
def browser(installation: Installation) -> Iterator[Browser]:
    """Signed in, on an application with the pages above."""
    with with_test_pages(installation) as opened:
        opened.sign_in("bithu")
        yield opened


def test_what_a_page_writes_is_there_when_its_answer_is(browser: Browser, installation: Installation) -> None:
    answer = browser.send("/thu/doi-ten", page="/doi-mat-khau", moi="Nguyễn Văn Ân")
    assert (answer.status_code, installation.account("bithu").full_name) == (200, "Nguyễn Văn Ân")


def test_a_commit_that_fails_gives_an_error_page_and_not_the_answer(
    browser: Browser, installation: Installation
) -> None:
    answer = browser.send("/thu/hong", page="/doi-mat-khau")
    assert (answer.status_code, "đã đổi" in answer.text, "Có sự cố" in answer.text) == (500, False, True)
    assert browser.open("/doi-mat-khau").status_code == 200  # the write lock is free again


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        ("refused", 403, "Bạn không được làm việc này"),
        ("state", 409, "Việc này không còn làm được"),
        ("stale", 409, "Người khác vừa thay đổi nội dung này"),
        ("invalid", 422, "Tên đăng nhập an đã có người dùng."),
        ("missing", 404, "Không tìm thấy"),
        ("mail", 503, "Một dịch vụ chưa sẵn sàng"),
        ("corrupt", 500, "Dữ liệu không còn nguyên vẹn"),
        ("surprise", 500, "Có sự cố ở máy chủ"),
    ],
)
def test_an_error_undoes_what_was_written_and_gets_its_page(
    browser: Browser, installation: Installation, error: str, status: int, said: str
) -> None:
    answer = browser.send("/thu/doi-ten", page="/doi-mat-khau", moi="Ai đó", loi=error)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert answer.headers["x-request-id"] in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "secret detail" not in answer.text
    assert installation.account("bithu").full_name == "Nguyễn Văn An"


def test_machines_get_the_same_errors_as_json(browser: Browser) -> None:
    answer = browser.client.get("/thu/loi/invalid", headers={"accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "title": "Có mục chưa đúng",
        "status": 422,
        "instance": answer.headers["x-request-id"],
        "detail": "Tên đăng nhập an đã có người dùng.",
        "code": "invalid",
        "errors": {"ten": "Tên đăng nhập an đã có người dùng."},
    }
    browser.client.cookies.clear()
    assert browser.client.get("/thu/loi/invalid", headers={"accept": "application/json"}).status_code == 401


def test_a_page_that_is_only_looked_at_cannot_write(browser: Browser, installation: Installation) -> None:
    assert browser.open("/thu/ghi-khi-xem").status_code == 500
    assert installation.account("bithu").full_name == "Nguyễn Văn An"


def test_many_that_write_at_once_all_come_through(browser: Browser, installation: Installation) -> None:
    """More writers than page threads: were waiting for the lock to take such threads, this would stand still."""
    token = token_of(browser.open("/doi-mat-khau").text)
    statuses: list[int] = []

    def send() -> None:
        statuses.append(browser.client.post("/thu/cham", data={"csrf": token}).status_code)

    threads = [threading.Thread(target=send) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert statuses == [200] * 40
    assert installation.account("bithu").full_name == "Nguyễn Văn An" + "." * 40
