"""Which models run here? Every part of every version can be read, with sources and sample marks."""

from dataclasses import replace

from bs4 import Tag

from api.pages.legal_bases import document_title
from tests.pages.town import Town, text
from tests.pages_admin.test_units import shown


def test_the_list_leads_to_the_latest_version(young: Town) -> None:
    seen = young.client("thietke").get("/quy-trinh")
    assert shown(seen, ".ck-row") == [f"{young.model.name} Toàn thành phố 1 phiên bản 1 chu kỳ triển khai 25/08/2026"]
    assert f"/quy-trinh/{young.model.key}" in seen.links()


def test_the_overview_says_who_does_what(young: Town) -> None:
    seen = young.client("thietke").get(f"/quy-trinh/{young.model.key}")
    rows = shown(seen, "tbody tr")
    assert (seen.title, len(rows), len(set(rows))) == (young.model.name, len(rows), len(rows))
    assert "Người ký Đoàn cơ sở Bí thư" in rows
    assert young.model.source in text(seen.soup.main)
    assert [row for row in rows if "ít nhất 80% 2030" in row]


def test_every_process_has_picture_and_steps(young: Town) -> None:
    seen = young.client("kiemtra").get(f"/quy-trinh/{young.model.key}/so-do")
    labels = [spec.label for spec in young.model.processes]
    assert shown(seen, ".ck-card__title") == [*labels, "Ký, ban hành văn bản (quy trình dùng chung)"]
    assert len(seen.soup.select("svg.ck-bpmn")) == len(labels) + 1
    assert {link["href"] for link in seen.soup.select("svg.ck-bpmn a")} == {"#ky_ban_hanh"}
    first = seen.soup.select_one(".ck-card .ck-steplist")
    assert isinstance(first, Tag)
    assert "Đăng ký nội dung, lộ trình (việc của người, Chi đoàn)" in text(first)


def test_dates_are_reckoned_for_a_year_with_their_source(young: Town) -> None:
    browser = young.client("thietke")
    seen = browser.get(f"/quy-trinh/{young.model.key}/han?nam=2027")
    sections = [text(section) for section in seen.soup.select("main section")]
    assert [("Đăng ký nội dung, lộ trình Hết ngày 09/11/2026" in s, "Hết ngày 29/09/2026" in s) for s in sections] == [
        (True, False),
        (False, True),
    ]
    terms = seen.soup.select("main dl > div")
    assert (len(terms) > 10, all("Căn cứ:" in text(term) for term in terms)) == (True, True)
    later = browser.get(f"/quy-trinh/{young.model.key}/han?nam=2030")
    assert "Hết ngày 09/11/2029" in text(later.soup.main)


def test_sample_criteria_are_marked_and_add_up(young: Town) -> None:
    seen = young.client("thietke").get(f"/quy-trinh/{young.model.key}/tieu-chi")
    found = young.model.criteria[max(young.model.criteria)]
    assert (len(shown(seen, "tbody tr")), shown(seen, "tfoot tr")) == (len(found.criteria), ["Cộng 100"])
    assert "Bộ tiêu chí MẪU: thay bằng bộ tiêu chí chính thức trước khi dùng thật." in text(seen.soup.main)
    assert all(band.label in text(seen.soup.main) for band in found.bands)


def test_every_form_is_told_with_the_steps_that_ask_it(young: Town) -> None:
    seen = young.client("thietke").get(f"/quy-trinh/{young.model.key}/bieu-mau")
    cards = {str(card["id"]): text(card) for card in seen.soup.select(".ck-card")}
    assert list(cards) == list(young.model.forms)
    assert "Hỏi ở bước: Đăng ký nội dung, lộ trình" in cards["dang-ky"]


def test_an_older_version_is_shown_as_such(town: Town) -> None:
    newer = replace(town.model, sha256="f" * 64)
    with town.house.open_uow() as uow:
        uow.models.deploy(newer, town.clock())
    browser = town.client("thietke")
    old = town.model.sha256[:12]
    seen = browser.get(f"/quy-trinh/{town.model.key}?pb={old}")
    assert "Đây là phiên bản cũ" in text(seen.soup.main)
    # Its parts keep to the version; the latest is one step away.
    links = [link for link in seen.links() if link.startswith(f"/quy-trinh/{town.model.key}/")]
    assert {link.partition("?")[2] for link in links} == {f"pb={old}"}
    assert f"/quy-trinh/{town.model.key}" in seen.links()
    assert browser.get(f"/quy-trinh/{town.model.key}?pb=zz").status == 404


def test_titles_of_documents_do_not_end_in_the_air() -> None:
    texts = {"title": "Quyết định", "subject": "Về việc hủy bỏ công nhận, đối với {subject_name} năm {year}"}
    assert document_title({"document": texts}) == "Quyết định về việc hủy bỏ công nhận"
    assert document_title({"document": {"title": "Giấy chứng nhận"}}) == "Giấy chứng nhận"
    assert document_title({}) == ""
