"""Is the HTML sound: every label, error and description leads somewhere, hostile text stays text, nothing runs inline?"""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from jinja2 import UndefinedError

from api.forms import is_editing, read, render_context, summarise
from api.templating import HERE, AssetsMissing, Page, Templates
from tests.api_forms.samples import SENT
from tests.api_forms.stylebook import ANSWERS, GIVEN, NOW, PAGES, SPEC, form, page, templates

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'"
INLINE = re.compile(r"\sstyle\s*=|\son[a-z]+\s*=|hx-on|javascript:|<style|<script(?![^>]*\bsrc=)", re.I)


@pytest.mark.parametrize("path", PAGES)
def test_references_lead_to_one_element(path: str) -> None:
    soup = BeautifulSoup(PAGES[path](), "html.parser")
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    wanted = [label["for"] for label in soup.find_all("label", attrs={"for": True})]
    wanted += [link["href"][1:] for link in soup.find_all("a", href=re.compile("^#"))]
    for name in ("aria-describedby", "aria-labelledby"):
        wanted += [word for tag in soup.find_all(attrs={name: True}) for word in tag[name].split()]
    assert (sorted({i for i in ids if ids.count(i) > 1}), sorted(set(wanted) - set(ids))) == ([], [])


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_inline_and_headings_do_not_jump(path: str) -> None:
    html = PAGES[path]()
    levels = [int(tag.name[1]) for tag in BeautifulSoup(html, "html.parser").find_all(re.compile("^h[1-6]$"))]
    jumps = [(a, b) for a, b in pairwise(levels) if b > a + 1]
    assert (INLINE.findall(html), levels.count(1), jumps) == ([], 1, [])


def test_no_template_holds_inline_style_script_or_negative_whitespace_control() -> None:
    pages = [path for path in (HERE / "templates").rglob("*.html") if "mail" not in path.parts]
    wrong = [path.name for path in pages if INLINE.search(path.read_text("utf-8")) or "{{-" in path.read_text("utf-8")]
    assert (len(pages) > 10, wrong) == (True, [])


def test_hostile_text_stays_text_everywhere() -> None:
    sent = {name: [HOSTILE] for name in SENT} | {
        "f.doan_vien._paste": [HOSTILE + "\t" + HOSTILE],
        "f.doan_vien.0.ho_ten": [HOSTILE],
    }
    html = form(sent) + templates().render(
        "check.html", page(), sections=summarise(SPEC, read(SPEC, sent, given=GIVEN))
    )
    soup = BeautifulSoup(html, "html.parser")
    assert [tag for tag in soup.find_all("script") if not tag.get("src")] + soup.find_all("img") == []
    assert (
        INLINE.findall(re.sub(r"&[^;]+;", "", str(soup.find_all(lambda t: any(k.startswith("on") for k in t.attrs)))))
        == []
    )


def test_a_form_carries_the_token_and_its_main_button_comes_first() -> None:
    soup = BeautifulSoup(form(), "html.parser")
    inside = soup.find("form", class_="ck-form")
    assert inside.find("input", attrs={"name": "csrf"})["value"] == "t"
    first = inside.find("button")
    assert (first.get("name"), first.get_text(strip=True)) == (None, "Kiểm tra lại")


def test_what_was_typed_is_in_the_boxes_again() -> None:
    soup = BeautifulSoup(form(SENT), "html.parser")
    boxes = {tag["name"]: tag.get("value") for tag in soup.select("input[type=text], input[type=email]")}
    ticked = sorted(tag["value"] for tag in soup.select("input[checked]"))
    assert {name: boxes[name] for name in ("f.kinh_phi", "f.ty_le", "f.ngay_hop.day", "f.doan_vien.0.ngay_sinh", "f.tieu_chi.0.tu_cham")} == {
        "f.kinh_phi": "4.180.000", "f.ty_le": "95,5", "f.ngay_hop.day": "05", "f.doan_vien.0.ngay_sinh": "09/03/2004", "f.tieu_chi.0.tu_cham": "9,5",
    }  # fmt: skip
    assert ticked == sorted(["dia-ban", "so", "moi-truong", "true", "true", "true"])
    assert soup.find("textarea", id="f.noi_dung").get_text() == ANSWERS["noi_dung"]


def test_a_page_sent_back_unchanged_gives_the_same_answers() -> None:
    soup = BeautifulSoup(form(SENT), "html.parser")
    sent: dict[str, list[str]] = {}
    for tag in soup.select(".ck-form input, .ck-form textarea, .ck-form select"):
        kind = tag.get("type")
        if (kind in {"checkbox", "radio"} and not tag.has_attr("checked")) or kind == "file":
            continue
        chosen = tag.find("option", selected=True) if tag.name == "select" else None
        value = chosen["value"] if chosen else tag.get_text() if tag.name == "textarea" else tag.get("value", "")
        sent.setdefault(tag["name"], []).append(value)
    assert not is_editing(sent)
    assert read(SPEC, sent, given={**GIVEN, "bien_ban": ANSWERS["bien_ban"]}) == ANSWERS


def test_the_summary_says_answers_as_people_read_them() -> None:
    said = {
        item.title: item.text for section in summarise(SPEC, ANSWERS) for item in section.items if item.table is None
    }
    assert said == {
        "Chi đoàn": "Chi đoàn Tổ dân phố số 3", "Loại chi đoàn": "Địa bàn dân cư", "Thư điện tử": "bithu@vidu.vn",
        "Nội dung đăng ký": ANSWERS["noi_dung"], "Số đoàn viên": "42 đoàn viên", "Số đoàn viên đăng ký": "40",
        "Kinh phí dự kiến": "4.180.000 ₫", "Tỷ lệ chuyên cần": "95,5 %", "Ngày họp chi đoàn": "05/11/2026",
        "Lĩnh vực": "Môi trường; Chuyển đổi số", "Khối thi đua": "Khối 2", "Chi đoàn đã họp thống nhất": "Có",
        "Biên bản họp": "bien-ban.pdf", "Tôi chịu trách nhiệm về nội dung trên": "Có",
    }  # fmt: skip
    tables = [item.table for section in summarise(SPEC, ANSWERS) for item in section.items if item.table]
    assert (tables[0].rows, tables[0].totals) == ((("Trần Thị Ánh", "09/03/2004", "8,5", "Có"),), ("", "", "8,5", ""))
    assert tables[1].totals == ("", "", "30", "26,5", "")


def test_conditions_are_said_in_words_for_pages_without_a_script() -> None:
    view = next(v for s in render_context(SPEC, {}).sections for v in s.fields if v.field.name == "nam_hoc")
    assert view.condition == "Chỉ trả lời khi “Loại chi đoàn” là “Trường học”."
    assert view.show_if == {"field": "f.loai", "in": ["truong"]}


def test_a_missing_build_is_said_with_its_command(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match=r"node api/frontend/build\.mjs"):
        Templates(dist=tmp_path)


def test_a_name_that_nobody_gave_stops_the_page() -> None:
    with pytest.raises(UndefinedError, match="message"):
        templates().render("errors/404.html", Page(now=NOW), page_title="Không có trang này")


@pytest.mark.parametrize(("cookie", "attribute"), [("dark", "dark"), ("light", "light"), ('x" onload="', None)])
def test_the_theme_is_one_of_two_or_none(cookie: str, attribute: str | None) -> None:
    html = templates().render("errors/404.html", Page(now=NOW, theme=cookie), page_title="T", message="", reference="")
    assert BeautifulSoup(html, "html.parser").html.get("data-theme") == attribute
