"""Does `chuky verify` answer from any folder, by its exit code and in Vietnamese, without database and heavy libraries?"""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from api.cli import main
from documents.keys import TestKeys
from documents.pdf import PaperRenderer
from documents.signing import PaperSigner
from engine.ports.outside import SignerName
from tests.api.commands import ROOT, environment
from tests.documents.packing import AT, contents_of, package
from tests.documents.samples import ORGANISATION, decision
from tests.documents.test_verify import OfficeKeys

HEAVY = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "dbos", "apscheduler", "weasyprint", "docx", "pydantic")
SIGNER = SignerName(id="u1", name="Trần Minh Đức", position="Bí thư")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with signed documents, a package, and the roots of an office."""
    folder = tmp_path_factory.mktemp("tep")
    keys, office = TestKeys(folder / "keys"), OfficeKeys()
    rendered = PaperRenderer().render(decision(2)).pdf
    for name, provider in (("thu", keys), ("that", office)):
        signed = PaperSigner(provider).sign(rendered, person=SIGNER, organisation=ORGANISATION, at=AT)
        (folder / f"{name}.pdf").write_bytes(signed)
    (folder / "2027.zip").write_bytes(package(contents_of(b""), keys))
    (folder / "goc.pem").write_bytes(office.root.public_bytes(Encoding.PEM))
    return folder


def spoilt(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    copy = path.with_name(f"hong-{path.name}")
    copy.write_bytes(bytes(content))
    return copy


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    code = main(["verify", *map(str, words)])
    return code, capsys.readouterr().out


def test_four_answers_by_exit_code(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[tuple[str | Path, ...], int] = {
        (files / "thu.pdf",): 0,
        (files / "2027.zip",): 0,
        (files / "thu.pdf", "--strict"): 1,
        (files / "2027.zip", "--strict"): 1,
        (files / "that.pdf",): 2,
        (files / "that.pdf", "--strict"): 1,
        (files / "that.pdf", "--trust", files / "goc.pem"): 0,
        (files / "that.pdf", "--trust", files / "goc.pem", "--strict"): 0,
        (spoilt(files / "that.pdf"), "--trust", files / "goc.pem"): 1,
        (spoilt(files / "2027.zip"),): 1,
        (files / "khong-co.pdf",): 1,
        (files / "that.pdf", "--trust", files / "khong-co.pem"): 1,
        (files / "thu.pdf", files / "that.pdf"): 2,
        (files / "thu.pdf", files / "that.pdf", files / "hong-2027.zip"): 1,
    }
    assert {words: said(capsys, *words)[0] for words in asked} == asked


def test_the_installations_list_is_asked_when_none_is_given(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUKY_TRUST", str(files / "goc.pem"))
    assert said(capsys, files / "that.pdf")[0] == 0


def test_test_certificates_are_named_as_such(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert all("không có giá trị pháp lý" in said(capsys, files / name)[1] for name in ("thu.pdf", "2027.zip"))


def test_it_needs_no_database_and_no_heavy_library(files: Path, tmp_path: Path) -> None:
    program = f"""
import sys
from api.cli import main
print("ENDED", main(["verify", {str(files / "thu.pdf")!r}, {str(files / "2027.zip")!r}]))
print("LOADED", [name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(tmp_path / "var") | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-2:] == ["ENDED 0", "LOADED []"], done.stderr
    assert list(tmp_path.iterdir()) == []
