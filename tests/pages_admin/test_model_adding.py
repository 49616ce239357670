"""Does a model come in without a programmer? Sent as a file or copied, looked at, deployed; nothing before, nothing by halves."""

import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from bs4 import Tag

from engine.process import packs
from engine.rules.cycle_models import CycleModel
from tests.models.test_twelfth_model import MADE_UP
from tests.pages.town import Browser, Seen, Town, text
from tests.pages_admin.test_units import shown

NEW = "/quy-trinh/them/mo-hinh"
KEY = MADE_UP.name
MODEL = packs.read_pack(MADE_UP)


def zipped(folder: str = KEY, *, source: Path = MADE_UP, **changed: tuple[str, str]) -> bytes:
    """A model's folder as a person packs it, under another name if one is given; `changed`: file → old and new text."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            content = path.read_text("utf-8")
            if path.name.replace(".", "_") in changed:
                old, new = changed[path.name.replace(".", "_")]
                assert content.count(old) >= 1, old
                content = content.replace(old, new)
            archive.writestr(f"{folder}/{path.relative_to(source)}", content)
    return out.getvalue()


def sent(browser: Browser, content: bytes, name: str = "tai-len.zip", **typed: str) -> Seen:
    return browser.post(NEW, typed, files={"tep_zip": (name, content)})


def confirmed(browser: Browser, seen: Seen) -> Seen:
    return browser.post(NEW, seen.form(NEW) | {"viec": "trien-khai"})


def deployed(town: Town) -> dict[str, tuple[str, str | None]]:
    """Key → version and owner of every model."""
    with town.house.read_uow() as uow:
        return {row.key: (row.version, row.owner_code) for row in reversed(uow.queries.packs())}


def latest(town: Town, key: str) -> CycleModel:
    with town.house.read_uow() as uow:
        model = uow.models.latest(key)
    assert model is not None
    return model


def lines(town: Town) -> list[tuple[str, str, Mapping[str, object]]]:
    """Who deployed what, as the audit log says."""
    with town.house.read_uow() as uow:
        found = [entry.line for entry in uow.audit.entries(0, 100_000)]
    return [(line.actor_name, line.target, line.facts or {}) for line in found if line.event == "deployed"]


def test_a_model_is_looked_at_as_a_whole_and_then_deployed(town: Town) -> None:
    browser, before = town.client("thietke"), deployed(town)
    assert NEW in browser.get("/quy-trinh").links()
    seen = sent(browser, zipped())
    assert (seen.status, seen.title) == (200, MODEL.name)
    words = text(seen.soup.main)
    assert "Chưa có gì được triển khai" in words
    assert f"Mã (về sau không đổi được) {KEY} Phạm vi (về sau không đổi được) Toàn thành phố" in words
    assert all(rule.label in words for rule in MODEL.deadlines)
    assert all(str(form["title"]) in words for form in MODEL.forms.values())
    assert "Sở Nông nghiệp và Môi trường: để mở chu kỳ" in words  # no such unit stands here
    assert len(seen.soup.select("svg.ck-bpmn")) >= len(MODEL.processes)
    assert (deployed(town), lines(town)) == (before, [])  # nothing yet
    done = confirmed(browser, seen)
    assert (done.status, done.url) == (303, f"/quy-trinh/{KEY}?tb=da-them-mo-hinh")
    assert "Đã triển khai mô hình." in text(browser.get(done.url).soup)
    assert deployed(town) == before | {KEY: (MODEL.sha256, None)}
    assert [(target, facts["name"]) for _, target, facts in lines(town)] == [(f"model:{KEY}", MODEL.name)]


def test_what_is_wrong_is_told_by_file_and_line_and_nothing_typed_is_lost(town: Town) -> None:
    browser, before = town.client("thietke"), deployed(town)
    wrong = zipped(
        model_toml=('rule = "within"', 'rule = "bao_gio"'), cycle_bpmn=('value="register"', 'value="khong_co"')
    )
    seen = sent(browser, wrong, don_vi="", ma="ngo-xanh")
    found = shown(seen, "#loi li")
    assert (seen.status, seen.title, len(found) > 0) == (422, "Thêm mô hình", True)
    assert any(line.startswith("Tệp model.toml, dòng ") for line in found)
    assert seen.form(NEW)["ma"] == ["ngo-xanh"]
    # The next file stands over the one that is kept.
    seen = browser.post(NEW, seen.form(NEW), files={"tep_zip": ("sua.zip", zipped())})
    assert (seen.status, seen.form(NEW)["ma"], seen.form(NEW)["ten_tep"]) == (200, ["ngo-xanh"], ["sua.zip"])
    back = browser.post(NEW, seen.form(NEW) | {"viec": "sua-lai"})
    assert (back.status, "Đang giữ tệp sua.zip" in text(back.soup.main)) == (200, True)
    assert deployed(town) == before
    assert confirmed(browser, browser.post(NEW, back.form(NEW))).status == 303
    assert set(deployed(town)) == {*before, "ngo-xanh"}


def hostile(kind: str) -> bytes:
    """An archive that wants to do harm; `kind` may be the path of a file that does not belong."""
    if kind == "entity":
        return zipped(cycle_bpmn=("<bpmn:definitions", '<!DOCTYPE x [<!ENTITY a "b">]><bpmn:definitions'))
    if kind in ("damaged", "huge"):
        return b"PK" if kind == "damaged" else bytes(10_000_001)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        link = zipfile.ZipInfo("x/model.toml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        match kind:
            case "link":
                archive.writestr(link, "/etc/passwd")
            case "bomb":
                archive.writestr("x/model.toml", bytes(3_000_000))
            case _:
                archive.writestr("x/model.toml", b"")
                archive.writestr(kind, b"import os")
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("damaged", "Không đọc được tệp nén"),
        ("link", "Tệp nén không được chứa liên kết."),
        ("bomb", "Gói quá lớn"),
        ("../../etc/cron.d/x", "Đường dẫn trong tệp nén không hợp lệ."),
        ("x/setup.py", "Tệp không thuộc gói mô hình"),
        ("huge", "Tệp nén quá lớn"),
        ("entity", "Không được khai báo DOCTYPE hoặc ENTITY."),
    ],
)
def test_an_archive_that_wants_to_do_harm_is_refused_and_not_kept(young: Town, kind: str, said: str) -> None:
    before = deployed(young)
    seen = sent(young.client("thietke"), hostile(kind))
    assert (seen.status, said in text(seen.soup.select_one("#loi"))) == (422, True)
    assert ("goi" in seen.form(NEW)) == (kind == "entity")  # an archive that can be read may still get another key
    assert deployed(young) == before


def test_a_key_that_is_taken_leads_to_its_model_and_another_one_will_do(town: Town) -> None:
    browser, taken = town.client("thietke"), town.model.key
    seen = sent(browser, zipped(taken))
    assert (seen.status, len(shown(seen, "#ma-error"))) == (409, 1)
    assert {f"/quy-trinh/{taken}", f"/quy-trinh/{taken}/sua"} <= seen.links()
    assert browser.post(NEW, seen.form(NEW) | {"ma": "có dấu"}).status == 422
    seen = browser.post(NEW, seen.form(NEW) | {"ma": "ngo-pho-2"})
    assert confirmed(browser, seen).url == "/quy-trinh/ngo-pho-2?tb=da-them-mo-hinh"
    # Who confirms twice is told, and led to what came of the first time.
    again = confirmed(browser, seen)
    assert (again.status, "/quy-trinh/ngo-pho-2" in again.links()) == (409, True)
    same = sent(browser, zipped())
    assert (same.status, "giống hệt một mô hình đã triển khai" in text(same.soup.main)) == (409, True)
    assert len(lines(town)) == 1


def test_a_file_that_is_named_as_people_name_files_gets_a_key(young: Town) -> None:
    flat = io.BytesIO()
    with zipfile.ZipFile(flat, "w") as archive:
        for name, content in packs.read_folder(MADE_UP).items():
            archive.writestr(name, content)
    seen = sent(young.client("thietke"), flat.getvalue(), "Ngõ phố xanh (Đợt 2).ZIP")
    assert (seen.status, seen.form(NEW)["ma"]) == (200, ["ngo-pho-xanh-dot-2"])


def test_what_goes_from_page_to_page_is_judged_anew(young: Town) -> None:
    browser = young.client("thietke")
    broken = sent(browser, zipped(model_toml=("lead_unit_kind", "lead_kind"))).form(NEW)
    for goi in (["!!"], [], broken["goi"]):
        answer = browser.post(NEW, {"viec": "trien-khai", "ten_tep": "x.zip", "goi": goi, "ma": "moi"})
        assert answer.status == 422
    assert set(deployed(young)) == {young.model.key}


def test_a_copy_is_the_same_model_under_another_name(town: Town) -> None:
    browser, old = town.client("quantri"), town.model
    assert browser.post(NEW, {"chep": old.key, "ten": old.name}).status == 422
    assert browser.post(NEW, {"chep": "khong-co", "ten": "Thanh niên số"}).status == 422
    both = sent(browser, zipped(), chep=old.key, ten="Thanh niên số")
    assert (both.status, len(shown(both, "#chep-error"))) == (422, 1)
    seen = browser.post(NEW, {"chep": old.key, "ten": "Thanh niên số"})
    assert (seen.status, seen.title) == (200, "Thanh niên số")
    assert confirmed(browser, seen).url == "/quy-trinh/thanh-nien-so?tb=da-them-mo-hinh"
    new = latest(town, "thanh-nien-so")
    assert {name for name, content in new.files.items() if content != old.files[name]} == {"model.toml"}
    assert (new.name, set(new.files)) == ("Thanh niên số", set(old.files))
    assert browser.get("/quy-trinh/thanh-nien-so/sua/han").status == 200


def test_only_designers_are_led_there(young: Town) -> None:
    for person in ("thanhdoan", "kiemtra"):
        seen = young.client(person).get("/quy-trinh")
        assert (seen.status, NEW in seen.links()) == (200, False)
    box = young.client("thietke").get(NEW).soup.find("input", attrs={"name": "don_vi"})
    assert isinstance(box, Tag)
    assert box["value"] == ""
