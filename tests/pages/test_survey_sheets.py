"""A unit asks on paper: numbered sheets are printed, entered twice, settled; lists come as Excel."""

import re
from collections.abc import Callable, Iterator
from io import BytesIO

import pikepdf
import pytest
from openpyxl import load_workbook

from engine.rules.survey_rounds import AnswerState
from engine.rules.surveys import Origin
from tests.pages.surveyed import OFFICER, SECRETARY, Asking, held
from tests.pages.town import Town, copy_of, text

TYPED = {"q.hai_long": "5", "q.sach_se": "1", "q.thich": "12", "q.den_lai": "1", "q.so_lan": "3", "q.gop_y": ""}
CLERK = "doancoso"


@pytest.fixture
def asking(young: Town, own: Callable[[Town], Town]) -> Asking:
    """The questionnaire is being asked; three sheets of the secretary's branch are numbered."""
    asking = held(own(young))
    made = asking.town.client(SECRETARY).post(asking.place_path, {"so_phieu": "3"})
    assert made.url == f"{asking.place_path}?tb=lap-phieu"
    return asking


@pytest.fixture(scope="module")
def looked(young: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """The questionnaire is being asked. To be read only."""
    town = copy_of(young, tmp_path_factory.mktemp("phieu") / "du-lieu")
    yield held(town)
    town.house.close()


def kept(asking: Asking) -> list[tuple[Origin, AnswerState, dict[str, object]]]:
    with asking.town.house.read_uow() as uow:
        return [(a.origin, a.state, dict(a.answers)) for a in uow.surveys.answers(asking.place)]


def test_sheets_and_cards_are_printed_with_their_numbers_and_codes(asking: Asking) -> None:
    browser = asking.town.client(SECRETARY)
    page = browser.get(asking.place_path)
    assert "Phiếu số 1–3" in text(page.soup.main)
    sheets = browser.get(f"{asking.place_path}/dot/1/phieu.pdf")
    cards = browser.get(f"{asking.place_path}/dot/1/the.pdf")
    assert (sheets.headers["content-type"], cards.headers["content-type"]) == ("application/pdf", "application/pdf")
    with pikepdf.open(BytesIO(sheets.content)) as pdf:
        drawn = [b" ".join(part.read_bytes() for part in page.Contents) for page in pdf.pages]
        assert [re.findall(rb"\((\d+)\) Tj", content)[:1] for content in drawn] == [[b"1"], [b"2"], [b"3"]]
    with asking.town.house.read_uow() as uow:
        tokens = [sheet.token for sheet in uow.surveys.sheets(asking.place, 1)]
    with pikepdf.open(BytesIO(cards.content)) as pdf:
        drawn_cards = b" ".join(part.read_bytes() for part in pdf.pages[0].Contents).decode("latin-1")
    assert [token for token in tokens if f"http://127.0.0.1:8000/khao-sat/{token}" in drawn_cards] == tokens
    assert browser.get(f"{asking.place_path}/qr.png").content.startswith(b"\x89PNG")
    assert browser.get(f"{asking.place_path}/to-ap-phich.pdf").content.startswith(b"%PDF")
    assert browser.get(f"{asking.place_path}/dot/2/phieu.pdf").status == 404


def test_the_code_of_a_sheet_is_good_once(asking: Asking) -> None:
    with asking.town.house.read_uow() as uow:
        token = uow.surveys.sheets(asking.place, 1)[0].token
    path, browser = f"/khao-sat/{token}", asking.town.client()
    page = browser.get(path)
    assert "Phiếu số 1: chỉ gửi được một lần." in text(page.soup.main)
    assert browser.post(path, {**page.form(path), "f.hai_long": "4"}).status == 303
    assert browser.get(path).title == "Phiếu này đã được gửi"
    entered = asking.town.client(SECRETARY).post(f"{asking.place_path}/nhap", {**TYPED, "so": "1"})
    said = text(entered.soup.select_one("#so-error"))
    assert said == "Lỗi: Phiếu số 1 đã được trả lời qua mã QR nên không nhập bản giấy nữa."
    assert kept(asking) == [(Origin.LINK, AnswerState.COUNTED, {"hai_long": "4"})]


def test_a_clerk_enters_sheet_after_sheet_by_keys(asking: Asking) -> None:
    browser, path = asking.town.client(SECRETARY), f"{asking.place_path}/nhap"
    assert browser.get(path).form(path)["so"] == ["1"]
    saved = browser.post(path, {**TYPED, "so": "1"})
    assert (saved.status, saved.url) == (303, f"{path}?vua=1")
    following = browser.get(saved.url)
    assert ("Đã lưu phiếu số 1." in text(following.soup.main), following.form(path)["so"]) == (True, ["2"])
    answers = {"hai_long": "5", "sach_se": "co", "thich": ["hoa", "qua"], "den_lai": True, "so_lan": 3}
    assert kept(asking) == [(Origin.PAPER, AnswerState.COUNTED, answers)]


def test_a_forgotten_key_is_asked_for_and_a_dash_is_a_blank(asking: Asking) -> None:
    browser, path = asking.town.client(SECRETARY), f"{asking.place_path}/nhap"
    refused = browser.post(path, {**TYPED, "so": "1", "q.hai_long": "", "q.so_lan": "40"})
    assert refused.status == 422
    assert [text(p) for p in refused.soup.select(".govuk-error-message")] == [
        "Lỗi: Gõ phím của câu trả lời, hoặc dấu - khi câu này bỏ trống trên phiếu.",
        "Lỗi: Nhập một số từ 0 đến 31.",
    ]
    assert refused.form(path)["q.thich"] == ["12"]
    assert browser.post(path, {**TYPED, "so": "1", "q.hai_long": "-"}).status == 303
    assert "hai_long" not in kept(asking)[0][2]


def test_two_people_enter_a_sheet_and_what_differs_is_settled(asking: Asking) -> None:
    first, second, path = asking.town.client(SECRETARY), asking.town.client(CLERK), f"{asking.place_path}/nhap"
    first.post(path, {**TYPED, "so": "1"})
    same = first.post(path, {**TYPED, "so": "1", "lan": "2"})
    assert text(same.soup.select_one("#so-error")).endswith("lần hai phải do người khác nhập.")
    assert second.get(f"{path}?lan=2").form(path)["so"] == ["1"]
    entered = second.post(path, {**TYPED, "so": "1", "lan": "2", "q.hai_long": "1"})
    assert entered.url == f"{path}?lan=2&vua=1&khac=1"
    assert "1 câu khác lần nhập đầu" in text(second.get(entered.url).soup.main)
    apart = f"{asking.place_path}/khac-biet"
    form = second.get(apart).form(apart)
    refused = second.post(apart, form)
    assert (refused.status, "Chọn bản đúng với phiếu giấy." in text(refused.soup.main)) == (422, True)
    assert kept(asking)[0][1] is AnswerState.DIFFERS
    assert second.post(apart, {**form, "c.hai_long": "second"}).url == f"{apart}?tb=xu-ly-phieu"
    assert [(state, answers["hai_long"]) for _, state, answers in kept(asking)] == [(AnswerState.COUNTED, "1")]
    assert "Không còn phiếu nào" in text(second.get(apart).soup.main)


def test_a_list_comes_as_excel_is_looked_at_kept_and_taken_back(asking: Asking) -> None:
    browser, path = asking.town.client(SECRETARY), f"{asking.place_path}/excel"
    sample = load_workbook(BytesIO(browser.get(f"{path}/mau.xlsx").content)).worksheets[0]
    heads = [str(cell.value) for cell in sample[3]]
    assert heads[:2] == ["Số phiếu", "1. Bạn hài lòng với vườn cây đến mức nào?"]
    lines = ["\t".join(heads), "2\t5\t1\t13\t1\t7\tđẹp", "\t9\t1\t\t\t\t"]
    checked = browser.post(path, {"danh_sach": "\n".join(lines)})
    assert (checked.status, "Không có lựa chọn này; chọn trong: 5, 4, 3, 2, 1, 0." in text(checked.soup.main)) == (
        422,
        True,
    )
    lines[2] = "\t4\t1\t\t\t\t"
    shown = browser.post(path, {"danh_sach": "\n".join(lines)})
    assert (shown.status, kept(asking)) == (200, [])
    taken = browser.post(path, {"danh_sach": "\n".join(lines), "xac_nhan": "1"})
    assert taken.url == f"{asking.place_path}?tb=nhan-excel"
    assert [(origin, answers["hai_long"]) for origin, _, answers in kept(asking)] == [
        (Origin.SHEET, "5"),
        (Origin.SHEET, "4"),
    ]
    page = browser.get(asking.place_path)
    upload = page.soup.find("input", attrs={"name": "tep_nao"})
    assert upload is not None
    assert browser.post(asking.place_path, {"viec": "bo-tep", "tep_nao": upload["value"]}).status == 303  # type: ignore[index]  # a tag
    assert kept(asking) == []


@pytest.mark.parametrize("path", ["", "/nhap", "/khac-biet", "/excel", "/excel/mau.xlsx", "/qr.png"])
def test_sheets_are_for_those_who_work_there(looked: Asking, path: str) -> None:
    may = {
        user: looked.town.client(user).get(looked.place_path + path).status
        for user in (SECRETARY, CLERK, "vanthu", OFFICER, "bithutruong", "kiemtra", "quantri", "thietke")
    }
    assert may == {
        SECRETARY: 200, CLERK: 200, "vanthu": 200, OFFICER: 200, "bithutruong": 403, "kiemtra": 403, "quantri": 403, "thietke": 403,
    }  # fmt: skip


def test_another_link_and_too_many_sheets(asking: Asking) -> None:
    browser = asking.town.client(SECRETARY)
    refused = browser.post(asking.place_path, {"so_phieu": "501"})
    assert (refused.status, text(refused.soup.select_one("#so_phieu-error"))) == (422, "Lỗi: Nhập một số từ 1 đến 500.")
    assert browser.post(asking.place_path, {"viec": "doi-lien-ket"}).url == f"{asking.place_path}?tb=doi-lien-ket"
    assert asking.town.client().get(f"/khao-sat/{asking.token}").status == 404
