"""A real installation signs with the keys of its index only, and says in Vietnamese what is wrong with one."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from documents.keyring import INDEX, KeyRing, KeyState, expiring, files_door, names_problem, read_secret
from documents.keys import LoadedKey, TestKeys
from documents.signing import PaperSigner
from documents.verify import Trust, verify_pdf
from engine.errors import SigningFailed
from engine.ports.outside import Rendered
from tests.documents.conftest import AT, SECRETARY
from tests.documents.office import OfficeKeys, write_pkcs12
from tests.documents.samples import ORGANISATION

DUC = replace(SECRETARY, username="duc.tran")
INDEX_TEXT = f"""
[[key]]
person = "duc.tran"
file = "duc.p12"

[[key]]
organisation = "{ORGANISATION}"
file = "dau.p12"
password_file = "dau.txt"
"""


@pytest.fixture(scope="module")
def office() -> OfficeKeys:
    return OfficeKeys(until=datetime(2028, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def files(office: OfficeKeys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("p12")
    write_pkcs12(made / "duc.p12", office.person(DUC, ORGANISATION), b"mot")
    write_pkcs12(made / "dau.p12", office.organisation(ORGANISATION), b"hai")
    return made


@pytest.fixture
def folder(files: Path, tmp_path: Path) -> Path:
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    (tmp_path / "mat-khau").write_text("mot\n", "utf-8")
    (tmp_path / "dau.txt").write_text("hai", "utf-8")
    (tmp_path / INDEX).write_text(INDEX_TEXT, "utf-8")
    return tmp_path


def ring(folder: Path) -> KeyRing:
    return KeyRing(folder, files_door(folder, lambda: read_secret(folder / "mat-khau")))


def test_person_and_organisation_sign_with_the_keys_of_the_index(
    folder: Path, office: OfficeKeys, rendered: Rendered
) -> None:
    signer = PaperSigner(ring(folder), test=False)
    signed = signer.sign(rendered.pdf, person=DUC, organisation=ORGANISATION, at=AT)
    answer = verify_pdf(signed, [office.root])
    assert (answer.exit_code(strict=True), answer.trust, [s.name for s in answer.signatures]) == (
        0,
        Trust.TRUSTED,
        [DUC.name, ORGANISATION],
    )


def test_the_index_is_read_as_people_look_at_it(folder: Path, office: OfficeKeys) -> None:
    first, last = datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    keys = ring(folder)
    states = keys.states({"duc.tran": DUC.name}, AT)
    common = {"issuer": "CA công vụ", "first": first, "last": last, "problem": ""}
    entries = keys.entries()
    assert states == [
        KeyState(entry=entries[0], subject=DUC.name, **common),
        KeyState(entry=entries[1], subject=ORGANISATION, **common),
    ]
    assert expiring(states, datetime(2027, 12, 15, tzinfo=UTC)) == states
    assert expiring(states, datetime(2027, 11, 15, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    ("names", "at", "problem"),
    [
        ({}, AT, "không có tài khoản nào tên là duc.tran"),
        ({"duc.tran": "Lê Văn An"}, AT, "chứng thư là của “Trần Minh Đức”, không phải của “Lê Văn An”"),
        ({"duc.tran": DUC.name}, datetime(2028, 2, 1, tzinfo=UTC), "chứng thư đã hết hạn ngày 01/01/2028"),
        ({"duc.tran": DUC.name}, datetime(2024, 2, 1, tzinfo=UTC), "chứng thư chưa có hiệu lực (từ 01/01/2025)"),
    ],
)
def test_what_is_wrong_with_a_key_is_said(folder: Path, names: dict[str, str], at: datetime, problem: str) -> None:
    assert ring(folder).states(names, at)[0].problem == problem


def test_a_key_of_somebody_else_never_signs(folder: Path, rendered: Rendered) -> None:
    other = replace(DUC, name="Trần Minh Dực")
    with pytest.raises(SigningFailed, match="khóa ký của Trần Minh Dực: chứng thư là của “Trần Minh Đức”"):
        PaperSigner(ring(folder)).sign(rendered.pdf, person=other, organisation=None, at=AT)


def test_a_person_without_a_key_is_named(folder: Path) -> None:
    with pytest.raises(SigningFailed, match=r"danh mục khóa không có khóa ký của an\.le"):
        ring(folder).person(replace(DUC, username="an.le"), ORGANISATION)


def test_a_test_key_never_signs_in_a_real_installation(folder: Path, keys: TestKeys) -> None:
    write_pkcs12(folder / "duc.p12", keys.person(DUC, ORGANISATION), b"mot")
    found = ring(folder)
    said = "chứng thư là chứng thư thử nghiệm, không dùng được trong hệ thống thật"
    assert found.states({"duc.tran": DUC.name}, AT)[0].problem == said
    with pytest.raises(SigningFailed, match="chứng thư thử nghiệm"):
        found.person(DUC, ORGANISATION)


def test_a_file_that_was_put_in_place_anew_is_read_anew(folder: Path, office: OfficeKeys) -> None:
    found = ring(folder)
    before = found.organisation(ORGANISATION)
    (folder / "dau.p12").unlink()
    with pytest.raises(SigningFailed, match=r"không thấy tệp khóa dau\.p12"):
        found.organisation(ORGANISATION)
    write_pkcs12(folder / "dau.p12", office.organisation(ORGANISATION), b"hai")
    assert found.organisation(ORGANISATION).certificate != before.certificate


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ("[[key]\n", "khoa.toml không đọc được"),
        ('[[key]]\nfile = "x"\n', "mỗi khóa ghi person hoặc organisation"),
        ('[[key]]\nperson = "a"\ntep = "x"\n', "mục không hiểu được: tep"),
        ('[[key]]\nperson = "duc.tran"\nfile = "../ngoai.p12"\n', "dẫn ra ngoài thư mục khóa"),
        ('[[key]]\nperson = "duc.tran"\nfile = "duc.p12"\npassword_file = "khong-co"\n', "tệp mật khẩu"),
        ('[[key]]\nperson = "duc.tran"\nfile = "duc.p12"\npassword_file = "dau.txt"\n', "PKCS#12 không mở được"),
    ],
)
def test_a_wrong_index_is_refused(folder: Path, index: str, said: str) -> None:
    (folder / INDEX).write_text(index, "utf-8")
    with pytest.raises(SigningFailed, match=said):
        ring(folder).person(DUC, ORGANISATION)


def test_names_are_compared_by_their_letters(office: OfficeKeys) -> None:
    def certified(name: str) -> str:
        key = office.organisation(name)
        assert isinstance(key, LoadedKey)
        return names_problem(key.certificate, "Trần Minh Đức")

    assert [bool(certified(name)) for name in ("TRẦN MINH ĐỨC", "Tran Minh Duc", "Trần Minh Đưc", "Trần Đức")] == [
        False,
        False,
        True,
        True,
    ]


def test_the_certificate_of_somebody_at_the_office_is_no_seal(keys: TestKeys) -> None:
    person = keys.person(DUC, ORGANISATION)
    assert "O=Đoàn phường An Biên" in person.certificate.subject.rfc4514_string()
    assert names_problem(person.certificate, ORGANISATION) == (
        "chứng thư là của “Trần Minh Đức”, không phải của “Đoàn phường An Biên”"
    )
