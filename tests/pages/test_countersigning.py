"""A document that the server cannot sign waits with its number, is signed by people in their own way, and goes on."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image

from documents.keys import LoadedKey, TestKeys
from documents.signing import PaperSigner
from documents.verify import Integrity, verify_pdf
from engine.ports.outside import SignerName
from engine.rules.decisions import Decision, DecisionState
from tests.pages.answers import filled, sent
from tests.pages.test_recognition import _bases_again, _meeting, task_named
from tests.pages.town import Browser, Town, at, copy_of, pass_time, text

SEAL = "Ảnh dấu"


@pytest.fixture(scope="module")
def confirmed(lived: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The meeting was held and the list confirmed: a decision waits to be signed."""
    town = copy_of(lived, tmp_path_factory.mktemp("chot") / "du-lieu")
    officer = town.client("doancoso")
    for _ in range(2):
        item = task_named(officer, "Theo dõi")
        sent(officer, item, filled(officer.get(item), item))
    item = task_named(officer, "Họp xét")
    sent(officer, item, _meeting(filled(officer.get(item), item)))
    pass_time(town.house, town.clock, at(2027, 11, 23))
    officer = town.client("doancoso")
    _bases_again(town)
    item = task_named(officer, "Chốt danh sách")
    sent(officer, item, filled(officer.get(item), item))
    yield town
    town.house.close()


def signed_in_way(
    town: Town, kind: str, code: str, way: str, files: dict[str, object] | None = None
) -> tuple[Browser, Decision]:
    """The way is chosen, the signatory does their task, the worker goes as far as it can."""
    administrator = town.client("quantri")
    given = {"loai": kind, "ma": code, "cach": way}
    assert administrator.post("/quan-tri/ky-so", given, files).url == "/quan-tri/ky-so?tb=da-luu"
    signatory = town.client("kyso")
    item = task_named(signatory, "Ký quyết định")
    sent(signatory, item, {**signatory.get(item).form(item), "f.outcome": ["sign"]})
    town.house.work_off()
    return signatory, newest(town)


def newest(town: Town) -> Decision:
    """The document that was made last."""
    with town.house.read_uow() as uow:
        found = [d for c in uow.cycles.all() for d in uow.decisions.of_cycle(c.id)]
    return max(found, key=lambda d: d.id)


def again(town: Town, decision: Decision) -> Decision:
    with town.house.read_uow() as uow:
        return uow.decisions.get(decision.id)


def unit_code(town: Town) -> str:
    """The unit of the signatory."""
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username("kyso")
        assert account is not None
        return uow.units.get(uow.accounts.positions(account.id)[0].unit_id).code


def unit_name(town: Town, decision: Decision) -> str:
    with town.house.read_uow() as uow:
        return uow.units.get(decision.unit_id).name


def key_of(town: Town, decision: Decision) -> LoadedKey:
    """The signatory's own key, as their token would hold it."""
    keys = town.house.keys
    assert isinstance(keys, TestKeys)
    person = SignerName(id="1", name=decision.signer_name, position=decision.signer_title)
    key = keys.person(person, unit_name(town, decision))
    assert isinstance(key, LoadedKey)
    return key


def pem(key: LoadedKey) -> bytes:
    return b"".join(c.public_bytes(Encoding.PEM) for c in (key.certificate, *key.chain))


def upload(browser: Browser, path: str, content: bytes, name: str = "tep.bin") -> tuple[int, str]:
    """Status, and where it leads or the error that the page shows."""
    seen = browser.post(path, {}, {"tep": (name, content)})
    return seen.status, seen.url if seen.status == 303 else text(seen.soup.select_one(".govuk-error-message"))


def test_a_token_signs_in_two_steps_and_the_server_adds_its_seal(confirmed: Town, own: Callable[[Town], Town]) -> None:
    town = own(confirmed)
    signatory, decision = signed_in_way(town, "nguoi", "kyso", "two_step")
    page = f"/van-ban/{decision.id}"
    assert decision.state is DecisionState.NUMBERED
    seen = text(signatory.get(page).soup.main)
    assert f"đang chờ chữ ký của {decision.signer_name}. Cách ký: ký hai bước" in seen
    assert "hx-get" not in str(signatory.get(page).soup.main)
    assert f"{page}/ky" in signatory.get("/van-ban/cho-ky").links()
    assert "/van-ban/cho-ky" in signatory.get("/van-ban").links()
    assert f"Văn bản số {decision.symbol} chờ bạn ký" in text(signatory.get("/thong-bao").soup.main)
    assert town.client("vanthu").get(f"{page}/ky").status == 403

    key = key_of(town, decision)
    other = town.house.keys.person(SignerName(id="9", name="Lê Văn An", position=""), "x")
    assert isinstance(other, LoadedKey)
    status, error = upload(signatory, f"{page}/ky/chung-thu", pem(other))
    assert (status, error) == (
        422,
        f"Lỗi: Chứng thư không được nhận: chứng thư là của “Lê Văn An”, không phải của “{decision.signer_name}”.",
    )
    assert upload(signatory, f"{page}/ky/chung-thu", b"khong phai")[1].startswith("Lỗi: Tệp không phải chứng thư số")
    assert signatory.get(f"{page}/ky/du-lieu.der").status == 409
    assert upload(signatory, f"{page}/ky/chung-thu", pem(key)) == (303, f"{page}/ky?tb=da-chuan-bi")

    told = json.loads(signatory.get(f"{page}/ky/du-lieu.json").content)
    signed = b64decode(told["signed_attributes"])
    assert (told["document"], told["signer"], signed) == (
        decision.symbol,
        decision.signer_name,
        signatory.get(f"{page}/ky/du-lieu.der").content,
    )
    wrong = "Lỗi: Chữ ký không khớp với dữ liệu cần ký hoặc với chứng thư đã gửi. Hãy ký đúng dữ liệu vừa tải về."
    assert upload(signatory, f"{page}/ky/chu-ky", key.sign(signed + b"x")) == (422, wrong)
    assert upload(signatory, f"{page}/ky/chu-ky", key.sign(signed).hex().encode()) == (
        303,
        f"{page}?tb=da-nhan-chu-ky",
    )
    assert upload(signatory, f"{page}/ky/chu-ky", key.sign(signed))[0] == 409
    town.house.work_off()

    issued = again(town, decision)
    answer = verify_pdf(signatory.get(f"{page}/pdf").content)
    assert (issued.state, answer.integrity, [s.name for s in answer.signatures]) == (
        DecisionState.ISSUED,
        Integrity.UNCHANGED,
        [decision.signer_name, unit_name(town, decision)],
    )
    history = text(signatory.get(f"/ho-so/{decision.dossier_id}").soup.select_one(".ck-timeline"))
    assert f"Nhận chữ ký của {decision.signer_name} trên văn bản số {decision.symbol}" in history


@pytest.mark.long
def test_what_was_made_ready_is_good_for_a_day(confirmed: Town, own: Callable[[Town], Town]) -> None:
    town = own(confirmed)
    signatory, decision = signed_in_way(town, "nguoi", "kyso", "two_step")
    page, key = f"/van-ban/{decision.id}", key_of(town, decision)
    upload(signatory, f"{page}/ky/chung-thu", pem(key))
    signed = key.sign(signatory.get(f"{page}/ky/du-lieu.der").content)
    town.clock.walk_to(at(2027, 11, 24, 10))
    signatory = town.client("kyso")
    assert "đã quá hạn. Hãy chuẩn bị lại." in text(signatory.get(f"{page}/ky").soup.main)
    assert upload(signatory, f"{page}/ky/chu-ky", signed)[0] == 409
    assert upload(signatory, f"{page}/ky/chung-thu", pem(key))[0] == 303
    town.house.work_off()
    assert again(town, decision).state is DecisionState.NUMBERED


def test_the_office_signs_with_its_own_tool(confirmed: Town, own: Callable[[Town], Town]) -> None:
    town = own(confirmed)
    signatory, decision = signed_in_way(town, "don-vi", unit_code(town), "elsewhere")
    page, clerk = f"/van-ban/{decision.id}", town.client("vanthu")
    given = signatory.get(f"{page}/ky/tep").content
    assert verify_pdf(given).integrity is Integrity.UNSIGNED
    tool = PaperSigner(town.house.keys)
    person = SignerName(id="1", name=decision.signer_name, position=decision.signer_title)
    now, unit = town.clock(), unit_name(town, decision)
    by_person = tool.sign_person(given, person=person, organisation=unit, at=now)
    assert upload(signatory, f"{page}/ky/tep", given, "a.pdf") == (422, "Lỗi: Tệp chưa được ký.")
    assert upload(signatory, f"{page}/ky/tep", b"%PDF-1.7" + by_person, "a.pdf") == (
        422,
        "Lỗi: Tệp tải lên không phải bản đã phát ra để ký.",
    )
    assert upload(signatory, f"{page}/ky/tep", by_person + b"\n", "a.pdf") == (
        422,
        "Lỗi: Chữ ký không được nhận: nội dung tệp đã đổi sau chữ ký này.",
    )
    stranger = tool.sign_person(
        given, person=SignerName(id="2", name="Lê Văn An", position=""), organisation=unit, at=now
    )
    assert upload(signatory, f"{page}/ky/tep", stranger, "a.pdf") == (
        422,
        f"Lỗi: Chữ ký là của Lê Văn An, không phải của {decision.signer_name}.",
    )
    assert upload(signatory, f"{page}/ky/tep", by_person, "a.pdf") == (303, f"{page}?tb=da-nhan-chu-ky")
    town.house.work_off()
    # Then the office's clerk, with the file that the person signed.
    assert signatory.get(f"{page}/ky").status in (200, 403)
    handed = clerk.get(f"{page}/ky/tep").content
    assert handed == by_person
    sealed = tool.seal(handed, organisation=unit, at=now)
    assert upload(clerk, f"{page}/ky/tep", sealed, "a.pdf")[0] == 303
    town.house.work_off()
    assert (again(town, decision).state, clerk.get(f"{page}/pdf").content) == (DecisionState.ISSUED, sealed)


@pytest.mark.long
def test_a_file_may_come_back_with_both_signatures(confirmed: Town, own: Callable[[Town], Town]) -> None:
    town = own(confirmed)
    signatory, decision = signed_in_way(town, "don-vi", unit_code(town), "elsewhere")
    page, person = f"/van-ban/{decision.id}", SignerName(id="1", name=decision.signer_name, position="")
    both = PaperSigner(town.house.keys).sign(
        signatory.get(f"{page}/ky/tep").content,
        person=person,
        organisation=unit_name(town, decision),
        at=town.clock(),
    )
    assert upload(signatory, f"{page}/ky/tep", both, "a.pdf")[0] == 303
    town.house.work_off()
    assert again(town, decision).state is DecisionState.ISSUED
    # The certificates that follow wait in the same way.
    assert newest(town).state is DecisionState.NUMBERED


def scan() -> bytes:
    out = BytesIO()
    Image.new("RGB", (300, 400), "white").save(out, "JPEG")
    return out.getvalue()


def test_a_paper_is_signed_by_hand_and_scanned(confirmed: Town, own: Callable[[Town], Town]) -> None:
    town = own(confirmed)
    _, decision = signed_in_way(town, "don-vi", unit_code(town), "paper")
    page, clerk = f"/van-ban/{decision.id}", town.client("vanthu")
    printed = clerk.get(f"{page}/ky/tep").content
    content = again(town, decision).content["paper"]
    assert isinstance(content, dict)
    assert "test_signature" not in content
    assert upload(clerk, f"{page}/ky/ban-quet", b"GIF89a", "a.gif")[1].startswith("Lỗi: Loại tệp này không được nhận")
    assert upload(clerk, f"{page}/ky/ban-quet", scan(), "ban quet.jpg") == (303, f"{page}?tb=da-nhan-ban-quet")
    town.house.work_off()

    assert again(town, decision).state is DecisionState.ISSUED
    seen = clerk.get(page)
    assert "Bản giấy ký tay, bản quét" in text(seen.soup.main)
    assert (clerk.get(f"{page}/pdf").content, clerk.get(f"{page}/ban-quet").content) == (printed, scan())
    register = text(clerk.get("/van-ban/so-dang-ky").soup.main)
    assert "Đã ban hành, bản giấy ký tay, bản quét" in register
    public = town.client()
    check = f"/kiem-tra/{decision.code}"
    assert "Bản giấy ký tay, bản quét" in text(public.get(check).soup.main)
    compared = public.post(check, {"csrf": csrf_at(public, check)}, {"tep": ("a.pdf", printed)})
    assert "Đúng là bản PDF chưa ký đã in ra, không sai một byte" in text(compared.soup.main)


def csrf_at(browser: Browser, path: str) -> str:
    found = browser.get(path).soup.find("input", attrs={"name": "csrf"})
    assert found is not None
    return str(found["value"])  # type: ignore[index]


@pytest.mark.long
def test_the_offices_seal_stands_on_the_page(confirmed: Town, own: Callable[[Town], Town]) -> None:
    from tests.documents.test_stamps import RED, drawn_widths, picture

    town = own(confirmed)
    seal = {"anh": ("dau.png", picture(RED, 425, dpi=(300, 300)))}
    signatory, decision = signed_in_way(town, "don-vi", unit_code(town), "server", seal)
    assert again(town, decision).state is DecisionState.ISSUED
    pdf = signatory.get(f"/van-ban/{decision.id}/pdf").content
    assert verify_pdf(pdf).integrity is Integrity.UNCHANGED
    assert round(drawn_widths(pdf)[1]) == 36


def test_ways_are_chosen_by_administrators_and_said_in_the_log(town: Town) -> None:
    administrator = town.client("quantri")
    for given, error in (
        ({"loai": "nguoi", "ma": "khong-co", "cach": "paper"}, "Không có tài khoản nào tên là khong-co."),
        ({"loai": "don-vi", "ma": "XX", "cach": "paper"}, "Không có đơn vị mang mã XX."),
        ({"loai": "don-vi", "ma": "XX", "cach": "telepathy"}, "“Cách ký”: chọn một mục trong danh sách."),
    ):
        refused = administrator.post("/quan-tri/ky-so", given)
        assert (refused.status, text(refused.soup.select_one(".govuk-error-message"))) == (422, f"Lỗi: {error}")
    files = {"anh": ("a.png", b"GIF89a")}
    refused = administrator.post("/quan-tri/ky-so", {"loai": "nguoi", "ma": "kyso", "cach": ""}, files)
    assert text(refused.soup.select_one("#anh-error")) == "Lỗi: Ảnh phải là tệp PNG, nhỏ hơn 2 MB."
    assert administrator.post("/quan-tri/ky-so", {"loai": "nguoi", "ma": "kyso", "cach": "two_step"}).status == 303
    rows = [text(row) for row in administrator.get("/quan-tri/ky-so").soup.select(".ck-list .ck-row__meta")]
    assert rows == ["Người kyso Ký hai bước (thiết bị, dịch vụ ký từ xa)"]
    assert "Chọn cách ký của" in text(administrator.get("/nhat-ky").soup.main)
    assert town.client("vanthu").get("/quan-tri/ky-so").status == 403
