"""What each kind of document says, word by word, beside a text that a person has read.

Write the texts anew with CHUKY_WRITE_GOLDEN=1, and read the difference before committing it.
"""

import os
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from documents.pdf import pdf_of
from engine.rules.papers import Paper, cleaned
from tests.documents.kinds import ALL
from tests.documents.test_pdf import text_of

#: Ten digits of the content's hash, which change with any word.
HASH = re.compile(r"\bm=[0-9a-f]{10}\b")
GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_a_document_says_what_was_read_and_approved(make: Callable[[], Paper], tmp_path: Path) -> None:
    pages = text_of(pdf_of(cleaned(make())), tmp_path).split("\f")
    said = "\n\n".join(textwrap.fill(" ".join(page.split()), 110) for page in pages if page.strip()) + "\n"
    said = HASH.sub("m=…", said)
    path = GOLDEN / f"{make.__name__}.txt"
    if os.environ.get("CHUKY_WRITE_GOLDEN"):
        path.write_text(said, "utf-8")
    assert said == path.read_text("utf-8")
