"""The pages of surveys as people see them: sound in both widths, answered and entered without scripts and by keys alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.pages.surveyed import OFFICER, SECRETARY, Asking, held
from tests.pages.test_survey_sheets import CLERK, TYPED
from tests.pages.town import Town, copy_of
from tests.support.browser import DESK, PHONE, axe

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def asking(young: Town, tmp_path_factory: pytest.TempPathFactory) -> Asking:
    """Sheets are numbered, one was entered twice and read differently, three people answered by link."""
    asking = held(copy_of(young, tmp_path_factory.mktemp("khao-sat") / "du-lieu"))
    first, second, path = asking.town.client(SECRETARY), asking.town.client(CLERK), f"{asking.place_path}/nhap"
    first.post(asking.place_path, {"so_phieu": "20"})
    first.post(path, {**TYPED, "so": "1"})
    first.post(path, {**TYPED, "so": "2"})
    second.post(path, {**TYPED, "so": "1", "lan": "2", "q.hai_long": "1"})
    for level in ("5", "4", "1"):
        public = asking.town.client()
        form = public.get(f"/khao-sat/{asking.token}").form(f"/khao-sat/{asking.token}")
        public.post(f"/khao-sat/{asking.token}", {**form, "f.hai_long": level, "f.sach_se": "co"})
    first.post(f"{asking.place_path}/excel", {"danh_sach": "5\t5\t1\t\t\t\tvườn đẹp", "xac_nhan": "1"})
    return asking


@pytest.mark.parametrize("width", [PHONE, pytest.param(DESK, marks=pytest.mark.long)])
def test_the_pages_are_sound_in_both_widths(asking: Asking, enter: Enter, width: int) -> None:
    base, place = asking.path, asking.place_path
    pages = {
        OFFICER: (base.rpartition("/")[0], base, f"/khao-sat/{asking.token}"),
        SECRETARY: (place, f"{place}/nhap", f"{place}/khac-biet", f"{place}/excel"),
    }
    for username, paths in pages.items():
        tab = enter(asking.town, username, width=width)
        for path in paths:
            tab.goto(path)
            assert (axe(tab), tab.evaluate("document.documentElement.scrollWidth <= innerWidth")) == ([], True), path


def test_an_old_phone_without_scripts_answers(asking: Asking, enter: Enter) -> None:
    tab = enter(asking.town, SECRETARY, width=PHONE, javascript=False)
    tab.goto(f"/khao-sat/{asking.token}")
    tab.get_by_role("button", name="Gửi phiếu").press("Enter")
    expect(tab.locator(".govuk-error-summary")).to_contain_text("Bạn hài lòng với vườn cây")
    tab.get_by_label("Hài lòng", exact=True).check()
    tab.get_by_role("button", name="Gửi phiếu").press("Enter")
    expect(tab.locator("h1")).to_have_text("Đã nhận phiếu")


def test_a_clerk_enters_a_sheet_with_the_keyboard_alone(asking: Asking, enter: Enter) -> None:
    tab = enter(asking.town, SECRETARY, width=DESK)
    tab.goto(f"{asking.place_path}/nhap")
    expect(tab.locator("form[data-keying]")).to_be_attached()
    number = tab.locator("#so").input_value()
    tab.locator("#so").press("Enter")
    for keys in ("5", "2", "13", "Enter", "1", "7", "Enter"):  # one key answers a single choice and leads on
        if keys == "Enter":
            tab.keyboard.press("Enter")
        else:
            tab.keyboard.type(keys)
    tab.keyboard.press("Enter")  # the last box sends
    expect(tab.locator("main .ck-notice").first).to_have_text(f"Đã lưu phiếu số {number}.")
