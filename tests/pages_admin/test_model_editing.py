"""Does a designer change a model without a programmer? Typed on a page, looked at, deployed; everything else stays byte for byte."""

import json
import tomllib
from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest

from engine.rules.criteria import Source, SourceKind
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import DayRule
from engine.use_cases.rehearsal import year
from engine.use_cases.rehearsal.script import Script
from tests.pages.town import Browser, Seen, Town, text
from tests.pages_admin.test_units import shown

ADD = "/quy-trinh/them/mo-hinh"


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
    # The change stands still; looked at again over the newest version, it stands beside the other.
    again = one.post(edit(town, "xem"), seen.form(edit(town, "xem")) | {"viec": "len-moi"})
    assert (again.status, "Khép cửa nhận đăng ký" in text(again.soup.main)) == (200, False)
    assert "1 thay đổi" in text(again.soup.main)
    done = one.post(edit(town, "trien-khai"), again.form(edit(town, "trien-khai")))
    assert (done.status, latest(town).deadlines[index_of(town, "register")].date.day) == (303, 12)  # type: ignore[union-attr]
    assert latest(town).deadlines[index_of(town, "late_door")].label == "Khép cửa nhận đăng ký"


def test_where_two_change_the_same_lines_the_page_says_so(town: Town) -> None:
    one, two = town.client("thietke"), town.client("quantri")
    box = f"han.{index_of(town, 'register')}.day"
    slow = looked_at(one, town, "han", {box: "12/11"})
    deployed(two, town, "han", {box: "15/11"})
    seen = one.post(edit(town, "trien-khai"), slow.form(edit(town, "trien-khai")))
    again = one.post(edit(town, "xem"), seen.form(edit(town, "xem")) | {"viec": "len-moi"})
    assert "Người khác vừa sửa cùng chỗ với bạn." in text(again.soup.main)
    assert shown(again, ".ck-notice li")[0] == "model.toml"
    assert one.post(edit(town, "trien-khai"), again.form(edit(town, "trien-khai"))).status == 303
    assert latest(town).deadlines[index_of(town, "register")].date.day == 12  # type: ignore[union-attr]


def test_what_is_taken_back_is_a_new_version_again(town: Town) -> None:
    browser, box = town.client("thietke"), f"han.{index_of(town, 'register')}.day"
    deployed(browser, town, "han", {box: "12/11"})
    seen = looked_at(browser, town, "han", {box: "10/11"})
    old = town.model.sha256[:12]
    assert f"Nội dung trở lại đúng như phiên bản {old}" in text(seen.soup.main)
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    note = f"# Trở lại nội dung của phiên bản {old}, ngày 05/11/2026.\n"
    assert latest(town).files == dict(town.model.files) | {"model.toml": town.model.files["model.toml"] + note.encode()}


def test_a_draft_that_was_tampered_with_is_judged_like_an_upload(town: Town) -> None:
    browser = town.client("thietke")
    token = {"csrf": browser.csrf()}
    for name, content, status in (
        ("model.toml", b"[model", 422),
        ("cycle.bpmn", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 422),
        ("../../etc/passwd", b"x", 422),
        ("_shared/organisation.toml", b"", 422),
    ):
        tep = f"{name} {b64encode(content).decode()}"
        for where in ("xem", "trien-khai", "han"):
            assert browser.post(edit(town, where), {"tep": tep} | token).status == status, (name, where)
    assert browser.post(edit(town, "xem"), {"tep": "model.toml !!"}).status == 422
    assert browser.post(edit(town, "xem"), {"goc": "f" * 64}).status == 404
    assert latest(town).sha256 == town.model.sha256


def test_weights_and_criteria_are_changed_and_the_rest_of_the_file_stays(town: Town) -> None:
    browser, file = town.client("thietke"), f"criteria/{max(town.model.criteria)}.toml"
    filled = browser.get(edit(town, "tieu-chi")).form(f"{edit(town, 'tieu-chi')}?nam={file[9:13]}")
    first, last = (town.model.criteria[max(town.model.criteria)].criteria[i] for i in (0, -1))
    bottom = len(town.model.criteria[max(town.model.criteria)].criteria) - 1
    new = {"key": "9.9", "group": first.group, "text": "Tiêu chí mới", "max_points": "2,5", "hard_fail": "true"}
    seen = browser.post(
        edit(town, "tieu-chi"),
        filled
        | {"criterion.0.max_points": "7,5", "criterion.0.evidence_required": "false", f"criterion.{bottom}.bo": "true"}
        | {f"moi.0.{key}": value for key, value in new.items()}
        | {"viec": "xem"},
    )
    assert seen.status == 200, text(seen.soup.main)
    assert f"Tiêu chí: {first.key} – điểm tối đa" in shown(seen, ".ck-row__title")
    assert f"Tiêu chí: {last.key}" in shown(seen, ".ck-row__title")
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    found = latest(town).criteria[int(file[9:13])]
    assert (found.criteria[0].max_points, found.criteria[0].evidence_required) == (Decimal("7.5"), False)
    assert [c.key for c in found.criteria if c.group == first.group][-1] == "9.9"
    assert last.key not in [c.key for c in found.criteria]
    # Every comment of the file is still there.
    notes = [line for line in town.model.files[file].decode().splitlines() if line.startswith("#")]
    assert [line for line in latest(town).files[file].decode().splitlines() if line.startswith("#")] == notes


def test_a_deadline_becomes_one_of_another_kind(town: Town) -> None:
    browser, place = town.client("thietke"), index_of(town, "review")
    box, door = f"han.{place}", f"han.{index_of(town, 'late_door')}"
    filled = browser.get(edit(town, "han")).form(edit(town, "han"))
    # What the new kind asks is asked first; what was typed stays.
    turned = {f"{box}.rule": "by", f"{box}.label": "Trả lời đăng ký", "viec": "xem"}
    seen = browser.post(edit(town, "han"), filled | turned)
    asked = seen.form(edit(town, "han"))
    assert (seen.status, seen.title) == (200, "Sửa hạn")
    assert "Đã đổi cách tính của: Tiếp nhận, trả lời bản đăng ký." in text(seen.soup.main)
    assert (asked[f"{box}.rule"], asked[f"{box}.label"], asked[f"{box}.day"]) == (["by"], ["Trả lời đăng ký"], [""])
    assert f"{box}.n" not in asked
    empty = browser.post(edit(town, "han"), asked | {"viec": "xem"})
    assert (empty.status, [a["href"] for a in empty.soup.select(".govuk-error-summary__list a")]) == (
        422,
        [f"#{box}.day"],
    )
    to = {f"{box}.day": "20/11", f"{box}.year_offset": "-1", f"{box}.wording": "đến hết ngày {date}"}
    # One of the same keys is turned at once, and the day that it names counts as its kind says.
    to |= {f"{door}.rule": "by", f"{door}.wording": "đến hết ngày {date}"}
    seen = browser.post(edit(town, "han"), asked | to | {"viec": "xem"})
    assert (seen.status, seen.title) == (200, "Xem thay đổi"), text(seen.soup.main)
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    found = {rule.label: rule for rule in latest(town).deadlines}
    review, late = found["Trả lời đăng ký"], latest(town).deadlines[index_of(town, "late_door")]
    assert (review.rule, review.date) == ("by", DayRule(day=20, month=11, year_offset=-1))
    assert (late.rule, late.boundary, late.roll) == ("by", "inclusive", "fixed")
    rows = tomllib.loads(latest(town).files["model.toml"].decode())["deadline"]
    assert set(rows[place]) == {"name", "label", "rule", "day", "month", "year_offset", "wording", "source"}
    assert "boundary" not in rows[index_of(town, "late_door")]
    others = [row for i, row in enumerate(rows) if i not in (place, index_of(town, "late_door"))]
    before = tomllib.loads(town.model.files["model.toml"].decode())["deadline"]
    assert others == [row for i, row in enumerate(before) if i not in (place, index_of(town, "late_door"))]


@pytest.mark.long
def test_a_deadline_is_given_to_others(town: Town) -> None:
    browser, place = town.client("thietke"), index_of(town, "quarter-1")
    box = f"han.{place}.cohorts"
    filled = browser.get(edit(town, "han")).form(edit(town, "han"))
    held = list(town.model.deadlines[place].cohorts)
    assert filled[box] == ["", *held]
    seen = browser.post(edit(town, "han"), filled | {box: ["", *held[1:]], "viec": "xem"})
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    assert latest(town).deadlines[place].cohorts == tuple(held[1:])
    # For everybody: one group would have two deadlines of the name, which is said at the deadline.
    filled = browser.get(edit(town, "han")).form(edit(town, "han"))
    seen = browser.post(edit(town, "han"), filled | {box: [""], "viec": "xem"})
    assert (seen.status, len(shown(seen, "details.ck-more[open]")) > 0) == (422, True)
    assert any("được khai hai lần cho cùng một nhóm" in line for line in shown(seen, ".govuk-error-summary__list a"))


@pytest.mark.long
def test_a_criterion_takes_its_points_from_a_result_and_is_for_some(town: Town) -> None:
    browser, first = town.client("quantri"), max(town.model.criteria)
    copied = browser.post(ADD, {"chep": town.model.key, "ten": "Thanh niên số"})
    assert browser.post(ADD, copied.form(ADD) | {"viec": "trien-khai"}).status == 303
    action = f"{edit(town, 'tieu-chi')}?nam={first}"
    filled = browser.get(edit(town, "tieu-chi")).form(action)
    assert (filled["criterion.0.from"], filled["criterion.0.cohorts"]) == ([""], [""])
    to = {"criterion.0.from": "points thanh-nien-so", "criterion.1.cohorts": ["", "school"]}
    seen = browser.post(action, filled | to | {"viec": "xem"})
    assert (seen.status, seen.title) == (200, "Xem thay đổi"), text(seen.soup.main)
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    found = latest(town).criteria[first].criteria
    assert found[0].source == Source(kind=SourceKind.POINTS, model="thanh-nien-so", key="")
    assert (found[1].unit_cohorts, found[2]) == (("school",), town.model.criteria[first].criteria[2])
    filled = browser.get(edit(town, "tieu-chi")).form(action)
    assert filled["criterion.0.from"] == ["points thanh-nien-so"]
    wrong = browser.post(action, filled | {"criterion.0.from": "points khong-co", "viec": "xem"})
    assert (wrong.status, len(shown(wrong, "[id='criterion.0.from-error']"))) == (422, 1)
    seen = browser.post(action, filled | {"criterion.0.from": "", "viec": "xem"})
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    assert latest(town).criteria[first].criteria[0] == town.model.criteria[first].criteria[0]


def test_wrong_points_and_a_wrong_new_line_come_back_at_their_fields(town: Town) -> None:
    browser = town.client("thietke")
    year_shown = str(max(town.model.criteria))
    action = f"{edit(town, 'tieu-chi')}?nam={year_shown}"
    filled = browser.get(edit(town, "tieu-chi")).form(action)
    seen = browser.post(action, filled | {"criterion.0.max_points": "mười", "moi.0.text": "Chưa đủ", "viec": "xem"})
    errors = shown(seen, ".govuk-error-summary__list a")
    first = town.model.criteria[int(year_shown)].criteria[0]
    assert (seen.status, errors) == (
        422,
        [
            f"{first.key}. {first.text}: Phải là một số, ví dụ 7,5.",
            *["Tiêu chí thêm mới: Không được để trống."] * 3,
        ],
    )
    typed = seen.form(action)
    assert (typed["criterion.0.max_points"], typed["moi.0.text"]) == (["mười"], ["Chưa đủ"])
    # What the whole says: a key that is there already, with the first line dropped before it.
    second = town.model.criteria[int(year_shown)].criteria[1]
    new = {"moi.0.key": second.key, "moi.0.group": "Nhóm lạ", "moi.0.text": "Trùng số", "moi.0.max_points": "1"}
    seen = browser.post(action, filled | new | {"criterion.0.bo": "true", "viec": "xem"})
    assert (seen.status, shown(seen, ".govuk-error-summary__list a")) == (
        422,
        [f"Tiêu chí thêm mới: “{second.key}” được khai hai lần."],
    )
    assert seen.form(action)["criterion.0.bo"] == ["true"]


def test_a_set_for_a_new_year_is_a_copy_that_is_changed_in_its_turn(town: Town) -> None:
    browser, old = town.client("thietke"), max(town.model.criteria)
    action = f"{edit(town, 'tieu-chi')}?nam={old}"
    filled = browser.get(edit(town, "tieu-chi")).form(action)
    for year_asked in (str(old), "1999", "2" * 5000):
        assert browser.post(action, filled | {"nam_moi": year_asked, "viec": "bo-moi"}).status == 422
    seen = browser.post(action, filled | {"nam_moi": "2031", "viec": "bo-moi"})
    new = f"{edit(town, 'tieu-chi')}?nam=2031"
    seen = browser.post(new, seen.form(new) | {"dau.0.name": "Bộ tiêu chí chính thức", "viec": "xem"})
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    files = latest(town).files
    assert files[f"criteria/{old}.toml"] == town.model.files[f"criteria/{old}.toml"]
    assert latest(town).criteria[2031].name == "Bộ tiêu chí chính thức"


def test_changes_of_several_parts_become_one_version(town: Town) -> None:
    browser, box = town.client("quantri"), f"han.{index_of(town, 'register')}.day"
    seen = looked_at(browser, town, "han", {box: "12/11"})
    action = f"{edit(town, 'tieu-chi')}?nam={max(town.model.criteria)}"
    seen = browser.post(edit(town, "tieu-chi"), seen.form(edit(town, "trien-khai")) | {"viec": "mo"})
    seen = browser.post(action, seen.form(action) | {"criterion.0.text": "Nội dung mới", "viec": "xem"})
    assert "2 thay đổi" in text(seen.soup.main)
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    changed = {name for name, content in latest(town).files.items() if content != town.model.files[name]}
    assert changed == {"model.toml", action.rpartition("=")[2].join(("criteria/", ".toml"))}


def test_a_form_is_changed_field_by_field_and_comes_back_as_its_file(town: Town) -> None:
    browser, name = town.client("thietke"), "cap-nhat"
    action = edit(town, f"bieu-mau/{name}")
    assert action in browser.get(edit(town, "bieu-mau")).links()
    filled, old = browser.get(action).form(action), json.loads(town.model.files[f"forms/{name}.json"])
    fields = list(old["properties"])
    first, second = (f"muc.{index}" for index in (0, 1))
    more = {"moi.0.title": "Ngày làm xong", "moi.0.widget": "date", "moi.0.required": "true"}
    seen = browser.post(
        action,
        filled
        | {f"{second}.title": "Đã làm gì", f"{second}.order": "1", f"{first}.hint": "", f"{first}.option_new": "Khác"}
        | {f"{first}.required": "false"}
        | more
        | {"viec": "xem"},
    )
    assert seen.status == 200, text(seen.soup.main)
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    content = latest(town).files[f"forms/{name}.json"]
    new = json.loads(content)
    assert list(new["properties"]) == [fields[1], fields[0], *fields[2:], "ngay_lam_xong"]
    expected = old["properties"] | {"ngay_lam_xong": {"type": "string", "title": "Ngày làm xong", "format": "date"}}
    expected[fields[1]] |= {"title": "Đã làm gì"}
    expected[fields[0]]["oneOf"].append({"const": "khac", "title": "Khác"})
    assert (new["properties"], new["required"]) == (expected, [fields[1], "ngay_lam_xong"])
    # Written as it was written before: the same keys in the same order, the same indent.
    assert content == (json.dumps(new, ensure_ascii=False, indent=2) + "\n").encode()


def test_a_form_that_models_share_becomes_one_of_the_models_own(town: Town) -> None:
    browser = town.client("thietke")
    shared = {name: content for name, content in town.model.files.items() if name.startswith("_shared/forms/")}
    key = next(iter(shared)).rpartition("/")[2].removesuffix(".json")
    action = edit(town, f"bieu-mau/{key}")
    seen = browser.post(action, browser.get(action).form(action) | {"dau.0.title": "Tên riêng", "viec": "xem"})
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    found = latest(town).files
    assert {name: found[name] for name in shared} == shared
    assert json.loads(found[f"forms/{key}.json"])["title"] == "Tên riêng"


@pytest.mark.long
def test_every_form_sent_as_it_stands_stays_byte_for_byte(town: Town) -> None:
    browser = town.client("thietke")
    for name in town.model.forms:
        action = edit(town, f"bieu-mau/{name}")
        seen = browser.post(action, browser.get(action).form(action) | {"viec": "xem"})
        assert (seen.status, "Không có gì thay đổi" in text(seen.soup.main)) == (200, True), name


def test_what_a_form_may_not_be_is_said_and_what_others_still_need_is_shown(town: Town) -> None:
    browser, action = town.client("thietke"), edit(town, "bieu-mau/cap-nhat")
    filled = browser.get(action).form(action)
    wrong = {"muc.0.title": "", "moi.0.title": "Chọn", "moi.0.widget": "radio", "moi.0.options": "Một"}
    seen = browser.post(action, filled | wrong | {"viec": "xem"})
    assert (seen.status, [e.partition(": ")[2] for e in shown(seen, ".govuk-error-summary__list a")]) == (
        422,
        ["Không được để trống.", "Ghi ít nhất hai lựa chọn."],
    )
    assert seen.form(action)["moi.0.options"] == ["Một"]
    # A choice that the diagram decides by is taken away: the review says where it is still named.
    action = edit(town, "bieu-mau/tiep-nhan")
    seen = browser.post(action, browser.get(action).form(action) | {"muc.0.option_2": "", "viec": "xem"})
    assert "“refuse” của biểu mẫu tiep-nhan: " in text(seen.soup.main)


def test_a_diagram_comes_in_as_a_file_and_a_whole_model_as_zip(town: Town) -> None:
    browser, key = town.client("thietke"), town.model.key
    taken = browser.client.get(f"{edit(town, 'tep')}/tai?ten=cycle.bpmn")
    assert (taken.content, taken.headers["content-disposition"]) == (
        town.model.files["cycle.bpmn"],
        "attachment; filename=\"cycle.bpmn\"; filename*=UTF-8''cycle.bpmn",
    )
    drawn = taken.content.replace("Đăng ký nội dung, lộ trình".encode(), "Đăng ký nội dung năm".encode())
    seen = uploaded(browser, town, "cycle.bpmn", drawn)
    assert (seen.status, len(seen.soup.select("svg.ck-bpmn"))) == (200, len(town.model.processes) + 1)
    assert "nay: Đăng ký nội dung năm" in text(seen.soup.main)
    assert browser.post(edit(town, "trien-khai"), seen.form(edit(town, "trien-khai"))).status == 303
    assert latest(town).files == dict(town.model.files) | {"cycle.bpmn": drawn}
    # The whole model, taken out as ZIP, comes back as it was; with a file less it says so.
    whole = browser.client.get(f"/api/packs/{latest(town).sha256}/export").content
    assert "Không có gì thay đổi" in text(uploaded(browser, town, f"{key}.zip", whole).soup.main)
    less = BytesIO()
    with ZipFile(BytesIO(whole)) as old, ZipFile(less, "w") as new:
        for name in old.namelist():
            if not name.endswith("programme.toml"):
                new.writestr(name, old.read(name))
    seen = uploaded(browser, town, f"{key}.zip", less.getvalue())
    assert seen.form(edit(town, "trien-khai"))["tep"] == ["programme.toml -"]


def test_a_deadline_more_in_a_file_confuses_no_other(town: Town) -> None:
    row = (
        '[[deadline]]\nname = "viec_them"\nrule = "standing"\nlabel = "Việc thêm"\nwording = "thường xuyên"\n'
        'source = "mặc định của phần mềm"\n\n'
    )
    moved = swapped(town, 'name = "register"', "day = 10", "day = 12").decode()
    content = moved.replace("[[deadline]]", f"{row}[[deadline]]", 1).encode()
    seen = uploaded(town.client("thietke"), town, "model.toml", content)
    labels = {rule.label for rule in town.model.deadlines}
    assert (seen.status, labels & set(shown(seen, ".ck-notice li"))) == (200, {"Đăng ký nội dung, lộ trình"})
    assert "09/11/2026, 09/11/2027, 09/11/2028 11/11/2026, 11/11/2027, 11/11/2028" in text(seen.soup.main)


def test_a_file_that_cannot_be_is_refused_with_file_line_and_element(town: Town) -> None:
    browser = town.client("thietke")
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    seen = uploaded(browser, town, "cycle.bpmn", bomb)
    assert (seen.status, shown(seen, "#loi li")[0]) == (
        422,
        "Tệp cycle.bpmn, dòng 1: Không được khai báo DOCTYPE hoặc ENTITY.",
    )
    assert not [b for b in shown(seen, "button") if b.startswith("Triển khai")]
    form = town.model.files["forms/dang-ky.json"].replace(b'"type": "object"', b'"type": "object", "la": 1', 1)
    assert shown(uploaded(browser, town, "dang-ky.json", form), "#loi li")[0].startswith("Tệp forms/dang-ky.json")
    for name, content, said in (
        ("la.toml", b"a = 1", "Không rõ tệp này thay tệp nào"),
        ("x.zip", b"PK", "Không đọc được tệp nén"),
        ("cycle.bpmn", b"", "Tệp trống."),
        ("cycle.bpmn", b"x" * 2_000_001, "Tệp quá lớn"),
    ):
        seen = uploaded(browser, town, name, content)
        assert (seen.status, said in text(seen.soup.main)) == (422, True), name
    assert browser.get(f"{edit(town, 'tep')}/tai?ten=../../x").status == 404
    assert latest(town).sha256 == town.model.sha256


# ---- how it is done


def uploaded(browser: Browser, town: Town, name: str, content: bytes) -> Seen:
    return browser.post(edit(town, "tep"), files={"tep_moi": (name, content)})


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
    answer = browser.client.get(f"/api/packs/{latest(town).sha256}/export")
    with ZipFile(BytesIO(answer.content)) as archive:
        return {name.removeprefix(f"{town.model.key}/"): archive.read(name) for name in archive.namelist()}


def index_of(town: Town, name: str) -> int:
    return next(index for index, rule in enumerate(town.model.deadlines) if rule.name == name)


def swapped(town: Town, after: str, old: str, new: str, file: str = "model.toml") -> bytes:
    """The file with the first `old` that comes after a text replaced."""
    head, mark, tail = town.model.files[file].decode().partition(after)
    return f"{head}{mark}{tail.replace(old, new, 1)}".encode()
