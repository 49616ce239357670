"""Does a designer change a model without a programmer? Typed on a page, looked at, deployed; everything else stays byte for byte."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from zipfile import ZipFile

from engine.rules.cycle_models import CycleModel
from engine.use_cases.rehearsal import year
from engine.use_cases.rehearsal.script import Script
from tests.pages.town import Browser, Seen, Town, text
from tests.pages_admin.test_units import shown


def test_a_date_changed_on_the_page_is_the_next_version_and_nothing_else_changes(town: Town) -> None:
    browser = town.client("thietke")
    assert edit(town) in browser.get(f"/quy-trinh/{town.model.key}").links()
    filled = browser.get(edit(town, "han")).form(edit(town, "han"))
    box = f"han.{index_of(town, 'register')}"
    assert filled[f"{box}.day"] == ["10/11"]
    seen = browser.post(edit(town, "han"), filled | {f"{box}.day": "12/11", "viec": "xem"})
    assert (seen.status, seen.title) == (200, "Xem thay đổi")
    assert "1 thay đổi, 1 thay đổi làm quy trình chạy khác đi" in text(seen.soup.main)
    assert "09/11/2026, 09/11/2027, 09/11/2028 11/11/2026, 11/11/2027, 11/11/2028" in text(seen.soup.main)
    assert "Hạn đã đổi mà căn cứ vẫn ghi như cũ" in text(seen.soup.main)
    assert latest(town).sha256 == town.model.sha256  # nothing yet
    done = browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai")))
    assert (done.status, done.url) == (303, f"/quy-trinh/{town.model.key}?tb=da-trien-khai")
    assert "Đã triển khai phiên bản mới." in text(browser.get(done.url).soup)
    # One number of one row: comments, order and every other file are those of before.
    assert latest(town).files == dict(town.model.files) | {
        "model.toml": swapped(town, 'name = "register"', "day = 10", "day = 12")
    }
    assert exported(browser, town) == dict(latest(town).files)


def test_the_next_cycle_follows_the_new_version_and_the_running_one_its_own(town: Town) -> None:
    browser = town.client("quantri")
    box = f"han.{index_of(town, 'register')}"
    deployed(browser, town, "han", {f"{box}.day": "12/11"})
    with town.house.open_uow() as uow:
        opening = year.opening(Script(raw=town.model.rehearsal, seed=1))
        year.open_year(uow, town.model.key, 2028, opening, now=town.clock())
    with town.house.read_uow() as uow:
        group = town.model.groups[0].key
        days = {
            cycle.year: (cycle.version, uow.cycles.deadlines(cycle.id, group)["register"].last_day)
            for cycle in uow.cycles.all()
        }
        told = [entry.line for entry in uow.audit.entries(0, 100_000) if entry.line.event == "deployed"]
    assert days == {
        2027: (town.model.sha256, date(2026, 11, 9)),
        2028: (latest(town).sha256, date(2027, 11, 11)),
    }
    assert [(line.target, line.facts["version"]) for line in told] == [
        (f"model:{town.model.key}", latest(town).sha256[:12])
    ]


def test_what_cannot_be_is_refused_at_its_field_and_what_was_typed_stays(town: Town) -> None:
    browser = town.client("thietke")
    filled = browser.get(edit(town, "han")).form(edit(town, "han"))
    box, other = f"han.{index_of(town, 'register')}", f"han.{index_of(town, 'review')}"
    wrong = {f"{box}.day": "31/11", f"{other}.n": "bao nhiêu", f"{other}.label": "Trả lời sớm"}
    seen = browser.post(edit(town, "han"), filled | wrong | {"viec": "xem"})
    typed = seen.form(edit(town, "han"))
    assert (seen.status, {name: typed[name] for name in wrong}) == (422, {k: [v] for k, v in wrong.items()})
    assert shown(seen, ".govuk-error-summary__list a") == [
        "Đăng ký nội dung, lộ trình: Không có ngày 31/11.",
        "Tiếp nhận, trả lời bản đăng ký: Phải là một số nguyên.",
    ]
    # What only the rules of the whole model know comes to its field as well.
    seen = browser.post(edit(town, "han"), filled | {f"{box}.wording": "đến hết ngày {date}", "viec": "xem"})
    assert (seen.status, seen.form(edit(town, "han"))[f"{box}.wording"]) == (422, ["đến hết ngày {date}"])
    assert len(shown(seen, ".govuk-error-summary__list a")) == 1
    assert latest(town).sha256 == town.model.sha256


def test_a_form_sent_as_it_stands_changes_nothing(town: Town) -> None:
    browser = town.client("thietke")
    seen = browser.post(edit(town, "han"), browser.get(edit(town, "han")).form(edit(town, "han")) | {"viec": "xem"})
    assert "Không có gì thay đổi so với phiên bản" in text(seen.soup.main)
    assert seen.form(edit(town, "trien-khai")).get("tep") is None
    refused = browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai")))
    assert (refused.status, latest(town).sha256) == (409, town.model.sha256)


def test_who_was_slower_loses_nothing_and_is_told(town: Town) -> None:
    one, two = town.client("thietke"), town.client("quantri")
    box, other = f"han.{index_of(town, 'register')}.day", f"han.{index_of(town, 'late_door')}.label"
    slow = looked_at(one, town, "han", {box: "12/11"})
    deployed(two, town, "han", {other: "Khép cửa nhận đăng ký"})
    seen = one.post(edit(town, "trien-khai"), slow.form(edit(town, "trien-khai")))
    assert (seen.status, "mô hình này đã có phiên bản mới hơn" in text(seen.soup.main)) == (409, True)
    assert not [b for b in shown(seen, "button") if "Triển khai" in b]
    # The change stands still; looked at again over the newest version, it says that it would take the other back.
    again = one.post(edit(town, "xem"), seen.form(edit(town, "xem")) | {"viec": "len-moi"})
    assert (again.status, "Khép cửa nhận đăng ký" in text(again.soup.main)) == (200, True)
    assert "2 thay đổi" in text(again.soup.main)
    done = one.post(edit(town, "trien-khai"), again.form(edit(town, "trien-khai")))
    assert (done.status, latest(town).deadlines[index_of(town, "register")].date.day) == (303, 12)  # type: ignore[union-attr]


def test_a_draft_that_was_tampered_with_is_judged_like_an_upload(town: Town) -> None:
    browser = town.client("thietke")
    for name, content, status in (
        ("model.toml", b"[model", 422),
        ("cycle.bpmn", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 422),
        ("../../etc/passwd", b"x", 422),
        ("_shared/organisation.toml", b"", 422),
    ):
        tep = f"{name} {b64encode(content).decode()}"
        for where in ("xem", "trien-khai", "han"):
            assert browser.post(edit(town, where), {"tep": tep}).status == status, (name, where)
    assert browser.post(edit(town, "xem"), {"tep": "model.toml !!"}).status == 422
    assert browser.post(edit(town, "xem"), {"goc": "f" * 64}).status == 404
    assert latest(town).sha256 == town.model.sha256


# ---- how it is done


def edit(town: Town, part: str = "") -> str:
    return f"/quy-trinh/{town.model.key}/sua" + (f"/{part}" if part else "")


def looked_at(browser: Browser, town: Town, part: str, changes: Mapping[str, str]) -> Seen:
    filled = browser.get(edit(town, part)).form(edit(town, part))
    return browser.post(edit(town, part), filled | dict(changes) | {"viec": "xem"})


def deployed(browser: Browser, town: Town, part: str, changes: Mapping[str, str]) -> None:
    seen = looked_at(browser, town, part, changes)
    assert seen.status == 200, text(seen.soup.main)
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303


def latest(town: Town) -> CycleModel:
    with town.house.read_uow() as uow:
        model = uow.models.latest(town.model.key)
    assert model is not None
    return model


def exported(browser: Browser, town: Town) -> dict[str, bytes]:
    answer = browser.get(f"/api/packs/{latest(town).sha256}/export")
    with ZipFile(BytesIO(answer.content)) as archive:
        return {name.removeprefix(f"{town.model.key}/"): archive.read(name) for name in archive.namelist()}


def index_of(town: Town, name: str) -> int:
    return next(index for index, rule in enumerate(town.model.deadlines) if rule.name == name)


def swapped(town: Town, after: str, old: str, new: str, file: str = "model.toml") -> bytes:
    """The file with the first `old` that comes after a text replaced."""
    head, mark, tail = town.model.files[file].decode().partition(after)
    return f"{head}{mark}{tail.replace(old, new, 1)}".encode()
