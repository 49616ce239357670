"""Do new cycles come back to an earlier version? With a reason and a line in the log; running cycles keep theirs."""

from datetime import date

import pytest

from api.texts.history import history_sentence
from engine.use_cases.rehearsal import year
from engine.use_cases.rehearsal.script import Script
from tests.pages.town import Browser, Seen, Town, text
from tests.pages_admin.test_model_editing import deployed, index_of, latest
from tests.pages_admin.test_units import shown


def again(town: Town) -> str:
    return f"/quy-trinh/{town.model.key}/dung-lai"


def asked(browser: Browser, town: Town, version: str) -> Seen:
    return browser.get(f"{again(town)}?pb={version[:12]}")


def moved(town: Town, to: str) -> None:
    """Another day to register, as a new version."""
    deployed(town.client("quantri"), town, "han", {f"han.{index_of(town, 'register')}.day": to})


def test_new_cycles_come_back_to_an_earlier_version(town: Town) -> None:
    browser, old = town.client("thietke"), town.model
    moved(town, "12/11")
    newer = latest(town)
    rows = shown(browser.get(f"/quy-trinh/{old.key}"), ".ck-row")
    assert [("Dùng cho chu kỳ mới" in row, "chu kỳ 2027" in row) for row in rows] == [(True, False), (False, True)]
    assert f"{again(town)}?pb={old.sha256[:12]}" in browser.get(f"/quy-trinh/{old.key}").links()
    seen = asked(browser, town, old.sha256)
    assert (seen.status, seen.title) == (200, "Dùng lại phiên bản cũ")
    assert "1 thay đổi, 1 thay đổi làm quy trình chạy khác đi" in text(seen.soup.main)
    assert "11/11/2026, 11/11/2027, 11/11/2028 09/11/2026, 09/11/2027, 09/11/2028" in text(seen.soup.main)
    filled = seen.form(again(town))
    refused = browser.post(again(town), filled)
    assert (refused.status, shown(refused, "#ly_do-error")) == (422, ["Lỗi: Nhập lý do."])
    assert latest(town).sha256 == newer.sha256
    done = browser.post(again(town), filled | {"ly_do": "Văn bản 15 rút lại ngày mới."})
    assert (done.status, done.url) == (303, f"/quy-trinh/{old.key}?tb=da-dung-lai")
    # The same files, but for a note that makes them a version of their own.
    files = dict(latest(town).files)
    note = f"# Trở lại nội dung của phiên bản {old.sha256[:12]}, ngày 05/11/2026.\n".encode()
    assert files == dict(old.files) | {"model.toml": old.files["model.toml"] + note}
    with town.house.open_uow() as uow:
        year.open_year(uow, old.key, 2028, year.opening(Script(raw=old.rehearsal, seed=1)), now=town.clock())
    with town.house.read_uow() as uow:
        group = old.groups[0].key
        days = {c.year: (c.version, uow.cycles.deadlines(c.id, group)["register"].last_day) for c in uow.cycles.all()}
        told = [entry.line for entry in uow.audit.entries(0, 100_000) if entry.line.event == "deployed"][-1]
    assert days == {2027: (old.sha256, date(2026, 11, 9)), 2028: (latest(town).sha256, date(2027, 11, 9))}
    assert history_sentence(told) == (
        f"Dùng lại nội dung bản {old.sha256[:12]} của mô hình “{old.name}” cho chu kỳ mới, thành bản "
        f"{latest(town).sha256[:12]}. Lý do: Văn bản 15 rút lại ngày mới."
    )


@pytest.mark.long
def test_the_version_that_new_cycles_take_is_no_choice(town: Town) -> None:
    browser, version = town.client("thietke"), town.model.sha256
    seen = asked(browser, town, version)
    assert (seen.status, "đang dùng đúng phiên bản này" in text(seen.soup.main)) == (200, True)
    answer = browser.post(again(town), {"pb": version[:12], "goc": version, "ly_do": "Thử"})
    assert (answer.status, latest(town).sha256) == (409, version)
    assert [asked(browser, town, name).status for name in ("f" * 64, "")] == [404, 404]


@pytest.mark.long
def test_who_was_slower_looks_again_and_keeps_the_reason(town: Town) -> None:
    browser, old = town.client("thietke"), town.model
    moved(town, "12/11")
    filled = asked(browser, town, old.sha256).form(again(town)) | {"ly_do": "Như năm trước"}
    moved(town, "13/11")
    seen = browser.post(again(town), filled)
    assert (seen.status, "Vừa có phiên bản mới hơn" in text(seen.soup.main)) == (409, True)
    kept = seen.form(again(town))
    assert (kept["ly_do"], kept["goc"]) == (["Như năm trước"], [latest(town).sha256])
    assert browser.post(again(town), kept).status == 303
    assert latest(town).deadlines == old.deadlines


@pytest.mark.long
def test_who_only_reads_models_sees_the_versions_without_the_choice(town: Town) -> None:
    moved(town, "12/11")
    for address in (f"/quy-trinh/{town.model.key}", f"/quy-trinh/{town.model.key}?pb={town.model.sha256[:12]}"):
        links = town.client("thanhdoan").get(address).links()
        assert [link for link in links if "dung-lai" in link] == []
    seen = town.client("thietke").get(f"/quy-trinh/{town.model.key}/han?pb={town.model.sha256[:12]}")
    assert f"{again(town)}?pb={town.model.sha256[:12]}" in seen.links()
