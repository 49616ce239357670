"""The Word file, opened by another program, says on its pages what the PDF says."""

import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from documents.pdf import PaperRenderer
from engine.rules.papers import Paper
from tests.documents.kinds import ALL, annual_report
from tests.documents.samples import minutes

pytestmark = pytest.mark.long


#: Where their text goes over to the second page depends on the fonts that the machine has for the other program.
FLOWING = (minutes, annual_report)


def letters_of(pdf: Path, *options: str) -> Counter[str]:
    """Every letter and sign that is shown, however lines are broken."""
    text = subprocess.run(["pdftotext", *options, pdf, "-"], check=True, capture_output=True, text=True).stdout
    return Counter("".join(text.split()))


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_word_and_pdf_say_the_same(make: Callable[[], Paper], tmp_path: Path) -> None:
    made = PaperRenderer().render(make())
    ours, word = tmp_path / "ours.pdf", tmp_path / "word.docx"
    ours.write_bytes(made.pdf)
    word.write_bytes(made.docx)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, word]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    theirs = tmp_path / "word.pdf"
    assert letters_of(theirs) == letters_of(ours)
    if make not in FLOWING:
        assert letters_of(theirs, "-l", "1") == letters_of(ours, "-l", "1")
